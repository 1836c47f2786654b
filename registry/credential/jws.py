"""Compact JSON Web Signatures around JSON: written, and read strictly, whatever claims it holds and whoever signed.

Nothing here is authenticated yet. The algorithm in the header is only compared with what the caller allows; which one
holds for a key is the key's own matter.

Standards: RFC 7515 (sections 3, 4, 7.1), RFC 8725 (section 3).
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from registry.credential import es256
from registry.errors import FormatError
from registry.format import strictjson
from registry.format.strictjson import pointer
from registry.limits import MAX_DOCUMENT_BYTES

MAX_HEADER_BYTES = 8 * 1024
"""Enough for a key id of MAX_URL_CHARS; the header is read before anything is authenticated."""

MAX_CHARS = MAX_DOCUMENT_BYTES
"""A token is a file like any other; in base64 it holds three quarters of that."""

Kind = Literal["vc", "vp"]
"""A credential or a presentation."""

_NAMES = {"vc": "a credential", "vp": "a presentation"}
_KEYS_IN_HEADER = ("jwk", "jku", "x5u", "x5c", "x5t", "x5t#S256")


@dataclass(frozen=True)
class Jws:
    """A well-formed token. Its signature is not checked yet."""

    algorithm: str
    kid: str
    payload: dict[str, Any]
    signed: bytes  # what the signature is over
    signature: bytes  # 64 bytes, of ES256 and of Ed25519 alike


def read(token: str, algorithms: Collection[str], kind: Kind = "vc") -> Jws:
    """The parts of a token. Raises FormatError jwt.* with what is wrong; pointers begin with /header or /payload."""
    if len(token) > MAX_CHARS:
        raise FormatError("jwt.too-large", "", f"The token has {len(token)} characters, more than {MAX_CHARS}")
    parts = token.split(".")
    if len(parts) != 3:
        raise FormatError("jwt.form", "", f"The token has {len(parts)} parts, not header.payload.signature")
    header = _object(es256.decode(parts[0], "/header"), "/header", MAX_HEADER_BYTES)
    _check_header(header, algorithms, kind)
    payload = _object(es256.decode(parts[1], "/payload"), "/payload", MAX_DOCUMENT_BYTES)
    signature = es256.decode(parts[2], "/signature")
    if len(signature) != es256.SIGNATURE_BYTES:
        raise FormatError("jwt.signature", "/signature", f"The signature has {len(signature)} bytes, not 64")
    return Jws(header["alg"], header["kid"], payload, f"{parts[0]}.{parts[1]}".encode(), signature)


def compact(header: Mapping[str, Any], payload: Mapping[str, Any], sign: Callable[[bytes], bytes]) -> str:
    """The token with these contents, as canonical JSON, and the 64-byte signature that `sign` makes."""
    signed = ".".join(es256.encode(strictjson.canonical(dict(part))) for part in (header, payload))
    return f"{signed}.{es256.encode(sign(signed.encode()))}"


def _object(data: bytes, place: str, most: int) -> dict[str, Any]:
    try:
        value = strictjson.parse(data, max_bytes=most)
    except FormatError as error:
        code = error.code.replace("format.", "jwt.", 1)
        raise FormatError(code, place + error.pointer, error.problem, error.remedy) from None
    if not isinstance(value, dict):
        raise FormatError("jwt.form", place, "This part is not a JSON object")
    return value


def _check_header(header: Mapping[str, Any], algorithms: Collection[str], kind: Kind) -> None:
    if header.get("alg") not in algorithms:
        problem = f"The algorithm is {str(header.get('alg'))[:20]!r}, not {' or '.join(algorithms)}"
        raise FormatError("jwt.alg", "/header/alg", problem)
    for name in _KEYS_IN_HEADER:
        if name in header:
            problem = "The token brings a key of its own, which proves nothing"
            raise FormatError("jwt.key-in-header", pointer("header", name), problem)
    if "b64" in header:
        raise FormatError("jwt.b64", "/header/b64", "Payloads that are not base64url are not read here")
    if "crit" in header:
        raise FormatError("jwt.crit", "/header/crit", "The header demands extensions that are not known here")
    # Both are optional and read without regard to case (RFC 7515, section 4.1.9); Open Badges writes JWT.
    if str(header.get("typ", "jwt")).lower() not in (f"{kind}+jwt", f"application/{kind}+jwt", "jwt"):
        raise FormatError("jwt.typ", "/header/typ", f"The type is not {kind}+jwt")
    if str(header.get("cty", kind)).lower() not in (kind, f"application/{kind}"):
        raise FormatError("jwt.cty", "/header/cty", f"The contents are not said to be {_NAMES[kind]} ({kind})")
    if not isinstance(header.get("kid"), str):
        raise FormatError("jwt.kid", "/header/kid", "The header names no key")
