"""A2: the block that everything is read at is final, and every node shows the same."""

from anchor.audit.properties.property import NOT_TRUSTED, Property
from anchor.audit.state import check_witnesses
from anchor.audit.view import View


def check(view: View) -> str:
    """Ask the further nodes for the same block and head."""
    if not view.trusted:
        return NOT_TRUSTED
    view.witnesses = check_witnesses(view.book, view.chain, list(view.others))
    return "" if view.others else "one node has nobody to agree with; name a second one with --rpc"


CANONICAL = Property(
    2,
    "canonical",
    "the block that was read is final, its header hashes to its name, and every node shows the same",
    ("EndpointsAgree",),
    check,
)
