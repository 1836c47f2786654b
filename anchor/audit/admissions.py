"""Admission receipts against the history: what the registry signed for, was it anchored, and in time?

Only the trust profile says whose signature counts; a receipt that is altered, or somebody else's, accuses nobody.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from registry.errors import FormatError
from registry.format.receipt import Duty, Receipt

FOREIGN, UNREADABLE, UNSIGNED = "of another registry", "not in the form of a receipt", "not signed by the log_key"


Standing = Literal["kept", "not-due", "late", "replaced", "withheld", "dropped"]


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


def sort(files: Mapping[str, bytes], registry: bytes, signed: Callable[[Receipt], bool]) -> Sorted:
    """Read every receipt for `registry` (32 bytes) and ask whether it is `signed`, as the trust profile sees it."""
    found = Sorted()
    for name in sorted(files):
        try:
            receipt = Receipt.parse(files[name])
        except FormatError:
            found.aside.append((name, UNREADABLE))
            continue
        if receipt.duty.registry_id != registry:
            found.aside.append((name, FOREIGN))
        elif not signed(receipt):
            found.aside.append((name, UNSIGNED))
        else:
            found.good[name] = receipt
    return found


def standing(duty: Duty, now: int, at: int | None, *, taken: bool, withheld: bool) -> Standing:
    """What became of a duty by the time of a final block, `now`; times in Unix seconds, all by the chain.

    `at` is when its entry was anchored, None if it is in no anchor that is published; `taken` says whether another
    batch of its number is, and `withheld` whether an anchor is said to hold one of which there is no file.
    """
    if at is not None:
        return "kept" if at <= duty.anchor_by else "late"
    if taken:
        return "replaced"
    if now <= duty.anchor_by:
        return "not-due"
    return "withheld" if withheld else "dropped"
