"""A small registry made of fixed keys and names: files, chain answers and status lists that fit together, or nearly.

`tests.support.cases` makes of them what a verifier is shown.
"""

import hashlib
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from registry.format import anchorproof, bitstring, entries, merkle, signature, strictjson
from registry.format.anchorproof import AnchorProof
from registry.format.multibase import ED25519_PREFIX
from registry.verify import (
    ChainFacts,
    ListEvidence,
    RegistryTrust,
    StatusEvidence,
)

CHAIN_ID = 11155111
CONTRACT = bytes.fromhex("5fbdb2315678afecb367f032d93f642f64180aa3")
DID = "did:web:university.example"
LIST_URL = "https://registry.example/v1/status-lists/university-1-revocation"
NOW = datetime(2026, 11, 25, 12, 0, 0, tzinfo=UTC)

DAY = 86_400
ISSUER_ADDED = 1_767_225_600  # 2026-01-01T00:00:00Z
ANCHORED = ISSUER_ADDED + 100 * DAY
LATEST = int(NOW.timestamp()) - 3600

BATCH, SIZE, INDEX = 7, 5, 2
ANCHOR, LATEST_ANCHOR = 4, 9
STATUS_INDEX = 94_567


def sha(text: str) -> bytes:
    """Fixed bytes that mean nothing, different for every text."""
    return hashlib.sha256(text.encode()).digest()


@dataclass(frozen=True)
class Key:
    """An Ed25519 key made from a name."""

    name: str

    @property
    def secret(self) -> bytes:
        return sha(f"specimen key {self.name}")

    @property
    def multikey(self) -> bytes:
        public = Ed25519PrivateKey.from_private_bytes(self.secret).public_key()
        return ED25519_PREFIX + public.public_bytes_raw()

    @property
    def key_id(self) -> bytes:
        return entries.issuer_key_id(self.multikey)

    def sign(self, message: bytes) -> bytes:
        return signature.sign(self.secret, message)


KEY = Key("university")
REGISTRY_ID = entries.registry_id(CHAIN_ID, CONTRACT)

TRUST = RegistryTrust(
    name="Example Network",
    chain_id=CHAIN_ID,
    contract=CONTRACT,
    code_sha256=sha("specimen code"),
    rpc=("https://node.example",),
    status=("https://registry.example",),
    test=False,
)


def document(**changes: Any) -> dict[str, Any]:
    """A complete credential without proofs; `changes` replace members, None removes one."""
    result: dict[str, Any] = {
        "@context": [
            "https://www.w3.org/ns/credentials/v2",
            "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json",
        ],
        "id": f"urn:uuid:{uuid.UUID(bytes=sha('specimen id')[:16], version=4)}",
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "name": "Soil science in practice",
        "issuer": {"id": DID, "type": ["Profile"], "name": "Example University"},
        "validFrom": "2026-04-10T00:00:00Z",
        "validUntil": "2031-04-10T00:00:00+02:00",
        "awardedDate": "2026-04-09T00:00:00Z",
        "credentialSubject": {
            "type": ["AchievementSubject"],
            "identifier": [
                {"type": "IdentityObject", "identityHash": "Zoë Ünal", "identityType": "name", "hashed": False}
            ],
            "creditsEarned": 2.5,
            "achievement": {
                "id": "urn:uuid:0f2e7c7e-9f5c-4b0e-8f8e-0d7d4d1f7f01",
                "type": ["Achievement"],
                "achievementType": "MicroCredential",
                "name": "Soil science in practice",
                "description": "Can read a soil profile.",
                "criteria": {"narrative": "Field work and a written report."},
            },
        },
        "credentialStatus": {
            "id": f"{LIST_URL}#{STATUS_INDEX}",
            "type": "BitstringStatusListEntry",
            "statusPurpose": "revocation",
            "statusListIndex": str(STATUS_INDEX),
            "statusListCredential": LIST_URL,
        },
    }
    result |= changes
    return {name: value for name, value in result.items() if value is not None}


def prove(
    hashed: Mapping[str, Any],
    *,
    key: Key = KEY,
    signer: Key | None = None,
    size: int = SIZE,
    index: int = INDEX,
    chain_id: int = CHAIN_ID,
    contract: bytes = CONTRACT,
    d_rdf: bytes = entries.ZERO32,
) -> AnchorProof:
    """The proof of a document in a batch whose other leaves are made up; signed by `signer`, naming `key`."""
    registry = entries.registry_id(chain_id, contract)
    d_jcs = strictjson.digest(hashed)
    leaves = [sha(f"specimen leaf {place}") for place in range(size)]
    leaves[index] = entries.leaf_hash(entries.leaf_prefix(registry, BATCH, index, size, d_jcs), d_rdf)
    batch = merkle.Tree(leaves)
    entry = entries.batch_entry(registry, BATCH, size, key.key_id, batch.root)
    others = [
        sha("specimen status entry"),
        sha("specimen batch"),
        entries.entry_hash(entry),
        sha("specimen last batch"),
    ]
    return AnchorProof(
        chain_id=chain_id,
        contract=contract,
        batch=BATCH,
        index=index,
        size=size,
        d_jcs=d_jcs,
        d_rdf=d_rdf,
        multikey=key.multikey,
        signature=(signer or key).sign(entry),
        batch_path=tuple(batch.path(index)),
        anchor_number=ANCHOR,
        anchor_index=2,
        anchor_size=len(others),
        anchor_path=tuple(merkle.Tree(others).path(2)),
        tx_hash=sha("specimen transaction"),
    )


def credential(hashed: dict[str, Any], proof: AnchorProof, **changes: Any) -> dict[str, Any]:
    """The file's JSON value; `changes` replace members of the anchor proof."""
    attached = anchorproof.attach(
        hashed, proof, anchorproof.rfc3339(ANCHORED), "https://registry.example/profile#anchor"
    )
    attached["proof"][-1] |= changes
    return attached


def to_bytes(value: Any) -> bytes:
    """JSON as a registry serves it: compact, UTF-8, in the order it was written."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def status_list(purpose: str, bits: frozenset[int] | set[int] = frozenset(), **changes: Any) -> dict[str, Any]:
    """A status list credential, as the issuer would sign it, without its own proof."""
    raw = bytearray(131_072 // 8)
    for bit in bits:
        raw[bit >> 3] |= 128 >> (bit & 7)
    url = LIST_URL.removesuffix("revocation") + purpose
    subject = {
        "id": f"{url}#list",
        "type": "BitstringStatusList",
        "statusPurpose": purpose,
        "encodedList": bitstring.encode(bytes(raw)),
    }
    result: dict[str, Any] = {
        "@context": ["https://www.w3.org/ns/credentials/v2"],
        "id": url,
        "type": ["VerifiableCredential", "BitstringStatusListCredential"],
        "issuer": DID,
        "validFrom": "2026-04-01T00:00:00Z",
        "credentialSubject": subject | changes.pop("credentialSubject", {}),
    }
    return result | changes


def list_evidence(
    content: dict[str, Any], *, key: Key = KEY, signer: Key | None = None, version: int = 3, list_id: str | None = None
) -> ListEvidence:
    """A list with its signature; its place in the status tree is filled in by `status_evidence`."""
    url = list_id or content["id"]
    entry = entries.list_entry(REGISTRY_ID, url, version, strictjson.digest(content))
    return ListEvidence(url, version, 0, (), content, key.multikey, (signer or key).sign(entry))


def status_evidence(*lists: ListEvidence, anchor_number: int = LATEST_ANCHOR) -> StatusEvidence:
    """Evidence for these lists beside another issuer's, under an anchor of three entries."""

    def hashed(item: ListEvidence) -> bytes:
        entry = entries.list_entry(REGISTRY_ID, item.id, item.version, strictjson.digest(item.credential))
        return entries.entry_hash(entry)

    leaves = [(entries.list_hash(item.id), hashed(item), item) for item in lists]
    leaves.append((sha("another list"), sha("another list's entry"), None))  # type: ignore[arg-type]
    leaves.sort(key=lambda leaf: leaf[0])
    tree = merkle.Tree([leaf for _, leaf, _ in leaves])
    placed = {id(item): index for index, (_, _, item) in enumerate(leaves)}
    proved = tuple(replace(item, index=placed[id(item)], path=tuple(tree.path(placed[id(item)]))) for item in lists)
    anchor = merkle.Tree(_latest_entries(anchor_number, tree.root))
    return StatusEvidence(anchor_number, anchor.size, tuple(anchor.path(0)), tree.root, tree.size, proved)


def _latest_entries(number: int, status_root: bytes) -> list[bytes]:
    own = entries.entry_hash(entries.status_entry(REGISTRY_ID, number, status_root))
    return [own, sha("specimen later batch"), sha("specimen latest batch")]


def latest_root(evidence: StatusEvidence) -> bytes:
    """The anchor root that commits to this evidence."""
    return merkle.root_of(_latest_entries(evidence.anchor_number, evidence.status_root))


def facts(**changes: Any) -> ChainFacts:
    """The contract's answer for a credential that is in order."""
    values: dict[str, Any] = {
        "chain_id": CHAIN_ID,
        "contract": CONTRACT,
        "code_sha256": TRUST.code_sha256,
        "block_number": 9_000_000,
        "block_hash": sha("specimen block"),
        "block_time": LATEST + 600,
        "finalized": True,
        "log_size": 40,
        "log_head": sha("specimen head"),
        "closed": False,
        "anchor_number": ANCHOR,
        "anchor_position": 12,
        "anchor_time": ANCHORED,
        "anchor_block": 8_000_000,
        "key_issuer": entries.issuer_id(DID),
        "key_added_at": ISSUER_ADDED + 60,
        "key_revoked_at": 0,
        "key_compromised_at": 0,
        "issuer_added_at": ISSUER_ADDED,
        "issuer_suspended": False,
        "latest_number": LATEST_ANCHOR,
        "latest_root": sha("to be replaced"),
        "latest_time": LATEST,
    }
    return ChainFacts(**(values | changes))


def default_lists() -> StatusEvidence:
    return status_evidence(list_evidence(status_list("revocation")), list_evidence(status_list("suspension")))
