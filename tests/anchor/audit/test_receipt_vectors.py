"""The vectors of admission receipts give what they state."""

from pathlib import Path

import pytest

from anchor.audit.admissions import FOREIGN, UNSIGNED, sort, standing
from registry.errors import FormatError
from registry.format import entries
from registry.format.note import NoteKey
from registry.format.receipt import Receipt
from tests.support.vectors import RECEIPTS, load


@pytest.mark.parametrize("path", RECEIPTS, ids=lambda path: path.stem)
def test_a_receipt_is_read_counted_and_judged_as_its_vector_states(path: Path) -> None:
    vector = load(path)
    data, registry = vector["receipt"].encode(), bytes.fromhex(vector["registry_id"])
    assert judged(vector, data, registry) == vector["expected"]


def judged(vector: dict[str, object], data: bytes, registry: bytes) -> str:
    try:
        duty = Receipt.parse(data).duty
    except FormatError as flaw:
        return f"refused: {flaw.code}"
    key = NoteKey.parse(str(vector["log_key"]))
    found = sort({"": data}, registry, lambda one: one.verify(key))
    if found.aside:
        return {FOREIGN: "of another registry", UNSIGNED: "not signed"}[found.aside[0][1]]
    there = [(one["time"], batch) for one in vector["anchors"] for batch in one["batches"]]  # type: ignore[attr-defined]
    numbers = [batch["number"] for _, batch in there]
    hashes = [(entry(registry, batch), time) for time, batch in there]
    at = next((time for hashed, time in hashes if hashed == duty.entry_hash), None)
    return standing(duty, int(str(vector["now"])), at, taken=duty.batch in numbers, withheld=False)


def entry(registry: bytes, said: dict[str, object]) -> bytes:
    key_id, root = (bytes.fromhex(str(said[name])) for name in ("key_id", "root"))
    number, size = (int(str(said[name])) for name in ("number", "size"))
    return entries.entry_hash(entries.batch_entry(registry, number, size, key_id, root))
