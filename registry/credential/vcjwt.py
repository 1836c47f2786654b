"""A credential as a JSON Web Token signed with ES256, in the `vc+jwt` form: made from the same record as the JSON file.

    header  = {"alg":"ES256","kid":<absolute DID URL>,"typ":"vc+jwt"}
    payload = the credential and, for readers of JWTs, iss = issuer, jti = id, sub = credentialSubject.id,
              nbf = validFrom and exp = validUntil in whole seconds

Standards: Securing VCs using JOSE and COSE (section 3.1), Open Badges 3.0 (section 8.2), RFC 7515, 7519, 8725.
What a token proves by itself: the holder of a key that the issuer's DID document names signed these contents. When it
was signed, and whether it was revoked, only the anchor proof and the status lists say. It may be in the payload.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from registry.credential import es256, jws
from registry.errors import FormatError
from registry.format.strictjson import pointer
from registry.format.times import parse_time
from registry.limits import MAX_TIME, MAX_URL_CHARS

ALGORITHM = es256.ALGORITHM
TYPE = "vc+jwt"
MEDIA_TYPE = "application/vc+jwt"
CLAIMS = ("iss", "jti", "sub", "nbf", "exp")
_OTHERS = ("vc", "vp")


@dataclass(frozen=True)
class Token:
    """A well-formed token whose claims say what its credential says. Its signature is not checked yet."""

    credential: dict[str, Any]
    kid: str
    signed: bytes  # what the signature is over
    signature: bytes  # 64 bytes

    @property
    def issuer(self) -> str:
        """The DID in the credential."""
        return _issuer(self.credential)


def sign(credential: Mapping[str, Any], key: es256.Es256Key, kid: str | None = None) -> str:
    """The token of `credential`, in compact form. Proofs in it are kept: they are part of what is signed.

    `kid` is the key's DID URL, by default the issuer's DID with the key's thumbprint. Raises FormatError jwt.*.
    """
    for name in (*CLAIMS, *_OTHERS):
        if name in credential:
            raise FormatError("jwt.claim", pointer(name), "The credential has a member that is a claim of the token")
    kid = kid if kid is not None else key.method(_issuer(credential))
    _check_kid(kid, _issuer(credential))
    header = {"alg": ALGORITHM, "kid": kid, "typ": TYPE}
    token = jws.compact(header, {**credential, **_claims(credential)}, key.sign)
    read(token)  # what we make, we would take
    return token


def read(token: str) -> Token:
    """Everything about a token but its signature. Raises FormatError jwt.* with what is wrong, and where.

    Pointers begin with /header or /payload.
    """
    found = jws.read(token, (ALGORITHM,))
    credential = _compare(found.payload)
    _check_kid(found.kid, _issuer(credential))
    return Token(credential, found.kid, found.signed, found.signature)


def check_signature(token: Token, did_document: Mapping[str, Any]) -> None:
    """Check the signature with the key that the issuer's DID document names. Raises FormatError jwt.key, jwt.signature.

    The document must be the issuer's own, its key's id and controller too, and the key must be one that may assert.
    """
    if did_document.get("id") != token.issuer:
        raise FormatError("jwt.key", "", "The DID document is not the issuer's", f"Give the one of {token.issuer}")
    usable = did_document.get("assertionMethod")
    if not isinstance(usable, list) or token.kid not in usable:
        raise FormatError("jwt.key", "", f"The issuer's DID document names no key {token.kid} that may sign now")
    methods = did_document.get("verificationMethod")
    listed = methods if isinstance(methods, list) else []
    found = [one for one in listed if isinstance(one, dict) and one.get("id") == token.kid]
    jwk = found[0].get("publicKeyJwk") if len(found) == 1 else None
    if not isinstance(jwk, dict) or found[0].get("controller") != token.issuer:
        raise FormatError("jwt.key", "", f"The issuer's DID document has no publicKeyJwk of its own as {token.kid}")
    if not es256.verify(jwk, token.signature, token.signed):
        raise FormatError("jwt.signature", "/signature", f"The signature was not made by {token.kid} over this")


def _check_kid(kid: str, issuer: str) -> None:
    did, _, fragment = kid.partition("#")
    if did != issuer or not fragment or len(kid) > MAX_URL_CHARS:
        problem = f"{kid[:100]!r} is not a key of the issuer {issuer[:100]}"
        raise FormatError("jwt.kid", "/header/kid", problem, "It is the issuer's DID, # and the key's name")


def _compare(payload: Mapping[str, Any]) -> dict[str, Any]:
    """The credential in the payload, if every claim says what the credential says."""
    for name in _OTHERS:
        if name in payload:
            raise FormatError("jwt.claim", pointer("payload", name), "This claim is of VCDM 1.1, and not read here")
    credential = {name: member for name, member in payload.items() if name not in CLAIMS}
    claims = _claims(credential, "/payload")
    for name in CLAIMS:
        given, expected = payload.get(name), claims.get(name)
        # True == 1 and 1.0 == 1 in Python, and null is not the same as nothing.
        if (name in payload) != (name in claims) or given != expected or type(given) is not type(expected):
            said = f"is {expected!r}"[:120] if name in claims else "says nothing of it"
            problem = f"The claim {name} differs from the credential, which {said}"
            raise FormatError("jwt.claim", pointer("payload", name), problem)
    return credential


def _claims(credential: Mapping[str, Any], place: str = "") -> dict[str, str | int]:
    claims: dict[str, str | int] = {"iss": _issuer(credential, place)}
    identifier, subject = credential.get("id"), credential.get("credentialSubject")
    if not isinstance(identifier, str):
        raise FormatError("jwt.credential", f"{place}/id", "The credential has no id")
    claims["jti"] = identifier
    if not isinstance(subject, dict) or not isinstance(subject.get("id", ""), str):
        raise FormatError("jwt.credential", f"{place}/credentialSubject", "The credential has not one subject")
    if "id" in subject:
        claims["sub"] = subject["id"]
    claims["nbf"] = _seconds(credential, "validFrom", place)
    if "validUntil" in credential:
        claims["exp"] = _seconds(credential, "validUntil", place)
    return claims


def _issuer(credential: Mapping[str, Any], place: str = "") -> str:
    issuer = credential.get("issuer")
    identifier = issuer.get("id") if isinstance(issuer, dict) else issuer
    if not isinstance(identifier, str):
        raise FormatError("jwt.credential", f"{place}/issuer", "The credential names no issuer")
    return identifier


def _seconds(credential: Mapping[str, Any], name: str, place: str) -> int:
    """A NumericDate in whole seconds; a fraction is cut off."""
    time = parse_time(credential.get(name))
    seconds = math.floor(time.timestamp()) if time is not None else -1
    if not 0 <= seconds <= MAX_TIME:
        raise FormatError("jwt.credential", f"{place}/{name}", f"{name} is not a time since 1970 with offset")
    return seconds
