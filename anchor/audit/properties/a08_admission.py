"""A8: what the registry promised to anchor, it anchored in time."""

from anchor.audit.properties.property import Property
from anchor.audit.view import View


def check(view: View) -> str:  # noqa: ARG001 (as every check)
    """Nothing yet. A receipt that a holder gives names a digest and a deadline.

    Hook: take receipts from `view.given`; `view.walk.batches.place(leaf)` says where a leaf is published,
    `view.walk.lines` which anchor lists that batch, `view.history.anchors[n - 1].time` when it was. A receipt whose
    deadline lies after `view.chain.block.time` is not due. Count each: `view.book.expect("AdmissionsAreKept", ...)`.
    """
    return "no receipts given"


ADMISSION = Property(
    8,
    "admission",
    "everything that the registry signed a receipt for was anchored in time",
    ("AdmissionsAreKept",),
    check,
)
