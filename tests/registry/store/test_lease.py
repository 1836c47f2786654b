"""A lease has one holder; a holder that lost it cannot write."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from registry.store.engine import Store
from registry.store.lease import Held, LeaseLost, acquire, fence, new_owner, release

EXPIRED = -1  # seconds: a lease that has run out the moment it is taken


def test_a_second_owner_gets_nothing_while_the_lease_is_held(store: Store) -> None:
    first = acquire(store, "anchor", "a")
    assert first == Held("anchor", "a", 1)
    assert acquire(store, "anchor", "b") is None
    assert acquire(store, "seal", "b") == Held("seal", "b", 1)


def test_renewing_keeps_the_token_and_a_takeover_raises_it(store: Store) -> None:
    assert acquire(store, "anchor", "a", EXPIRED) == Held("anchor", "a", 1)
    assert acquire(store, "anchor", "a", EXPIRED) == Held("anchor", "a", 1)
    assert acquire(store, "anchor", "b") == Held("anchor", "b", 2)


def test_a_holder_that_was_replaced_is_fenced_off_and_one_that_only_expired_is_not(store: Store) -> None:
    stale = acquire(store, "anchor", "a", EXPIRED)
    assert stale is not None
    with store.begin() as session:
        fence(session, stale)
    assert acquire(store, "anchor", "b") is not None
    with pytest.raises(LeaseLost, match="anchor"), store.begin() as session:
        fence(session, stale)


def test_a_released_lease_can_be_taken_at_once_and_its_tokens_still_grow(store: Store) -> None:
    first = acquire(store, "anchor", "a")
    assert first is not None
    release(store, first)
    assert acquire(store, "anchor", "b") == Held("anchor", "b", 2)
    release(store, first)  # the old holder cannot release the new one's lease
    assert acquire(store, "anchor", "c") is None


def test_of_many_rivals_for_an_expired_lease_exactly_one_wins(store: Store) -> None:
    acquire(store, "anchor", "dead", EXPIRED)
    with ThreadPoolExecutor(8) as pool:
        won = [held for held in pool.map(lambda _: acquire(store, "anchor", new_owner()), range(20)) if held]
    assert [held.token for held in won] == [2]


def test_a_takeover_waits_for_the_transaction_of_the_holder(store: Store) -> None:
    held = acquire(store, "anchor", "a", EXPIRED)
    assert held is not None
    order: list[str] = []

    def rival() -> None:
        acquire(store, "anchor", "b")
        order.append("takeover")

    with store.begin() as session:
        fence(session, held)
        thread = threading.Thread(target=rival)
        thread.start()
        thread.join(0.2)  # gives a rival that does not wait the time to show it
        order.append("holder's commit")
    thread.join()
    assert order == ["holder's commit", "takeover"]
