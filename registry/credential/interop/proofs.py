"""Data Integrity proofs of the EdDSA family, made and checked: sets, chains, purposes, domains and times.

    eddsa-rdfc-2022, Ed25519Signature2020    SHA-256(RDFC-1.0(options)) || SHA-256(RDFC-1.0(document))
    eddsa-jcs-2022                           SHA-256(RFC 8785(options)) || SHA-256(RFC 8785(document))

Standards: Verifiable Credential Data Integrity 1.0, section 4; Data Integrity EdDSA Cryptosuites 1.0, section 3.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from registry.credential.interop.datamodel import read_time
from registry.credential.keys import IssuerKey
from registry.errors import FormatError
from registry.format import anchorproof, signature, strictjson
from registry.format.strictjson import pointer
from registry.rdfc.canonizer import Canonizer

RDFC, JCS = "eddsa-rdfc-2022", "eddsa-jcs-2022"
PROOF_TYPE, LEGACY_TYPE = "DataIntegrityProof", "Ed25519Signature2020"
MAX_PROOFS = 8
"""Proofs in one document; each costs a canonicalisation and a signature."""

_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:\S+")

Resolve = Callable[[str], bytes]
"""A verification method's URL to its multikey, 34 bytes. Raises FormatError where it is not known."""


@dataclass(frozen=True)
class Expected:
    """What the verifier demands of every proof. `domain` and `challenge` None: not demanded."""

    purpose: str
    now: datetime
    domain: str | None = None
    challenge: str | None = None


def add(
    document: Mapping[str, Any],
    key: IssuerKey,
    options: Mapping[str, Any],
    canonizer: Canonizer,
) -> dict[str, Any]:
    """The proof over `document` without its proofs. `options` is what it says beside type and value.

    Raises FormatError proof.* and rdf.*.
    """
    proof = {"type": PROOF_TYPE, **options}
    if options.get("cryptosuite") == JCS:
        proof = {"@context": document["@context"], **proof}
    unsecured = {name: value for name, value in document.items() if name != "proof"}
    value = key.sign(_message(unsecured, proof, canonizer))
    return {**proof, "proofValue": signature.to_text(value)}


def has_any(document: Mapping[str, Any]) -> bool:
    """Whether a document has a proof besides an anchor proof."""
    return not all(map(_is_anchor, _list(document.get("proof"))))


class Verifier:
    """Checks the proofs of documents. `resolve` knows the keys, `expected` what the verifier demands."""

    def __init__(self, resolve: Resolve, expected: Expected, canonizer: Canonizer) -> None:
        self.resolve = resolve
        self.expected = expected
        self._canonizer = canonizer

    def verify(self, document: Mapping[str, Any]) -> list[str]:
        """Check every proof; answers their verification methods.

        Of an anchor proof nothing is said here: it takes a chain, and is not the issuer's.
        Raises FormatError: proof.missing, proof.form, proof.cryptosuite, proof.purpose, proof.domain, proof.challenge,
        proof.expired, proof.previous, proof.signature, rdf.*, and what `resolve` raises; with a pointer to the proof.
        """
        value = document.get("proof")
        proofs = _list(value)
        if not has_any(document):
            problem = "There is no proof but an anchor proof" if proofs else "There is no proof"
            raise FormatError("proof.missing", "/proof", problem, "Ask for the signed document")
        if len(proofs) > MAX_PROOFS:
            raise FormatError("proof.form", "/proof", f"There are {len(proofs)} proofs, more than {MAX_PROOFS}")
        checked = [proof for proof in proofs if not _is_anchor(proof)]
        methods = []
        for index, proof in enumerate(proofs):
            if _is_anchor(proof):
                continue
            where = pointer("proof", index) if isinstance(value, list) else "/proof"
            try:
                methods.append(self._one(document, proof, checked))
            except FormatError as error:
                raise FormatError(error.code, where + error.pointer, error.problem, error.remedy) from None
        return methods

    def _one(self, document: Mapping[str, Any], proof: Any, proofs: list[Any]) -> str:
        value = _check_form(proof)
        _check_demands(proof, self.expected)
        unsecured = {name: member for name, member in document.items() if name != "proof"}
        earlier = _previous(proof, proofs)
        if earlier:
            unsecured["proof"] = earlier
        options = {name: member for name, member in proof.items() if name != "proofValue"}
        method = str(proof["verificationMethod"])
        if not signature.verify(self.resolve(method), value, _message(unsecured, options, self._canonizer)):
            problem = "The signature does not fit the document, the options and the key"
            raise FormatError("proof.signature", "", problem, "Do not rely on it")
        return method


def _message(document: Mapping[str, Any], options: Mapping[str, Any], canonizer: Canonizer) -> bytes:
    if options.get("cryptosuite") == JCS:
        contexts = _list(options.get("@context", document.get("@context")))
        if _list(document.get("@context"))[: len(contexts)] != contexts:
            raise FormatError("proof.form", "/@context", "The document's contexts do not begin with the proof's")
        signed = {**document, "@context": options["@context"]} if "@context" in options else document
        parts = strictjson.canonical(dict(options)), strictjson.canonical(dict(signed))
    else:
        configuration = {**options, "@context": document.get("@context")}
        parts = canonizer.canonize(configuration), canonizer.canonize(dict(document))
    return b"".join(sha256(part).digest() for part in parts)


def _is_anchor(proof: Any) -> bool:
    return isinstance(proof, dict) and proof.get("cryptosuite") == anchorproof.CRYPTOSUITE


def _check_form(proof: Any) -> bytes:
    """The 64 bytes of the signature."""
    if not isinstance(proof, dict):
        raise FormatError("proof.form", "", "A proof is not an object")
    for name in ("type", "verificationMethod", "proofPurpose", "proofValue"):
        if not isinstance(proof.get(name), str):
            raise FormatError("proof.form", pointer(name), f"The proof has no {name}, or it is not text")
    suite = proof.get("cryptosuite")
    if (proof["type"], suite) not in ((PROOF_TYPE, RDFC), (PROOF_TYPE, JCS), (LEGACY_TYPE, None)):
        problem = f"Proofs of type {proof['type'][:40]!r} with {str(suite)[:40]!r} are not supported"
        raise FormatError("proof.cryptosuite", "/cryptosuite", problem, f"Use {RDFC} or {JCS}")
    if "@context" in proof and suite != JCS:
        raise FormatError("proof.form", "/@context", "The proof brings a context of its own")
    for name in ("created", "expires"):
        if name in proof:
            _time(proof[name], name)
    if "id" in proof and not (isinstance(proof["id"], str) and _URL.fullmatch(proof["id"])):
        raise FormatError("proof.form", "/id", "The proof's id is not a URL")
    return signature.from_text(proof["proofValue"], "/proofValue")


def _check_demands(proof: Mapping[str, Any], expected: Expected) -> None:
    if proof["proofPurpose"] != expected.purpose:
        problem = f"The purpose is {proof['proofPurpose'][:40]!r}, not {expected.purpose}"
        raise FormatError("proof.purpose", "/proofPurpose", problem)
    if expected.domain is not None and expected.domain not in _list(proof.get("domain")):
        raise FormatError("proof.domain", "/domain", "The proof was not made for this domain")
    if expected.challenge is not None and proof.get("challenge") != expected.challenge:
        raise FormatError("proof.challenge", "/challenge", "The proof does not answer this challenge")
    if "expires" in proof and _time(proof["expires"], "expires") <= expected.now:
        raise FormatError("proof.expired", "/expires", "The proof has expired")


def _previous(proof: Mapping[str, Any], proofs: list[Any]) -> list[Any]:
    """The proofs that this one builds on; they are checked like any other."""
    names = _list(proof.get("previousProof"))
    found = [other for other in proofs if isinstance(other, dict) and other.get("id") in names and other is not proof]
    if len(found) != len(names) or len({str(name) for name in names}) != len(names):
        problem = "previousProof names a proof that the document does not hold exactly once"
        raise FormatError("proof.previous", "/previousProof", problem)
    return found


def _time(value: Any, name: str) -> datetime:
    found = read_time(value)
    if found is None:
        raise FormatError("proof.form", pointer(name), f"The proof's {name} is not a time")
    return found


def _list(value: Any) -> list[Any]:
    return [] if value is None else value if isinstance(value, list) else [value]
