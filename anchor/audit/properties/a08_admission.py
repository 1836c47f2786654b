"""A8: what the registry promised to anchor, it anchored in time."""

from anchor.audit.admissions import Sorted, sort
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
    found = sort(view.given.receipts, view.registry, view.trust.log_key)
    for name, reason in found.aside:
        view.book.note(f"Receipt {name} was left aside: it is {reason}.")
    early = sum(not _judged(view, name, receipt) for name, receipt in found.good.items())
    return _reason(found, early, len(view.given.receipts))


def _judged(view: View, name: str, receipt: Receipt) -> bool:
    """Whether anything can be said of it yet."""
    duty, now = receipt.duty, view.chain.block.time
    subject = f"batch {duty.batch}, receipt {name}"
    deadline = rfc3339(duty.anchor_by)

    def kept(held: bool, code: str, sentence: str, found: str) -> bool:
        view.book.expect(INVARIANT, held, subject, code, sentence, f"root {duty.root.hex()} by {deadline}", found)
        return True

    anchor = view.walk.anchored.get(duty.entry_hash)
    if anchor is not None:
        sentence = f"It was anchored after the deadline that the registry signed, in anchor {anchor.number}."
        return kept(anchor.time <= duty.anchor_by, "admission.late", sentence, rfc3339(anchor.time))
    taken = view.walk.batches.entries.get(duty.batch)
    if taken in view.walk.anchored:
        root, size = view.walk.batches.roots[duty.batch]
        sentence = "The number stands for another batch on the chain than the one that the registry signed for."
        return kept(False, "admission.replaced", sentence, f"root {root.hex()}, {size} leaves")
    if now <= duty.anchor_by:
        return False
    if holder := view.walk.withheld.get(duty.batch):
        sentence = (
            f"Anchor {holder.number} is said to hold a batch of this number, and the export withholds what it is."
        )
        return kept(False, "admission.withheld", sentence, f"not shown in anchor {holder.number}")
    sentence = "The registry signed that it would be anchored, and no anchor, as published, holds it."
    return kept(False, "admission.dropped", sentence, f"nothing by {rfc3339(now)}")


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
