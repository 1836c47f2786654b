"""RLP, the encoding of headers and trie nodes, read in one way only (Ethereum Yellow Paper, appendix B).

A byte string or a list of items. What has a shorter encoding, or bytes behind its end, is refused.
"""

from collections.abc import Sequence
from typing import Union

Item = Union[bytes, list["Item"]]  # noqa: UP007  (a recursive alias)

MAX_DEPTH = 8
"""Lists inside each other: a header needs one, a trie node a few, for the nodes inside it are shorter than 32 bytes."""

_SHORT = 55
"""Longest payload whose length fits the first byte."""


class BadRlp(ValueError):
    """The bytes are not the canonical encoding of anything."""


def decode(data: bytes) -> Item:
    """The one item that `data` encodes. Raises BadRlp."""
    item, end = _item(data, 0, len(data), MAX_DEPTH)
    if end != len(data):
        raise BadRlp("there are bytes behind the end")
    return item


def encode(item: bytes | Sequence[Item]) -> bytes:
    """The canonical encoding."""
    if isinstance(item, bytes):
        if len(item) == 1 and item[0] < 0x80:
            return item
        return _head(0x80, len(item)) + item
    payload = b"".join(map(encode, item))
    return _head(0xC0, len(payload)) + payload


def integer(item: Item, most_bytes: int = 32) -> int:
    """A number without leading zeros. Raises BadRlp."""
    if not isinstance(item, bytes) or len(item) > most_bytes or item[:1] == b"\0":
        raise BadRlp("a number is not in its shortest form")
    return int.from_bytes(item, "big")


def number(value: int) -> bytes:
    """The bytes of a number without leading zeros; none for 0."""
    return value.to_bytes((value.bit_length() + 7) // 8, "big")


def _head(base: int, length: int) -> bytes:
    if length <= _SHORT:
        return bytes([base + length])
    size = number(length)
    return bytes([base + _SHORT + len(size)]) + size


def _item(data: bytes, start: int, limit: int, depth: int) -> tuple[Item, int]:
    """The item at `start`, within `limit`, and where it ends."""
    if start >= limit:
        raise BadRlp("it ends too early")
    first = data[start]
    if first < 0x80:
        return data[start : start + 1], start + 1
    base = 0x80 if first < 0xC0 else 0xC0
    begin, end = _extent(data, start, limit, first - base)
    if base == 0x80:
        if end - begin == 1 and data[begin] < 0x80:
            raise BadRlp("a single byte is written in two")
        return data[begin:end], end
    if depth == 0:
        raise BadRlp("lists are nested too deep")
    items: list[Item] = []
    place = begin
    while place < end:
        item, place = _item(data, place, end, depth - 1)
        items.append(item)
    return items, end


def _extent(data: bytes, start: int, limit: int, length: int) -> tuple[int, int]:
    """Begin and end of a payload; `length` is what the first byte says: the length, or 55 and that of the length."""
    begin = start + 1
    if length > _SHORT:
        begin += length - _SHORT
        size = data[start + 1 : min(begin, limit)]
        length = int.from_bytes(size, "big")
        if size[:1] == b"\0" or length <= _SHORT:
            raise BadRlp("a length is not in its shortest form")
    if begin + length > limit:
        raise BadRlp("it ends too early")
    return begin, begin + length
