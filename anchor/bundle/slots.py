"""Where the contract keeps what `lookup(root, keyId)` reads, and that function over storage words.

Solidity's layout: a mapping's entry is at keccak(key || slot), an array's items from keccak(slot) on, and the members
of a struct fill a word from its low end. Tests hold this against the artifact's layout and the contract's own answers.
"""

from collections.abc import Callable
from typing import Any

from anchor.bundle.hashing import keccak
from registry.format.merkle import RFC9162

TIP, PEAKS, LATEST_ROOT, ANCHORS, ISSUERS, KEYS = range(6)
"""Slots of AppendOnlyLog, AnchorLedger and IssuerLedger."""

Read = Callable[[int], int]
"""The word at a slot; 0 where nothing was ever written."""

_LEVELS = 64
"""Bits of the log's size."""

_WORD = 2**256


def lookup(read: Read, root: bytes, key_id: bytes) -> dict[str, Any]:
    """The members of ChainFacts that the contract answers with. `read` may raise."""
    tip, latest_root = read(TIP), read(LATEST_ROOT)
    size = _part(tip, 0, 64)
    record, latest = read(_entry(ANCHORS, root)), read(_entry(ANCHORS, _bytes(latest_root)))
    key = _entry(KEYS, key_id)
    issuer_id, window = read(key), read(key + 1)
    issuer = _entry(ISSUERS, _bytes(issuer_id))
    number, time = _part(record, 0, 64), _part(record, 128, 48)
    return {
        "log_size": size,
        "log_head": head(read, size),
        "closed": bool(_part(tip, 240, 8)),
        "anchor_number": number,
        "anchor_position": _part(record, 64, 64),
        "anchor_time": time,
        "anchor_block": _part(record, 176, 64),
        "key_issuer": _bytes(issuer_id),
        "key_added_at": _part(window, 0, 48),
        "key_revoked_at": _part(window, 48, 48),
        "key_compromised_at": _part(window, 96, 48),
        "issuer_added_at": _part(read(issuer), 0, 48),
        "issuer_suspended": _suspended(read, issuer + 1, time if number else None),
        "latest_number": _part(latest, 0, 64),
        "latest_root": _bytes(latest_root),
        "latest_time": _part(latest, 128, 48),
    }


def log(read: Read) -> tuple[int, bytes]:
    """Size and head (32 bytes) of the contract's log."""
    size = _part(read(TIP), 0, 64)
    return size, head(read, size)


def peaks(size: int) -> list[int]:
    """Where the peaks of a log of `size` entries are stored, the smallest first; other slots there hold leftovers."""
    return [_entry(PEAKS, _bytes(level)) for level in range(_LEVELS) if size >> level & 1]


def head(read: Read, size: int) -> bytes:
    """The RFC 9162 root of a log of `size` entries, 32 bytes, folded from its peaks; zeros for an empty one."""
    found = [_bytes(read(slot)) for slot in peaks(size)]
    root = found[0] if found else bytes(32)
    for peak in found[1:]:
        root = RFC9162.node(peak, root)
    return root


def anchored(read: Read, root: bytes) -> tuple[int, int]:
    """Number of the anchor with this root (32 bytes), 0 where there is none, and its time in Unix seconds."""
    record = read(_entry(ANCHORS, root))
    return _part(record, 0, 64), _part(record, 128, 48)


def newest(read: Read) -> int:
    """Number of the newest anchor, 0 where there is none."""
    return anchored(read, _bytes(read(LATEST_ROOT)))[0]


def _suspended(read: Read, windows: int, time: int | None) -> bool:
    """Whether a suspension was in force at `time`; None: whether the last one still is. As the contract searches."""
    length = read(windows)
    first = int.from_bytes(keccak(_bytes(windows)), "big")
    if time is None:
        return length != 0 and _part(read(first + length - 1), 48, 48) == 0
    low, high = 0, length
    while low < high:
        middle = (low + high) // 2
        if _part(read(first + middle), 0, 48) <= time:
            low = middle + 1
        else:
            high = middle
    if low == 0:
        return False
    until = _part(read(first + low - 1), 48, 48)
    return until == 0 or time < until


def _entry(slot: int, key: bytes) -> int:
    return int.from_bytes(keccak(key + _bytes(slot)), "big")


def _part(word: int, shift: int, bits: int) -> int:
    return word >> shift & (1 << bits) - 1


def _bytes(word: int) -> bytes:
    return (word % _WORD).to_bytes(32, "big")
