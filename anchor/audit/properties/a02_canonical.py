"""A2: the block that everything is read at is final, and every node shows the same."""

from anchor.audit.properties.property import NOT_TRUSTED, Property
from anchor.audit.state import check_witnesses
from anchor.audit.view import View
from anchor.jsonrpc import data, quantity

PARENTS = 8
"""Blocks below the pinned one whose links are followed. Pinning itself refuses what the node does not call final."""


def check(view: View) -> str:
    """The pinned block and those below it name each other; the further nodes show the same block and head."""
    if not view.trusted:
        return NOT_TRUSTED
    _check_parents(view)
    view.witnesses = check_witnesses(view.book, view.chain, list(view.others))
    return "" if view.others else "one node has nobody to agree with; name a second one with --rpc"


def _check_parents(view: View) -> None:
    newest = view.chain.block
    numbers = range(max(0, newest.number - PARENTS), newest.number + 1)
    told = {quantity(one["number"]): one for one in view.chain.headers(numbers)}
    hash = newest.hash
    for number in range(newest.number, min(told, default=newest.number) - 1, -1):
        one = told.get(number)
        if one is None:
            break
        named = view.book.expect(
            "BlockIsCanonical",
            data(one["hash"]) == hash,
            f"block {number}",
            "block.parent",
            "It is not the block that the one after it names as its parent, or changed while it was read.",
            hash.hex(),
            data(one["hash"]).hex(),
        )
        if not named:
            break
        hash = data(one["parentHash"])


CANONICAL = Property(
    2,
    "canonical",
    "the block that was read is final, follows its parents, and every node shows the same",
    ("BlockIsCanonical", "EndpointsAgree"),
    check,
)
