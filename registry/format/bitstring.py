"""The bits of a status list as they travel: gzip in unpadded base64url behind a multibase `u`.

Standard: W3C Bitstring Status List 1.0, sections 2.2 and 3.3; bit 0 is the most significant bit of byte 0.
"""

import base64
import binascii
import gzip
import zlib

from registry.errors import FormatError
from registry.limits import MAX_STATUS_LIST_BYTES

_GZIP_WINDOW = 16 + zlib.MAX_WBITS  # zlib's way to say: exactly one gzip member
_LOWEST_LEVEL_OVERHEAD = 1024


def encode(bits: bytes) -> str:
    """Text form of a bit string; the same bits always give the same text."""
    packed = gzip.compress(bits, mtime=0)
    return "u" + base64.urlsafe_b64encode(packed).decode("ascii").rstrip("=")


def decode(encoded: str, max_bytes: int = MAX_STATUS_LIST_BYTES) -> bytes:
    """The bit string, at most `max_bytes` bytes however well it was packed. Raises FormatError format.bitstring."""
    if not encoded.startswith("u"):
        raise _flaw("is not multibase base64url (u...)")
    if len(encoded) > max_bytes * 4 // 3 + _LOWEST_LEVEL_OVERHEAD:
        raise _flaw(f"is longer than {max_bytes} bytes can need")
    text = encoded[1:]
    try:
        packed = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise _flaw("is not base64url") from None
    if base64.urlsafe_b64encode(packed).decode("ascii").rstrip("=") != text:
        raise _flaw("is not canonical base64url without padding")
    unpacker = zlib.decompressobj(_GZIP_WINDOW)
    try:
        bits = unpacker.decompress(packed, max_bytes + 1)
    except zlib.error:
        raise _flaw("is not gzip") from None
    if len(bits) > max_bytes:
        raise _flaw(f"unpacks to more than {max_bytes} bytes")
    if not unpacker.eof or unpacker.unused_data:
        raise _flaw("does not end where its gzip data end")
    return bits


def get(bits: bytes, index: int) -> bool:
    """Bit `index`. Raises FormatError format.bitstring outside the string."""
    if not 0 <= index < len(bits) * 8:
        raise _flaw(f"has {len(bits) * 8} entries, none with index {index}")
    return bool(bits[index >> 3] >> (7 - (index & 7)) & 1)


def _flaw(problem: str) -> FormatError:
    return FormatError("format.bitstring", "", f"The status list's bit string {problem}")
