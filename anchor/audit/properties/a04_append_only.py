"""A4: the log only ever grew.

That follows from the contract's code, which A1 knows and A3 proves: it can do nothing but append. Here the history is
held against heads that somebody else kept (the previous report, the signed checkpoint), and against those that the node
has of earlier blocks: proved under the hash that it gives such a block, which is its word for all but the newest (A2).
"""

from bisect import bisect_right
from contextlib import suppress
from dataclasses import dataclass

from anchor.audit import proving
from anchor.audit.checkpoint import CHECKPOINT_PATH
from anchor.audit.log import TIP_SLOT, Tip, stored_head
from anchor.audit.pinned import Pinned
from anchor.audit.properties.property import Property, missing
from anchor.audit.properties.sampling import sample
from anchor.audit.view import View
from registry.errors import FormatError
from registry.format.consistency import check as check_consistency
from registry.format.consistency import prove
from registry.format.merkle import RFC9162, root_of
from registry.verify.evidence import Unproved

CHECKPOINTS = 16
"""Earlier blocks that are asked for their head; each is a few questions to the node, which must have kept old state."""


@dataclass(frozen=True)
class Head:
    """Size and head (32 bytes) of the log after a block, `proved` or as the node answers; no head of another size."""

    size: int
    head: bytes
    proved: bool


def check(view: View) -> str:
    """Heads that the contract had earlier, and the previous report's, lead to the newest by consistency proofs."""
    if reason := missing(view):
        return reason
    previous = view.previous
    if previous is not None and previous.contract == view.chain.address:
        _grown(view, previous.log_size, previous.log_head, "previous report")
    _signed(view)
    asked = refused = believed = 0
    for anchor in sample(view.history.anchors, CHECKPOINTS, view.chain.block.hash):
        block, name = view.entries[anchor.position].block, f"anchor {anchor.number}"
        size = bisect_right(view.entries, block, key=lambda entry: entry.block)
        asked += 1
        try:
            found = _head_at(view.chain, block, size)
        except Unproved:
            sentence = f"The proof that the node gives of the head after block {block} does not lead to its state root."
            view.book.expect("LogOnlyGrows", False, name, "log.earlier-proof", sentence)
            continue
        if found is None:
            refused += 1
            continue
        believed += not found.proved
        if found.size == size:
            _grown(view, size, found.head, name)
        else:
            sentence = f"After block {block} the log had another size than its entries, by their blocks, say of it."
            view.book.expect("LogOnlyGrows", False, name, "log.rewritten", sentence, str(size), str(found.size))
    if asked == refused and previous is None:
        return "the node keeps no state of earlier blocks, and no previous report was given" if asked else "no anchors"
    left = (
        (refused, "whose state the node does not keep"),
        (believed, "of which the node proves nothing: what it answers is believed"),
    )
    return "; ".join(f"{count} of {asked} earlier blocks, {why}" for count, why in left if count)


def _signed(view: View) -> None:
    """The heads that the registry signed, now and in earlier audits: of each size one, and the one that the log had.

    What is no checkpoint, or not signed, A7 names. Of more entries than this block has, nothing is known yet.
    """
    heads = view.heads_at({one.checkpoint.size for one in view.signed})
    by_size: dict[int, bytes] = {}
    for served in view.signed:
        size, root = served.checkpoint.size, served.checkpoint.root
        name = f"checkpoint of {size} entries"
        first = by_size.setdefault(size, root)
        view.book.expect(
            "LogOnlyGrows",
            first == root,
            name,
            "checkpoint.fork",
            "The registry signed two heads of this size: it shows two histories.",
            *sorted((first.hex(), root.hex())),
        )
        if size in heads:
            view.book.expect(
                "LogOnlyGrows",
                heads[size] == root,
                CHECKPOINT_PATH if served is view.checkpoint[0] else name,
                "checkpoint.other-head",
                f"The registry signed another head of {size} entries than the contract had: it shows two histories.",
                heads[size].hex(),
                root.hex(),
            )


def _head_at(chain: Pinned, block: int, size: int) -> Head | None:
    """What was in storage after that block, `size` entries as the log has it; None when the node does not keep it.

    Raises Unproved for a proof that does not hold.
    """
    earlier = chain.earlier(block)
    if earlier is None:
        return None
    with suppress(proving.NoProof):
        proved = proving.prove(earlier, size)
        return Head(proved.tip.size, proved.head, True)
    if not earlier.keeps_state():
        return None
    found = Tip.unpack(earlier.slot(TIP_SLOT)).size
    return Head(found, stored_head(earlier.slot, found) if found == size else b"", False)


def _grown(view: View, size: int, head: bytes, what: str) -> None:
    leaves = view.leaves
    try:
        path = prove(size, len(leaves), lambda start, end: root_of(leaves[start:end], RFC9162))
        check_consistency(size, len(leaves), head, view.head, path)
        held, problem = True, ""
    except FormatError as flaw:
        held, problem = False, str(flaw)
    view.book.expect(
        "LogOnlyGrows",
        held,
        what,
        "log.rewritten",
        f"The log does not begin with the {size} entries it had then: it was rewritten, or forked. {problem}".strip(),
        head.hex(),
        view.head_at(size).hex() or f"{len(leaves)} entries",
    )


APPEND_ONLY = Property(
    4,
    "append-only",
    "every earlier head of the log leads to the newest one: nothing was rewritten",
    ("LogOnlyGrows",),
    check,
)
