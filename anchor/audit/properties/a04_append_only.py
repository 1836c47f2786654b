"""A4: the log only ever grew."""

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

CHECKPOINTS = 16
"""Earlier blocks that are asked for their head; each is one question to the node, which must have kept old state."""


def check(view: View) -> str:
    """Heads that the contract had earlier, and the previous report's, lead to the newest by consistency proofs."""
    if reason := missing(view):
        return reason
    previous = view.previous
    if previous is not None and previous.contract == view.chain.address:
        _grown(view, previous.log_size, previous.log_head, "previous report")
    _signed(view)
    asked = refused = 0
    for anchor in sample(view.history.anchors, CHECKPOINTS, view.chain.block.hash):
        entry = view.entries[anchor.position]
        asked += 1
        if (found := _head_at(view.chain, entry.block)) is None:
            refused += 1
            continue
        _grown(view, *found, f"anchor {anchor.number}")
    if asked == refused and previous is None:
        return "the node keeps no state of earlier blocks, and no previous report was given" if asked else "no anchors"
    return f"{refused} of {asked} earlier blocks, whose state the node does not keep" if refused else ""


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


def _head_at(chain: Pinned, block: int) -> tuple[int, bytes] | None:
    """Size and head in storage after that block; None when the node does not keep them."""
    earlier = chain.earlier(block)
    if earlier is None or not earlier.keeps_state():
        return None
    size = Tip.unpack(earlier.slot(TIP_SLOT)).size
    return size, stored_head(earlier.slot, size)


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
