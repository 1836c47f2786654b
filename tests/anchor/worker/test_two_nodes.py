"""Two nodes: a block is final when both say so; one that is silent is waited for, one that contradicts stops all."""

import hashlib
import re
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from anchor.contract import RegistryContract
from anchor.errors import Unreachable
from anchor.jsonrpc import RpcError
from anchor.worker import Worker
from anchor.worker.report import DONE, STOPPED
from registry.store import issuers, keys
from tests.support import sealed
from tests.support.faults import Faults, InProcess, Tamper
from tests.support.lies import Ask, answers, behind, contents, cursor, head, honest
from tests.support.worksite import VAULT, Site


def pair(site: Site, **changes: Any) -> tuple[Worker, InProcess, InProcess]:
    """A worker that wants two nodes to agree, and its nodes."""
    first, second = InProcess(site.node, Faults()), InProcess(site.node, Faults())
    nodes = {"http://first": first, "http://second": second}
    for url, rpc in nodes.items():
        rpc.endpoint = url
    return (
        site.rival(connect=nodes.__getitem__, rpc_urls=tuple(nodes), **{"final_witnesses": 2} | changes),
        first,
        second,
    )


DOWN = Unreachable("http://second", "test")
SILENT: dict[str, Callable[[Site], Tamper]] = {
    "down": lambda _: answers(dict.fromkeys(("eth_chainId", "eth_getBlockByNumber", "eth_call"), DOWN)),
    "refusing": lambda _: answers({"eth_getBlockByNumber": RpcError("eth_getBlockByNumber", -32005, "limit exceeded")}),
    "behind": lambda site: behind(site, head(site), cursor(site)),
    "far behind": lambda site: behind(site, cursor(site), cursor(site) - 1),
}


@pytest.mark.parametrize("reason", SILENT)
def test_a_block_is_final_only_when_the_second_node_confirms_it(site: Site, reason: str) -> None:
    site.worker, _, second = pair(site)
    site.seal()
    site.worker.tick()
    second.tamper = SILENT[reason](site)
    for _ in range(3):
        site.mine()
        report = site.worker.tick()
    assert (report.outcome, set(report.alarms)) == (DONE, {"final-unconfirmed"})
    assert site.alarms() == {"final-unconfirmed"}
    assert site.states() == ["included"]
    second.tamper = honest
    assert site.worker.tick().alarms == {}
    assert (site.states(), site.alarms()) == (["final"], set())
    site.check(1)


def other_blocks(method: str, params: Sequence[Any], ask: Ask) -> Any:
    """A fork: every block has another hash."""
    if method == "eth_getBlockByNumber" and isinstance(found := ask(), dict):
        return found | {"hash": "0x" + hashlib.sha256(found["hash"].encode()).hexdigest()}
    return ask()


def other_log(method: str, params: Sequence[Any], ask: Ask) -> Any:
    """The same blocks, another log in them."""
    selector = "0x" + RegistryContract(bytes(20)).calldata("head").hex()
    return re.sub("..$", "00", ask()) if method == "eth_call" and params[0]["data"] == selector else ask()


@pytest.mark.parametrize("lie", [other_blocks, other_log])
def test_nodes_that_disagree_stop_the_worker_until_one_is_removed(site: Site, lie: Tamper) -> None:
    site.worker, _, second = pair(site)
    site.seal()
    site.worker.tick()
    site.mine()
    before = contents(site)
    second.tamper = lie
    report = site.worker.tick()
    assert (report.outcome, site.alarms()) == (STOPPED, {"nodes-disagree"})
    assert re.search(
        r"http://first says that .* http://second (has another block there|shows another log in it)", report.problem
    )
    sent = site.rpc.log.count("eth_sendRawTransaction")
    for _ in range(3):  # the next ticks ask the other one first; that does not help
        site.mine()
        assert site.worker.tick().outcome == STOPPED
        assert "nodes-disagree" in site.alarms()
    assert contents(site) == before
    assert site.rpc.log.count("eth_sendRawTransaction") == sent
    second.tamper = honest
    site.settle()
    site.check(1)
    assert site.alarms() == set()


def test_a_key_is_final_when_the_second_node_says_so_and_not_before(site: Site) -> None:
    site.worker, _, second = pair(site)
    second.tamper = SILENT["behind"](site)
    issuers.add_issuer(site.view, "academy", "did:web:academy.example", {"name": "Academy"})
    keys.add_hosted_key(site.view, VAULT, "academy", secret=hashlib.sha256(b"academy's secret").digest())
    sealed.seal(site.view, issuer="academy")
    for _ in range(5):
        site.worker.tick()
        site.mine()
    assert [entry.kind for entry in site.log()].count(5) == 2  # both keys are in the contract
    assert site.states() == ["sealed"]
    second.tamper = honest
    site.settle()
    site.check(1)


@pytest.mark.parametrize("witnesses", [1, 2])
def test_a_chain_without_the_tag_finalized_is_final_by_depth(site: Site, witnesses: int) -> None:
    site.worker, first, second = pair(site, finality_depth=3, final_witnesses=witnesses)

    def untagged(method: str, params: Sequence[Any], ask: Ask) -> Any:
        if "finalized" in params:
            raise RpcError(method, -39001, "unknown block")
        return ask()

    first.tamper = second.tamper = untagged
    site.mine(3)
    site.seal()
    site.worker.tick()
    for _ in range(3):
        site.mine()
        site.worker.tick()
        assert site.states() == ["included"]
    site.mine()
    assert site.worker.tick().alarms == {}
    assert site.states() == ["final"]
    site.check(1)


def test_the_tick_after_a_failed_one_asks_another_node(site: Site) -> None:
    site.worker, first, _ = pair(site, final_witnesses=1)
    first.tamper = answers({"eth_chainId": "0x1"})
    site.seal()
    assert site.worker.tick().outcome == STOPPED
    assert site.alarms() == {"wrong-chain"}
    site.settle()
    site.check(1)
    assert site.alarms() == set()
