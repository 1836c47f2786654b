"""A14: this report goes on where the previous one ended."""

from anchor.audit.properties.property import NOT_TRUSTED, Property, missing
from anchor.audit.view import View
from anchor.errors import Unreachable


def check(view: View) -> str:
    """The block that the previous report read is still in the chain, and the log had its head at its size."""
    if not view.trusted:
        return NOT_TRUSTED
    previous = view.previous
    if previous is None:
        return "no previous report was given (--previous)"
    if (previous.chain_id, previous.contract) != (view.trust.chain_id, view.chain.address):
        return "the previous report is about another registry"
    if previous.block_number > view.chain.block.number:
        problem = f"it shows block {view.chain.block.number}, and the previous report read {previous.block_number}"
        raise Unreachable(view.chain.rpc.endpoint, f"{problem}: what it shows is older than what is known")
    then = view.chain.block_numbered(previous.block_number)
    if then is None:
        raise Unreachable(view.chain.rpc.endpoint, f"it has no block {previous.block_number}")
    view.book.expect(
        "ReportsFollow",
        then.hash == previous.block_hash,
        "previous report",
        "previous.other-chain",
        f"At height {previous.block_number} the chain shown has another block: one of the two is a fork.",
        previous.block_hash.hex(),
        then.hash.hex(),
    )
    if reason := missing(view):
        return f"its head: {reason}"
    size = previous.log_size
    head = view.head_at(size)
    view.book.expect(
        "ReportsFollow",
        head == previous.log_head,
        "previous report",
        "previous.other-head",
        f"The log shown has another head at {size} entries than the previous report saw: one of the two is a fork.",
        previous.log_head.hex(),
        head.hex() or f"{len(view.leaves)} entries",
    )
    return ""


CONTINUITY = Property(
    14,
    "continuity",
    "the chain shown goes on from the one that the previous report saw",
    ("ReportsFollow",),
    check,
)
