"""A4, A13, A14: whoever shows two people two histories is found by either of them with the other's report or node."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from eth_utils.crypto import keccak

from anchor.audit.audit import audit
from anchor.audit.report import AuditReport
from anchor.audit.source import open_source
from anchor.audit.view import Given
from anchor.bundle import slots
from anchor.bundle.header import encode
from anchor.devnode import DevNode, serve
from anchor.errors import Unreachable
from anchor.jsonrpc import RpcError, data
from tests.support.auditing import Honest, broken, found, other, outcomes
from tests.support.history import PREFUND, History, Sender, leaves
from tests.support.proxy import Proxy

Ask = Callable[[], Any]


@dataclass
class Shown:
    """One of the histories: a chain of its own, with the same contract at the same address."""

    history: History
    export: Path

    def goes_on(self, name: str, size: int) -> None:
        number = len(self.history.anchors) + 1
        self.history.anchor([], [self.history.batch(number, leaves(name, size))])
        self.history.write(self.export)

    def look(self, *others: str, previous: AuditReport | None = None) -> AuditReport:
        given = Given(previous=previous.to_bytes() if previous else None)
        urls = [self.history.sender.url, *others]
        return audit(open_source(str(self.export)), urls, self.history.trust, given=given)


@pytest.fixture
def views(tmp_path: Path) -> Iterator[tuple[Shown, Shown]]:
    """What Alice is shown, and Bob: alike to the last entry but one, and Bob's chain is longer."""
    with ExitStack() as open_:
        found = []
        for name in ("alice", "bob"):
            node = open_.enter_context(
                DevNode(tmp_path / f"{name}.db", prefund=PREFUND, finality_depth=0, safe_depth=0)
            )
            history = History.begin(Sender(open_.enter_context(serve(node)).url))
            found.append(Shown(history, tmp_path / name))
            found[-1].export.mkdir()
            found[-1].goes_on(name, 3)
        found[1].goes_on("bob goes on", 2)
        yield found[0], found[1]


FORKED = {
    ("previous report", "log.rewritten"),
    ("previous report", "previous.other-chain"),
    ("previous report", "previous.other-head"),
}


def test_a_split_view_is_found_by_the_report_of_whoever_saw_the_other_and_stays_found(
    views: tuple[Shown, Shown],
) -> None:
    alice, bob = views
    assert alice.history.contract == bob.history.contract
    first, second = alice.look(), bob.look()
    assert first.clean
    assert second.clean  # each by itself is without fault
    alice.goes_on("alice goes on", 1)
    follows = alice.look(previous=first)
    assert (follows.clean, outcomes(follows)["A14"], outcomes(follows)["A4"]) == (True, "holds", "holds")

    forked = bob.look(previous=first)
    assert found(forked) == FORKED
    assert broken(forked) == {"A4", "A14"}
    bob.goes_on("bob goes on and on", 4)
    assert found(bob.look(previous=first)) == FORKED
    assert found(bob.look(previous=forked)) == set()  # so who follows must keep the report that was clean


def test_a_split_view_is_found_at_once_by_who_asks_both_nodes_and_stays_found(views: tuple[Shown, Shown]) -> None:
    alice, _ = views
    away = [one.history.sender.url.replace("127.0.0.1", "localhost") for one in views]
    with_own = alice.look(away[0])
    assert (with_own.clean, outcomes(with_own)["A13"], with_own.head["witnesses"]) == (True, "holds", 1)

    split = {("node 2", "node.disagrees"), ("host 1", "eyes.disagree")}
    report = alice.look(away[1])
    assert found(report) == split
    assert broken(report) == {"A2", "A13"}
    assert report.head["witnesses"] == 0
    alice.goes_on("alice goes on", 1)
    assert found(alice.look(away[1])) == split


@pytest.mark.parametrize("member", ["block_hash", "log_head"])
def test_a_previous_report_that_does_not_lead_here_is_named_by_what_differs(honest: Honest, member: str) -> None:
    history, export = honest

    def look(previous: bytes) -> AuditReport:
        return audit(
            open_source(str(export)), [history.sender.url], history.trust, given=Given(previous=previous)
        )  # fmt: skip

    first = audit(open_source(str(export)), [history.sender.url], history.trust, block=history.last_block - 1)
    follows = look(first.to_bytes())
    assert (follows.clean, outcomes(follows)["A14"]) == (True, "holds")
    told = json.loads(first.to_bytes())
    told["head"][member] = other(told["head"][member])
    altered = json.dumps(told).encode()
    codes = {"block_hash": {"previous.other-chain"}, "log_head": {"previous.other-head", "log.rewritten"}}[member]
    for _ in range(2):  # the second time is like the first: nothing that an audit does heals it
        assert {code for _, code in found(look(altered))} == codes
    told["head"]["block_number"] += 10**6
    with pytest.raises(Unreachable, match="older than what is known"):  # an old state is no fork, and no audit either
        look(json.dumps(told).encode())


def reason(report: AuditReport) -> str:
    return next(str(one["reason"]) for one in report.to_json()["properties"] if one["id"] == "A4")


@pytest.mark.parametrize("proofs", ["none", "true", "altered"])
def test_a_log_that_had_another_head_before_is_named_by_its_anchor_and_proofs_are_believed_more_than_answers(
    honest: Honest, proofs: str
) -> None:
    history, export = honest
    pinned = history.sender.rpc.call("eth_getBlockByNumber", "finalized", False)["hash"]
    lies = False

    def tamper(method: str, params: Sequence[Any], ask: Ask) -> Any:
        at = params[-1] if params else None
        earlier = isinstance(at, dict) and at.get("blockHash", pinned) != pinned
        if method == "eth_getProof" and proofs != "true" and (earlier or isinstance(at, str)):
            if proofs == "none":
                raise RpcError(method, -32601, "the method does not exist")
            answer = ask()
            altered = [other(node) for node in answer["storageProof"][-1]["proof"]]
            return answer | {"storageProof": [one | {"proof": altered} for one in answer["storageProof"]]}
        answer = ask()
        peak = (
            lies and earlier and method == "eth_getStorageAt"
            and data(answer)[:8] != bytes(8)
            and data(params[1]) not in (bytes(32), slots.PEAKS.to_bytes(32, "big"))
        )  # fmt: skip
        return other(answer) if peak else answer

    proxy = Proxy(history.sender.url)
    proxy.tamper = tamper
    with proxy as url:
        for lies in (False, True, True):  # the second time is like the first: nothing that an audit does heals it
            report = audit(open_source(str(export)), [url], history.trust)
            named = {subject for subject, _ in found(report)}
            codes = {code for _, code in found(report)}
            if proofs == "none":
                assert "the node proves nothing: what it answers is believed" in reason(report)
                assert codes == ({"log.rewritten"} if lies else set())
            elif proofs == "true":  # then nobody asks for answers
                assert (report.clean, outcomes(report)["A4"], reason(report)) == (True, "holds", "")
            else:
                assert codes == {"log.earlier-proof"}
            assert not named or ({"anchor 1", "anchor 2"} <= named and broken(report) == {"A4"})


def test_an_earlier_block_that_was_made_up_with_its_proof_does_not_have_its_entries(
    honest: Honest,
) -> None:
    history, export = honest
    rpc, fake = history.sender.rpc, history.last_block - 1
    before = rpc.call("eth_getBlockByNumber", hex(fake - 1), False)
    forged = rpc.call("eth_getBlockByNumber", hex(fake), False) | {"stateRoot": before["stateRoot"]}
    forged["hash"] = "0x" + keccak(encode(forged)).hex()

    def tamper(method: str, params: Sequence[Any], ask: Ask) -> Any:
        if params and params[-1] == {"blockHash": forged["hash"]}:
            return rpc.call(method, *params[:-1], {"blockHash": before["hash"]})
        return forged if method == "eth_getBlockByNumber" and params[0] == hex(fake) else ask()

    proxy = Proxy(history.sender.url)
    proxy.tamper = tamper
    with proxy as url:
        report = audit(open_source(str(export)), [url], history.trust, block=history.last_block)
    assert found(report) >= {
        ("anchor 2", "log.rewritten"), ("anchor 2", "time.other-block"), (f"block {fake}", "block.parent"),
    }  # fmt: skip
