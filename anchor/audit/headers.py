"""Headers hashed again: what a node says of a block is that block's only where its fields hash to the block's hash.

Blocks near the pinned one are followed down, parent by parent (A2); older ones are hashed and not linked to it, and no
promise needs that link. Number and time of an entry's block are in the entry's leaf: the contract took them from the
block it ran in, and the head over all leaves is proved by storage proof under the pinned block's hash (A3). The hash of
an old block would be all that a link adds, and nothing is concluded from it. It would take every header in between,
7,200 a day on Ethereum; the hashes that EIP-2935 keeps in state go back a little more than a day.
"""

from collections.abc import Mapping
from typing import Any

from anchor.audit.report import Book
from anchor.bundle.header import FIELDS, Header, encode
from anchor.jsonrpc import data
from registry.verify.evidence import Unproved

_BESIDE = frozenset(("hash", "size", "transactions", "uncles", "withdrawals", "totalDifficulty"))
"""What nodes tell with a header that is not of it."""

UNKNOWN_FORK = "have fields that are not known here (of a later fork?), so their hash cannot be made"


def rehashed(told: Mapping[str, Any]) -> Header | None:
    """The header, where its fields hash to the hash told with them; else None."""
    try:
        header = Header.read(encode(told))
        return header if header.hash == data(told["hash"], 32) else None
    except (ValueError, KeyError, TypeError, Unproved):
        return None


def check_header(book: Book, told: Mapping[str, Any], number: int) -> Header | None:
    """The header of block `number`, or None: then a finding is written, unless it has fields that are unknown here."""
    header = rehashed(told)
    if header is None and _is_foreign(told):
        return None
    book.expect(
        "HeadersAreHashed",
        header is not None and header.number == number,
        f"block {number}",
        "block.header",
        "What the node says of it does not hash to the hash that the node calls it by, or it has another number.",
        found=str(told.get("hash"))[:66],
    )
    return header if header is not None and header.number == number else None


def _is_foreign(told: Mapping[str, Any]) -> bool:
    present = {name for name, value in told.items() if value is not None}
    return bool(present - _BESIDE - set(FIELDS))
