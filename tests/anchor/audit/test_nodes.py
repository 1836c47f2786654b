"""Nodes that leave out, alter or invent, show another chain or another contract, or are not there."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from eth_utils.crypto import keccak

from anchor.audit.audit import audit
from anchor.audit.source import open_source
from anchor.reader import Reader
from contracts import artifact
from registry.format import entries
from tests.support.auditing import Honest, found, look, other
from tests.support.evidencing import accuse
from tests.support.history import KEY, History, Sender, leaves
from tests.support.proxy import Proxy


def test_a_second_node_is_a_witness(honest: Honest) -> None:
    history, export = honest
    report = audit(open_source(str(export)), [history.sender.url, history.sender.url], history.trust)
    assert report.head["witnesses"] == 1
    assert report.clean


def test_a_witness_that_shows_another_chain_is_a_finding_and_one_that_is_away_is_not(honest: Honest) -> None:
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


def test_a_first_node_that_is_away_is_passed_over(honest: Honest) -> None:
    history, export = honest
    assert audit(open_source(str(export)), ["http://127.0.0.1:9", history.sender.url], history.trust).clean


@pytest.mark.parametrize("position", [1, 5, -1])
def test_an_event_that_a_node_leaves_out_is_named_by_its_position(honest: Honest, position: int) -> None:
    history, export = honest

    size = look(history, export).head["log_size"]
    omitted = hex(position % size)[2:].rjust(64, "0")

    def forget(method: str, answer: Any) -> Any:
        if method == "eth_getLogs":
            return [entry for entry in answer if entry["topics"][1] != f"0x{omitted}"]
        return answer

    with Proxy(history.sender.url, forget) as url:
        report = look(history, export, url)
    assert found(report) == {(f"entry {position % size}", "log.omitted")}
    assert report.exit_code == 1


def test_a_node_that_tells_of_no_history_at_all_is_caught(honest: Honest) -> None:
    history, export = honest
    with Proxy(history.sender.url, lambda method, answer: [] if method == "eth_getLogs" else answer) as url:
        report = look(history, export, url)
    assert ("entries 0 to", "log.omitted") in {(subject[:12], code) for subject, code in found(report)}


def test_an_event_that_a_node_alters_does_not_lead_to_the_head(honest: Honest) -> None:
    history, export = honest

    def alter(method: str, answer: Any) -> Any:
        if method == "eth_getLogs":
            answer[4]["topics"][3] = other(answer[4]["topics"][3])
        return answer

    with Proxy(history.sender.url, alter) as url:
        report = look(history, export, url)
    assert found(report) == {("head", "log.head"), ("head", "log.peaks")}


def test_a_contract_that_does_the_same_and_runs_other_code_is_believed_by_nobody(
    sender: Sender, tmp_path: Path
) -> None:
    zero_root = keccak(text="ZeroRoot()")[:4]  # one error has another name; all else works as ours does
    assert artifact().bytecode.count(zero_root) == 1
    history = History.begin(sender, artifact().bytecode.replace(zero_root, b"fake"))
    history.anchor([], [history.batch(1, leaves("a", 3))])
    export = history.write(tmp_path / "export")
    report = audit(open_source(str(export)), [sender.url], history.trust)
    assert (found(report), report.exit_code) == ({("contract", "contract.code")}, 1)
    reader = Reader([sender.url], sender.chain_id, history.contract, artifact().code_sha256)
    answer = reader.lookup(bytes.fromhex(history.anchors[0]["root"]), entries.issuer_key_id(KEY.multikey))
    reader.close()
    assert answer.facts.code_sha256 != artifact().code_sha256
    assert (answer.facts.anchor_number, answer.facts.key_added_at, answer.pending) == (0, 0, False)


def test_another_contract_at_the_trusted_address_is_recognised(honest: Honest) -> None:
    history, export = honest
    trust = replace(history.trust, code_sha256=bytes(32))
    report = audit(open_source(str(export)), [history.sender.url], trust)
    assert found(report) == {("contract", "contract.code")}
    nowhere = replace(history.trust, contract=bytes(20))
    report, files = accuse(history, export, nowhere)
    assert (found(report), files) == ({("contract", "contract.missing")}, {})
    (none,) = report.to_json()["properties"][0]["evidence"]
    assert (none["evidence"], "before it was deployed" in none["reason"]) == (None, True)
