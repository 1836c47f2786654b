"""Digests of what a credential names (`relatedResource`): written and read as `digestSRI` and `digestMultibase`.

Standard: W3C Verifiable Credentials Data Model 2.0, section 5.3. Only SHA-256 is computed here.
"""

import base64
import binascii
from collections.abc import Mapping
from typing import Any

from registry.errors import FormatError

MEDIA_TYPE = "application/vc"
"""Of a credential that another one names: as its issuer signed it (VC Data Model 2.0, section 6.1.2)."""

_SHA256_BYTES = 32
_MULTIHASH_SHA256 = b"\x12\x20"
_MAX_CHARS = 128
"""Longest text looked at: SHA-512 in an SRI has 95 characters."""


def sri(sha256: bytes) -> str:
    """The text of `digestSRI` for a SHA-256 (Subresource Integrity, section 3.5)."""
    return "sha256-" + base64.b64encode(sha256).decode("ascii")


def sha256_of(item: Mapping[str, Any]) -> bytes:
    """The SHA-256 (32 bytes) that an entry gives; where it gives it in both forms, they must agree.

    `digestMultibase` is base64url (u...), of a multihash or bare. Raises FormatError format.digest; its pointer begins
    at the entry.
    """
    found = {name: read(name, item[name]) for name, read in (_SRI, _MULTIBASE) if name in item}
    if not found:
        raise _flaw("", "It has neither digestSRI nor digestMultibase")
    if len(set(found.values())) > 1:
        raise _flaw("", "Its two digests are not of the same bytes")
    return next(iter(found.values()))


def _read_sri(name: str, value: Any) -> bytes:
    text = _text(name, value)
    algorithm, _, rest = text.partition("-")
    if algorithm != "sha256":
        raise _flaw(f"/{name}", f"Digests by {algorithm[:20]!a} cannot be checked here", "Use sha256")
    return _sha256(name, _decoded(name, rest, b"+/"))


def _read_multibase(name: str, value: Any) -> bytes:
    text = _text(name, value)
    if not text.startswith("u"):
        raise _flaw(f"/{name}", "The digest is not base64url text (u...)")
    raw = _decoded(name, text[1:] + "=" * (-len(text[1:]) % 4), b"-_")
    return _sha256(name, raw if len(raw) == _SHA256_BYTES else raw.removeprefix(_MULTIHASH_SHA256))


_SRI = ("digestSRI", _read_sri)
_MULTIBASE = ("digestMultibase", _read_multibase)


def _text(name: str, value: Any) -> str:
    if not isinstance(value, str) or len(value) > _MAX_CHARS:
        raise _flaw(f"/{name}", f"The digest is not a text of at most {_MAX_CHARS} characters")
    return value


def _decoded(name: str, text: str, letters: bytes) -> bytes:
    try:
        return base64.b64decode(text.encode("ascii"), altchars=letters, validate=True)
    except (binascii.Error, ValueError):
        raise _flaw(f"/{name}", "The digest is not base64") from None


def _sha256(name: str, raw: bytes) -> bytes:
    if len(raw) != _SHA256_BYTES:
        raise _flaw(f"/{name}", f"The digest has {len(raw)} bytes where SHA-256 has {_SHA256_BYTES}")
    return raw


def _flaw(place: str, problem: str, remedy: str = "") -> FormatError:
    return FormatError("format.digest", place, problem, remedy)
