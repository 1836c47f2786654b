"""Ed25519 (RFC 8032, pure): the one signature of the format, made and checked."""

from functools import lru_cache

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from registry.errors import FormatError
from registry.format.multibase import ED25519_PREFIX, MULTIKEY_BYTES, b58decode, b58encode

SIGNATURE_BYTES = 64
_MAX_CHARS = 88  # base58 of them

_P = 2**255 - 19
_ORDER_8 = 0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD83D3D706A17C7  # y of the points of order 8, or P - y


def sign(secret: bytes, message: bytes) -> bytes:
    """The 64-byte signature of `message` by a 32-byte secret seed."""
    return Ed25519PrivateKey.from_private_bytes(secret).sign(message)


def verify(multikey: bytes, signature: bytes, message: bytes) -> bool:
    """Whether `signature` (64 bytes) over `message` was made by the key in `multikey` (34 bytes, 0xed01 first).

    False for anything else, also for a key or signature of another length, or one whose point proves nothing: under a
    key of small order anybody signs, and libraries differ in what they make of one.
    """
    if len(multikey) != MULTIKEY_BYTES or not multikey.startswith(ED25519_PREFIX) or len(signature) != SIGNATURE_BYTES:
        return False
    if _proves_nothing(multikey[2:]) or _proves_nothing(signature[:32]):
        return False
    try:
        _public(multikey[2:]).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def to_text(signature: bytes) -> str:
    """A signature as proofs write it: "z" and its base58btc text (VC Data Integrity 1.0, section 2.1)."""
    return "z" + b58encode(signature)


def from_text(text: str, place: str) -> bytes:
    """The 64 bytes of a proof's value. Raises FormatError proof.form with the pointer `place`, format.base58."""
    if not text.startswith("z"):
        raise FormatError("proof.form", place, "The signature is not base58btc text (z...)")
    value = b58decode(text[1:], _MAX_CHARS)
    if len(value) != SIGNATURE_BYTES:
        raise FormatError("proof.form", place, f"The signature has {len(value)} bytes, not {SIGNATURE_BYTES}")
    return value


verify_again = lru_cache(maxsize=1024)(verify)
"""`verify` for what many files share, a batch or a status list: the result is remembered."""


def _proves_nothing(point: bytes) -> bool:
    """Whether 32 bytes encode one of the eight points of small order, or are not the one encoding of their point."""
    y = int.from_bytes(point, "little") & (2**255 - 1)  # without the sign of x, which both of a pair share
    return y < 2 or y >= _P - 1 or y in (_ORDER_8, _P - _ORDER_8)


@lru_cache(maxsize=256)
def _public(key: bytes) -> Ed25519PublicKey:
    return Ed25519PublicKey.from_public_bytes(key)
