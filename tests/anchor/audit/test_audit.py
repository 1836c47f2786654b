"""An honest history is clean; and what a report is: the same bytes for the same head, in order, for people."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from anchor.audit.audit import PROPERTIES, audit
from anchor.audit.report import INVARIANTS, Finding
from anchor.audit.source import open_source
from anchor.errors import Unreachable
from registry.verify.evidence import WrongChain
from tests.support.auditing import Honest, broken, change, found, look, other, outcomes
from tests.support.bucket import bucket
from tests.support.history import History

NEEDS_MORE = {
    "EndpointsAgree", "OthersSeeTheSame",  # a second node
    "ServedIsWhatIsPublished",  # an API
    "CredentialsHaveTheirLeaf", "AdmissionsAreKept",  # what holders have
    "ReportsFollow",  # an earlier report
}  # fmt: skip
"""What one node and an export cannot show."""


def test_an_honest_history_is_clean_and_every_invariant_was_checked(honest: Honest) -> None:
    history, export = honest
    report = look(history, export)
    assert (report.findings, report.exit_code) == ((), 0)
    assert report.counts["anchors"] == 3
    assert report.counts["batches"] == 3
    assert report.counts["credentials"] == 14
    assert report.counts["status lists"] == 2
    unchecked = {name for name in INVARIANTS if not report.checked[name]}
    assert unchecked == NEEDS_MORE
    assert all(outcomes(report)[name] == "holds" for name in ("A1", "A3", "A4", "A5", "A6", "A9", "A10", "A11", "A12"))


def test_every_invariant_belongs_to_one_property_and_what_was_not_looked_at_has_a_reason(honest: Honest) -> None:
    assert sorted(name for one in PROPERTIES for name in one.invariants) == sorted(INVARIANTS)
    assert [one.id for one in PROPERTIES] == [f"A{number}" for number in range(1, 15)]
    told = look(*honest).to_json()["properties"]
    assert {item["id"] for item in told if item["outcome"] == "not_run"} >= {"A7", "A8", "A13", "A14"}
    assert all(item["reason"] and item["checks"] == 0 for item in told if item["outcome"] == "not_run")


def test_equal_heads_give_equal_bytes_and_the_summary_tells_the_same(honest: Honest, copy: Path) -> None:
    history, export = honest
    block = history.last_block
    first, second = (
        audit(open_source(str(place)), [history.sender.url], history.trust, block=block) for place in (export, copy)
    )
    assert first.to_bytes() == second.to_bytes()
    assert json.loads(first.to_bytes())["head"]["block_number"] == block
    assert "Clean: nothing was found." in first.summary()


def test_an_earlier_block_is_audited_as_it_was_then(honest: Honest) -> None:
    history, export = honest
    report = audit(open_source(str(export)), [history.sender.url], history.trust, block=history.last_block - 1)
    assert report.counts["anchors"] == 2
    assert report.clean


def test_an_export_over_http_gives_the_same_report_and_shows_an_orphan_batch_too(honest: Honest, copy: Path) -> None:
    history = honest[0]
    with bucket(copy) as url:
        assert look(history, url).clean
        shutil.copy(copy / "batches/00000003.json", copy / "batches/00000004.json")
        assert found(look(history, url)) == {("batch 4", "batch.orphan")}


def test_what_cannot_be_reached_is_not_a_finding(honest: Honest, copy: Path) -> None:
    history, export = honest
    with pytest.raises(Unreachable):
        look(history, export, "http://127.0.0.1:9")
    with pytest.raises(Unreachable):
        look(history, "http://127.0.0.1:9/v1/export")
    with pytest.raises(WrongChain):
        audit(open_source(str(export)), [history.sender.url], replace(history.trust, chain_id=1))
    (copy / "registry.json").unlink()
    with pytest.raises(Unreachable):
        look(history, copy)


def test_findings_are_sorted_and_speak_to_people(honest: Honest, copy: Path) -> None:
    (copy / "batches/00000003.json").unlink()
    change(copy / "batches/00000002.json", lambda batch: batch["leaves"].__setitem__(0, other(batch["leaves"][0])))
    report = look(honest[0], copy)
    assert list(report.findings) == sorted(report.findings)
    assert set(outcomes(report).values()) == {"holds", "broken", "not_run"}
    assert broken(report) == {"A5"}
    assert "batch 3" in report.summary()
    assert isinstance(report.findings[0], Finding)


def test_a_registry_without_anchors_is_clean_but_says_what_was_not_looked_at(begun: History, tmp_path: Path) -> None:
    report = look(begun, begun.write(tmp_path))
    assert report.clean
    assert outcomes(report)["A3"] == "holds"
    assert report.invariant("RootsRecomputeFromLeaves") == "not_run"
    assert outcomes(report)["A12"] == "not_run"
