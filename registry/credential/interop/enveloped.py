"""Credentials and presentations in an envelope: a JWT in a data: URL, made, and opened with a key that is known here.

    {"@context": ..., "type": "EnvelopedVerifiableCredential", "id": "data:application/vc+jwt,<token>"}

`application/vc+jwt` and `application/vp+jwt` are the document itself with the claims beside it; `application/jwt` is
the older form, which holds it in the claim `vc` or `vp`. The key decides the algorithm, never the token: EdDSA for
Ed25519, ES256 for P-256. What a claim says, the document must say, too; a claim without its member is refused.

Standards: Verifiable Credentials Data Model 2.0 (section 4.13) and 1.1 (section 6.3.1), Securing VCs using JOSE and
COSE (section 3.1), RFC 2397, RFC 8725.
"""

import math
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from registry.credential import es256, jws
from registry.credential.interop.datamodel import ENVELOPED, ENVELOPES, id_of, read_time, types_of
from registry.credential.interop.proofs import Expected, Resolve
from registry.credential.jws import Jws, Kind
from registry.credential.keys import IssuerKey
from registry.credential.vcjwt import MEDIA_TYPE
from registry.errors import FormatError
from registry.format import signature
from registry.format.multibase import ED25519_PREFIX
from registry.format.strictjson import pointer
from registry.limits import MAX_URL_CHARS
from registry.rdfc.contexts import VC_V2

ALGORITHMS = ("ES256", "EdDSA", "Ed25519")

OLDER_TYPE = "application/jwt"
_NOT_CONTENT = ("iss", "jti", "sub", "nbf", "exp", "iat", "aud", "nonce", "cnf")
"""Registered claims: about the token, and no members of the document."""

_OWNERS = {"vc": "issuer", "vp": "holder"}
_MAX_HEAD_CHARS = 100
_MEMBERS = {"nbf": ("validFrom", "issuanceDate"), "exp": ("validUntil", "expirationDate")}

_Verify = Callable[[bytes, bytes, bytes], bool]
_BY_KEY: dict[bytes, tuple[tuple[str, ...], _Verify]] = {
    ED25519_PREFIX: (("EdDSA", "Ed25519"), signature.verify),
    es256.MULTIKEY_PREFIX: (("ES256",), es256.verify_multikey),
}
"""What a key's first two bytes say it is for."""


def wrap(credential: Mapping[str, Any], key: IssuerKey, method: str) -> dict[str, Any]:
    """The envelope around a credential, signed with EdDSA; `method` is the key's DID URL. What it holds is kept.

    Raises FormatError jwt.claim for a credential with a member that is a claim, and what `unwrap` would refuse.
    """
    for name in (*_NOT_CONTENT, "vc", "vp"):
        if name in credential:
            raise FormatError("jwt.claim", pointer(name), "The credential has a member that is a claim of the token")
    says = {
        "iss": id_of(credential["issuer"]),
        "jti": credential.get("id"),
        "sub": id_of(credential["credentialSubject"]),
    }
    claims: dict[str, Any] = {name: value for name, value in says.items() if isinstance(value, str)}
    for name, members in _MEMBERS.items():
        times = _times(credential, members)
        claims |= {name: math.floor(times[0].timestamp())} if times else {}
    header = {"alg": "EdDSA", "kid": method, "typ": "vc+jwt", "cty": "vc"}
    token = jws.compact(header, {**credential, **claims}, key.sign)
    return {"@context": VC_V2, "type": ENVELOPED, "id": f"data:{MEDIA_TYPE},{token}"}


def unwrap(url: str, kind: Kind, resolve: Resolve, expected: Expected) -> dict[str, Any]:
    """The document in an envelope's id, signed by the one it names as its issuer or holder.

    It is still any JSON object: the caller checks it as a credential or presentation. `expected` domain and challenge
    are `aud` and `nonce`. Raises FormatError vc.enveloped, jwt.*, proof.domain,
    proof.challenge, proof.expired, and what `resolve` raises.
    """
    token, older = _token(url, kind)
    found = jws.read(token, ALGORITHMS, kind)
    _check_signature(found, resolve)
    document = _document(found.payload, kind, older=older)
    if ENVELOPES.intersection(name for name in types_of(document) if isinstance(name, str)):
        raise FormatError("vc.enveloped", "/payload/type", "There is an envelope in the envelope", "Unwrap it once")
    owner = id_of(document.get(_OWNERS[kind]))
    if found.kid.partition("#")[0] != owner:
        problem = f"The token was not signed by the {_OWNERS[kind]} that it names"
        raise FormatError("jwt.kid", "/header/kid", problem, "Do not rely on it")
    _compare(found.payload, document, kind)
    _check_times(found.payload, document, expected)
    _check_demands(found.payload, expected)
    return document


def _token(url: str, kind: Kind) -> tuple[str, bool]:
    """The token in a data: URL, and whether it is of the older form."""
    head, comma, token = url.partition(",")
    media = head[:_MAX_HEAD_CHARS].removeprefix("data:").lower()
    allowed = f"application/{kind}+jwt"
    if not comma or not head.startswith("data:") or media not in (allowed, OLDER_TYPE):
        problem = f"The envelope is not a data: URL of {allowed}, but begins {head[:_MAX_HEAD_CHARS]!r}"
        raise FormatError("vc.enveloped", "", problem, f"Write data:{allowed}, and the token itself, without base64")
    return token, media == OLDER_TYPE


def _check_signature(found: Jws, resolve: Resolve) -> None:
    if len(found.kid) > MAX_URL_CHARS or "#" not in found.kid:
        raise FormatError("jwt.kid", "/header/kid", "The key is not named by a DID URL", "Write <did>#<name>")
    key = resolve(found.kid)
    algorithms, verify = _BY_KEY.get(key[:2], ((), _never))
    if found.algorithm not in algorithms:
        problem = f"The key is not one for {found.algorithm}"
        raise FormatError("jwt.alg", "/header/alg", problem, "Do not rely on it")
    if not verify(key, found.signature, found.signed):
        problem = "The signature does not fit the token and the key"
        raise FormatError("jwt.signature", "/signature", problem, "Do not rely on it")


def _never(_key: bytes, _signature: bytes, _message: bytes) -> bool:
    return False


def _document(payload: Mapping[str, Any], kind: Kind, *, older: bool) -> dict[str, Any]:
    if older:
        found = payload.get(kind)
        if not isinstance(found, dict):
            raise FormatError("jwt.claim", f"/payload/{kind}", f"The token has no claim {kind} that is an object")
        return found
    for name in ("vc", "vp"):
        if name in payload:
            problem = f"This claim belongs to tokens of {OLDER_TYPE}"
            raise FormatError("jwt.claim", pointer("payload", name), problem)
    return {name: member for name, member in payload.items() if name not in _NOT_CONTENT}


def _compare(payload: Mapping[str, Any], document: Mapping[str, Any], kind: Kind) -> None:
    """What iss, jti and sub say, the document says, too."""
    says: dict[str, Any] = {"iss": id_of(document.get(_OWNERS[kind])), "jti": document.get("id")}
    says["sub"] = id_of(document.get("credentialSubject")) if kind == "vc" else payload.get("sub")
    for name, member in says.items():
        if name in payload and not (isinstance(payload[name], str) and payload[name] == member):
            problem = f"The claim {name} differs from the document"
            raise FormatError("jwt.claim", pointer("payload", name), problem)


def _check_times(payload: Mapping[str, Any], document: Mapping[str, Any], expected: Expected) -> None:
    """The validity's times in whole seconds; a time that the document does not have is the token's own."""
    now = expected.now.timestamp()
    for name, members in _MEMBERS.items():
        if name not in payload:
            continue
        where, claim = pointer("payload", name), payload[name]
        if isinstance(claim, bool) or not isinstance(claim, int | float):
            raise FormatError("jwt.claim", where, f"The claim {name} is not a number of seconds")
        times = _times(document, members)
        if times:
            if math.floor(times[0].timestamp()) != math.floor(claim):
                raise FormatError("jwt.claim", where, f"The claim {name} differs from the document")
        elif now < claim if name == "nbf" else now >= claim:
            problem = f"The token is not valid {'yet' if name == 'nbf' else 'any more'}"
            raise FormatError("proof.expired", where, problem)


def _times(document: Mapping[str, Any], members: tuple[str, ...]) -> list[datetime]:
    return [time for member in members if (time := read_time(document.get(member))) is not None]


def _check_demands(payload: Mapping[str, Any], expected: Expected) -> None:
    audience = payload.get("aud")
    if expected.domain is not None and expected.domain not in (audience if isinstance(audience, list) else [audience]):
        raise FormatError("proof.domain", "/payload/aud", "The token was not made for this domain")
    if expected.challenge is not None and payload.get("nonce") != expected.challenge:
        raise FormatError("proof.challenge", "/payload/nonce", "The token does not answer this challenge")
