"""Admission receipts against the history: what the registry signed for, was it anchored, and in time?

Only the trust profile says whose signature counts; a receipt that is altered, or somebody else's, accuses nobody.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from registry.errors import FormatError
from registry.format.merkle import root_of
from registry.format.note import NoteKey
from registry.format.receipt import Receipt

FOREIGN, UNREADABLE, UNSIGNED = "of another registry", "not in the form of a receipt", "not signed by the log_key"


@dataclass(frozen=True)
class Sorted:
    """Receipts by name that count, and of the others why not: (name, one of FOREIGN, UNREADABLE, UNSIGNED)."""

    good: dict[str, Receipt] = field(default_factory=dict)
    aside: list[tuple[str, str]] = field(default_factory=list)

    @property
    def left_aside(self) -> list[str]:
        """How many of each kind, in words."""
        reasons = [reason for _, reason in self.aside]
        return [f"{reasons.count(reason)} {reason}" for reason in (FOREIGN, UNREADABLE, UNSIGNED) if reason in reasons]


def sort(files: Mapping[str, bytes], registry: bytes, key: NoteKey) -> Sorted:
    """Read every receipt and ask whether `key` signed it for `registry` (32 bytes)."""
    found = Sorted()
    for name in sorted(files):
        try:
            receipt = Receipt.parse(files[name])
        except FormatError:
            found.aside.append((name, UNREADABLE))
            continue
        if receipt.duty.registry_id != registry:
            found.aside.append((name, FOREIGN))
        elif not receipt.verify(key):
            found.aside.append((name, UNSIGNED))
        else:
            found.good[name] = receipt
    return found


@dataclass(frozen=True)
class WholeAnchor:
    """One anchor: root (32 bytes) and block time as the chain has them, and every leaf of its tree, in order.

    Whoever is given leaves by others makes them from entries: a node, given as a leaf, hides what is below it.
    """

    root: bytes
    time: int
    leaves: Sequence[bytes]


def prove_dropped(receipt: Receipt, key: NoteKey, anchors: Sequence[WholeAnchor], now: int) -> bool:
    """Whether these facts prove that the registry did not keep its word; they need no trust in who brings them.

    `anchors` are all of the chain up to the receipt's deadline, from 1 on, each with its whole range of leaves; `now`
    is the time of a final block. That they are all, and when each was made, is for the caller to know from the chain.
    He also makes each leaf from its entry: nodes have no prefix, so a node in place of two leaves would hide both.
    Raises FormatError receipt.* where the facts are none: a signature or a range of leaves that is not right.
    """
    if not receipt.verify(key):
        raise FormatError("receipt.signature", "/signature", "It is not signed by the registry's key")
    for number, anchor in enumerate(anchors, 1):
        if root_of(anchor.leaves) != anchor.root:
            raise FormatError("receipt.leaves", "", f"These are not all leaves of anchor {number}")
    if now <= receipt.duty.anchor_by:
        return False
    entry = receipt.duty.entry_hash
    return not any(entry in anchor.leaves for anchor in anchors if anchor.time <= receipt.duty.anchor_by)
