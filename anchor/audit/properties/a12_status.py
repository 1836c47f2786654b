"""A12: status only ever moves forward."""

from anchor.audit.properties.property import Property, missing
from anchor.audit.view import View


def check(view: View) -> str:
    """Follow every status list through the anchors."""
    if not (reason := missing(view)):
        _ = view.walk
    return reason


STATUS = Property(
    12,
    "status",
    "every status list is complete, signed and the anchored one, only ever newer, and what is revoked stays revoked",
    ("StatusListsAreWhatWasAnchored", "StatusVersionsNeverGoBack", "RevokedNeverReturns"),
    check,
)
