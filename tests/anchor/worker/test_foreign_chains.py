"""Nodes that show another chain, an older one, or only a part of it: the tick stops, and nothing is written or sent."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from anchor.chain import ChainConfig
from anchor.devnode import DevNode
from anchor.jsonrpc import RpcError
from anchor.worker.report import DONE, STOPPED
from tests.support.faults import Faults, InProcess, Tamper
from tests.support.lies import answers, behind, contents, cursor, head, honest, logs
from tests.support.worksite import Site, copy_site

DEPTH = 3


@pytest.fixture(scope="module")
def files(template: tuple[Path, ChainConfig], tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ChainConfig]:
    """A site with three anchors in blocks that are not final, and a batch that waits for the fourth."""
    site = copy_site(*template, tmp_path_factory.mktemp("busy"), finality_depth=DEPTH)
    site.mine(DEPTH)
    for _ in range(3):
        site.seal()
        site.worker.tick()
        site.mine()
    site.worker.tick()
    site.seal()
    assert site.states() == ["included"] * 3 + ["sealed"]
    site.worker.release()
    site.close()
    return site.home, site.config


@pytest.fixture
def busy(files: tuple[Path, ChainConfig], tmp_path: Path) -> Iterator[Site]:
    """A copy of it."""
    site = copy_site(*files, tmp_path / "site", finality_depth=DEPTH)
    yield site
    site.close()


def forged(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """One entry more than the contract wrote."""
    last = entries[-1]
    position = int(last["topics"][1], 16) + 1
    topics = [last["topics"][0], f"0x{position:064x}", last["topics"][2], "0x" + "77" * 32]
    return [*entries, last | {"topics": topics}]


REVERT = RpcError("eth_call", 3, "execution reverted", "0x")
PRUNED = RpcError("eth_getLogs", -32000, "history has been pruned for this block")

LIES: dict[str, tuple[Tamper, str, str]] = {
    "another chain": (answers({"eth_chainId": "0x1"}), "wrong-chain", "chain 1"),
    "no code": (answers({"eth_getCode": "0x", "eth_call": "0x"}), "wrong-contract", "not the registry contract"),
    "other code": (answers({"eth_getCode": "0x6000", "eth_call": REVERT}), "wrong-contract", "not the registry"),
    "no block": (answers({"eth_getBlockByNumber": None}), "unreachable", "does not know a block"),
    "pruned logs": (answers({"eth_getLogs": PRUNED}), "unreachable", "pruned"),
    "no list of logs": (answers({"eth_getLogs": None}), "unreachable", "another form"),
    "no logs": (logs(lambda _: []), "unreachable", "show no entry"),
    "first log missing": (logs(lambda found: found[1:]), "unreachable", "leave out entries"),
    "middle log missing": (logs(lambda found: [found[0], *found[2:]]), "unreachable", "every entry"),
    "last log missing": (logs(lambda found: found[:-1]), "unreachable", "every entry"),
    "a log twice": (logs(lambda found: [*found, found[1]]), "unreachable", "every entry"),
    "a log too many": (logs(forged), "unreachable", "every entry"),
    "a foreign log": (logs(lambda found: [*found, found[0] | {"address": "0x" + "11" * 20}]), "unreachable", "another"),
    "a removed log": (logs(lambda found: [found[0] | {"removed": True}, *found[1:]]), "unreachable", "another form"),
    "an orphan's log": (
        logs(lambda found: [found[0] | {"blockHash": "0x" + "22" * 32}, *found[1:]]),
        "unreachable",
        "not part",
    ),
    "a log moved to a final block": (
        logs(lambda found: [found[0] | {"blockNumber": hex(int(found[0]["blockNumber"], 16) - 1)}, *found[1:]]),
        "unreachable",
        "leave out entries",
    ),
}
"""A lie of the node, the alarm that it raises, and what the alarm says."""


@pytest.mark.parametrize("lie", LIES)
def test_a_node_that_lies_stops_the_tick_and_the_next_honest_answer_goes_on(busy: Site, lie: str) -> None:
    tamper, code, sentence = LIES[lie]
    before = contents(busy)
    busy.rpc.tamper = tamper
    report = busy.worker.tick()
    assert (report.outcome, set(report.alarms)) == (STOPPED, {code})
    assert sentence in report.problem
    assert busy.alarms() == {code}
    assert contents(busy) == before
    assert "eth_sendRawTransaction" not in busy.rpc.log
    busy.rpc.tamper = honest
    report = busy.worker.tick()
    assert (report.outcome, report.signed, busy.alarms()) == (DONE, ["anchor 4"], set())
    assert busy.states() == ["included"] * 3 + ["signed"]


@pytest.mark.parametrize("lag", ["before the final block", "with an older final block"])
def test_a_node_that_lags_behind_what_was_final_before_changes_nothing(busy: Site, lag: str) -> None:
    before = contents(busy)
    final = cursor(busy)
    latest = final - 1 if lag == "before the final block" else head(busy)
    busy.rpc.tamper = behind(busy, latest, final - 1)
    report = busy.worker.tick()
    assert (report.outcome, busy.alarms()) == (STOPPED, {"unreachable"})
    assert (f"at block {latest} only" if latest < final else f"block {final - 1} is the final one") in report.problem
    assert contents(busy) == before
    assert "eth_sendRawTransaction" not in busy.rpc.log
    busy.rpc.tamper = honest
    assert busy.worker.tick().outcome == DONE
    busy.settle()
    busy.check(4)


def test_a_node_that_lags_a_little_is_an_older_look_at_the_same_chain(busy: Site) -> None:
    attempts = len(busy.attempts())
    busy.rpc.tamper = behind(busy, head(busy) - 1, cursor(busy))
    report = busy.worker.tick()
    assert (report.outcome, report.anchors, report.signed) == (DONE, 2, [])
    assert busy.states() == ["included", "included", "signed", "sealed"]
    assert len(busy.attempts()) == attempts
    busy.rpc.tamper = honest
    busy.settle()
    busy.check(4)


def test_a_chain_whose_final_block_changed_stops_the_worker_for_good(site: Site) -> None:
    site.seal()
    site.settle()
    site.seal()
    before = contents(site)
    site.node.request("dev_reorg", hex(head(site) - cursor(site) + 1), False)
    site.mine(3)
    for _ in range(3):
        site.worker.tick()
        site.mine()
        assert site.alarms() == {"finalized-changed"}
    assert contents(site) == before
    assert site.rpc.log.count("eth_sendRawTransaction") == 1


@pytest.mark.parametrize(
    ("blocks", "code"),
    [(0, "unreachable"), (-1, "finalized-changed"), (9, "wrong-contract")],
    ids=str,
)
def test_a_chain_that_was_reset_is_told_from_one_that_lags(site: Site, tmp_path: Path, blocks: int, code: str) -> None:
    site.seal()
    site.settle()
    with DevNode(tmp_path / "other.db", block_interval=0) as other:
        length = blocks if blocks >= 0 else cursor(site) - 1
        if length:
            other.request("dev_mine", hex(length + (cursor(site) if blocks > 0 else 0)))
        rpc = InProcess(other, Faults())
        site.worker.release()
        worker = site.rival(connect=lambda _url: rpc)
        before = contents(site)
        for _ in range(2):
            assert worker.tick().outcome == STOPPED
            assert site.alarms() == {code}
        assert contents(site) == before
        assert "eth_sendRawTransaction" not in rpc.log


def test_a_database_of_another_contract_is_not_touched_and_no_node_is_asked(site: Site) -> None:
    site.seal()
    before = contents(site)
    for changes in ({"contract": b"\x01" * 20}, {"chain_id": 1}, {"code_sha256": bytes(32)}):
        worker = site.rival(**changes)
        report = worker.tick()
        worker.release()
        assert (report.outcome, site.alarms()) == (STOPPED, {"wrong-binding"})
    assert contents(site) == before
    assert site.rpc.log == []
    site.settle()
    site.check(1)
    assert site.alarms() == set()
