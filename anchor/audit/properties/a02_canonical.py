"""A2: the block that everything is read at is final, and every node shows the same."""

from anchor.audit.headers import UNKNOWN_FORK, check_header
from anchor.audit.log import TIP_SLOT, Tip
from anchor.audit.properties.property import NOT_TRUSTED, Property
from anchor.audit.state import check_witnesses
from anchor.audit.view import View
from anchor.jsonrpc import quantity

MIN_PARENTS = 8
MAX_PARENTS = 256
"""Blocks below the pinned one that are followed, hash by hash: as far as the block of the newest log entry, and within
these bounds. Three requests to a node; pinning itself refuses what the node does not call final."""


def check(view: View) -> str:
    """The pinned block and those below it are what they hash to, and name each other; further nodes show the same."""
    if not view.trusted:
        return NOT_TRUSTED
    reasons = [_check_parents(view)]
    view.witnesses = check_witnesses(view.book, view.chain, list(view.others))
    if not view.others:
        reasons.append("one node has nobody to agree with; name a second one with --rpc")
    return "; ".join(filter(None, reasons))


def _check_parents(view: View) -> str:
    """Down from the pinned block. What was not followed, and why."""
    newest = view.chain.block
    depth = newest.number - Tip.unpack(view.chain.slot(TIP_SLOT)).block
    last = max(0, newest.number - min(max(depth, MIN_PARENTS), MAX_PARENTS))
    told = {quantity(one["number"]): one for one in view.chain.headers(range(last, newest.number + 1))}
    hash, time = newest.hash, newest.time
    for number in range(newest.number, last - 1, -1):
        if (one := told.get(number)) is None:
            return f"the blocks below {number + 1}, which the node does not have"
        if (header := check_header(view.book, one, number)) is None:
            return f"the blocks below {number + 1}: headers that {UNKNOWN_FORK}, or broken ones"
        named = view.book.expect(
            "BlockIsCanonical",
            header.hash == hash and header.time <= time,
            f"block {number}",
            "block.parent",
            "It is not the block that the one after it names as its parent, or changed while it was read.",
            hash.hex(),
            header.hash.hex(),
        )
        if not named:
            return ""
        hash, time = header.parent, header.time
    beyond = depth - MAX_PARENTS
    return f"{beyond} blocks between those followed and the newest log entry's" if beyond > 0 else ""


CANONICAL = Property(
    2,
    "canonical",
    "the block that was read is final, hashes to its hash, follows its parents, and every node shows the same",
    ("BlockIsCanonical", "HeadersAreHashed", "EndpointsAgree"),
    check,
)
