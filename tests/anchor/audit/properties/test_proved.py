"""A1, A2, A3, A9: what a node says is held against hashes and storage proofs, so that its own word is not enough."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from eth_utils.crypto import keccak

from anchor.audit.audit import audit
from anchor.audit.report import AuditReport
from anchor.audit.source import open_source
from anchor.bundle.header import encode
from anchor.jsonrpc import RpcError
from registry.verify import RegistryTrust
from tests.support.auditing import Honest, broken, change, found, look, other, outcomes
from tests.support.history import History, leaves
from tests.support.proxy import Proxy, Tamper

Ask = Callable[[], Any]
STATE = ("eth_call", "eth_getStorageAt", "eth_getCode")


def pinned(honest: Honest, *urls: str, trust: RegistryTrust | None = None) -> AuditReport:
    """At the history's own last block, however far the chain has gone on since."""
    history, export = honest
    asked = urls or (history.sender.url,)
    return audit(open_source(str(export)), asked, trust or history.trust, block=history.last_block)


def through(honest: Honest, tamper: Tamper, trust: RegistryTrust | None = None) -> AuditReport:
    proxy = Proxy(honest[0].sender.url)
    proxy.tamper = tamper
    with proxy as url:
        return pinned(honest, url, trust=trust)


def reason(report: AuditReport, name: str) -> str:
    return next(str(one["reason"]) for one in report.to_json()["properties"] if one["id"] == name)


def headers(edit: Callable[[dict[str, Any]], dict[str, Any]]) -> Tamper:
    return lambda method, _params, ask: edit(ask()) if method == "eth_getBlockByNumber" else ask()


def older_state(history: History, proofs: str) -> Tamper:
    """Everything as it was before the last anchor, told of the newest block: at one with itself. `proofs`: of which."""
    newest, rpc = history.last_block, history.sender.rpc
    here, before = (
        {"blockHash": rpc.call("eth_getBlockByNumber", hex(number), False)["hash"]} for number in (newest, newest - 1)
    )

    def tamper(method: str, params: Sequence[Any], ask: Ask) -> Any:
        if (method in STATE and params[-1] == here) or (method == "eth_getProof" and proofs == "older"):
            return rpc.call(method, *params[:-1], before)
        if method == "eth_getProof" and proofs == "none":
            raise RpcError(method, -32601, "the method does not exist")
        if method == "eth_getLogs":
            return [one for one in ask() if int(one["blockNumber"], 16) < newest]
        return ask()

    return tamper


@pytest.mark.parametrize(
    ("proofs", "codes"), [("true", {"head.size"}), ("older", {"head.proof"})], ids=["true proofs", "older proofs"]
)
def test_a_node_that_tells_an_old_state_at_one_with_itself_is_refuted_by_its_own_proofs(
    honest: Honest, proofs: str, codes: set[str]
) -> None:
    assert outcomes(pinned(honest))["A3"] == pinned(honest).invariant("HeadIsProved") == "holds"
    report = through(honest, older_state(honest[0], proofs))
    assert {code for _, code in found(report)} == codes
    assert broken(report) == {"A3"}
    assert report.counts["anchors"] == 0  # nothing is concluded from it


def test_a_node_that_proves_nothing_breaks_nothing_and_the_report_says_what_was_not_proved(honest: Honest) -> None:
    report = through(honest, older_state(honest[0], "none"))
    assert report.clean
    assert report.checked["HeadIsProved"] == 0
    assert report.invariant("HeadIsProved") == "not_run"
    assert "size and head by storage proof: the node gives no storage proofs" in reason(report, "A3")
    assert "gives no storage proofs" in report.summary()
    with Proxy(honest[0].sender.url) as second:  # which is what a second node is for
        proxy = Proxy(honest[0].sender.url)
        proxy.tamper = older_state(honest[0], "none")
        with proxy as first:
            report = pinned(honest, first, second)
    assert found(report) == {("node 2", "node.disagrees")}


@pytest.mark.parametrize("name", ["stateRoot", "timestamp", "parentHash", "logsBloom"])
def test_a_header_that_says_something_else_than_its_hash_is_named(honest: Honest, name: str) -> None:
    newest = honest[0].last_block
    assert {outcomes(pinned(honest))[one] for one in ("A2", "A9")} == {"holds"}

    def edit(block: dict[str, Any]) -> dict[str, Any]:
        return block | {name: other(block[name])} if block["number"] == hex(newest) else block

    report = through(honest, headers(edit))
    assert (f"block {newest}", "block.header") in found(report)
    assert "A2" in broken(report)
    assert "does not hash" in reason(report, "A3")


def test_blocks_that_do_not_name_each_other_are_named_although_each_is_what_it_hashes_to(honest: Honest) -> None:
    before = honest[0].last_block - 1

    def forge(block: dict[str, Any]) -> dict[str, Any]:
        if block["number"] != hex(before):
            return block
        forged = block | {"extraData": "0x666f7267656421"}
        return forged | {"hash": "0x" + keccak(encode(forged)).hex()}

    report = through(honest, headers(forge))
    assert (f"block {before}", "block.parent") in found(report)
    assert "A2" in broken(report)


def test_a_header_of_a_later_fork_is_not_called_a_lie(honest: Honest) -> None:
    report = through(honest, headers(lambda block: block | {"stateRoot": other(block["stateRoot"]), "newRoot": "0x1"}))
    assert report.clean
    assert outcomes(report)["A2"] == "not_run"
    assert {"later fork" in reason(report, name) for name in ("A2", "A9")} == {True}


def test_an_anchor_whose_event_is_told_of_another_block_is_named(honest: Honest) -> None:
    assert outcomes(pinned(honest))["A9"] == "holds"

    def edit(method: str, _params: Sequence[Any], ask: Ask) -> Any:
        return [one | {"blockHash": other(one["blockHash"])} for one in ask()] if method == "eth_getLogs" else ask()

    report = through(honest, edit)
    assert found(report) == {(f"anchor {number}", "time.other-block") for number in (1, 2, 3)}
    assert broken(report) == {"A9"}


def test_batches_out_of_order_inside_an_anchor_are_named_and_stay_named(begun: History, tmp_path: Path) -> None:
    first, second, third = (begun.batch(number, leaves(str(number), 2)) for number in (1, 2, 3))
    begun.anchor([], [first])
    assert outcomes(look(begun, begun.write(tmp_path)))["A9"] == "holds"
    begun.anchor([], [third, second])
    report = look(begun, begun.write(tmp_path))
    assert found(report) == {("anchor 2", "anchor.batch-order")}
    assert broken(report) == {"A9"}
    begun.anchor([], [begun.batch(5, leaves("5", 1))])
    begun.anchor([], [begun.batch(4, leaves("4", 1))])
    report = look(begun, begun.write(tmp_path))
    assert found(report) == {("anchor 2", "anchor.batch-order"), ("anchor 4", "batch.passed-over")}


def test_a_deployment_block_is_that_of_the_first_entry_and_of_the_code(
    honest: Honest, begun: History, tmp_path: Path
) -> None:
    history, copy = begun, begun.write(tmp_path)
    trust = replace(history.trust, deploy_block=history.deploy_block)
    report = pinned((history, copy), trust=trust)
    assert (report.clean, reason(report, "A1"), report.checked["DeploymentIsWhereItIsSaid"]) == (True, "", 4)
    for shift, codes in ((1, {"genesis", "export", "earlier"}), (-1, {"genesis", "export", "later"})):
        other_block = replace(trust, deploy_block=history.deploy_block + shift)
        report = pinned((history, copy), trust=other_block)
        assert {code for _, code in found(report)} == {f"deployment.{name}" for name in codes}
        assert broken(report) == {"A1"}
    change(copy / "registry.json", lambda it: it.update(deploy_block=history.deploy_block - 1))
    assert ("registry.json", "deployment.export") in found(pinned((history, copy), trust=trust))


def test_a_node_without_old_state_compares_the_first_entry_alone_and_says_so(honest: Honest) -> None:
    history = honest[0]
    here = history.sender.rpc.call("eth_getBlockByNumber", hex(history.last_block), False)["hash"]

    def forgetful(method: str, params: Sequence[Any], ask: Ask) -> Any:
        if method in STATE and params[-1]["blockHash"] != here:
            raise RpcError(method, -32000, "missing trie node")
        return ask()

    report = through(honest, forgetful, replace(history.trust, deploy_block=history.deploy_block))
    assert report.clean
    assert "whose state the node does not keep" in reason(report, "A1")
    report = through(honest, forgetful, replace(history.trust, deploy_block=history.deploy_block + 1))
    assert ("entry 0", "deployment.genesis") in found(report)
