"""Rows 19 to 23, 32: nodes that lag, forget, contradict themselves, serve something else, or end.

Every story begins with a broadcast that failed for the worker, with and without effect.
"""

from collections.abc import Callable, Sequence
from typing import Any

from anchor.jsonrpc import JsonRpc, RpcError
from anchor.worker.report import DONE, STOPPED
from tests.support.faults import Tamper
from tests.support.lies import answers, behind, contents, cursor, head, logs
from tests.support.proxy import Trouble
from tests.support.remote import FINALITY, SEND, RemoteSite

ZERO = "0x" + "00" * 32
Ask = Callable[[], Any]


def other_final_block(site: RemoteSite) -> Tamper:
    """A chain that was reset: the block that was final has another hash."""

    def tamper(method: str, params: Sequence[Any], ask: Ask) -> Any:
        final = method == "eth_getBlockByNumber" and params[0] == hex(cursor(site))
        return ask() | {"hash": ZERO} if final else ask()

    return tamper


LIES: dict[str, tuple[Callable[[RemoteSite], Tamper], str]] = {
    "final block that goes back": (lambda site: behind(site, head(site), cursor(site) - 2), "unreachable"),
    "final block that changes": (other_final_block, "finalized-changed"),
    "replica far behind": (lambda site: behind(site, cursor(site) - 1, cursor(site) - 3), "unreachable"),
    "no logs": (lambda _: logs(lambda _found: []), "unreachable"),
    "a part of the logs": (lambda _: logs(lambda found: found[1:]), "unreachable"),
    "pruned logs": (
        lambda _: answers({"eth_getLogs": RpcError("eth_getLogs", -32000, "history has been pruned")}),
        "unreachable",
    ),
    "another chain": (lambda _: answers({"eth_chainId": "0x1"}), "wrong-chain"),
    "no contract": (lambda _: answers({"eth_getCode": "0x"}), "wrong-contract"),
    "another contract": (lambda _: answers({"eth_getCode": "0x6000"}), "wrong-contract"),
}


def test_a_lie_after_a_failed_broadcast_changes_nothing_and_is_over_when_it_is_over(
    remote: RemoteSite, persisted: bool
) -> None:
    remote.seal()
    remote.worker.tick()
    remote.mine()
    remote.worker.tick()  # an anchor that is in a block
    assert remote.states() == ["included"]
    remote.lose_a_broadcast(persisted)
    remote.mine()  # of the second one the worker knows nothing, if it arrived
    before, asked = contents(remote), len(remote.proxy.log)
    for lie, (make, code) in LIES.items():
        remote.proxy.tamper = make(remote)
        report = remote.worker.tick()
        assert (report.outcome, set(report.alarms)) == (STOPPED, {code}), lie
        assert code in remote.alarms(), lie
    assert contents(remote) == before
    assert SEND not in remote.proxy.log[asked:]
    remote.calm()
    assert remote.worker.tick().outcome == DONE
    assert remote.alarms() == set()
    remote.settle()
    remote.check(2)


def test_a_replica_a_little_behind_is_an_older_look_and_gets_the_same_bytes(
    remote: RemoteSite, persisted: bool
) -> None:
    attempt = remote.lose_a_broadcast(persisted)
    remote.mine()
    remote.proxy.tamper = behind(remote, head(remote) - 1, cursor(remote))
    for _ in range(3):
        report = remote.worker.tick()
        assert (report.outcome, report.anchors, report.signed) == (DONE, 0, [])
    remote.calm()
    remote.settle()
    remote.check(1)
    assert [row.tx_hash for row in remote.attempts()] == [attempt.tx_hash]


def test_receipts_are_not_asked_for_so_that_none_can_be_missed(remote: RemoteSite, persisted: bool) -> None:
    remote.lose_a_broadcast(persisted)
    remote.proxy.tamper = answers({"eth_getTransactionReceipt": None, "eth_getTransactionByHash": None})
    remote.settle()
    remote.check(1)
    assert not [method for method in remote.proxy.log if "Receipt" in method]


def test_an_endpoint_that_ends_is_replaced_by_another_of_the_same_chain(remote: RemoteSite, persisted: bool) -> None:
    attempt = remote.lose_a_broadcast(persisted)
    remote.proxy.trouble = lambda _methods: Trouble("502")
    for _ in range(2):
        assert remote.worker.tick().outcome == STOPPED
        remote.mine(FINALITY)
    assert remote.states() == ["signed"]
    remote.worker.release()
    remote.worker = remote.rival(connect=lambda _url: JsonRpc(remote.url))
    remote.settle()
    remote.check(1)
    assert [row.tx_hash for row in remote.attempts()] == [attempt.tx_hash]
