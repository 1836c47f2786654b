"""A9: times are those of blocks, and go forward.

Block and time of every entry are proved with the head (A3). The headers are a second witness, of the node: where one
says something else, the node shows a block that the contract did not run in, or the contract is not what it seems.
"""

from anchor.audit.headers import UNKNOWN_FORK, check_header
from anchor.audit.properties.property import Property, missing
from anchor.audit.properties.sampling import sample
from anchor.audit.replay import ChainAnchor
from anchor.audit.view import View
from anchor.bundle.header import Header
from anchor.jsonrpc import quantity

MAX_HEADERS = 4096
"""Anchors whose block is asked for, drawn by the block's hash where there are more: some 100 MB of JSON."""


def check(view: View) -> str:
    """Every anchor against the header of its block; the order of all entries was looked at with the log."""
    if reason := missing(view):
        return reason
    _ = view.walk  # batches in their order, inside each anchor
    anchors = view.history.anchors
    drawn = sample(anchors, MAX_HEADERS, view.chain.block.hash)
    blocks = sorted({view.entries[anchor.position].block for anchor in drawn})
    told = {quantity(one["number"]): one for one in view.chain.headers(blocks)}
    headers = {number: check_header(view.book, told[number], number) for number in blocks if number in told}
    for anchor in drawn:
        if header := headers.get(view.entries[anchor.position].block):
            _against(view, anchor, header)
    left = (
        (len(anchors) - len(drawn), f"of {len(anchors)} anchors, which were not drawn"),
        (len(blocks) - len(told), f"of {len(blocks)} blocks, which the node no longer has"),
        (
            sum(header is None for header in headers.values()),
            f"of {len(blocks)} blocks, whose headers {UNKNOWN_FORK}, or are broken",
        ),
    )
    return "; ".join(f"{count} {what}" for count, what in left if count)


def _against(view: View, anchor: ChainAnchor, header: Header) -> None:
    """Time and block of the entry are in its leaf, so the head in storage proves them; the header's are in its hash."""
    entry, name = view.entries[anchor.position], f"anchor {anchor.number}"
    view.book.expect(
        "TimesAreThoseOfBlocks",
        header.time == anchor.time,
        name,
        "time.not-its-blocks",
        f"Its time is not that of block {header.number}, in which it was made.",
        str(header.time),
        str(anchor.time),
    )
    view.book.expect(
        "TimesAreThoseOfBlocks",
        header.hash == entry.block_hash,
        name,
        "time.other-block",
        f"The node tells of it in another block {header.number} than it shows.",
        header.hash.hex(),
        entry.block_hash.hex(),
    )


TIME = Property(
    9,
    "time",
    "every entry has its block's time, none is earlier than the one before, and batches stand in their order",
    ("TimesNeverGoBack", "TimesAreThoseOfBlocks", "BatchesAreInOrder"),
    check,
)
