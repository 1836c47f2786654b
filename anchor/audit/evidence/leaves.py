"""`leaf-twice`, `leaf-node`, `leaf-entry`: a leaf is anchored in two places, or stands for something else as well."""

from collections.abc import Iterator
from hashlib import sha256
from typing import Any

from anchor.audit.evidence.anchors import MAX_TREE, BatchEntry, anchored, root_with
from anchor.audit.evidence.context import PROOF, Context
from anchor.audit.evidence.file import blob
from anchor.audit.evidence.verdict import Shown
from anchor.bundle import slots
from registry.errors import FormatError
from registry.format import entries
from registry.format.merkle import root_from_path
from registry.limits import MAX_PATH
from registry.verify.jsonfields import Fields

NAMES = frozenset({"leaf", "first", "second", PROOF})
_PLACE = frozenset({"batch", "index", "path", "tree"})
NODE_NAMES = frozenset({"batch", "tree", "hash", "leaf", "node", PROOF})
ENTRY_NAMES = frozenset({"leaf", "place", "preimage", PROOF})
_LEAF, _NODE = frozenset({"index", "path"}), frozenset({"level", "index", "path"})


def check(material: Fields, context: Context) -> Iterator[Shown]:
    """Two paths from the leaf to two batch entries or two places of one, both entries anchored."""
    leaf = material.binary("leaf", 32)
    (batch, index, root), (other, other_index, other_root) = (
        _place(Fields(material.object(name), _PLACE, material.place(name)), leaf, context.trust.registry_id)
        for name in ("first", "second")
    )
    if (batch.number, index) >= (other.number, other_index):
        raise FormatError("evidence.order", "/material", "These are not two places, the earlier first")

    def numbers(read: slots.Read) -> tuple[int, int]:
        return slots.anchored(read, root)[0], slots.anchored(read, other_root)[0]

    for number in context.proved(material, numbers):
        anchored(number)
    yield Shown(
        "batch.leaf-twice",
        f"Leaf {leaf.hex()} is anchored twice: as leaf {index} of batch {batch.number}, "
        f"and as leaf {other_index} of batch {other.number}.",
    )


def node(material: Fields, context: Context) -> Iterator[Shown]:
    """Two paths from one hash to an anchored batch's root: as a leaf, and as a node above two leaves or more.

    Level L of a tree over n leaves is a tree over n / 2^L nodes, rounded up, whose last may stand for fewer leaves.
    """
    batch, hash = BatchEntry.read(material.object("batch"), material.place("batch")), material.binary("hash", 32)
    leaf, above = (
        Fields(material.object(name), names, material.place(name)) for name, names in (("leaf", _LEAF), ("node", _NODE))
    )
    level, place, index = above.integer("level"), above.integer("index"), leaf.integer("index")
    if level > MAX_PATH or min((place + 1) << level, batch.size) - (place << level) < 2:
        raise FormatError("evidence.path", "/material/node", "It does not stand above two leaves or more")
    for known, at, size in ((leaf, index, batch.size), (above, place, -(-batch.size >> level))):
        if root_from_path(hash, at, size, known.hashes("path", MAX_PATH)) != batch.root:
            problem = f"The path does not lead to the root of batch {batch.number}"
            raise FormatError("evidence.path", "/material", problem)
    root = root_with(material.hashes("tree", MAX_TREE), batch.hash(context.trust.registry_id), "this batch")
    number, _ = context.proved(material, lambda read: slots.anchored(read, root))
    where = f"batch {batch.number}, in anchor {anchored(number)}"
    yield Shown("leaf.is-node", f"Leaf {index} of {where}, is also node {place} of level {level}.")


def entry(material: Fields, context: Context) -> Iterator[Shown]:
    """An anchored leaf, and bytes that hash to it and are no leaf's: of an entry, or two nodes."""
    leaf = material.binary("leaf", 32)
    known = Fields(material.object("place"), _PLACE, material.place("place"))
    batch, index, root = _place(known, leaf, context.trust.registry_id)
    preimage = blob(material.text("preimage"), material.place("preimage"), entries.MAX_PREIMAGE_BYTES)
    what = entries.kind_of(preimage)
    if not what or sha256(preimage).digest() != leaf:
        raise FormatError("evidence.leaf", "/material/preimage", "This is not the preimage of something else")
    number, _ = context.proved(material, lambda read: slots.anchored(read, root))
    where = f"batch {batch.number}, in anchor {anchored(number)}"
    yield Shown("leaf.is-entry", f"Leaf {index} of {where}, is the hash of {what}.")


def _place(known: Fields, leaf: bytes, registry: bytes) -> tuple[BatchEntry, int, bytes]:
    batch: Any = BatchEntry.read(known.object("batch"), known.place("batch"))
    index = known.integer("index")
    if root_from_path(leaf, index, batch.size, known.hashes("path", MAX_PATH)) != batch.root:
        raise FormatError("evidence.path", "/material", f"The path does not lead to the root of batch {batch.number}")
    return batch, index, root_with(known.hashes("tree", MAX_TREE), batch.hash(registry), f"batch {batch.number}")
