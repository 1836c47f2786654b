"""`history` and `code`: the contract's own log breaks a rule, or the contract runs other code than the trusted."""

import hashlib
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from anchor.audit.evidence.context import PROOF, Context
from anchor.audit.evidence.file import blob
from anchor.audit.evidence.verdict import Shown
from anchor.audit.log import Entry
from anchor.audit.logfile import head_at
from anchor.audit.replay import replay
from anchor.audit.report import Book
from anchor.bundle import slots
from anchor.bundle.hashing import keccak
from registry.errors import FormatError
from registry.verify.jsonfields import Fields

HISTORY_NAMES = frozenset({"entries", PROOF})
CODE_NAMES = frozenset({"code", PROOF})

MAX_ENTRIES = 40_000
"""More do not fit MAX_EVIDENCE_BYTES."""

MAX_PAYLOAD_BYTES = 32 * 1024
MAX_CODE_BYTES = 24_576
"""EIP-170."""

_ENTRY = frozenset({"kind", "subject", "time", "block", "actor", "payload"})


def history(material: Fields, context: Context) -> Iterator[Shown]:
    """The entries are the whole log, for they lead to the head in storage; replayed, they break the rules named."""
    entries = list(material.each("entries", MAX_ENTRIES, _entry))
    size, head = context.proved(material, slots.log)
    if len(entries) != size or head_at(entries, size) != head:
        raise FormatError("evidence.log", "/material/entries", "They are not the log whose head the contract stores")
    book = Book()
    replay(book, entries, context.trust.chain_id, context.trust.contract)
    for finding in sorted(book.findings):
        yield Shown(finding.code, f"{finding.subject}: {finding.sentence}")
    for before, entry in pairwise(entries):
        if not (before.time <= entry.time and before.block <= entry.block):
            yield Shown("log.time", f"entry {entry.position}: Its time or block lies before that of the one before it.")


def code(material: Fields, context: Context) -> Iterator[Shown]:
    """The account's code hash is that of the code in the file, whose SHA-256 is not the profile's."""
    runtime = blob(material.text("code"), material.place("code"), MAX_CODE_BYTES)
    context.proved(material, lambda _: None)
    if keccak(runtime) != context.code_hash:
        raise FormatError("evidence.code", "/material/code", "It is not the code that the contract had at that block")
    found = hashlib.sha256(runtime).digest()
    if found != context.trust.code_sha256:
        sentence = f"The contract runs code with SHA-256 {found.hex()}; your profile trusts "
        yield Shown("contract.code", f"{sentence}{context.trust.code_sha256.hex()}.")


def to_json(entry: Entry) -> dict[str, Any]:
    """One entry as the material has it: its position is its place, its previous block the one of the entry before."""
    return {
        "kind": entry.kind,
        "subject": entry.subject.hex(),
        "time": entry.time,
        "block": entry.block,
        "actor": entry.actor.hex(),
        "payload": entry.payload.hex(),
    }


def _entry(value: Any, place: tuple[str | int, ...]) -> Entry:
    known = Fields(value, _ENTRY, place)
    payload = known.text("payload")
    return Entry(
        position=int(place[-1]),
        kind=known.integer("kind"),
        subject=known.binary("subject", 32),
        time=known.integer("time"),
        block=known.integer("block"),
        previous_block=0,  # no rule that is checked here looks at it
        actor=known.binary("actor", 20),
        payload=blob(payload, known.place("payload"), MAX_PAYLOAD_BYTES) if payload else b"",
    )
