"""The small part of CBOR that a proof is written in: integers, byte and text strings, arrays; one encoding each.

Standard: RFC 8949, section 4.2.1 (core deterministic encoding). Every other encoding of a value is refused.
"""

from collections.abc import Sequence
from typing import Any

from registry.errors import FormatError
from registry.limits import MAX_CBOR_DEPTH

_UINT, _NEGATIVE, _BYTES, _TEXT, _ARRAY = range(5)
_LENGTHS = {24: 1, 25: 2, 26: 4, 27: 8}


def encode(value: Any) -> bytes:
    """Deterministic CBOR of 64-bit integers, bytes, str, lists and tuples. Raises FormatError format.cbor."""
    if isinstance(value, bool):
        raise FormatError("format.cbor", "", "Booleans are not part of this subset of CBOR")
    if isinstance(value, int):
        return _head(_UINT, value) if value >= 0 else _head(_NEGATIVE, -1 - value)
    if isinstance(value, bytes):
        return _head(_BYTES, len(value)) + value
    if isinstance(value, str):
        text = value.encode("utf-8")
        return _head(_TEXT, len(text)) + text
    if isinstance(value, Sequence):
        return _head(_ARRAY, len(value)) + b"".join(map(encode, value))
    raise FormatError("format.cbor", "", f"{type(value).__name__} is not part of this subset of CBOR")


def decode(data: bytes, max_depth: int = MAX_CBOR_DEPTH) -> Any:
    """The one value that `data` holds, arrays as lists, nested at most `max_depth` deep.

    Raises FormatError format.cbor for all else: longer encodings, indefinite lengths, maps, tags, floats, rest bytes.
    The work is proportional to len(data), which the caller bounds.
    """
    value, end = _item(data, 0, max_depth)
    if end != len(data):
        raise _flaw(end, f"{len(data) - end} bytes are left over")
    return value


def _head(major: int, number: int) -> bytes:
    if number < 24:
        return bytes([major << 5 | number])
    for info, length in _LENGTHS.items():
        if number < 1 << 8 * length:
            return bytes([major << 5 | info]) + number.to_bytes(length, "big")
    raise FormatError("format.cbor", "", "An integer has more than 64 bits")


def _item(data: bytes, start: int, depth: int) -> tuple[Any, int]:
    if start >= len(data):
        raise _flaw(start, "the value ends too early")
    major, info = data[start] >> 5, data[start] & 31
    if major > _ARRAY:
        raise _flaw(start, "maps, tags, floats and simple values are not part of this subset")
    number, end = _argument(data, start, info)
    if major == _UINT:
        return number, end
    if major == _NEGATIVE:
        return -1 - number, end
    if number > len(data) - end:  # also bounds arrays: each item takes at least one byte
        raise _flaw(start, "a length reaches beyond the end")
    if major == _BYTES:
        return data[end : end + number], end + number
    if major == _TEXT:
        try:
            return data[end : end + number].decode("utf-8"), end + number
        except UnicodeDecodeError:
            raise _flaw(start, "a text is not UTF-8") from None
    if depth == 0:
        raise _flaw(start, "arrays are nested too deep")
    items = []
    for _ in range(number):
        item, end = _item(data, end, depth - 1)
        items.append(item)
    return items, end


def _argument(data: bytes, start: int, info: int) -> tuple[int, int]:
    """The number in an item's head and where the head ends. Only the shortest form is taken."""
    if info < 24:
        return info, start + 1
    length = _LENGTHS.get(info)
    if length is None:
        raise _flaw(start, "an indefinite or reserved length is not part of this subset")
    end = start + 1 + length
    if end > len(data):
        raise _flaw(start, "the value ends too early")
    number = int.from_bytes(data[start + 1 : end], "big")
    if number < (24 if length == 1 else 1 << 4 * length):
        raise _flaw(start, "a number is not written in its shortest form")
    return number, end


def _flaw(offset: int, problem: str) -> FormatError:
    return FormatError("format.cbor", "", f"The CBOR is not as it must be: {problem}, byte {offset}")
