"""A3: no entry of the log is left out."""

from anchor.audit.properties.property import NOT_TRUSTED, Property
from anchor.audit.proving import WHAT
from anchor.audit.view import View


def check(view: View) -> str:
    """Read the log and hold it against the head in the contract's storage: as answered, and as proved."""
    if not view.trusted:
        return NOT_TRUSTED
    if not view.complete and not view.book.checked["HeadIsProved"]:
        return f"{WHAT}: what the node answers is refuted without it"
    return view.proved[1]


COMPLETE = Property(
    3,
    "complete",
    "the log has every entry from genesis on, in order, and leads to the head in the contract's storage",
    ("LogIsComplete", "HeadIsProved"),
    check,
)
