"""An export that was altered or withheld, while the chain is honest: the audit names exactly what is wrong with it."""

import json
import shutil
from pathlib import Path
from typing import Any

from registry.format.merkle import root_of
from tests.support.auditing import Honest, change, found, look, other
from tests.support.history import History, leaves


def test_a_changed_leaf_is_found_by_both_trees_and_named_by_its_batch(honest: Honest, copy: Path) -> None:
    change(copy / "batches/00000002.json", lambda batch: batch["leaves"].__setitem__(0, other(batch["leaves"][0])))
    assert found(look(honest[0], copy)) == {("batch 2", "batch.root"), ("batch 2", "batch.root-merkletools")}


def test_a_changed_leaf_with_a_changed_root_is_not_what_was_signed_and_anchored(honest: Honest, copy: Path) -> None:
    def forge(batch: dict[str, Any]) -> None:
        batch["leaves"][0] = other(batch["leaves"][0])
        batch["root"] = root_of([bytes.fromhex(leaf) for leaf in batch["leaves"]]).hex()

    change(copy / "batches/00000002.json", forge)
    assert found(look(honest[0], copy)) == {("batch 2", "batch.signature"), ("anchor 1", "anchor.root")}


def test_a_missing_batch_is_named(honest: Honest, copy: Path) -> None:
    (copy / "batches/00000003.json").unlink()
    assert found(look(honest[0], copy)) == {("batch 3", "batch.missing")}


def test_an_extra_batch_that_no_anchor_commits_to_is_named(honest: Honest, copy: Path) -> None:
    shutil.copy(copy / "batches/00000003.json", copy / "batches/00000004.json")
    assert found(look(honest[0], copy)) == {("batch 4", "batch.orphan")}


def test_a_batch_that_the_export_adds_to_an_anchor_is_not_in_its_root(honest: Honest, copy: Path) -> None:
    history, _ = honest
    extra = History(history.sender, history.contract, 0)
    extra.batch(4, leaves("d", 2))
    (copy / "batches/00000004.json").write_text(json.dumps(extra.files["batches/00000004.json"]))
    change(copy / "anchors.jsonl", lambda lines: lines[2]["batches"].append(4))
    assert found(look(history, copy)) == {("anchor 3", "anchor.root")}


def test_swapped_batches_are_recognised_as_swapped(honest: Honest, copy: Path) -> None:
    change(copy / "anchors.jsonl", lambda lines: lines[0]["batches"].reverse())
    report = look(honest[0], copy)
    assert found(report) == {("anchor 1", "anchor.root")}
    assert "swaps them" in report.findings[0].sentence


def test_swapped_batch_files_are_named(honest: Honest, copy: Path) -> None:
    first, second = copy / "batches/00000001.json", copy / "batches/00000002.json"
    texts = first.read_text(), second.read_text()
    first.write_text(texts[1])
    second.write_text(texts[0])
    assert found(look(honest[0], copy)) == {("batch 1", "batch.number"), ("batch 2", "batch.number")}


def test_an_anchor_that_the_export_hides_is_named(honest: Honest, copy: Path) -> None:
    change(copy / "anchors.jsonl", lambda lines: lines.pop())
    assert found(look(honest[0], copy)) == {("anchor 3", "anchor.orphan")}


def test_a_newest_anchor_whose_own_file_says_something_else_is_named(honest: Honest, copy: Path) -> None:
    change(copy / "anchors/00000003.json", lambda line: line.update(root=other(line["root"])))
    assert found(look(honest[0], copy)) == {("anchors/00000003.json", "export.anchor-file")}
    (copy / "anchors/00000003.json").unlink()
    report = look(honest[0], copy)
    assert not found(report)
    assert any("anchors/00000003.json" in note for note in report.notes)


def test_another_root_than_the_one_on_the_chain_is_named(honest: Honest, copy: Path) -> None:
    change(copy / "anchors.jsonl", lambda lines: lines[1].update(root=other(lines[1]["root"])))
    assert found(look(honest[0], copy)) == {("anchor 2", "anchor.other-root")}


def test_a_wrong_status_root_is_named(honest: Honest, copy: Path) -> None:
    change(copy / "anchors.jsonl", lambda lines: lines[1].update(status_root=other(lines[1]["status_root"])))
    assert found(look(honest[0], copy)) == {("anchor 2", "status.root")}


def test_a_changed_status_list_does_not_have_its_digest(honest: Honest, copy: Path) -> None:
    digest = honest[0].anchors[2]["lists"][0]["digest"]
    change(copy / f"lists/{digest}.json", lambda document: document.update(validFrom="2020-01-01T00:00:00Z"))
    codes = {code for _, code in found(look(honest[0], copy))}
    assert codes == {"list.digest"}


def test_a_withheld_status_list_is_named(honest: Honest, copy: Path) -> None:
    digest = honest[0].anchors[0]["lists"][0]["digest"]
    (copy / f"lists/{digest}.json").unlink()
    assert {code for _, code in found(look(honest[0], copy))} == {"list.missing"}


def test_a_batch_under_the_name_of_another_key_is_not_signed_by_it(honest: Honest, copy: Path) -> None:
    third = json.loads((copy / "batches/00000003.json").read_text())
    change(copy / "batches/00000001.json", lambda batch: batch.update(key=third["key"]))
    assert found(look(honest[0], copy)) == {
        ("batch 1", "batch.signature"),
        ("batch 1", "batch.key-not-in-force"),
        ("anchor 1", "anchor.root"),
    }


def test_an_unreadable_file_is_a_finding_with_its_place(honest: Honest, copy: Path) -> None:
    change(copy / "batches/00000001.json", lambda batch: batch["leaves"].append("zz"))
    report = look(honest[0], copy)
    assert [(one.subject, one.code) for one in report.findings] == [("batch 1", "export.hex")]
    assert "/leaves/5" in report.findings[0].sentence


def test_an_id_that_would_write_over_the_reader_s_screen_is_not_repeated(honest: Honest, copy: Path) -> None:
    change(copy / "anchors.jsonl", lambda lines: lines[1]["lists"][0].update(id="x\x1b[2K\rclean-revocation"))
    report = look(honest[0], copy)
    assert ("anchors.jsonl line 2", "export.id") in found(report)
    assert "\x1b" not in report.summary()


def test_the_export_of_another_contract_is_recognised(honest: Honest, copy: Path) -> None:
    history = honest[0]
    change(copy / "registry.json", lambda value: value.update(contract="0x" + "11" * 20))
    assert found(look(history, copy)) == {("registry.json", "export.other-registry")}
