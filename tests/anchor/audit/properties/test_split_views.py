"""A4, A13, A14: whoever shows two people two histories is found by either of them with the other's report or node."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from anchor.audit.audit import audit
from anchor.audit.report import AuditReport
from anchor.audit.source import open_source
from anchor.audit.view import Given
from anchor.bundle import slots
from anchor.devnode import DevNode, serve
from anchor.errors import Unreachable
from anchor.jsonrpc import data
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


def test_a_log_that_had_another_head_before_is_named_by_its_anchor(honest: Honest) -> None:
    history, export = honest
    pinned = history.sender.rpc.call("eth_getBlockByNumber", "finalized", False)["hash"]

    def rewritten(method: str, params: Sequence[Any], ask: Ask) -> Any:
        answer = ask()
        earlier = method == "eth_getStorageAt" and params[-1]["blockHash"] != pinned
        peak = (
            earlier
            and data(answer)[:8] != bytes(8)
            and data(params[1]) not in (bytes(32), slots.PEAKS.to_bytes(32, "big"))
        )
        return other(answer) if peak else answer

    proxy = Proxy(history.sender.url)
    with proxy as url:
        clean = audit(open_source(str(export)), [url], history.trust)
        assert (clean.clean, outcomes(clean)["A4"]) == (True, "holds")
        proxy.tamper = rewritten
        for _ in range(2):
            report = audit(open_source(str(export)), [url], history.trust)
            assert {code for _, code in found(report)} == {"log.rewritten"}
            assert {"anchor 1", "anchor 2"} <= {subject for subject, _ in found(report)}
            assert broken(report) == {"A4"}
