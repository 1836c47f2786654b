"""Rows 11, 12, 14, 15: prices, money and transactions that fail in a block."""

from anchor.contract import role
from tests.anchor.faults.test_pools import refusing
from tests.support.market import GWEI, base_fee, full_block, leave, pay, raise_base_fee
from tests.support.remote import RemoteSite
from tests.support.worksite import ADMIN, OPERATOR, STRANGER

CAP = 1
"""Gwei. Where the templates stand a transaction is offered less than that for its base fee, and a tip of 0.1."""


def cheap(remote: RemoteSite, gwei: float) -> None:
    """A worker with a low cap, whose tip is the least that it may be."""
    remote.worker.release()
    remote.worker = remote.rival(max_fee_gwei=gwei)


def test_a_transaction_below_the_base_fee_is_signed_again_for_more(remote: RemoteSite, persisted: bool) -> None:
    attempt = remote.lose_a_broadcast(persisted)
    raise_base_fee(remote, int(attempt.max_fee))
    assert remote.worker.tick().signed == ["anchor 1"]
    old, new = remote.attempts()
    assert old.nonce == new.nonce
    for field in ("max_fee", "max_tip"):
        assert int(getattr(new, field)) * 10 > int(getattr(old, field)) * 11
    remote.settle()
    remote.check(1)


def test_above_the_cap_nothing_more_is_paid_and_prices_are_waited_for(remote: RemoteSite, persisted: bool) -> None:
    cheap(remote, 3)
    attempt = remote.lose_a_broadcast(persisted)
    raise_base_fee(remote, 3 * GWEI)
    for _ in range(2):
        report = remote.worker.tick()
        assert (report.signed, report.alarms.keys()) == ([], {"fee-cap"})
        full_block(remote)
    assert [row.tx_hash for row in remote.attempts()] == [attempt.tx_hash]
    remote.settle()
    remote.check(1)
    assert all(int(row.max_fee) <= 3 * GWEI for row in remote.attempts())
    assert base_fee(remote) < 3 * GWEI


def test_an_account_without_money_is_reported_and_waited_for(remote: RemoteSite, persisted: bool) -> None:
    if persisted:  # the node takes it and says the opposite
        remote.proxy.tamper = refusing("insufficient funds for gas * price + value", reaches=True)
    else:
        leave(remote, OPERATOR, 10**9)
    sent = remote.sent()
    remote.seal()
    report = remote.worker.tick()
    assert "insufficient-funds" in report.alarms
    assert all(row.sent_at is None for row in remote.attempts())
    remote.calm()
    if not persisted:
        remote.mine()
        assert remote.worker.tick().alarms.keys() == {"insufficient-funds", "low-balance"}
        pay(remote, STRANGER, OPERATOR, 10**18)
    remote.settle()
    remote.check(1)
    assert remote.alarms() == set()
    assert remote.sent() == sent + 1


def test_a_transaction_that_fails_in_a_block_is_explained_and_replaced(remote: RemoteSite, persisted: bool) -> None:
    attempt = remote.lose_a_broadcast(persisted)
    remote.node.request("dev_dropTransaction", "0x" + attempt.tx_hash.hex())
    if persisted:  # it fails since the same root is anchored already, by a transaction of somebody who may
        remote.transact(ADMIN, "grantRole", role("OPERATOR_ROLE"), STRANGER.address)
        with remote.view.read() as session:
            from registry.store.tables import Anchor

            root = session.get_one(Anchor, 1).root
        remote.transact(STRANGER, "anchor", 1, root)
    else:
        remote.transact(ADMIN, "revokeRole", role("OPERATOR_ROLE"), OPERATOR.address)
    remote.node.request("eth_sendRawTransaction", "0x" + attempt.raw.hex())
    remote.mine()
    receipt = remote.node.request("eth_getTransactionReceipt", "0x" + attempt.tx_hash.hex())
    assert receipt["status"] == "0x0"
    report = remote.worker.tick()
    if persisted:
        assert (report.anchors, report.signed, report.alarms) == (1, [], {})
    else:
        assert (report.signed, report.alarms.keys()) == ([], {"nonce-used", "not-operator"})
        remote.transact(ADMIN, "grantRole", role("OPERATOR_ROLE"), OPERATOR.address)
    remote.settle()
    remote.check(1, foreign=persisted)
    assert remote.alarms() == set()
