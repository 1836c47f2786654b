"""Prices and money: what waits pays more in time, nothing pays more than the cap, and nothing is lost meanwhile."""

from collections.abc import Callable, Sequence
from typing import Any

from anchor.jsonrpc import RpcError
from anchor.worker.round import ANCHOR_GAS, RESERVE_ANCHORS
from registry.store.tables import Attempt
from tests.support.market import GWEI, base_fee, full_block, leave, pay, pending, raise_base_fee
from tests.support.worksite import OPERATOR, STRANGER, Site

BUMP_AFTER = 5
CAP = 2
"""Gwei. The template's base fee is about half a gwei and the suggested tip one."""


def send_tick(site: Site) -> Attempt:
    """A sealed batch, and the tick that signs and sends its anchor."""
    site.seal()
    assert site.worker.tick().signed == ["anchor 1"]
    (attempt,) = site.attempts()
    assert pending(site, OPERATOR) == [name(attempt)]
    return attempt


def name(attempt: Attempt) -> str:
    return "0x" + attempt.tx_hash.hex()


def geth_replaces(old: Attempt, new: Attempt) -> bool:
    """A tenth more in both fields."""
    return all(int(getattr(new, field)) * 10 >= int(getattr(old, field)) * 11 > 0 for field in ("max_fee", "max_tip"))


def test_what_is_seen_waiting_pays_more_after_so_many_blocks_and_not_before(site: Site) -> None:
    first = send_tick(site)
    for _ in range(BUMP_AFTER - 1):
        full_block(site)
        assert site.worker.tick().signed == []
    full_block(site)
    assert site.worker.tick().signed == ["anchor 1"]
    _, second = site.attempts()
    assert second.nonce == first.nonce
    assert geth_replaces(first, second)
    assert second.last_answer == "accepted"
    assert pending(site, OPERATOR) == [name(second)]  # it replaced the first
    full_block(site)
    assert site.worker.tick().signed == []  # the count of blocks begins anew
    site.settle()
    site.check(1)


def test_what_is_priced_out_pays_more_without_waiting(site: Site) -> None:
    site.worker = site.rival(bump_after_blocks=10_000)
    first = send_tick(site)
    raise_base_fee(site, int(first.max_fee))
    assert site.worker.tick().signed == ["anchor 1"]
    _, second = site.attempts()
    assert int(second.max_fee) > 2 * base_fee(site)
    assert geth_replaces(first, second)
    assert pending(site, OPERATOR) == [name(second)]
    assert site.worker.tick().signed == []
    site.settle()
    site.check(1)
    assert len(site.attempts()) == 2


def test_above_the_cap_the_stored_transaction_is_sent_again_until_prices_fall(site: Site) -> None:
    site.worker = site.rival(max_fee_gwei=CAP)
    attempt = send_tick(site)
    assert int(attempt.max_fee) <= CAP * GWEI
    raise_base_fee(site, CAP * GWEI)
    for _ in range(2):
        site.node.request("dev_dropTransaction", name(attempt))
        report = site.worker.tick()
        assert (report.signed, report.alarms.keys()) == ([], {"fee-cap"})
        assert pending(site, OPERATOR) == [name(attempt)]
        full_block(site)
    site.settle(limit=40)
    site.check(1)
    assert site.alarms() == set()
    assert all(int(attempt.max_fee) <= CAP * GWEI for attempt in site.attempts())


def test_above_the_cap_nothing_is_signed_until_prices_fall(site: Site) -> None:
    site.worker = site.rival(max_fee_gwei=CAP)
    raise_base_fee(site, CAP * GWEI)
    site.seal()
    report = site.worker.tick()
    assert report.alarms.keys() == site.alarms() == {"fee-cap"}
    assert str(base_fee(site)) in report.alarms["fee-cap"]
    assert str(CAP * GWEI) in report.alarms["fee-cap"]
    assert site.attempts() == []
    site.settle(limit=40)
    site.check(1)
    assert site.alarms() == set()
    assert all(int(attempt.max_fee) <= CAP * GWEI for attempt in site.attempts())


def test_what_waits_too_long_at_the_cap_stays_as_it_is(site: Site) -> None:
    site.worker = site.rival(max_fee_gwei=1.5)
    attempt = send_tick(site)
    for _ in range(BUMP_AFTER):
        full_block(site)
    assert base_fee(site) < int(attempt.max_fee)
    report = site.worker.tick()
    assert (report.signed, report.alarms.keys()) == ([], {"fee-cap"})
    assert pending(site, OPERATOR) == [name(attempt)]
    site.settle()
    site.check(1)
    assert len(site.attempts()) == 1
    assert site.alarms() == set()


def test_a_balance_for_less_than_a_month_raises_an_alarm_and_anchoring_goes_on(site: Site) -> None:
    leave(site, OPERATOR, RESERVE_ANCHORS * ANCHOR_GAS * base_fee(site) // 2)
    site.seal()
    report = site.worker.tick()
    assert (report.signed, report.alarms.keys()) == (["anchor 1"], {"low-balance"})
    site.settle()
    site.check(1)
    assert site.worker.tick().alarms.keys() == site.alarms() == {"low-balance"}  # also when there is nothing to do
    pay(site, STRANGER, OPERATOR, 10**18)
    assert site.worker.tick().alarms == {}


def test_an_account_that_cannot_pay_raises_an_alarm_and_its_transaction_goes_out_when_it_can(site: Site) -> None:
    leave(site, OPERATOR, 10**9)
    site.seal()
    for _ in range(3):
        assert site.worker.tick().alarms.keys() == {"insufficient-funds", "low-balance"}
        site.mine()
    (attempt,) = site.attempts()
    assert str(attempt.last_answer).startswith("insufficient funds")
    assert attempt.sent_at is None
    pay(site, STRANGER, OPERATOR, 10**18)
    assert site.worker.tick().alarms == {}
    assert pending(site, OPERATOR) == [name(attempt)]
    site.settle()
    site.check(1)
    assert len(site.attempts()) == 1


def test_a_try_out_that_the_node_refuses_signs_nothing_and_says_why(site: Site) -> None:
    def refuse(method: str, _params: Sequence[Any], ask: Callable[[], Any]) -> Any:
        if method == "eth_estimateGas":
            raise RpcError(method, -32000, texts[0], None)
        return ask()

    texts = ["insufficient funds for transfer", "gas required exceeds allowance (0)"]
    site.rpc.tamper = refuse
    site.seal()
    for alarm in ("insufficient-funds", "estimate-refused"):
        report = site.worker.tick()
        assert report.alarms.keys() == site.alarms() == {alarm}
        assert texts.pop(0) in report.alarms[alarm]
        assert site.attempts() == []
    site.rpc.tamper = lambda _method, _params, ask: ask()
    site.settle()
    site.check(1)
    assert site.alarms() == set()
