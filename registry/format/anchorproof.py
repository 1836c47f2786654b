"""The anchor proof: what ties one credential to one anchor, and how it rides in the credential as `merkle-proof-2019`.

Layout of the bytes: FORMAT.md section 4. `wire.py` reads and writes the CBOR; this file knows what the fields must say.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property, lru_cache
from typing import Any

from registry.errors import FormatError
from registry.format import entries, merkle, wire
from registry.format.strictjson import pointer

CRYPTOSUITE = "merkle-proof-2019"
PROOF_TYPE = "DataIntegrityProof"
PURPOSE = "assertionMethod"
MEMBERS = frozenset({"type", "cryptosuite", "created", "proofPurpose", "verificationMethod", "proofValue"})


@dataclass(frozen=True)
class AnchorProof:
    """All that a credential's file says about where it is anchored. Integers up to 2^53-1; digests are raw bytes.

    `tx_hash` is a hint for stock verifiers and for people: nothing here or in `registry.verify` relies on it.
    """

    chain_id: int
    contract: bytes  # 20 bytes
    batch: int
    index: int
    size: int
    d_jcs: bytes  # 32 bytes
    d_rdf: bytes  # 32 bytes
    multikey: bytes  # 34 bytes, of the key that signed the batch
    signature: bytes  # 64 bytes, over the batch entry
    batch_path: tuple[bytes, ...]
    anchor_number: int
    anchor_index: int
    anchor_size: int
    anchor_path: tuple[bytes, ...]
    tx_hash: bytes  # 32 bytes

    @cached_property
    def registry_id(self) -> bytes:
        return entries.registry_id(self.chain_id, self.contract)

    @cached_property
    def issuer_key_id(self) -> bytes:
        return entries.issuer_key_id(self.multikey)

    @cached_property
    def leaf_prefix(self) -> bytes:
        """The 104 bytes that stand before D_rdf in the leaf's preimage."""
        return entries.leaf_prefix(self.registry_id, self.batch, self.index, self.size, self.d_jcs)

    @cached_property
    def leaf(self) -> bytes:
        return entries.leaf_hash(self.leaf_prefix, self.d_rdf)

    @cached_property
    def batch_root(self) -> bytes:
        return merkle.root_from_path(self.leaf, self.index, self.size, self.batch_path)

    @cached_property
    def batch_entry(self) -> bytes:
        """The 128 bytes that `signature` is over."""
        return entries.batch_entry(self.registry_id, self.batch, self.size, self.issuer_key_id, self.batch_root)

    @cached_property
    def anchor_root(self) -> bytes:
        """The root that must be in the contract."""
        entry = entries.entry_hash(self.batch_entry)
        return merkle.root_from_path(entry, self.anchor_index, self.anchor_size, self.anchor_path)


def encode(proof: AnchorProof) -> str:
    """The `proofValue`: "z" and base58btc of the CBOR. Raises FormatError inclusion.* where a path does not fit."""
    return wire.write(_wire(proof))


def decode(text: str) -> AnchorProof:
    """Read a `proofValue`; everything is recomputed and the plain path must say the same as our fields.

    Raises FormatError: format.* for bytes that are not of this form, inclusion.* for fields that miss the root.
    """
    return confirm(wire.read(text))


def confirm(found: wire.Wire) -> AnchorProof:
    """The proof that `found` claims to be. Raises FormatError inclusion.* unless all follows from its own fields."""
    if found.anchor_index == 0:
        problem = "The proof names entry 0 of its anchor, which is the status entry"
        raise FormatError("inclusion.anchor-index", "", problem)
    batch_length = len(merkle.directions(found.index, found.size))
    anchor_length = len(merkle.directions(found.anchor_index, found.anchor_size))
    if (found.batch_length, found.anchor_length) != (batch_length, anchor_length):
        problem = (
            f"The paths have {found.batch_length} and {found.anchor_length} steps; "
            f"these places have exactly {batch_length} and {anchor_length}"
        )
        raise FormatError("inclusion.path-length", "", problem)
    if len(found.path) != batch_length + anchor_length + 2:
        problem = f"The plain path has {len(found.path)} steps instead of {batch_length + anchor_length + 2}"
        raise FormatError("inclusion.path-length", "", problem)
    hashes = [value for _, value in found.path]
    proof = AnchorProof(
        chain_id=found.chain_id,
        contract=found.contract,
        batch=found.batch,
        index=found.index,
        size=found.size,
        d_jcs=found.d_jcs,
        d_rdf=found.target_hash,
        multikey=found.multikey,
        signature=found.signature,
        batch_path=tuple(hashes[1 : 1 + batch_length]),
        anchor_number=found.anchor_number,
        anchor_index=found.anchor_index,
        anchor_size=found.anchor_size,
        anchor_path=tuple(hashes[2 + batch_length :]),
        tx_hash=found.tx_hash,
    )
    if found.merkle_root != proof.anchor_root:
        raise FormatError("inclusion.root", "", "The path does not lead to the root that the proof names")
    if found != _wire(proof):
        raise FormatError("inclusion.plain-path", "", "The plain path says something else than the proof's own fields")
    return proof


def plain_path(proof: AnchorProof) -> list[dict[str, str]]:
    """The path for stock verifiers (merkletools, Chainpoint), in lower-case hex: from D_rdf up to the anchor root."""
    return [{side: value.hex()} for side, value in _steps(proof)]


def attach(document: dict[str, Any], proof: AnchorProof, created: str, verification_method: str) -> dict[str, Any]:
    """The credential's file: a copy of `document` with the anchor proof as last member of its `proof` array.

    `created` is the anchor's block time (`rfc3339`), which verifiers compare with the chain's;
    `verification_method` is a hint.
    Raises FormatError format.proof where `proof` is not absent or a non-empty array, or already holds an anchor proof.
    """
    earlier = document.get("proof")
    if "proof" in document and (not isinstance(earlier, list) or not earlier or any(map(_is_anchor_proof, earlier))):
        problem = "The document's proof is not a list of the issuer's proofs"
        raise FormatError(
            "format.proof", "/proof", problem, "Give it an array, without an anchor proof, or leave it out"
        )
    member = {
        "type": PROOF_TYPE,
        "cryptosuite": CRYPTOSUITE,
        "created": created,
        "verificationMethod": verification_method,
        "proofPurpose": PURPOSE,
        "proofValue": encode(proof),
    }
    return {**document, "proof": [*(earlier or []), member]}


def detach(credential: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """Split a credential into the document that was hashed and its anchor proof (None if there is none yet).

    In the document `proof` is always an array, and absent when nothing is left of it. The argument is not changed.
    Raises FormatError format.proof: an anchor proof must be the last member of an array, and the only one of its kind.
    """
    if "proof" not in credential:
        return dict(credential), None
    proofs = credential["proof"]
    if isinstance(proofs, dict) and not _is_anchor_proof(proofs):
        return {**credential, "proof": [proofs]}, None
    if not isinstance(proofs, list) or not proofs:
        problem = "proof is neither an object nor a non-empty array"
        raise FormatError("format.proof", "/proof", problem, "Ask for the original file")
    places = [place for place, member in enumerate(proofs) if _is_anchor_proof(member)]
    if not places:
        return {**credential, "proof": list(proofs)}, None
    if places != [len(proofs) - 1]:
        problem = "An anchor proof is not the last of the proofs, or there are several"
        raise FormatError("format.proof", pointer("proof", places[0]), problem, "Ask for the original file")
    document = {name: value for name, value in credential.items() if name != "proof"}
    if len(proofs) > 1:
        document["proof"] = proofs[:-1]
    return document, proofs[-1]


@lru_cache(maxsize=1024)
def rfc3339(timestamp: int) -> str:
    """A block time in the one form that `created` may have: whole seconds, UTC, Z. Files of an anchor share it."""
    return datetime.fromtimestamp(timestamp, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _is_anchor_proof(member: Any) -> bool:
    return isinstance(member, dict) and member.get("cryptosuite") == CRYPTOSUITE


def _steps(proof: AnchorProof) -> list[wire.Step]:
    batch_sides = merkle.directions(proof.index, proof.size)
    anchor_sides = merkle.directions(proof.anchor_index, proof.anchor_size)
    return [
        ("left", proof.leaf_prefix),
        *zip(batch_sides, proof.batch_path, strict=True),
        ("left", proof.batch_entry[: entries.BATCH_PREFIX_BYTES]),
        *zip(anchor_sides, proof.anchor_path, strict=True),
    ]


def _wire(proof: AnchorProof) -> wire.Wire:
    root = proof.anchor_root  # first: it checks the lengths of both paths
    return wire.Wire(
        path=tuple(_steps(proof)),
        merkle_root=root,
        target_hash=proof.d_rdf,
        tx_hash=proof.tx_hash,
        chain_id=proof.chain_id,
        contract=proof.contract,
        batch=proof.batch,
        index=proof.index,
        size=proof.size,
        multikey=proof.multikey,
        signature=proof.signature,
        batch_length=len(proof.batch_path),
        anchor_number=proof.anchor_number,
        anchor_index=proof.anchor_index,
        anchor_size=proof.anchor_size,
        anchor_length=len(proof.anchor_path),
    )
