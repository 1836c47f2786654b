"""Rows 6 to 10, 13, 27: what pools swallow, forget, refuse, and what others do with the operator's key.

Every story begins with a broadcast that failed for the worker, with and without effect.
"""

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import delete

from anchor.jsonrpc import RpcError
from registry.store.tables import Attempt
from tests.support.market import pending
from tests.support.remote import SEND, RemoteSite
from tests.support.worksite import OPERATOR

Ask = Callable[[], Any]
ENOUGH_TICKS = 6  # more than `bump_after_blocks`


def test_a_broadcast_that_is_swallowed_is_repeated_and_never_paid_more_for(remote: RemoteSite, persisted: bool) -> None:
    def swallow(method: str, params: Sequence[Any], ask: Ask) -> Any:
        if method != SEND:
            return ask()
        return ask() if persisted else "0x" + bytes(32).hex()

    remote.proxy.tamper = swallow
    remote.seal()
    remote.worker.tick()
    (attempt,) = remote.attempts()
    assert attempt.last_answer == "accepted"
    for _ in range(ENOUGH_TICKS):
        if persisted:  # taken, and forgotten again
            assert remote.node.request("dev_dropTransaction", "0x" + attempt.tx_hash.hex())
        remote.mine()
        assert remote.worker.tick().signed == []
    remote.calm()
    remote.worker.tick()
    assert len(remote.attempts()) == 1 or persisted  # it is seen waiting now, and may pay more
    remote.settle()
    remote.check(1)


def test_a_pool_that_is_emptied_is_filled_again_with_the_same_bytes(remote: RemoteSite, persisted: bool) -> None:
    attempt = remote.lose_a_broadcast(persisted)
    for _ in range(3):
        remote.node.request("dev_dropTransaction", "0x" + attempt.tx_hash.hex())
        assert not remote.pooled(attempt)
        assert remote.worker.tick().signed == []
        assert remote.pooled(attempt)
    remote.settle()
    remote.check(1)
    assert len(remote.attempts()) == 1


def test_already_known_is_a_success_when_it_is_true_and_harmless_when_it_is_not(
    remote: RemoteSite, persisted: bool
) -> None:
    attempt = remote.lose_a_broadcast(persisted)
    if not persisted:  # the node says so of what it does not have
        remote.proxy.tamper = refusing("already known")
    remote.worker.tick()
    assert "already" in str(remote.attempts()[0].last_answer)
    assert remote.pooled(attempt) is persisted
    remote.calm()
    remote.settle()
    remote.check(1)
    assert len(remote.attempts()) == 1


def test_nonce_too_low_concludes_nothing_and_the_chain_says_whose_transaction_it_was(
    remote: RemoteSite, persisted: bool
) -> None:
    attempt = remote.lose_a_broadcast(persisted)
    if not persisted:
        remote.transfer(OPERATOR, attempt.nonce)  # somebody else has the key
    quick = remote.proxy.log.count(SEND)

    def be_quicker(method: str, _params: Sequence[Any], ask: Ask) -> Any:
        if method == SEND and remote.proxy.log.count(SEND) == quick + 1:
            remote.mine()
        return ask()

    remote.proxy.tamper = be_quicker
    remote.worker.tick()
    assert "nonce too low" in str(remote.attempts()[0].last_answer)
    report = remote.worker.tick()
    assert report.alarms.keys() == (set() if persisted else {"nonce-used"})
    assert [row.nonce - attempt.nonce for row in remote.attempts()] == ([0] if persisted else [0, 1])
    remote.settle()
    remote.check(1)


def test_a_lost_attempts_table_with_a_gap_below_is_filled(remote: RemoteSite, persisted: bool) -> None:
    nonce = remote.sent()
    remote.transfer(OPERATOR, nonce)
    remote.mine()
    later = remote.lose_a_broadcast(persisted)
    assert later.nonce == nonce + 1
    with remote.view.begin() as session:
        session.execute(delete(Attempt))
    remote.node.request("dev_reorg", "0x1", False)  # the foreign transaction never was: a gap
    assert remote.worker.tick().signed == ["anchor 1"]
    assert [row.nonce for row in remote.attempts()] == [nonce]
    remote.settle()
    remote.check(1)


def test_a_foreign_transaction_in_the_pool_is_outbid_or_outlived(remote: RemoteSite, persisted: bool) -> None:
    nonce = remote.sent()
    if not persisted:
        remote.transfer(OPERATOR, nonce, 50 * 10**9)
    else:  # ours is there, and the node says the opposite
        remote.proxy.tamper = refusing("replacement transaction underpriced", reaches=True)
    remote.seal()
    remote.worker.tick()
    assert remote.attempts()[0].last_answer == "replacement transaction underpriced"
    remote.calm()
    remote.worker.tick()
    assert len(remote.attempts()) == 2
    old, new = sorted(int(row.max_fee) for row in remote.attempts())
    assert new * 10 > old * 11
    remote.mine()
    assert remote.worker.tick().alarms.keys() == (set() if persisted else {"nonce-used"})
    remote.settle()
    remote.check(1)
    assert pending(remote, OPERATOR) == []


def test_foreign_use_of_the_operators_key_costs_nonces_and_no_anchor(remote: RemoteSite, persisted: bool) -> None:
    remote.lose_a_broadcast(persisted)
    for gwei in (50, 400):
        # In its place: dearer than what we have sent, and than what that does to the node's suggestion.
        remote.transfer(OPERATOR, remote.sent(), gwei * 10**9)
        remote.mine()
        assert remote.worker.tick().alarms.keys() == {"nonce-used"}
    remote.settle()
    remote.check(1)
    assert remote.sent() == 3


def refusing(text: str, *, reaches: bool = False) -> Any:
    """A node that refuses broadcasts, `reaches`: although it takes them."""

    def tamper(method: str, _params: Sequence[Any], ask: Ask) -> Any:
        if method != SEND:
            return ask()
        if reaches:
            ask()
        raise RpcError(method, -32000, text)

    return tamper
