"""base58btc and Ed25519 multikeys: the text forms of keys, signatures and proofs.

Standards: W3C Controlled Identifiers 1.0, sections 2.3 (Multibase) and 2.2.2 (Multikey).
"""

from functools import lru_cache

from registry.errors import FormatError

ED25519_PREFIX = b"\xed\x01"
"""Multicodec of an Ed25519 public key, as a variable-length integer."""

MULTIKEY_BYTES = 34
"""Prefix and key."""

_ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_NOT_A_DIGIT = 0xFF
_DIGITS = bytes(_ALPHABET.find(chr(code)) & _NOT_A_DIGIT for code in range(256))  # value of each letter's code
_PAIRS = [first + second for first in _ALPHABET for second in _ALPHABET]
_GROUP = 64  # digits, a power of two; more or fewer are slower
_MULTIKEY_CHARS = 48


def b58encode(data: bytes) -> str:
    """base58btc text of `data`, without the multibase letter z."""
    zeros = len(data) - len(data.lstrip(b"\x00"))
    number = int.from_bytes(data, "big")
    # Ten digits fit a machine word and five an int of one digit, so nearly all arithmetic is on the smallest numbers.
    tens: list[str] = []
    while number:
        number, ten = divmod(number, 58**10)
        a, b = divmod(ten, 58**5)
        tens.append(
            f"{_ALPHABET[a // 58**4]}{_PAIRS[a // 58**2 % 58**2]}{_PAIRS[a % 58**2]}"
            f"{_ALPHABET[b // 58**4]}{_PAIRS[b // 58**2 % 58**2]}{_PAIRS[b % 58**2]}"
        )
    return "1" * zeros + "".join(reversed(tens)).lstrip("1")


def b58decode(text: str, max_length: int) -> bytes:
    """Bytes of a base58btc text of at most `max_length` characters, without the multibase letter z.

    Raises FormatError format.base58. The bound is required: decoding takes quadratic time.
    """
    if len(text) > max_length:
        raise FormatError("format.base58", "", f"A base58 value has {len(text)} characters, more than {max_length}")
    digits = text.encode("latin-1", "replace").translate(_DIGITS)
    if _NOT_A_DIGIT in digits:
        letter = text[digits.index(_NOT_A_DIGIT)]
        raise FormatError("format.base58", "", f"The character {letter!a} does not occur in base58")
    number = _number(digits)
    zeros = len(text) - len(text.lstrip("1"))
    return bytes(zeros) + number.to_bytes((number.bit_length() + 7) // 8, "big")


def _number(digits: bytes) -> int:
    """The number that digits to base 58 stand for, each a byte.

    Neighbours become one number to the square of the base, again and again, all at once: they are fields of one large
    integer, which stay large enough. What comes of _GROUP digits is then taken one by one.
    """
    size = -(-len(digits) // _GROUP) * _GROUP
    fields = int.from_bytes(digits, "big")
    bits, base = 8, 58
    while bits < 8 * _GROUP:
        every_other = _every_other(bits, size)
        fields = (fields >> bits & every_other) * base + (fields & every_other)
        bits, base = 2 * bits, base * base
    groups = fields.to_bytes(size, "big")
    number = 0
    for start in range(0, size, _GROUP):
        number = number * base + int.from_bytes(groups[start : start + _GROUP], "big")
    return number


@lru_cache(maxsize=64)
def _every_other(bits: int, size: int) -> int:
    """The lower of every two fields of so many bits, in `size` bytes."""
    field = ((1 << bits) - 1).to_bytes(bits // 4, "big")
    return int.from_bytes(field * (size * 4 // bits), "big")


@lru_cache(maxsize=256)
def encode_multikey(key: bytes) -> str:
    """Multibase text "z6Mk..." of an Ed25519 public key: 32 raw bytes, or the 34 of the multikey."""
    if len(key) == 32:
        key = ED25519_PREFIX + key
    _require_multikey(key)
    return "z" + b58encode(key)


@lru_cache(maxsize=256)
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
