"""The issuer's embedded proof: `eddsa-rdfc-2022`, made and checked.

    signed bytes = SHA-256(canonical proof options) || SHA-256(canonical document without proof)        64 bytes
    proofValue   = "z" || base58btc(Ed25519 signature of them)

Standards: VC Data Integrity 1.0 (section 4), Data Integrity EdDSA Cryptosuites 1.0 (section 3.2).
`proof` is written as an array, because the Open Badges 3.0 schema refuses an object.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from registry.credential.keys import IssuerKey
from registry.errors import FormatError
from registry.format import anchorproof, signature, strictjson
from registry.format.strictjson import pointer
from registry.rdfc.canonizer import Canonizer, default, rdf_digest

CRYPTOSUITE = "eddsa-rdfc-2022"
PROOF_TYPE = "DataIntegrityProof"
PURPOSE = "assertionMethod"
MAX_PROOFS = 8
"""Proofs in one document. An issuer needs one; each costs a verifier a signature and a canonicalisation."""

_REQUIRED = ("type", "cryptosuite", "verificationMethod", "proofPurpose", "proofValue")
_DATETIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?")


def add_proof(
    document: Mapping[str, Any],
    key: IssuerKey,
    verification_method: str,
    created: str,
    canonizer: Canonizer | None = None,
) -> dict[str, Any]:
    """A copy of `document` with one more proof at the end of its `proof` array.

    `verification_method` is the absolute DID URL of `key`; `created` an RFC 3339 time with Z or offset.
    Raises FormatError rdf.* where the document is not safe to sign, proof.created.
    """
    canonizer = canonizer or default()
    options = _options(verification_method, created)
    unsecured = {name: member for name, member in document.items() if name != "proof"}
    message = _options_digest(options, document.get("@context"), canonizer) + _sha256(canonizer.canonize(unsecured))
    proofs = document.get("proof", [])
    member = {**options, "proofValue": signature.to_text(key.sign(message))}
    return {**document, "proof": [*(proofs if isinstance(proofs, list) else [proofs]), member]}


def sign_and_digest(
    document: Mapping[str, Any], key: IssuerKey, verification_method: str, created: str
) -> tuple[dict[str, Any], bytes]:
    """`add_proof`, and D_rdf of the result (32 bytes)."""
    signed = add_proof(document, key, verification_method, created)
    return signed, rdf_digest(signed)


def options_digest(verification_method: str, created: str, contexts: list[str]) -> bytes:
    """The first half of what `add_proof` signs, 32 bytes: alike for a whole batch. Raises FormatError proof.created."""
    return _options_digest(_options(verification_method, created), contexts, default())


def issuer_proofs(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The document's proofs without the anchor proof, as a list; empty where there is none.

    Raises FormatError proof.form where `proof` is neither an object nor a list of objects, or holds too many.
    """
    value = document.get("proof", [])
    proofs = value if isinstance(value, list) else [value]
    if not all(isinstance(proof, dict) for proof in proofs):
        raise FormatError("proof.form", "/proof", "A proof is not a JSON object")
    if len(proofs) > MAX_PROOFS:
        raise FormatError("proof.form", "/proof", f"There are {len(proofs)} proofs, more than {MAX_PROOFS}")
    return [proof for proof in proofs if proof.get("cryptosuite") != anchorproof.CRYPTOSUITE]


def is_supported(proof: Mapping[str, Any]) -> bool:
    """Whether `verify_proof` can check this kind of proof."""
    return proof.get("type") == PROOF_TYPE and proof.get("cryptosuite") == CRYPTOSUITE


def verify_proof(
    document: Mapping[str, Any],
    proof: Mapping[str, Any],
    multikey: bytes,
    canonizer: Canonizer | None = None,
    *,
    contents: bytes | None = None,
) -> bool:
    """Whether `proof`, one of the document's proofs, was made over the document by the key in `multikey` (34 bytes).

    A proof that names `previousProof` covers those proofs too; they must be in the document, and the caller checks them
    like any other. The caller also knows whether the key is the issuer's: `verificationMethod` is not resolved here.
    `contents`: SHA-256 of the canonical document without its proofs, for who knows it.
    Raises FormatError: proof.form, proof.cryptosuite, proof.previous, rdf.*.
    """
    value = _check_form(proof)
    canonizer = canonizer or default()
    unsecured = {name: member for name, member in document.items() if name != "proof"}
    earlier = _previous(document, proof)
    if earlier:
        unsecured["proof"] = earlier
    if earlier or contents is None:
        contents = _sha256(canonizer.canonize(unsecured))
    options = {name: member for name, member in proof.items() if name != "proofValue"}
    message = _options_digest(options, document.get("@context"), canonizer) + contents
    return signature.verify(multikey, value, message)


def _options(verification_method: str, created: str) -> dict[str, str]:
    if not _DATETIME.fullmatch(created) or not re.search(r"(Z|[+-]\d\d:\d\d)$", created):
        problem = f"{created!r} is not a time with zone like 2026-06-30T10:00:00Z"
        raise FormatError("proof.created", "/proof/created", problem)
    return {
        "type": PROOF_TYPE,
        "cryptosuite": CRYPTOSUITE,
        "created": created,
        "verificationMethod": verification_method,
        "proofPurpose": PURPOSE,
    }


def _check_form(proof: Mapping[str, Any]) -> bytes:
    """The 64 bytes of the signature."""
    for name in _REQUIRED:
        if not isinstance(proof.get(name), str):
            raise FormatError("proof.form", pointer("proof", name), f"The proof has no {name}, or it is not text")
    if not is_supported(proof):
        problem = f"The proof is {proof['type'][:40]} with {proof['cryptosuite'][:40]}, not {PROOF_TYPE} {CRYPTOSUITE}"
        raise FormatError("proof.cryptosuite", "/proof/cryptosuite", problem)
    if proof["proofPurpose"] != PURPOSE:
        problem = f"The proof's purpose is {proof['proofPurpose'][:40]!r}, not {PURPOSE}"
        raise FormatError("proof.form", "/proof/proofPurpose", problem)
    for name in ("created", "expires"):
        value = proof.get(name, "2000-01-01T00:00:00Z")
        if not isinstance(value, str) or not _DATETIME.fullmatch(value):
            raise FormatError("proof.form", pointer("proof", name), f"The proof's {name} is not a time")
    if "@context" in proof:
        problem = "The proof brings a context of its own"
        raise FormatError("proof.form", "/proof/@context", problem, "Only the document has one")
    return signature.from_text(proof["proofValue"], "/proof/proofValue")


def _previous(document: Mapping[str, Any], proof: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The proofs that this one builds on (VC Data Integrity 1.0, section 4.7)."""
    named = proof.get("previousProof", [])
    names = named if isinstance(named, list) else [named]
    proofs = issuer_proofs(document)
    found = [other for other in proofs if isinstance(other.get("id"), str) and other["id"] in names]
    if len(found) != len(names):
        problem = "previousProof names a proof that the document does not hold exactly once"
        raise FormatError("proof.previous", "/proof/previousProof", problem)
    if any(other.get("id") == proof.get("id") for other in found):
        raise FormatError("proof.previous", "/proof/previousProof", "The proof builds on itself")
    return found


def _options_digest(options: Mapping[str, Any], contexts: Any, canonizer: Canonizer) -> bytes:
    configuration = {**options, "@context": contexts}
    # Alike for a whole batch: it is canonicalised once in a batch instead of once in a credential.
    return _digest_once(strictjson.canonical(configuration), canonizer)


@lru_cache(maxsize=256)
def _digest_once(configuration: bytes, canonizer: Canonizer) -> bytes:
    return _sha256(canonizer.canonize(json.loads(configuration)))


def _sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()
