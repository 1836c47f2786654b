"""Ed25519 (RFC 8032, pure): the one signature of the format, made and checked."""

from functools import lru_cache

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from registry.errors import FormatError
from registry.format.multibase import ED25519_PREFIX, MULTIKEY_BYTES, b58decode, b58encode

SIGNATURE_BYTES = 64
_MAX_CHARS = 88  # base58 of them


def sign(secret: bytes, message: bytes) -> bytes:
    """The 64-byte signature of `message` by a 32-byte secret seed."""
    return Ed25519PrivateKey.from_private_bytes(secret).sign(message)


def verify(multikey: bytes, signature: bytes, message: bytes) -> bool:
    """Whether `signature` (64 bytes) over `message` was made by the key in `multikey` (34 bytes, 0xed01 first).

    False for anything else, also for a key or signature of another length.
    """
    if len(multikey) != MULTIKEY_BYTES or not multikey.startswith(ED25519_PREFIX) or len(signature) != SIGNATURE_BYTES:
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


@lru_cache(maxsize=256)
def _public(key: bytes) -> Ed25519PublicKey:
    return Ed25519PublicKey.from_public_bytes(key)
