"""A8: a receipt that the registry signed is kept, broken, not due, or nobody's; silence is none of these."""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from anchor.audit.audit import audit
from anchor.audit.report import AuditReport
from anchor.audit.source import open_source
from anchor.audit.view import Given
from registry.format.merkle import Tree
from registry.format.note import NoteKey
from registry.format.receipt import Place, Receipt
from registry.verify.trust import EarlierKey
from tests.support.auditing import Honest, change, found, outcomes
from tests.support.evidencing import accuse, proved_by
from tests.support.history import KEY, SECOND_KEY, History, leaves
from tests.support.receipts import LOG_KEY, receipt, signed
from tests.support.specimen import Key

OTHER = Key("another log")
NEW_KEY = NoteKey(LOG_KEY.name, OTHER.multikey[2:])
FAR = 10_000_000_000  # no chain of a test gets there
BATCHES = {1: (leaves("a", 5), KEY), 2: (leaves("b", 1), KEY), 3: (leaves("c", 8), SECOND_KEY)}
"""Of the honest history."""


def look(history: History, export: Path, receipts: Mapping[str, Receipt], key: NoteKey | None = LOG_KEY) -> AuditReport:
    given = Given(receipts={name: one.to_bytes() for name, one in receipts.items()})
    trust = replace(history.trust, log_key=key)
    return audit(open_source(str(export)), [history.sender.url], trust, given=given)


def kept(history: History, number: int, by: int = FAR) -> Receipt:
    content, key = BATCHES[number]
    return receipt(history, number, content, by, key)


def test_receipts_of_anchored_batches_and_of_single_credentials_are_kept(honest: Honest) -> None:
    history, export = honest
    content = BATCHES[3][0]
    one = kept(history, 3).at(Place(6, content[6], tuple(Tree(content).path(6))))
    report = look(history, export, {"1": kept(history, 1), "2": kept(history, 2), "one": one})
    assert (found(report), outcomes(report)["A8"], report.checked["AdmissionsAreKept"]) == (set(), "holds", 3)
    assert "A8" not in report.reasons


def test_what_was_dropped_replaced_or_late_is_broken(honest: Honest) -> None:
    history, export = honest
    changed = leaves("x", 1)
    report = look(history, export, {
        "dropped": receipt(history, 4, leaves("d", 2), 2000),
        "leaf-replaced": receipt(history, 2, changed, FAR),
        "other-issuer": replace(kept(history, 1), duty=replace(kept(history, 1).duty, key_id=SECOND_KEY.key_id)),
        "late": kept(history, 3, 2000),
        "good": kept(history, 1),
    })  # fmt: skip
    assert found(report) == {
        ("batch 4, receipt dropped", "admission.dropped"),
        ("batch 2, receipt leaf-replaced", "admission.replaced"),
        ("batch 3, receipt late", "admission.late"),
    }
    assert (outcomes(report)["A8"], report.checked["AdmissionsAreKept"]) == ("broken", 4)
    # The key id was changed after signing: it accuses nobody.
    assert report.reasons["A8"] == "of 5 receipts: 1 not signed by the log_key"


def test_a_batch_that_the_export_only_claims_is_not_kept(honest: Honest, copy: Path) -> None:
    history, _ = honest
    extra = History(history.sender, history.contract, 0)
    extra.batch(4, leaves("d", 2))
    (copy / "batches/00000004.json").write_text(json.dumps(extra.files["batches/00000004.json"]))
    change(copy / "anchors.jsonl", lambda lines: lines[2]["batches"].append(4))
    report = look(history, copy, {"4": receipt(history, 4, leaves("d", 2), 2000)})
    assert ("batch 4, receipt 4", "admission.dropped") in found(report)


def test_a_batch_whose_file_is_withheld_is_kept_by_its_entry_and_is_not_called_dropped(
    honest: Honest, copy: Path
) -> None:
    history, _ = honest
    (copy / "batches/00000002.json").unlink()
    gone = {("batch 2", "batch.missing")}
    given = {"2": kept(history, 2), "x": receipt(history, 2, leaves("x", 1), 2000)}
    assert found(look(history, copy, {"2": given["2"]})) == gone
    assert found(look(history, copy, given)) == gone | {("batch 2, receipt x", "admission.withheld")}
    change(copy / "anchors/00000001.json", lambda anchor: anchor["entries"].reverse())
    given["2"] = kept(history, 2, 2000)
    withheld = {(f"batch 2, receipt {name}", "admission.withheld") for name in given}
    assert found(look(history, copy, given)) == gone | withheld


def test_nothing_is_concluded_from_what_is_not_due_or_not_ours(honest: Honest) -> None:
    history, export = honest
    receipts = {
        "due later": receipt(history, 4, leaves("d", 2), FAR),
        "of another": signed(replace(kept(history, 1, 2000).duty, registry_id=bytes(32))),
        "by another": signed(receipt(history, 4, leaves("d", 2), 2000).duty, OTHER),
    }
    report = look(history, export, receipts)
    assert (found(report), outcomes(report)["A8"]) == (set(), "not_run")
    told = "of 3 receipts: 1 not due at this block, 1 of another registry, 1 not signed by the log_key"
    assert report.reasons["A8"] == told
    assert sum("was left aside" in note for note in report.notes) == 2
    # A key that was exchanged, or none: nobody's signature counts.
    rotated = look(history, export, {"1": kept(history, 1, 2000)}, replace(LOG_KEY, public=OTHER.multikey[2:]))
    assert (outcomes(rotated)["A8"], rotated.clean) == ("not_run", True)
    without = look(history, export, {"1": kept(history, 1, 2000)}, None)
    assert (outcomes(without)["A8"], without.clean) == ("not_run", True)
    assert "log_key" in without.reasons["A8"]


def test_a_receipt_by_an_earlier_key_counts_in_its_time_and_is_proved_by_it(honest: Honest) -> None:
    history, export = honest
    given = Given(receipts={"3": kept(history, 3, 2000).to_bytes()})  # accepted at 1000
    for until, findings in ((1001, 1), (1000, 0)):
        trust = replace(history.trust, log_key=NEW_KEY, earlier_log_keys=(EarlierKey(LOG_KEY, until),))
        report, files = accuse(history, export, trust, given)
        assert (len(report.findings), len(files)) == (findings, findings)
        assert all(proved_by(history, file, trust=trust).outcome == "proved" for file in files.values())
        stolen = replace(trust, earlier_log_keys=())
        assert all(proved_by(history, file, trust=stolen).outcome == "not_proved" for file in files.values())


def test_a_breach_stays_one_in_every_later_audit(begun: History, tmp_path: Path) -> None:
    history = begun
    owed = history.anchor([], [])  # the time of this block is the deadline
    mine = {"mine": receipt(history, 1, leaves("m", 3), owed)}
    early = look(history, history.write(tmp_path / "0"), mine)
    assert (early.clean, early.reasons["A8"]) == (True, "of 1 receipt: 1 not due at this block")
    seen = []
    for step in range(3):
        history.anchor([], [history.batch(1, leaves("m", 3))] if step == 1 else [])
        seen.append(found(look(history, history.write(tmp_path / str(1 + step)), mine)))
    late = {("batch 1, receipt mine", "admission.late")}
    assert seen == [{("batch 1, receipt mine", "admission.dropped")}, late, late]
