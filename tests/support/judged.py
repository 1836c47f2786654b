"""Credentials issued through the product, from roster to final anchor, for verifiers that others wrote.

One issuer, one anchor, and a badge of each kind: `files` are what learners hold, `documents` what is published.
"""

import json
import uuid
from base64 import urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from anchor.chain import ChainConfig
from anchor.deploy import deploy
from anchor.worker import Worker
from registry.credential import blockcerts, dids
from registry.credential.badge import SCHEMA_URL
from registry.credential.integrity import add_proof
from registry.credential.keys import IssuerKey
from registry.format.anchorproof import rfc3339
from registry.rdfc.contexts import CONTEXTS
from registry.store import (
    achievements,
    anchors,
    batches,
    credentials,
    identity,
    issuers,
    jwtkeys,
    keys,
    signed,
    status,
    statusactions,
)
from registry.store.engine import Store
from registry.store.sealing import Sealer
from tests.support import badges
from tests.support.registered import achievement, row
from tests.support.worksite import ADMIN, DID, OPERATOR, REGISTRAR, SECRET, VAULT, bind

REGISTRY_URL = "https://registry.example/v1/registry"
RESOLVER_URL = "https://resolver.example/1.0/identifiers"

Document = dict[str, Any]
Verdicts = dict[str, dict[str, Any]]
Ask = Callable[..., Verdicts]
KEY = IssuerKey(SECRET)
METHOD = f"{DID}#{KEY.multibase}"
OFFICIAL_SCHEMA = badges.SHARED / "schemas" / "ob_v3p0_achievementcredential_schema.json"
"""Of 1EdTech, whose licence does not let us ship it."""
OMITTED = {"without schema": ("credentialSchema",), "plain": ("credentialSchema", "credentialStatus")}
"""Badges that the issuer signed itself, and what they lack: not every verifier can read it."""
ROUNDS = 40  # of the worker; a batch is final after about ten


@dataclass(frozen=True)
class Issued:
    """`files`: "valid" and "revoked", of a roster, and those of OMITTED. `tokens`: the first as a JWT, by two keys."""

    files: dict[str, Document]
    tokens: dict[str, str]
    documents: dict[str, Document]
    config: ChainConfig


def issue(store: Store, url: str, mine: Callable[[], Any]) -> Issued:
    """Deploy to the node at `url`, issue, anchor until it is final, and revoke one. `mine` makes a block."""
    made = deploy(url, ADMIN, operator=OPERATOR.address, registrar=REGISTRAR.address)
    config = ChainConfig(rpc_urls=(url,), chain_id=made.chain_id, contract=made.contract, code_sha256=made.code_sha256)
    bind(store, config, made.deploy_block, made.deploy_block_hash)
    achievements.add_achievement(store, "uni", achievement())
    worker = Worker(store, config, OPERATOR, REGISTRAR)

    def work(until: Callable[[], bool]) -> None:
        for _ in range(ROUNDS):
            if until():
                return
            report = worker.tick()
            assert report.problem == ""
            mine()
        raise AssertionError(f"not done after {ROUNDS} rounds")

    work(lambda: keys.key_history(store, "uni")[0].chain_added_at is not None)
    rows = batches.open_batch(store, "uni", "uni.soil-science.1").id
    handles = batches.add_rows(store, VAULT, rows, [row(number) for number in range(3)])
    own = batches.open_batch(store, "uni", None).id
    handles += signed.add_signed(store, own, [own_badge(store, *names) for names in OMITTED.values()])
    for batch in (rows, own):  # one after the other, for two anchors
        batches.request_seal(store, batch)
        assert Sealer(store, VAULT).seal_next()
        work(lambda batch=batch: batches.state_of(store, batch)["state"] == "final")
    worker.release()
    statusactions.change_status(store, VAULT, [statusactions.Change(handles[2], "revoke", "error")], "judges")
    named = dict(zip(("valid", "revoked", *OMITTED), (handles[0], *handles[2:]), strict=True))
    tokens = {}
    for name in ("revoked key", "valid"):
        key = jwtkeys.add_hosted_key(store, VAULT, "uni")
        tokens[name] = jwtkeys.token(store, VAULT, handles[0])
        if name != "valid":
            jwtkeys.revoke_key(store, "uni", key.key_id)
    files = {name: json.loads(credentials.file(store, handle)) for name, handle in named.items()}
    return Issued(files, tokens, published(store, files["valid"]), config)


def own_badge(store: Store, *omitted: str) -> Document:
    """A badge that the issuer made and signed by itself, with all elements but the omitted members."""
    url, index = signed.suggest_places(store, "uni", 1)[0]
    now = rfc3339(store.now())
    document = {**badges.unsigned(), "id": f"urn:uuid:{uuid.uuid4()}", "validFrom": now}
    document["credentialStatus"] |= {"id": f"{url}#{index}", "statusListIndex": str(index), "statusListCredential": url}
    return add_proof({name: document[name] for name in document if name not in omitted}, KEY, METHOD, now)


def published(store: Store, valid: Document) -> dict[str, Document]:
    """What is found at an address: contexts, the issuer's DID document, its status list, the profile of who anchors."""
    list_url = valid["credentialStatus"]["statusListCredential"]
    list_ = json.loads(status.list_credential(store, list_url.rpartition("/")[2]))
    did = identity.did_document(store, issuers.get_issuer(store, "uni"))
    documents = {**CONTEXTS, dids.web_url(DID): did, list_url: list_}
    documents[REGISTRY_URL] = blockcerts.profile(REGISTRY_URL, "Example Registry", anchors.senders(store))
    documents["https://issuers.example/list.json"] = {"registry": {DID: {"name": "Example University"}}}
    if OFFICIAL_SCHEMA.exists():
        documents[SCHEMA_URL] = json.loads(OFFICIAL_SCHEMA.read_bytes())
    return documents


def did_document(did: str, key: IssuerKey) -> Document:
    """As the product writes it, with one key."""
    return dids.document(did, [dids.ListedKey(key.multikey, f"{did}#{key.multibase}", ended=False)])


def blockcerts_documents() -> dict[str, Document]:
    """What Blockcerts' verifier wants besides: the DID document with a JWK, a schema."""
    did = did_document(DID, KEY)
    did["verificationMethod"][0]["publicKeyJwk"] = {"kty": "OKP", "crv": "Ed25519", "x": _base64url(KEY.public)}
    # What any schema of credentials asks for. The official one asks for more, but we may not ship it.
    schema = {"type": "object", "required": ["@context", "id", "type", "issuer", "credentialSubject"]}
    return {
        f"{RESOLVER_URL}/{DID}": {"didDocument": did},
        SCHEMA_URL: schema,
    }


def _base64url(data: bytes) -> str:
    return urlsafe_b64encode(data).decode().rstrip("=")
