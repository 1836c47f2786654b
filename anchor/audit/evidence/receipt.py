"""`receipt`: the registry's key signed that a batch would be anchored, and no anchor up to the deadline holds it."""

from collections.abc import Iterator, Sequence
from typing import Any

from anchor.audit.admissions import WholeAnchor, prove_dropped
from anchor.audit.evidence.anchors import MAX_TREE, BatchEntry
from anchor.audit.evidence.context import PROOF, Context, Needs
from anchor.audit.evidence.verdict import Shown
from anchor.bundle import slots
from registry.errors import FormatError
from registry.format import entries
from registry.format.anchorproof import rfc3339
from registry.format.merkle import root_of
from registry.format.receipt import Receipt
from registry.format.strictjson import pointer
from registry.verify.jsonfields import Fields

NAMES = frozenset({"receipt", "anchors", "after", PROOF})
_ANCHOR = frozenset({"status_root", "batches"})
CODES = ("admission.dropped", "admission.late", "admission.replaced")
"""All are one breach, told by what happened instead: nothing, an anchor behind the deadline, another batch."""

MAX_ANCHORS = 10_000
"""Anchors from the first on: an anchor a day for 27 years."""


def check(material: Fields, context: Context) -> Iterator[Shown]:
    """`anchors` are 1, 2, 3 and so on; `after` is the next one's root, made behind the deadline.

    `after` is null where the last one is the newest; then the block itself lies behind the deadline. Entries are there
    as what they say, not as hashes: two of them could be hidden behind the node above them.
    """
    key = context.trust.log_key
    if key is None:
        raise Needs("Your trust profile has no log_key for this registry: get it from its operator and add it.")
    receipt = Receipt.parse(material.text("receipt").encode())
    if receipt.place is not None or receipt.to_bytes().decode() != material.text("receipt"):
        raise FormatError("evidence.receipt", "/material/receipt", "It is not a batch's receipt in canonical form")
    if receipt.duty.registry_id != context.trust.registry_id:
        raise FormatError("evidence.receipt", "/material/receipt", "It is of another registry")
    given = material.each("anchors", MAX_ANCHORS, _anchor)
    trees = [_tree(context.trust.registry_id, number, *one) for number, one in enumerate(given, 1)]
    after = material.binary_or_none("after", 32)
    roots = [root_of(tree) for tree in trees]
    anchors, newest, next_ = context.proved(material, lambda read: ask(read, roots, after))
    for number, (found, _) in enumerate(anchors, 1):
        if found != number:
            raise FormatError(
                "evidence.anchor", pointer("material", "anchors", number - 1), "It is not that of its anchor"
            )
    if after is None:
        if newest != len(trees):
            raise FormatError("evidence.anchor", "/material/after", "There are more anchors than these")
    elif next_[0] != len(trees) + 1 or next_[1] <= receipt.duty.anchor_by:
        raise FormatError("evidence.anchor", "/material/after", "It is not the next anchor, behind the deadline")
    now = context.header.time if context.header else 0
    whole = [WholeAnchor(*one) for one in zip(roots, (time for _, time in anchors), trees, strict=True)]
    if not prove_dropped(receipt, key, whole, now):
        return
    duty = receipt.duty
    sentence = (
        f"The registry signed that batch {duty.batch} with the root {duty.root.hex()} would be anchored by "
        f"{rfc3339(duty.anchor_by)}; none of the {len(trees)} anchors made until then holds it."
    )
    yield from (Shown(code, sentence) for code in CODES)


def ask(
    read: slots.Read, roots: list[bytes], after: bytes | None
) -> tuple[list[tuple[int, int]], int, tuple[int, int]]:
    """Number and time of each root's anchor; the newest number, where nothing is said to come after them; the next."""
    found = [slots.anchored(read, root) for root in roots]
    if after is None:
        return found, slots.newest(read), (0, 0)
    return found, 0, slots.anchored(read, after)


def _anchor(value: Any, place: tuple[str | int, ...]) -> tuple[bytes, tuple[BatchEntry, ...]]:
    known = Fields(value, _ANCHOR, place)
    return known.binary("status_root", 32), known.each("batches", MAX_TREE, BatchEntry.read)


def _tree(registry: bytes, number: int, status_root: bytes, batches: Sequence[BatchEntry]) -> list[bytes]:
    status = entries.entry_hash(entries.status_entry(registry, number, status_root))
    return [status, *(batch.hash(registry) for batch in batches)]
