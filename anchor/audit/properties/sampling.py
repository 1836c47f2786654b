"""Samples that nobody chooses: drawn by the hash of the pinned block, the same for every auditor of that block."""

import hashlib
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


def sample(items: Sequence[T], most: int, seed: bytes) -> list[T]:
    """At most `most` of the items, in their order; all of them where there are no more."""
    if len(items) <= most:
        return list(items)
    drawn = sorted(range(len(items)), key=lambda place: hashlib.sha256(seed + place.to_bytes(8, "big")).digest())
    return [items[place] for place in sorted(drawn[:most])]
