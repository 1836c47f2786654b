"""The audit finds nothing in an honest history, and names exactly what is wrong with any other."""

import json
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from anchor.audit.audit import audit
from anchor.audit.report import INVARIANTS, AuditReport, Finding
from anchor.audit.source import open_source
from anchor.errors import Unreachable
from registry.verify.evidence import WrongChain
from tests.support.history import (
    ISSUER,
    KEY,
    LISTS,
    REGISTRAR,
    SECOND_KEY,
    STRANGER,
    History,
    Sender,
    leaves,
)
from tests.support.proxy import Proxy


@pytest.fixture(scope="module")
def honest(sender: Sender, tmp_path_factory: pytest.TempPathFactory) -> tuple[History, Path]:
    """Three anchors: two batches; one batch, a revocation and a new key; a heartbeat with a suspension lifted."""
    history = History.begin(sender)
    revocation, suspension = history.status_list("revocation", 1, []), history.status_list("suspension", 1, [7])
    history.anchor([revocation, suspension], [history.batch(1, leaves("a", 5)), history.batch(2, leaves("b", 1))])
    history.add_key(SECOND_KEY)
    revocation = history.status_list("revocation", 2, [3, 131_071])
    history.anchor([revocation, suspension], [history.batch(3, leaves("c", 8), SECOND_KEY)])
    history.anchor([revocation, history.status_list("suspension", 2, [])], [])
    return history, history.write(tmp_path_factory.mktemp("honest"))


@pytest.fixture
def copy(honest: tuple[History, Path], tmp_path: Path) -> Path:
    """A copy of the honest export, to tamper with."""
    return Path(shutil.copytree(honest[1], tmp_path / "export"))


def look(history: History, export: Path | str, url: str | None = None) -> AuditReport:
    return audit(open_source(str(export)), [url or history.sender.url], history.trust)


def found(report: AuditReport) -> set[tuple[str, str]]:
    """What was found, without the sentences."""
    return {(finding.subject, finding.code) for finding in report.findings}


def change(path: Path, edit: Callable[[Any], None]) -> None:
    """Edit a JSON file, or the lines of a JSON Lines file as a list."""
    lines = path.suffix == ".jsonl"
    value = [json.loads(line) for line in path.read_text().splitlines()] if lines else json.loads(path.read_text())
    edit(value)
    path.write_text("".join(json.dumps(line) + "\n" for line in value) if lines else json.dumps(value))


def other(hexadecimal: str) -> str:
    """The same with its last digit changed."""
    return hexadecimal[:-1] + ("0" if hexadecimal[-1] != "0" else "1")


@contextmanager
def files_over_http(directory: Path) -> Iterator[str]:
    class Handler(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(directory)))
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def test_an_honest_history_is_clean_and_every_invariant_was_checked(honest):
    history, export = honest
    report = look(history, export)
    assert (report.findings, report.exit_code) == ((), 0)
    assert report.counts["anchors"] == 3
    assert report.counts["batches"] == 3
    assert report.counts["credentials"] == 14
    assert report.counts["status lists"] == 2
    unchecked = {name for name in INVARIANTS if not report.checked[name]}
    assert unchecked == {"EndpointsAgree"}, "one node has nobody to agree with"


def test_equal_heads_give_equal_bytes_and_the_summary_tells_the_same(honest, copy):
    history, export = honest
    block = history.last_block
    first, second = (
        audit(open_source(str(place)), [history.sender.url], history.trust, block=block) for place in (export, copy)
    )
    assert first.to_bytes() == second.to_bytes()
    assert json.loads(first.to_bytes())["head"]["block_number"] == block
    assert "Clean: nothing was found." in first.summary()


def test_an_earlier_block_is_audited_as_it_was_then(honest):
    history, export = honest
    report = audit(open_source(str(export)), [history.sender.url], history.trust, block=history.last_block - 1)
    assert report.counts["anchors"] == 2
    assert report.clean


def test_a_second_node_is_a_witness(honest):
    history, export = honest
    report = audit(open_source(str(export)), [history.sender.url, history.sender.url], history.trust)
    assert report.head["witnesses"] == 1
    assert report.clean


def test_a_witness_that_shows_another_chain_is_a_finding_and_one_that_is_away_is_not(honest):
    history, export = honest

    def fork(method: str, answer: Any) -> Any:
        if method == "eth_getBlockByNumber":
            return answer | {"hash": other(answer["hash"])}
        return answer

    with Proxy(history.sender.url, fork) as url:
        urls = [history.sender.url, url, "http://127.0.0.1:9"]
        report = audit(open_source(str(export)), urls, history.trust)
    assert [(one.invariant, one.code) for one in report.findings] == [("EndpointsAgree", "node.disagrees")]
    assert report.head["witnesses"] == 0
    assert len(report.notes) == 1


def test_a_first_node_that_is_away_is_passed_over(honest):
    history, export = honest
    assert audit(open_source(str(export)), ["http://127.0.0.1:9", history.sender.url], history.trust).clean


def test_an_export_over_http_gives_the_same_report_and_an_orphan_batch_is_seen_there_too(honest, copy):
    history = honest[0]
    with files_over_http(copy) as url:
        assert look(history, url).clean
        shutil.copy(copy / "batches/00000003.json", copy / "batches/00000004.json")
        assert found(look(history, url)) == {("batch 4", "batch.orphan")}


@pytest.mark.parametrize("position", [1, 5, -1])
def test_an_event_that_a_node_leaves_out_is_named_by_its_position(honest, position):
    history, export = honest

    def forget(method: str, answer: Any) -> Any:
        if method == "eth_getLogs":
            del answer[position]
        return answer

    size = look(history, export).head["log_size"]
    with Proxy(history.sender.url, forget) as url:
        report = look(history, export, url)
    assert found(report) == {(f"entry {position % size}", "log.omitted")}
    assert report.exit_code == 1


def test_a_node_that_tells_of_no_history_at_all_is_caught(honest):
    history, export = honest
    with Proxy(history.sender.url, lambda method, answer: [] if method == "eth_getLogs" else answer) as url:
        report = look(history, export, url)
    assert ("entries 0 to", "log.omitted") in {(subject[:12], code) for subject, code in found(report)}


def test_an_event_that_a_node_alters_does_not_lead_to_the_head(honest):
    history, export = honest

    def alter(method: str, answer: Any) -> Any:
        if method == "eth_getLogs":
            answer[4]["topics"][3] = other(answer[4]["topics"][3])
        return answer

    with Proxy(history.sender.url, alter) as url:
        report = look(history, export, url)
    assert found(report) == {("head", "log.head"), ("head", "log.peaks")}


def test_a_changed_leaf_is_found_by_both_trees_and_named_by_its_batch(honest, copy):
    change(copy / "batches/00000002.json", lambda batch: batch["leaves"].__setitem__(0, other(batch["leaves"][0])))
    assert found(look(honest[0], copy)) == {("batch 2", "batch.root"), ("batch 2", "batch.root-merkletools")}


def test_a_changed_leaf_with_a_changed_root_is_not_what_was_signed_and_anchored(honest, copy):
    from registry.format.merkle import root_of

    def forge(batch: dict[str, Any]) -> None:
        batch["leaves"][0] = other(batch["leaves"][0])
        batch["root"] = root_of([bytes.fromhex(leaf) for leaf in batch["leaves"]]).hex()

    change(copy / "batches/00000002.json", forge)
    assert found(look(honest[0], copy)) == {("batch 2", "batch.signature"), ("anchor 1", "anchor.root")}


def test_a_missing_batch_is_named(honest, copy):
    (copy / "batches/00000003.json").unlink()
    assert found(look(honest[0], copy)) == {("batch 3", "batch.missing")}


def test_an_extra_batch_that_no_anchor_commits_to_is_named(honest, copy):
    shutil.copy(copy / "batches/00000003.json", copy / "batches/00000004.json")
    assert found(look(honest[0], copy)) == {("batch 4", "batch.orphan")}


def test_a_batch_that_the_export_adds_to_an_anchor_is_not_in_its_root(honest, copy):
    history, _ = honest
    extra = History(history.sender, history.contract, 0)
    extra.batch(4, leaves("d", 2))
    (copy / "batches/00000004.json").write_text(json.dumps(extra.files["batches/00000004.json"]))
    change(copy / "anchors.jsonl", lambda lines: lines[2]["batches"].append(4))
    assert found(look(history, copy)) == {("anchor 3", "anchor.root")}


def test_swapped_batches_are_recognised_as_swapped(honest, copy):
    change(copy / "anchors.jsonl", lambda lines: lines[0]["batches"].reverse())
    report = look(honest[0], copy)
    assert found(report) == {("anchor 1", "anchor.root")}
    assert "swaps them" in report.findings[0].sentence


def test_swapped_batch_files_are_named(honest, copy):
    first, second = copy / "batches/00000001.json", copy / "batches/00000002.json"
    texts = first.read_text(), second.read_text()
    first.write_text(texts[1])
    second.write_text(texts[0])
    assert found(look(honest[0], copy)) == {("batch 1", "batch.number"), ("batch 2", "batch.number")}


def test_an_anchor_that_the_export_hides_is_named(honest, copy):
    change(copy / "anchors.jsonl", lambda lines: lines.pop())
    assert found(look(honest[0], copy)) == {("anchor 3", "anchor.orphan")}


def test_another_root_than_the_one_on_the_chain_is_named(honest, copy):
    change(copy / "anchors.jsonl", lambda lines: lines[1].update(root=other(lines[1]["root"])))
    assert found(look(honest[0], copy)) == {("anchor 2", "anchor.other-root")}


def test_a_wrong_status_root_is_named(honest, copy):
    change(copy / "anchors.jsonl", lambda lines: lines[1].update(status_root=other(lines[1]["status_root"])))
    assert found(look(honest[0], copy)) == {("anchor 2", "status.root")}


def test_a_changed_status_list_does_not_have_its_digest(honest, copy):
    digest = honest[0].anchors[2]["lists"][0]["digest"]
    change(copy / f"lists/{digest}.json", lambda document: document.update(validFrom="2020-01-01T00:00:00Z"))
    codes = {code for _, code in found(look(honest[0], copy))}
    assert codes == {"list.digest"}


def test_a_withheld_status_list_is_named(honest, copy):
    digest = honest[0].anchors[0]["lists"][0]["digest"]
    (copy / f"lists/{digest}.json").unlink()
    assert {code for _, code in found(look(honest[0], copy))} == {"list.missing"}


def test_a_batch_under_the_name_of_another_key_is_not_signed_by_it(honest, copy):
    third = json.loads((copy / "batches/00000003.json").read_text())
    change(copy / "batches/00000001.json", lambda batch: batch.update(key=third["key"]))
    assert found(look(honest[0], copy)) == {
        ("batch 1", "batch.signature"),
        ("batch 1", "batch.key-not-in-force"),
        ("anchor 1", "anchor.root"),
    }


def test_an_unreadable_file_is_a_finding_with_its_place(honest, copy):
    change(copy / "batches/00000001.json", lambda batch: batch["leaves"].append("zz"))
    report = look(honest[0], copy)
    assert [(one.subject, one.code) for one in report.findings] == [("batch 1", "export.hex")]
    assert "/leaves/5" in report.findings[0].sentence


def test_the_export_of_another_contract_is_recognised(honest, copy, sender):
    history = honest[0]
    change(copy / "registry.json", lambda value: value.update(contract="0x" + "11" * 20))
    assert found(look(history, copy)) == {("registry.json", "export.other-registry")}


def test_another_contract_at_the_trusted_address_is_recognised(honest):
    history, export = honest
    trust = replace(history.trust, code_sha256=bytes(32))
    report = audit(open_source(str(export)), [history.sender.url], trust)
    assert found(report) == {("contract", "contract.code")}
    nowhere = replace(history.trust, contract=bytes(20))
    assert found(audit(open_source(str(export)), [history.sender.url], nowhere)) == {("contract", "contract.missing")}


def test_what_cannot_be_reached_is_not_a_finding(honest, copy):
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


def test_findings_are_sorted_and_speak_to_people(honest, copy):
    (copy / "batches/00000003.json").unlink()
    change(copy / "batches/00000002.json", lambda batch: batch["leaves"].__setitem__(0, other(batch["leaves"][0])))
    report = look(honest[0], copy)
    assert list(report.findings) == sorted(report.findings)
    told = report.to_json()["invariants"]
    assert [item["name"] for item in told] == list(INVARIANTS)
    assert {item["outcome"] for item in told} == {"holds", "broken", "not_run"}
    assert "batch 3" in report.summary()
    assert isinstance(report.findings[0], Finding)


# What follows is really on the chain: the operator did it, and the export tells it truly.


@pytest.fixture
def begun(sender: Sender) -> History:
    """A contract with an issuer and a key, and nothing anchored yet."""
    return History.begin(sender)


def test_a_revocation_that_is_taken_back_is_named_with_its_index(begun, tmp_path):
    begun.anchor([begun.status_list("revocation", 1, [5, 9])], [])
    begun.anchor([begun.status_list("revocation", 2, [5])], [])
    report = look(begun, begun.write(tmp_path))
    assert found(report) == {(f"list {LISTS}-revocation version 2 in anchor 2", "list.unrevoked")}
    assert "index 9" in report.findings[0].sentence


def test_a_list_that_vanishes_takes_its_revocations_with_it(begun, tmp_path):
    begun.anchor([begun.status_list("revocation", 1, [5])], [])
    begun.anchor([], [begun.batch(1, leaves("a", 1))])
    assert found(look(begun, begun.write(tmp_path))) == {(f"list {LISTS}-revocation in anchor 2", "list.dropped")}


def test_an_anchor_that_tells_two_stories_of_one_list_is_caught(begun, tmp_path):
    begun.anchor([begun.status_list("revocation", 1, []), begun.status_list("revocation", 2, [5])], [])
    codes = {code for _, code in found(look(begun, begun.write(tmp_path)))}
    assert "list.twice" in codes


def test_an_older_version_of_a_list_is_named(begun, tmp_path):
    older, newer = begun.status_list("suspension", 1, []), begun.status_list("suspension", 2, [5])
    begun.anchor([newer], [])
    begun.anchor([older], [])
    assert found(look(begun, begun.write(tmp_path))) == {
        (f"list {LISTS}-suspension version 1 in anchor 2", "list.older")
    }


def test_a_version_that_is_changed_in_place_is_named(begun, tmp_path):
    begun.anchor([begun.status_list("suspension", 1, [])], [])
    begun.anchor([begun.status_list("suspension", 1, [5])], [])
    assert found(look(begun, begun.write(tmp_path))) == {
        (f"list {LISTS}-suspension version 1 in anchor 2", "list.changed-in-place")
    }


def test_a_status_root_that_was_anchored_without_its_lists_is_named(begun, tmp_path):
    begun.anchor([begun.status_list("revocation", 1, [])], [], status_root=b"\x11" * 32)
    assert found(look(begun, begun.write(tmp_path))) == {
        ("anchor 1", "status.root"),
        ("anchor 1", "anchor.root"),
    }


def test_a_key_that_the_contract_never_knew_is_named(begun, tmp_path):
    begun.anchor([], [begun.batch(1, leaves("a", 2), STRANGER)])
    assert found(look(begun, begun.write(tmp_path))) == {("batch 1", "batch.unknown-key")}


def test_a_batch_signed_by_another_key_than_it_names_is_named(begun, tmp_path):
    begun.anchor([], [begun.batch(1, leaves("a", 2), KEY, signer=STRANGER)])
    assert found(look(begun, begun.write(tmp_path))) == {("batch 1", "batch.signature")}


def test_a_batch_anchored_after_its_key_was_revoked_is_named_and_one_before_is_not(begun, tmp_path):
    begun.anchor([], [begun.batch(1, leaves("a", 2))])
    begun.call(REGISTRAR, "revokeKey(bytes32)", KEY.key_id)
    begun.anchor([], [begun.batch(2, leaves("b", 2))])
    assert found(look(begun, begun.write(tmp_path))) == {("batch 2", "batch.key-not-in-force")}


def test_a_batch_anchored_while_its_issuer_was_suspended_is_named(begun, tmp_path):
    begun.call(REGISTRAR, "suspendIssuer(bytes32,bytes32)", ISSUER, bytes(32))
    begun.anchor([], [begun.batch(1, leaves("a", 2))])
    begun.call(REGISTRAR, "reinstateIssuer(bytes32,bytes32)", ISSUER, bytes(32))
    begun.anchor([], [begun.batch(2, leaves("b", 2))])
    report = look(begun, begun.write(tmp_path))
    assert found(report) == {("batch 1", "batch.issuer-suspended")}


def test_a_compromise_that_was_declared_later_is_a_note_and_not_a_finding(begun, tmp_path):
    since = begun.anchor([], [begun.batch(1, leaves("a", 2))])
    begun.call(REGISTRAR, "markCompromised(bytes32,uint48)", KEY.key_id, since)
    begun.anchor([], [begun.batch(2, leaves("b", 2))])
    report = look(begun, begun.write(tmp_path))
    assert found(report) == {("batch 2", "batch.key-not-in-force")}
    assert [note for note in report.notes if "batch 1" in note]


def test_a_leaf_in_two_batches_is_named_with_both_places(begun, tmp_path):
    begun.anchor([], [begun.batch(1, leaves("a", 3)), begun.batch(2, [*leaves("b", 1), leaves("a", 3)[2]])])
    report = look(begun, begun.write(tmp_path))
    assert found(report) == {("batch 2", "batch.leaf-twice")}
    assert "Leaf 1 is also leaf 2 of batch 1" in report.findings[0].sentence


def test_a_batch_number_that_was_left_out_is_named(begun, tmp_path):
    begun.anchor([], [begun.batch(1, leaves("a", 1)), begun.batch(3, leaves("b", 1))])
    assert found(look(begun, begun.write(tmp_path))) == {("batch 2", "batch.gap")}


def test_a_batch_that_was_anchored_twice_is_named(begun, tmp_path):
    number = begun.batch(1, leaves("a", 1))
    begun.anchor([], [number])
    begun.anchor([], [number])
    assert found(look(begun, begun.write(tmp_path))) == {("batch 1", "batch.anchored-twice")}


def test_a_registry_without_anchors_is_clean_but_says_what_was_not_looked_at(begun, tmp_path):
    report = look(begun, begun.write(tmp_path))
    assert report.clean
    outcomes = {item["name"]: item["outcome"] for item in report.to_json()["invariants"]}
    assert outcomes["LogIsComplete"] == "holds"
    assert outcomes["RootsRecomputeFromLeaves"] == "not_run"
