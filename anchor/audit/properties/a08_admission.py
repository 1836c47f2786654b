"""A8: what the registry promised to anchor, it anchored in time."""

from anchor.audit.admissions import Sorted, sort, standing
from anchor.audit.properties.property import Property, missing
from anchor.audit.view import View
from registry.format.anchorproof import rfc3339
from registry.format.receipt import Receipt

INVARIANT = "AdmissionsAreKept"
NO_KEY = "the trust profile names no log_key, so nobody's signature on a receipt counts"


def check(view: View) -> str:
    """Each receipt's batch must be in an anchor whose block is not later than the deadline, by the chain's time."""
    if not view.given.receipts:
        return "no receipts given"
    if view.trust.log_key is None:
        return NO_KEY
    if reason := missing(view):
        return reason
    found = sort(view.given.receipts, view.registry, view.trust.signed)
    for name, reason in found.aside:
        view.book.note(f"Receipt {name} was left aside: it is {reason}.")
    early = sum(not _judged(view, name, receipt) for name, receipt in found.good.items())
    return _reason(found, early, len(view.given.receipts))


def _judged(view: View, name: str, receipt: Receipt) -> bool:
    """Whether anything can be said of it yet."""
    duty, now, walk = receipt.duty, view.chain.block.time, view.walk
    anchor, holder = walk.anchored.get(duty.entry_hash), walk.withheld.get(duty.batch)
    taken = walk.batches.entries.get(duty.batch) in walk.anchored
    found = standing(duty, now, anchor.time if anchor else None, taken=taken, withheld=holder is not None)
    if found == "not-due":
        return False
    sentence, seen = "", ""
    if found == "late" and anchor:
        sentence = f"It was anchored after the deadline that the registry signed, in anchor {anchor.number}."
        seen = rfc3339(anchor.time)
    elif found == "replaced":
        root, size = walk.batches.roots[duty.batch]
        sentence = "The number stands for another batch on the chain than the one that the registry signed for."
        seen = f"root {root.hex()}, {size} leaves"
    elif found == "withheld" and holder:
        sentence = f"Anchor {holder.number} is said to hold a batch of this number, and the export withholds it."
        seen = f"not shown in anchor {holder.number}"
    elif found == "dropped":
        sentence = "The registry signed that it would be anchored, and no anchor, as published, holds it."
        seen = f"nothing by {rfc3339(now)}"
    subject, owed = f"batch {duty.batch}, receipt {name}", f"root {duty.root.hex()} by {rfc3339(duty.anchor_by)}"
    view.book.expect(INVARIANT, found == "kept", subject, f"admission.{found}", sentence, owed, seen)
    return True


def _reason(found: Sorted, early: int, total: int) -> str:
    parts = [f"{early} not due at this block"] if early else []
    parts += found.left_aside
    return f"of {total} receipt{'s' if total > 1 else ''}: {', '.join(parts)}" if parts else ""


ADMISSION = Property(
    8,
    "admission",
    "everything that the registry signed a receipt for was anchored in time",
    (INVARIANT,),
    check,
)
