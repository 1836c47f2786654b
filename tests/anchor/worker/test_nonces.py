"""Nonces and pools: what others do with the operator's key, and what nodes forget, costs time but never an anchor."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from sqlalchemy import delete

from anchor.jsonrpc import RpcError
from registry.store.tables import Attempt
from tests.support.market import pending, raise_base_fee
from tests.support.worksite import ADMIN, OPERATOR, Site

ROLE = bytes.fromhex("97667070c54ef182b0f5858b034beac1b6f3089aa2d3188bb1e8929f4fa9b929")  # keccak256("OPERATOR_ROLE")
BUMP_AFTER = 5
Ask = Callable[[], Any]


def send_tick(site: Site) -> Attempt:
    """A sealed batch, and the tick that signs and sends its anchor."""
    site.seal()
    assert site.worker.tick().signed == ["anchor 1"]
    (attempt,) = site.attempts()
    assert attempt.last_answer == "accepted"
    assert pending(site, OPERATOR) == ["0x" + attempt.tx_hash.hex()]
    return attempt


def fees_of(attempt: Attempt) -> tuple[int, int]:
    return int(attempt.max_fee), int(attempt.max_tip)


def an_eighth_more(fees: tuple[int, int]) -> tuple[int, int]:
    return fees[0] * 9 // 8 + 1, fees[1] * 9 // 8 + 1


def lose_attempts(site: Site) -> list[Attempt]:
    """The table is emptied; what was in it."""
    lost = site.attempts()
    with site.view.begin() as session:
        session.execute(delete(Attempt))
    return lost


def find_attempts(site: Site, lost: list[Attempt]) -> None:
    """Put rows back that were lost: `check` wants to see that what is on the chain was stored before it was sent."""
    with site.view.begin() as session:
        for attempt in lost:
            session.merge(attempt)


def test_what_is_sent_was_stored_before_each_time(site: Site) -> None:
    def look(method: str, params: Sequence[Any], ask: Ask) -> Any:
        if method == "eth_sendRawTransaction":
            stored = {"0x" + attempt.raw.hex(): attempt.tx_hash for attempt in site.attempts()}
            assert params[0] in stored
            sent.append(stored[params[0]])
        return ask()

    sent: list[bytes] = []
    site.rpc.tamper = look
    first = send_tick(site)
    site.worker.tick()  # again
    raise_base_fee(site, int(first.max_fee))
    site.worker.tick()  # a dearer one
    site.settle()
    site.check(1)
    dearer = max(site.attempts(), key=fees_of).tx_hash
    assert sent == [first.tx_hash, first.tx_hash, dearer, dearer]


def test_a_foreign_transaction_that_outbids_ours_raises_an_alarm_and_costs_one_nonce(site: Site) -> None:
    ours = send_tick(site)
    site.transfer(OPERATOR, ours.nonce)  # in place of ours
    site.mine()
    report = site.worker.tick()
    assert report.alarms.keys() == site.alarms() == {"nonce-used"}
    assert f"Nonce {ours.nonce} of 0x{OPERATOR.address.hex()}" in report.alarms["nonce-used"]
    assert [attempt.nonce for attempt in site.attempts()] == [ours.nonce, ours.nonce + 1]
    assert site.sent() == ours.nonce + 1
    site.settle()
    site.check(1)
    assert site.alarms() == set()
    assert site.sent() == ours.nonce + 2


def test_a_foreign_transaction_that_was_first_is_outbid_or_waited_for(site: Site) -> None:
    nonce = site.sent()
    site.transfer(OPERATOR, nonce)  # pays 10 gwei, several times what ours pays
    site.seal()
    for tries in (1, 2, 3):
        assert site.worker.tick().alarms == {}
        attempts = site.attempts()
        assert (len(attempts), attempts[-1].last_answer) == (tries, "replacement transaction underpriced")
        assert attempts[-1].sent_at is None
    assert fees_of(attempts[1]) == an_eighth_more(fees_of(attempts[0]))
    assert fees_of(attempts[2]) == an_eighth_more(fees_of(attempts[1]))
    site.mine()  # the foreign one
    assert site.worker.tick().alarms.keys() == {"nonce-used"}
    assert site.attempts()[-1].nonce == nonce + 1
    site.settle()
    site.check(1)
    assert site.alarms() == set()


def test_a_nonce_that_was_used_before_anything_was_signed_is_passed_over(site: Site) -> None:
    nonce = site.sent()
    site.transfer(OPERATOR, nonce)
    site.mine()
    assert send_tick(site).nonce == nonce + 1
    site.settle()
    site.check(1)


def test_nonce_too_low_from_a_foreign_transaction_leads_to_the_next_nonce_once_it_is_seen(site: Site) -> None:
    def be_quicker(method: str, _params: Sequence[Any], ask: Ask) -> Any:
        if method == "eth_sendRawTransaction" and site.sent() == nonce:
            site.transfer(OPERATOR, nonce)
            site.mine()
        return ask()

    nonce = site.sent()
    site.rpc.tamper = be_quicker
    site.seal()
    assert site.worker.tick().alarms == {}  # an answer proves nothing
    (attempt,) = site.attempts()
    assert str(attempt.last_answer).startswith("nonce too low")
    assert attempt.sent_at is None
    assert site.worker.tick().alarms.keys() == {"nonce-used"}
    assert [attempt.nonce for attempt in site.attempts()] == [nonce, nonce + 1]
    site.settle()
    site.check(1)


def test_nonce_too_low_for_what_is_in_a_block_already_signs_nothing_more(site: Site) -> None:
    def forward_twice(method: str, _params: Sequence[Any], ask: Ask) -> Any:
        """A proxy that repeats a request whose answer took long: the second answer is what arrives."""
        if method == "eth_sendRawTransaction":
            ask()
            site.mine()
        return ask()

    site.rpc.tamper = forward_twice
    site.seal()
    site.worker.tick()
    (attempt,) = site.attempts()
    assert str(attempt.last_answer).startswith("nonce too low")
    report = site.worker.tick()
    assert (report.anchors, report.signed, report.alarms) == (1, [], {})
    site.settle()
    site.check(1)
    assert len(site.attempts()) == 1


@pytest.mark.parametrize("how", ["dropped", "swallowed"])
def test_what_no_node_shows_is_sent_again_for_the_same_price(site: Site, how: str) -> None:
    def swallow(method: str, _params: Sequence[Any], ask: Ask) -> Any:
        return "0x" + bytes(32).hex() if method == "eth_sendRawTransaction" and how == "swallowed" else ask()

    attempt = send_tick(site)
    site.rpc.tamper = swallow
    for _ in range(2 * BUMP_AFTER):
        site.node.request("dev_dropTransaction", "0x" + attempt.tx_hash.hex())
        site.mine()
        assert site.worker.tick().alarms == {}
        assert pending(site, OPERATOR) == (["0x" + attempt.tx_hash.hex()] if how == "dropped" else [])
    assert site.rpc.log.count("eth_sendRawTransaction") == 1 + 2 * BUMP_AFTER
    assert len(site.attempts()) == 1
    site.rpc.tamper = lambda _method, _params, ask: ask()
    if how == "swallowed":
        site.worker.tick()
    site.mine()
    site.settle()
    site.check(1)
    assert len(site.attempts()) == 1


def test_attempts_lost_while_the_transaction_is_in_the_pool_are_signed_again(site: Site) -> None:
    first = send_tick(site)
    lost = lose_attempts(site)
    assert site.worker.tick().signed == ["anchor 1"]
    (again,) = site.attempts()
    assert (again.tx_hash, again.raw, again.last_answer) == (first.tx_hash, first.raw, "already known")
    site.mine()
    find_attempts(site, lost)
    site.settle()
    site.check(1)


def test_a_lost_attempt_that_still_holds_the_nonce_is_outbid_by_eighths(site: Site) -> None:
    first = send_tick(site)
    lost = lose_attempts(site)
    # Prices have fallen by a little, so that what is signed now is something else, and cheaper.
    site.rpc.tamper = lambda method, _, ask: hex(9 * 10**8) if method == "eth_maxPriorityFeePerGas" else ask()
    answers = []
    while not answers or answers[-1] != "accepted":
        assert site.worker.tick().alarms == {}
        newest = max(site.attempts(), key=fees_of)
        answers.append(newest.last_answer)
        assert len(site.attempts()) == len(answers) < 5
    assert set(answers[:-1]) == {"replacement transaction underpriced"}
    assert {attempt.nonce for attempt in site.attempts()} == {first.nonce}
    ordered = [fees_of(attempt) for attempt in sorted(site.attempts(), key=fees_of)]
    assert ordered[1:] == [an_eighth_more(fees) for fees in ordered[:-1]]
    assert pending(site, OPERATOR) == ["0x" + newest.tx_hash.hex()]
    find_attempts(site, lost)
    site.settle()
    site.check(1)


def test_attempts_lost_when_the_transaction_is_in_a_block_are_not_missed(site: Site) -> None:
    send_tick(site)
    site.mine()
    lost = lose_attempts(site)
    for _ in range(2):
        report = site.worker.tick()
        assert (report.anchors, report.signed, report.alarms) == (1, [], {})
        site.mine()
    assert site.states() == ["final"]
    assert site.attempts() == []
    find_attempts(site, lost)
    site.check(1)
    site.seal()
    site.settle()
    site.check(2)


def test_a_gap_that_a_reorganisation_leaves_is_filled_and_the_later_transaction_fails(site: Site) -> None:
    nonce = site.sent()
    site.transfer(OPERATOR, nonce)
    site.mine()
    later = send_tick(site)
    assert later.nonce == nonce + 1
    site.node.request("dev_reorg", "0x1", False)  # the foreign transaction never was
    assert site.worker.tick().signed == ["anchor 1"]
    assert {attempt.nonce for attempt in site.attempts()} == {nonce, nonce + 1}
    site.settle()
    site.check(1)
    assert site.sent() == nonce + 2  # both were executed
    assert site.node.request("eth_getTransactionReceipt", "0x" + later.tx_hash.hex())["status"] == "0x0"


def test_a_transaction_that_reverted_is_reported_and_replaced_once_the_contract_agrees(site: Site) -> None:
    attempt = send_tick(site)
    site.node.request("dev_dropTransaction", "0x" + attempt.tx_hash.hex())
    site.transact(ADMIN, "revokeRole", ROLE, OPERATOR.address)
    site.node.request("eth_sendRawTransaction", "0x" + attempt.raw.hex())
    site.mine()
    assert site.node.request("eth_getTransactionReceipt", "0x" + attempt.tx_hash.hex())["status"] == "0x0"
    for _ in range(2):
        report = site.worker.tick()
        assert (report.signed, report.alarms.keys()) == ([], {"nonce-used", "not-operator"})
        site.mine()
    assert "AccessControlUnauthorizedAccount" in report.alarms["not-operator"]
    site.transact(ADMIN, "grantRole", ROLE, OPERATOR.address)
    assert site.worker.tick().signed == ["anchor 1"]
    assert site.attempts()[-1].nonce == attempt.nonce + 1
    site.settle()
    site.check(1)
    assert site.alarms() == set()


@pytest.mark.parametrize(
    ("answer", "alarm"),
    [
        ("tx fee (1.20 ether) exceeds the configured cap (1.00 ether)", "transaction-refused"),
        ("invalid sender", "transaction-refused"),
        ("txpool is full", ""),
        ("something new", ""),
    ],
)
def test_an_answer_that_refuses_changes_nothing_but_the_alarms(site: Site, answer: str, alarm: str) -> None:
    def refuse(method: str, _params: Sequence[Any], ask: Ask) -> Any:
        if method == "eth_sendRawTransaction":
            raise RpcError(method, -32000, answer, None)
        return ask()

    site.rpc.tamper = refuse
    site.seal()
    for _ in range(3):
        assert site.worker.tick().alarms.keys() == ({alarm} if alarm else set())
        site.mine()
    (attempt,) = site.attempts()
    assert (attempt.last_answer, attempt.sent_at) == (answer, None)
    site.rpc.tamper = lambda _method, _params, ask: ask()
    site.settle()
    site.check(1)
    assert site.alarms() == set()
