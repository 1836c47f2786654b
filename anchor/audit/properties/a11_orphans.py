"""A11: nothing is anchored that is not published, nor published as anchored that is not."""

from anchor.audit.properties.property import Property, missing
from anchor.audit.view import View


def check(view: View) -> str:
    """Anchors without data, data without an anchor, roots that are not the chain's, roots anchored twice."""
    if reason := missing(view):
        return reason
    view.walk.batches.check_orphans()
    return ""


ORPHANS = Property(
    11,
    "orphans",
    "every anchor on the chain is in the export under its own root, once, and every batch in the export is anchored",
    ("EveryChainRootIsKnown", "EveryAnchoredBatchIsOnChain", "RootsAreUnique"),
    check,
)
