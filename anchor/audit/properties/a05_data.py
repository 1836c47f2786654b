"""A5: the data behind every root is published."""

from anchor.audit.properties.property import Property, missing
from anchor.audit.view import View


def check(view: View) -> str:
    """Rebuild every root from the published leaves and lists."""
    if not (reason := missing(view)):
        _ = view.walk
    return reason


DATA = Property(
    5,
    "data",
    "every batch root and anchor root follows from the published leaves and lists, and no credential is in two places",
    ("RootsRecomputeFromLeaves", "NoLeafTwice", "SequenceHasNoGaps", "ExportIsWellFormed"),
    check,
)
