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

from registry.credential import es256
from registry.errors import FormatError
from registry.format import strictjson
from registry.format.strictjson import pointer
from registry.format.times import parse_time
from registry.limits import MAX_DOCUMENT_BYTES, MAX_TIME, MAX_URL_CHARS

ALGORITHM = "ES256"
TYPE = "vc+jwt"
MEDIA_TYPE = "application/vc+jwt"
CLAIMS = ("iss", "jti", "sub", "nbf", "exp")
MAX_HEADER_BYTES = 8 * 1024
"""Enough for a key id of MAX_URL_CHARS; the header is read before anything is authenticated."""

MAX_CHARS = MAX_DOCUMENT_BYTES
"""A token is a file like any other; in base64 it holds three quarters of that."""

_TYPES = ("vc+jwt", "application/vc+jwt", "jwt")
"""`typ` is optional and read without regard to case (RFC 7515, section 4.1.9); Open Badges writes JWT."""

_KEYS_IN_HEADER = ("jwk", "jku", "x5u", "x5c", "x5t", "x5t#S256")
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
    payload = strictjson.canonical({**credential, **_claims(credential)})
    signed = f"{es256.encode(strictjson.canonical(header))}.{es256.encode(payload)}"
    token = f"{signed}.{es256.encode(key.sign(signed.encode()))}"
    read(token)  # what we make, we would take
    return token


def read(token: str) -> Token:
    """Everything about a token but its signature. Raises FormatError jwt.* with what is wrong, and where.

    Pointers begin with /header or /payload.
    """
    if len(token) > MAX_CHARS:
        raise FormatError("jwt.too-large", "", f"The token has {len(token)} characters, more than {MAX_CHARS}")
    parts = token.split(".")
    if len(parts) != 3:
        raise FormatError("jwt.form", "", f"The token has {len(parts)} parts, not header.payload.signature")
    header = _object(es256.decode(parts[0], "/header"), "/header", MAX_HEADER_BYTES)
    _check_header(header)
    payload = _object(es256.decode(parts[1], "/payload"), "/payload", MAX_DOCUMENT_BYTES)
    signature = es256.decode(parts[2], "/signature")
    if len(signature) != es256.SIGNATURE_BYTES:
        raise FormatError("jwt.signature", "/signature", f"The signature has {len(signature)} bytes, not 64")
    credential = _compare(payload)
    _check_kid(header["kid"], _issuer(credential))
    return Token(credential, header["kid"], f"{parts[0]}.{parts[1]}".encode(), signature)


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


def _object(data: bytes, place: str, most: int) -> dict[str, Any]:
    try:
        value = strictjson.parse(data, max_bytes=most)
    except FormatError as error:
        code = error.code.replace("format.", "jwt.", 1)
        raise FormatError(code, place + error.pointer, error.problem, error.remedy) from None
    if not isinstance(value, dict):
        raise FormatError("jwt.form", place, "This part is not a JSON object")
    return value


def _check_header(header: Mapping[str, Any]) -> None:
    if header.get("alg") != ALGORITHM:
        raise FormatError(
            "jwt.alg", "/header/alg", f"The algorithm is {str(header.get('alg'))[:20]!r}, not {ALGORITHM}"
        )
    for name in _KEYS_IN_HEADER:
        if name in header:
            problem = "The token brings a key of its own, which proves nothing"
            raise FormatError("jwt.key-in-header", pointer("header", name), problem)
    if "b64" in header:
        raise FormatError("jwt.b64", "/header/b64", "Payloads that are not base64url are not read here")
    if "crit" in header:
        raise FormatError("jwt.crit", "/header/crit", "The header demands extensions that are not known here")
    if str(header.get("typ", TYPE)).lower() not in _TYPES:
        raise FormatError("jwt.typ", "/header/typ", f"The type is not {TYPE}")
    if str(header.get("cty", "vc")).lower() not in ("vc", "application/vc"):
        raise FormatError("jwt.cty", "/header/cty", "The contents are not said to be a credential (vc)")
    if not isinstance(header.get("kid"), str):
        raise FormatError("jwt.kid", "/header/kid", "The header names no key")


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
