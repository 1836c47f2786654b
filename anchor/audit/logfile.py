"""A contract's log in a file of its own, for when its chain is gone: JSON Lines, one entry each, in order.

The file needs no trust: whoever knows a head (from a successor's genesis, a checkpoint) sees whether it leads there.
"""

import json
from collections.abc import Sequence
from typing import Any

from anchor.audit.log import Entry
from registry.errors import FormatError
from registry.format.merkle import Frontier
from registry.format.strictjson import parse, pointer

MAX_LINE_BYTES = 64 * 1024
"""Payloads are a DID or a key and some numbers; a DID of many kilobytes costs more gas than anybody pays."""

_NUMBERS = ("position", "kind", "time", "block", "previous_block")
_BYTES = {"subject": 32, "actor": 20, "payload": None}


def to_lines(entries: Sequence[Entry]) -> str:
    """The file's content."""
    return "".join(json.dumps(_members(entry)) + "\n" for entry in entries)


def from_lines(content: str) -> list[Entry]:
    """The entries, in order and without a gap. Raises FormatError log.*, with the line in its pointer."""
    entries = [_entry(line, place) for place, line in enumerate(content.splitlines())]
    for place, entry in enumerate(entries):
        if entry.position != place:
            raise FormatError("log.order", pointer(place, "position"), "Line n + 1 is not entry n")
    return entries


def head_at(entries: Sequence[Entry], size: int) -> bytes | None:
    """The RFC 9162 head of the first `size` entries, 32 bytes; None when there are fewer, or `size` is 0."""
    if not 0 < size <= len(entries):
        return None
    tree = Frontier()
    for entry in entries[:size]:
        tree.append(entry.leaf)
    return tree.root


def _members(entry: Entry) -> dict[str, int | str]:
    numbers = {name: getattr(entry, name) for name in _NUMBERS}
    return numbers | {name: getattr(entry, name).hex() for name in _BYTES}


def _entry(line: str, place: int) -> Entry:
    found = parse(line.encode(), max_bytes=MAX_LINE_BYTES)
    if not isinstance(found, dict) or found.keys() != {*_NUMBERS, *_BYTES}:
        raise FormatError("log.members", pointer(place), f"It has not exactly the members of an entry: {_named()}")
    for name in _NUMBERS:
        if type(found[name]) is not int or not 0 <= found[name] < 1 << 64:
            raise FormatError("log.integer", pointer(place, name), "This is not an unsigned integer of 64 bits")
    values = {name: _bytes(found[name], length, pointer(place, name)) for name, length in _BYTES.items()}
    members: dict[str, Any] = {name: found[name] for name in _NUMBERS} | values
    return Entry(**members)


def _bytes(text: object, length: int | None, where: str) -> bytes:
    try:
        value = bytes.fromhex(text) if isinstance(text, str) else None
    except ValueError:
        value = None
    if value is None or value.hex() != text or length not in (None, len(value)):
        raise FormatError("log.hex", where, "It is not the right number of bytes in lower-case hexadecimal")
    return value


def _named() -> str:
    return ", ".join((*_NUMBERS, *_BYTES))
