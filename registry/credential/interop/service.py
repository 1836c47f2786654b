"""Issuing and verifying any credential as VC-API asks for it, with a test issuer's key.

What is issued here is signed and nothing else: not stored, not anchored, and without any claim that it is true.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from registry.credential.interop import enveloped, proofs
from registry.credential.interop.canonizer import lenient
from registry.credential.interop.datamodel import (
    ENVELOPED,
    ENVELOPED_PRESENTATION,
    Path,
    check_credential,
    check_envelope,
    check_presentation,
    id_of,
    listed,
    read_time,
    types_of,
)
from registry.credential.interop.proofs import JCS, RDFC, Expected, Resolve, Verifier
from registry.credential.interop.resources import check_digests
from registry.credential.interop.status import check_entries
from registry.credential.jws import Kind
from registry.credential.keys import IssuerKey
from registry.errors import FormatError
from registry.format.strictjson import pointer
from registry.rdfc.contexts import DATA_INTEGRITY_V2, VC_V1

ASSERTION, AUTHENTICATION = "assertionMethod", "authentication"
BADGES = frozenset({"OpenBadgeCredential", "AchievementCredential"})


@dataclass(frozen=True)
class Verified:
    """A credential whose proofs or envelope hold, and what is to be said about its times."""

    credential: dict[str, Any]
    warnings: list[str]


def issue(credential: Any, key: IssuerKey, method: str, created: str) -> dict[str, Any]:
    """The credential with a proof by `key`; `method` is its DID URL, `created` an RFC 3339 time.

    `eddsa-rdfc-2022`, or `eddsa-jcs-2022` where a text has a direction, which RDF cannot say. A badge's proof is a
    list, as its schema demands; else an object. Raises FormatError vc.*, rdf.*.
    """
    _check_issuable(credential, method)
    contexts = credential["@context"] if isinstance(credential["@context"], list) else [credential["@context"]]
    if contexts[0] == VC_V1 and DATA_INTEGRITY_V2 not in contexts:
        credential = {**credential, "@context": [*contexts, DATA_INTEGRITY_V2]}
    options = {
        "cryptosuite": JCS if _has_direction(credential) else RDFC,
        "created": created,
        "verificationMethod": method,
        "proofPurpose": ASSERTION,
    }
    before = credential.get("proof", [])
    made = proofs.add(credential, key, options, lenient())
    if before:
        return {**credential, "proof": [*(before if isinstance(before, list) else [before]), made]}
    as_list = BADGES.intersection(name for name in types_of(credential) if isinstance(name, str))
    return {**credential, "proof": [made] if as_list else made}


def envelop(credential: Any, key: IssuerKey, method: str) -> dict[str, Any]:
    """The credential in an envelope, a JWT signed by `key`. Raises FormatError vc.*, rdf.*, jwt.*."""
    _check_issuable(credential, method)
    if not _has_direction(credential):
        lenient().canonize(credential)  # what it means must be clear, though the signature is over its JSON
    return enveloped.wrap(credential, key, method)


def _check_issuable(credential: Any, method: str) -> None:
    check_credential(credential)
    did = method.partition("#")[0]
    if id_of(credential["issuer"]) != did:
        raise FormatError(
            "vc.issuer", "/issuer", "The credential names another issuer", f"Only {did} is issued for here"
        )
    check_digests(credential)
    check_entries(credential)


def verify_credential(
    credential: Any,
    resolve: Resolve,
    now: datetime,
    *,
    purpose: str | None = None,
    domain: str | None = None,
    challenge: str | None = None,
) -> Verified:
    """Check data model and proofs, or the envelope. Raises FormatError vc.*, proof.*, jwt.*, rdf.*.

    What is asked for in `domain` and `challenge` every proof must have; None asks nothing.
    """
    _check_purpose(purpose, ASSERTION)
    verifier = Verifier(resolve, Expected(ASSERTION, now, domain, challenge), lenient())
    if _is_envelope(credential, ENVELOPED):
        check_envelope(credential, ENVELOPED)
        return _opened(credential, verifier, ())
    check_credential(credential)
    _check_proofs(credential, verifier, ())
    return Verified(credential, _times(credential, now))


def _check_purpose(asked: str | None, ours: str) -> None:
    """A key is looked up for one purpose; who asks for another gets no answer to it."""
    if asked not in (None, ours):
        problem = f"Proofs are verified for {ours} here, not for {str(asked)[:40]!r}"
        raise FormatError("proof.purpose", "", problem, f"Leave expectedProofPurpose out, or ask for {ours}")


def verify_presentation(
    presentation: Any,
    resolve: Resolve,
    now: datetime,
    *,
    purpose: str | None = None,
    domain: str | None = None,
    challenge: str | None = None,
) -> list[Verified]:
    """Check the presentation, its proofs or envelope, and its credentials, in their order.

    `domain` and `challenge` are asked of the presentation's own proofs.

    Raises FormatError vc.*, proof.*, jwt.*, rdf.*.
    """
    _check_purpose(purpose, AUTHENTICATION)
    canonizer = lenient()
    verifier = Verifier(resolve, Expected(AUTHENTICATION, now, domain, challenge), canonizer)
    inside: Path = ()
    if _is_envelope(presentation, ENVELOPED_PRESENTATION):
        check_envelope(presentation, ENVELOPED_PRESENTATION)
        presentation, inside = _unwrap(presentation, "vp", verifier, ()), ("id",)
    with _within(inside):
        check_presentation(presentation)
        holder = id_of(presentation.get("holder"))
        signers = {holder} if inside else set()  # who signed an envelope, was checked
        if not inside or proofs.has_any(presentation):
            signers |= {method.partition("#")[0] for method in verifier.verify(presentation)}
        verifier = Verifier(resolve, Expected(ASSERTION, now), canonizer)
        credentials = list(listed(presentation, "verifiableCredential"))
        owner = holder if holder in signers else None
        return [_presented(credential, owner, verifier, where) for credential, where in credentials]


def _presented(credential: Any, owner: str | None, verifier: Verifier, where: Path) -> Verified:
    if ENVELOPED in types_of(credential):
        return _opened(credential, verifier, where)
    if "proof" in credential:
        _check_proofs(credential, verifier, where)
    elif owner is None or owner != id_of(credential["issuer"]):
        problem = "A credential without proof is not by the holder who signed the presentation"
        raise FormatError("vc.self-asserted", pointer(*where, "issuer"), problem, "Ask for the signed credential")
    return Verified(credential, _times(credential, verifier.expected.now))


def _is_envelope(value: Any, kind: str) -> bool:
    return isinstance(value, dict) and kind in types_of(value)


def _opened(envelope: Mapping[str, Any], verifier: Verifier, path: Path) -> Verified:
    """The credential in an envelope. Proofs in it were signed with it, and are checked like any others."""
    credential = _unwrap(envelope, "vc", verifier, path)
    with _within((*path, "id")):
        check_credential(credential)
        if proofs.has_any(credential):
            _check_proofs(credential, verifier, ())
    return Verified(credential, _times(credential, verifier.expected.now))


def _unwrap(envelope: Mapping[str, Any], kind: Kind, verifier: Verifier, path: Path) -> dict[str, Any]:
    with _within((*path, "id")):
        return enveloped.unwrap(envelope["id"], kind, verifier.resolve, verifier.expected)


@contextmanager
def _within(path: Path) -> Iterator[None]:
    """What is wrong inside is at that place."""
    try:
        yield
    except FormatError as error:
        raise FormatError(error.code, pointer(*path) + error.pointer, error.problem, error.remedy) from None


def _check_proofs(credential: Mapping[str, Any], verifier: Verifier, path: Path) -> None:
    """All proofs hold, and one of them is the issuer's."""
    with _within(path):
        methods = verifier.verify(credential)
    issuer = id_of(credential["issuer"])
    if not any(method.partition("#")[0] == issuer for method in methods):
        raise FormatError("proof.issuer", pointer(*path, "proof"), "No proof is by the issuer", "Do not rely on it")


def _times(credential: Mapping[str, Any], now: datetime) -> list[str]:
    found = []
    for name, late in (("validFrom", False), ("issuanceDate", False), ("validUntil", True), ("expirationDate", True)):
        time = read_time(credential.get(name))  # None also for a member of the other data model, whatever it holds
        if time is not None and ((now > time) if late else (now < time)):
            found.append(f"The credential is {'not valid any more' if late else 'not valid yet'} ({name})")
    return found


def _has_direction(value: Any) -> bool:
    if isinstance(value, dict):
        return "@direction" in value or any(map(_has_direction, value.values()))
    return isinstance(value, list) and any(map(_has_direction, value))
