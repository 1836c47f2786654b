"""base58btc and Ed25519 multikeys: the text forms of keys, signatures and proofs.

Standards: W3C Controlled Identifiers 1.0, sections 2.3 (Multibase) and 2.2.2 (Multikey).
"""

from registry.errors import FormatError

ED25519_PREFIX = b"\xed\x01"
"""Multicodec of an Ed25519 public key, as a variable-length integer."""

MULTIKEY_BYTES = 34
"""Prefix and key."""

_ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_VALUES = {letter: value for value, letter in enumerate(_ALPHABET)}
_PAIRS = [first + second for first in _ALPHABET for second in _ALPHABET]
_STEP = 10
# Ten digits fit a machine word, so nearly all arithmetic is on small numbers.
_STEP_BASE = 58**_STEP
_MULTIKEY_CHARS = 48


def b58encode(data: bytes) -> str:
    """base58btc text of `data`, without the multibase letter z."""
    zeros = len(data) - len(data.lstrip(b"\x00"))
    number = int.from_bytes(data, "big")
    digits: list[str] = []
    while number:
        number, step = divmod(number, _STEP_BASE)
        for _ in range(_STEP // 2):
            step, pair = divmod(step, len(_PAIRS))
            digits.append(_PAIRS[pair])
    return "1" * zeros + "".join(reversed(digits)).lstrip("1")


def b58decode(text: str, max_length: int) -> bytes:
    """Bytes of a base58btc text of at most `max_length` characters, without the multibase letter z.

    Raises FormatError format.base58. The bound is required: decoding takes quadratic time.
    """
    if len(text) > max_length:
        raise FormatError("format.base58", "", f"A base58 value has {len(text)} characters, more than {max_length}")
    number = 0
    for start in range(0, len(text), _STEP):
        part = text[start : start + _STEP]
        step = 0
        for letter in part:
            digit = _VALUES.get(letter)
            if digit is None:
                raise FormatError("format.base58", "", f"The character {letter!a} does not occur in base58")
            step = step * 58 + digit
        number = number * 58 ** len(part) + step
    zeros = len(text) - len(text.lstrip("1"))
    return bytes(zeros) + number.to_bytes((number.bit_length() + 7) // 8, "big")


def encode_multikey(key: bytes) -> str:
    """Multibase text "z6Mk..." of an Ed25519 public key: 32 raw bytes, or the 34 of the multikey."""
    if len(key) == 32:
        key = ED25519_PREFIX + key
    _require_multikey(key)
    return "z" + b58encode(key)


def decode_multikey(text: str) -> bytes:
    """The 34 bytes of an Ed25519 multikey text. Raises FormatError format.multikey."""
    if not text.startswith("z") or len(text) > _MULTIKEY_CHARS:
        raise FormatError("format.multikey", "", "A key is not multibase text like z6Mk...")
    key = b58decode(text[1:], _MULTIKEY_CHARS)
    _require_multikey(key)
    return key


def _require_multikey(key: bytes) -> None:
    if len(key) != MULTIKEY_BYTES or not key.startswith(ED25519_PREFIX):
        raise FormatError("format.multikey", "", "A key is not an Ed25519 multikey: 0xed01 and 32 bytes")
