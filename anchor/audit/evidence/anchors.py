"""Parts that several kinds share: a batch's entry in an anchor's tree, a leaf in a batch.

An anchor's tree travels as all its leaves: its size is signed nowhere, and a path without the size fits several places.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from registry.errors import FormatError
from registry.format import entries
from registry.format.merkle import root_of
from registry.verify.jsonfields import Fields

MAX_TREE = 20_000
"""Entries of one anchor, or status lists of one: 1.3 MB of hex."""

_BATCH = frozenset({"number", "size", "key_id", "root"})


@dataclass(frozen=True)
class BatchEntry:
    """What a batch's entry says; `key_id` and `root` have 32 bytes."""

    number: int
    size: int
    key_id: bytes
    root: bytes

    @classmethod
    def read(cls, value: Any, place: tuple[str | int, ...]) -> "BatchEntry":
        """Raises FormatError evidence.*."""
        known = Fields(value, _BATCH, place)
        return cls(known.integer("number"), known.integer("size"), known.binary("key_id", 32), known.binary("root", 32))

    def hash(self, registry: bytes) -> bytes:
        """Its leaf in the anchor's tree, 32 bytes."""
        return entries.entry_hash(entries.batch_entry(registry, self.number, self.size, self.key_id, self.root))

    def to_json(self) -> dict[str, Any]:
        return {"number": self.number, "size": self.size, "key_id": self.key_id.hex(), "root": self.root.hex()}


def root_with(tree: Sequence[bytes], leaf: bytes, what: str) -> bytes:
    """The root over `tree`, which has `leaf` in it. Raises FormatError evidence.tree."""
    if leaf not in tree:
        raise FormatError("evidence.tree", "/material", f"The tree does not hold {what}")
    return root_of(tree)


def anchored(number: int, what: str = "") -> int:
    """`number`, which the contract gave. Raises FormatError evidence.anchor for 0: the root was never anchored."""
    if not number:
        raise FormatError("evidence.anchor", "/material", f"The contract knows no anchor with this root {what}".strip())
    return number
