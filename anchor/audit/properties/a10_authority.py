"""A10: whoever wrote or signed was allowed to, then."""

from anchor.audit.properties.property import Property, missing
from anchor.audit.state import check_state
from anchor.audit.view import View


def check(view: View) -> str:
    """Roles of those who wrote, windows of the keys that signed, and the contract's own answers about both."""
    if reason := missing(view):
        return reason
    check_state(view.book, view.chain, view.history)
    _ = view.walk
    return ""


AUTHORITY = Property(
    10,
    "authority",
    "every entry was written by a holder of its role, every batch signed by a key in force when it was anchored",
    ("RolesWereHeld", "StateFollowsTheLog", "IssuerWasAuthorisedAtBlock"),
    check,
)
