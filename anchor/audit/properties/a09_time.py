"""A9: times are those of blocks, and go forward."""

from anchor.audit.properties.property import Property, missing
from anchor.audit.view import View


def check(view: View) -> str:
    """Times in the order of entries."""
    return missing(view)


TIME = Property(
    9,
    "time",
    "every entry has its block's time, and none is earlier than the one before",
    ("TimesNeverGoBack",),
    check,
)
