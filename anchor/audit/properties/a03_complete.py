"""A3: no entry of the log is left out."""

from anchor.audit.properties.property import NOT_TRUSTED, Property
from anchor.audit.view import View


def check(view: View) -> str:
    """Read the log and hold it against the head in the contract's storage."""
    if not view.trusted:
        return NOT_TRUSTED
    _ = view.complete
    return ""


COMPLETE = Property(
    3,
    "complete",
    "the log has every entry from genesis on, in order, and leads to the head in the contract's storage",
    ("LogIsComplete",),
    check,
)
