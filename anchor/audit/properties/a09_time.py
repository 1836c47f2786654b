"""A9: times are those of blocks, and go forward."""

from anchor.audit.properties.property import Property, missing
from anchor.audit.view import View


def check(view: View) -> str:
    """The time of every anchor against its block's; the order of all entries was looked at with the log."""
    if reason := missing(view):
        return reason
    blocks = sorted({view.entries[anchor.position].block for anchor in view.history.anchors})
    times = view.chain.times(blocks)
    for anchor in view.history.anchors:
        block = view.entries[anchor.position].block
        if block in times:
            view.book.expect(
                "TimesAreThoseOfBlocks",
                times[block] == anchor.time,
                f"anchor {anchor.number}",
                "time.not-its-blocks",
                f"Its time is not that of block {block}, in which it was made.",
                str(times[block]),
                str(anchor.time),
            )
    gone = len(blocks) - len(times)
    return f"{gone} of {len(blocks)} blocks, which the node no longer has" if gone else ""


TIME = Property(
    9,
    "time",
    "every entry has its block's time, and none is earlier than the one before",
    ("TimesNeverGoBack", "TimesAreThoseOfBlocks"),
    check,
)
