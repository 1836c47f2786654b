"""`receipt`: the registry's key signed that a batch would be anchored, and no anchor up to the deadline holds it.

Absence is shown for a few anchors in whole, not for all from 1 on. FORMAT.md section 13 has batches anchored in the
order of their numbers, each once: the numbers in an anchor are larger than all in the anchors before it. So, for
batch N, of which the file shows anchors `begin` to `end`, one after the other:

    before `begin`   there is no anchor; or `begin` holds a batch of a number up to N, so those before hold smaller ones
    in between       each anchor that is not behind the deadline is there with every entry, and N's is none of them
    after `end`      anchors are behind the deadline, as `end` is; or there are none, and the block is behind it

The one who could be accused falsely by the first line is a registry that anchored N, and later a batch of a number up
to N: it broke that rule (A9, A11), and can refute the file only by showing so. What is between the last batch before N
and the deadline is heartbeats, one or two by the default settings; a batch anchored too late needs its anchor alone.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from anchor.audit.evidence.anchors import MAX_TREE, BatchEntry
from anchor.audit.evidence.context import PROOF, Context, Needs
from anchor.audit.evidence.verdict import Shown
from anchor.bundle import slots
from registry.errors import FormatError
from registry.format import entries
from registry.format.anchorproof import rfc3339
from registry.format.merkle import root_of
from registry.format.receipt import Receipt
from registry.format.strictjson import pointer
from registry.verify.jsonfields import Fields

NAMES = frozenset({"receipt", "begin", "anchors", PROOF})
_ANCHOR = frozenset({"status_root", "batches"})
CODES = ("admission.dropped", "admission.late", "admission.replaced")
"""All are one breach, told by what happened instead: nothing, an anchor behind the deadline, another batch."""

MAX_ANCHORS = 2_000
"""Some two trie nodes each, of the MAX_NODES of a proof: heartbeats of five years without a batch."""


@dataclass(frozen=True)
class _Anchor:
    """What one anchor is made of: as what it says, not as hashes. Two entries could hide behind the node above them."""

    number: int
    status_root: bytes
    batches: Sequence[BatchEntry]

    def tree(self, registry: bytes) -> list[bytes]:
        status = entries.entry_hash(entries.status_entry(registry, self.number, self.status_root))
        return [status, *(batch.hash(registry) for batch in self.batches)]


def check(material: Fields, context: Context) -> Iterator[Shown]:
    """The three lines of the argument above, over the anchors that are there."""
    receipt = _receipt(material, context)
    duty, begin = receipt.duty, material.integer("begin")
    given = material.each("anchors", MAX_ANCHORS, lambda value, place: _anchor(value, place, begin))
    if begin < 1 or (begin > 1 and not (given and any(batch.number <= duty.batch for batch in given[0].batches))):
        problem = f"It is no anchor with a batch of a number up to {duty.batch}: those before could hold this one"
        raise FormatError("evidence.anchor", "/material/begin", problem)
    trees = [one.tree(context.trust.registry_id) for one in given]
    roots = [root_of(tree) for tree in trees]
    found, newest = context.proved(material, lambda read: ask(read, roots, duty.anchor_by))
    for one, (number, _) in zip(given, found, strict=True):
        if number != one.number:
            where = pointer("material", "anchors", one.number - begin)
            raise FormatError("evidence.anchor", where, "It is not that of its anchor")
    behind = bool(found) and found[-1][1] > duty.anchor_by
    if not behind and newest != begin + len(given) - 1:
        raise FormatError("evidence.anchor", "/material/anchors", "There are more anchors up to the deadline")
    now = context.header.time if context.header else 0
    in_time = [tree for tree, (_, time) in zip(trees, found, strict=True) if time <= duty.anchor_by]
    if now <= duty.anchor_by or any(duty.entry_hash in tree for tree in in_time):
        return
    sentence = (
        f"The registry signed that batch {duty.batch} with the root {duty.root.hex()} would be anchored by "
        f"{rfc3339(duty.anchor_by)}; none of the anchors made until then holds it."
    )
    yield from (Shown(code, sentence) for code in CODES)


def ask(read: slots.Read, roots: Sequence[bytes], deadline: int) -> tuple[list[tuple[int, int]], int]:
    """Number and time of each root's anchor; the newest number too, where the last is not behind the deadline."""
    found = [slots.anchored(read, root) for root in roots]
    return found, 0 if found and found[-1][1] > deadline else slots.newest(read)


def _receipt(material: Fields, context: Context) -> Receipt:
    """A batch's receipt that the registry's key signed. Raises Needs, FormatError."""
    if context.trust.log_key is None:
        raise Needs("Your trust profile has no log_key for this registry: get it from its operator and add it.")
    receipt = Receipt.parse(material.text("receipt").encode())
    if receipt.place is not None or receipt.to_bytes().decode() != material.text("receipt"):
        raise FormatError("evidence.receipt", "/material/receipt", "It is not a batch's receipt in canonical form")
    if receipt.duty.registry_id != context.trust.registry_id:
        raise FormatError("evidence.receipt", "/material/receipt", "It is of another registry")
    if not context.trust.signed(receipt):
        raise FormatError("evidence.signature", "/material/receipt", "It is not signed by the registry's key")
    return receipt


def _anchor(value: Any, place: tuple[str | int, ...], begin: int) -> _Anchor:
    known = Fields(value, _ANCHOR, place)
    batches = known.each("batches", MAX_TREE, BatchEntry.read)
    return _Anchor(begin + int(place[-1]), known.binary("status_root", 32), batches)
