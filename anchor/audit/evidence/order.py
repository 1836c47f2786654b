"""`batch-places`: batches are anchored out of the order of their numbers, or a number is anchored twice."""

from collections.abc import Iterator
from dataclasses import dataclass

from anchor.audit.evidence.anchors import MAX_TREE, BatchEntry, anchored
from anchor.audit.evidence.context import PROOF, Context
from anchor.audit.evidence.verdict import Shown
from anchor.bundle import slots
from registry.errors import FormatError
from registry.format.merkle import root_of
from registry.verify.jsonfields import Fields

NAMES = frozenset({"first", "second", PROOF})
_PLACE = frozenset({"batch", "index", "tree"})


@dataclass(frozen=True)
class _Place:
    """A batch's entry at an index of an anchor's tree."""

    batch: BatchEntry
    index: int
    tree: tuple[bytes, ...]

    @property
    def root(self) -> bytes:
        return root_of(self.tree)


def check(material: Fields, context: Context) -> Iterator[Shown]:
    """Two places in anchors' trees, the earlier first; two places in one tree are places in the same list of leaves.

    A node could stand in the list for the two leaves below it. That moves what follows, and changes no order.
    """
    first, second = (
        _place(Fields(material.object(name), _PLACE, material.place(name)), context.trust.registry_id)
        for name in ("first", "second")
    )

    def numbers(read: slots.Read) -> tuple[int, int]:
        return slots.anchored(read, first.root)[0], slots.anchored(read, second.root)[0]

    before, after = (anchored(number) for number in context.proved(material, numbers))
    if before == after and first.tree != second.tree:
        raise FormatError("evidence.tree", "/material", "The two trees are one anchor's, and are not the same")
    if (before, first.index) >= (after, second.index):
        raise FormatError("evidence.order", "/material", "These are not two places, the earlier first")
    batch, other = first.batch.number, second.batch.number
    if batch == other:
        yield Shown("batch.anchored-twice", f"Batch {batch} is anchored twice, in anchors {before} and {after}.")
    elif batch > other and before == after:
        yield Shown("anchor.batch-order", f"Anchor {before} has batch {batch} before batch {other}.")
    elif batch > other:
        yield Shown("batch.passed-over", f"Batch {batch} is in anchor {before}, and batch {other} in anchor {after}.")


def _place(known: Fields, registry: bytes) -> _Place:
    batch = BatchEntry.read(known.object("batch"), known.place("batch"))
    index, tree = known.integer("index"), known.hashes("tree", MAX_TREE)
    if not index < len(tree) or tree[index] != batch.hash(registry):
        raise FormatError("evidence.tree", "/material", f"The tree does not hold batch {batch.number} at this index")
    return _Place(batch, index, tree)
