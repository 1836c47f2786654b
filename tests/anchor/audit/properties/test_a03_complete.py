"""A3: a node that leaves out, reorders, repeats or alters entries is caught by name; one that pruned is no attack."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from anchor.audit.audit import audit
from anchor.audit.report import AuditReport
from anchor.audit.source import open_source
from anchor.errors import Unreachable
from anchor.jsonrpc import RpcError
from tests.support.auditing import Honest, broken, found, other, outcomes
from tests.support.proxy import Proxy

Logs = list[dict[str, Any]]


def through(honest: Honest, tamper: Callable[[str, Sequence[Any], Callable[[], Any]], Any]) -> AuditReport:
    history, export = honest
    proxy = Proxy(history.sender.url)
    proxy.tamper = tamper
    with proxy as url:
        return audit(open_source(str(export)), [url], history.trust)


def lying(edit: Callable[[Logs], Any]) -> Callable[[str, Sequence[Any], Callable[[], Any]], Any]:
    return lambda method, _params, ask: edit(ask()) if method == "eth_getLogs" else ask()


def altered(logs: Logs) -> Logs:
    return [log | {"topics": [*log["topics"][:3], other(log["topics"][3])]} for log in logs]


@pytest.mark.parametrize(
    ("edit", "codes"),
    [
        (lambda logs: logs[:-1], {"log.omitted"}),
        (lambda logs: logs[::-1], {"log.order"}),
        (lambda logs: [*logs, *logs[-1:]], {"log.repeated"}),
        (lambda _: [], {"log.empty", "log.omitted", "log.size"}),
        (altered, {"log.head", "log.peaks"}),
    ],
    ids=["omits", "reorders", "repeats", "empty", "alters"],
)
def test_each_lie_about_the_log_has_its_own_name(honest: Honest, edit: Any, codes: set[str]) -> None:
    report = through(honest, lying(edit))
    assert {code for _, code in found(report)} - {"log.size"} == codes - {"log.size"}
    assert broken(report) == {"A3"}
    assert report.exit_code == 1


def test_a_broken_search_is_made_good_by_walking_back_from_block_to_block(honest: Honest) -> None:
    def search(method: str, params: Sequence[Any], ask: Callable[[], Any]) -> Any:
        ranged = method == "eth_getLogs" and params[0]["fromBlock"] != params[0]["toBlock"]
        return ask()[:3] if ranged else ask()

    report = through(honest, search)
    assert report.clean
    assert (
        report.head["log_size"]
        == audit(open_source(str(honest[1])), [honest[0].sender.url], honest[0].trust).head["log_size"]
    )
    assert [note for note in report.notes if "its index is broken" in note]


@pytest.mark.parametrize("how", ["no receipts", "refused", "no block"])
def test_a_node_that_pruned_its_history_could_not_be_looked_at_and_is_no_attack(honest: Honest, how: str) -> None:
    def pruned(method: str, params: Sequence[Any], ask: Callable[[], Any]) -> Any:
        if method == "eth_getLogs":
            return []
        if method == "eth_getBlockReceipts" and how == "refused":
            raise RpcError(method, 4444, "pruned history unavailable")
        if method == "eth_getBlockReceipts" and how == "no receipts":
            return None
        if method == "eth_getBlockByNumber" and how == "no block" and params[0] not in ("finalized", "latest"):
            return None
        return ask()

    with pytest.raises(Unreachable, match="history"):
        through(honest, pruned)


def test_ranges_shrink_until_a_node_takes_them(honest: Honest) -> None:
    def narrow(method: str, params: Sequence[Any], ask: Callable[[], Any]) -> Any:
        if method == "eth_getLogs" and int(params[0]["toBlock"], 16) - int(params[0]["fromBlock"], 16) >= 2:
            raise RpcError(method, -32005, "block range is too wide")
        return ask()

    report = through(honest, narrow)
    assert report.clean
    assert outcomes(report)["A3"] == "holds"
