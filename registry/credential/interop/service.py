"""Issuing and verifying any credential as VC-API asks for it, with a test issuer's key.

What is issued here is signed and nothing else: not stored, not anchored, and without any claim that it is true.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from registry.credential.interop import proofs
from registry.credential.interop.canonizer import lenient
from registry.credential.interop.datamodel import (
    ENVELOPED,
    Path,
    check_credential,
    check_presentation,
    id_of,
    listed,
    read_time,
    types_of,
)
from registry.credential.interop.proofs import JCS, RDFC, Expected, Resolve, Verifier
from registry.credential.interop.resources import check_digests
from registry.credential.keys import IssuerKey
from registry.errors import FormatError
from registry.format.strictjson import pointer
from registry.rdfc.contexts import DATA_INTEGRITY_V2, VC_V1

ASSERTION, AUTHENTICATION = "assertionMethod", "authentication"
BADGES = frozenset({"OpenBadgeCredential", "AchievementCredential"})


def issue(credential: Any, key: IssuerKey, method: str, created: str) -> dict[str, Any]:
    """The credential with a proof by `key`; `method` is its DID URL, `created` an RFC 3339 time.

    `eddsa-rdfc-2022`, or `eddsa-jcs-2022` where a text has a direction, which RDF cannot say. A badge's proof is a
    list, as its schema demands; else an object. Raises FormatError vc.*, rdf.*.
    """
    check_credential(credential)
    did = method.partition("#")[0]
    if id_of(credential["issuer"]) != did:
        raise FormatError(
            "vc.issuer", "/issuer", "The credential names another issuer", f"Only {did} is issued for here"
        )
    check_digests(credential)
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


def verify_credential(credential: Any, resolve: Resolve, now: datetime) -> list[str]:
    """Check data model and proofs; answers warnings about times. Raises FormatError vc.*, proof.*, rdf.*."""
    check_credential(credential)
    _check_proofs(credential, Verifier(resolve, Expected(ASSERTION, now), lenient()), ())
    return _times(credential, now)


def verify_presentation(
    presentation: Any, resolve: Resolve, now: datetime, *, domain: str | None, challenge: str | None
) -> None:
    """Check the presentation, its proofs and its credentials. Raises FormatError vc.*, proof.*, rdf.*."""
    check_presentation(presentation)
    canonizer = lenient()
    Verifier(resolve, Expected(AUTHENTICATION, now, domain, challenge), canonizer).verify(presentation)
    verifier = Verifier(resolve, Expected(ASSERTION, now), canonizer)
    for credential, where in listed(presentation, "verifiableCredential"):
        if ENVELOPED in types_of(credential):
            problem = "Enveloped credentials are not verified here"
            raise FormatError("vc.enveloped", pointer(*where), problem, "Unwrap it")
        if "proof" in credential:
            _check_proofs(credential, verifier, where)
        elif id_of(presentation.get("holder")) != id_of(credential["issuer"]):
            problem = "A credential without proof is not the holder's own"
            raise FormatError("vc.self-asserted", pointer(*where, "issuer"), problem, "Ask for the signed credential")


def _check_proofs(credential: Mapping[str, Any], verifier: Verifier, path: Path) -> None:
    """All proofs hold, and one of them is the issuer's."""
    try:
        methods = verifier.verify(credential)
    except FormatError as error:
        raise FormatError(error.code, pointer(*path) + error.pointer, error.problem, error.remedy) from None
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
