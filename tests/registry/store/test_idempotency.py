"""A request with a key is done once, whatever fails and whoever repeats it."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select

from registry.store.engine import Store
from registry.store.idempotency import KEEP_SECONDS, IdempotencyReused, Remembered, forget_old, recall, remember
from registry.store.issuers import add_issuer, list_issuers
from registry.store.tables import Idempotency, Issuer

SHA = bytes(32)


def _once(store: Store, key: str = "k", sha: bytes = SHA) -> tuple[Remembered, bool]:
    """Add an issuer with a name of its own, once per key; the answer, and whether it was remembered."""
    with store.begin() as session:
        seen = recall(session, "caller", key, sha)
        if seen is not None:
            return seen, True
        count = session.scalar(select(func.count()).select_from(Issuer)) or 0
        add_issuer(store, f"issuer-{count}", f"did:web:issuer-{count}.example", {"name": "Name"})
        answer = Remembered(201, f"issuer-{count}")
        remember(session, "caller", key, sha, answer.status, answer.response, now=store.now())
    return answer, False


def test_a_repeated_request_gets_the_first_answer_and_does_nothing(store: Store) -> None:
    first, replayed = _once(store)
    assert not replayed
    assert _once(store) == (first, True)
    assert len(list_issuers(store)) == 1
    _once(store, "another key")
    assert len(list_issuers(store)) == 2


def test_a_key_reused_for_another_request_is_refused(store: Store) -> None:
    _once(store)
    with pytest.raises(IdempotencyReused, match="'k'"):
        _once(store, sha=bytes([1]) * 32)
    assert len(list_issuers(store)) == 1


def test_work_that_fails_leaves_the_key_free(store: Store) -> None:
    with pytest.raises(LookupError), store.begin() as session:
        assert recall(session, "caller", "k", SHA) is None
        add_issuer(store, "uni", "did:web:uni.example", {"name": "University"})
        remember(session, "caller", "k", SHA, 201, "", now=store.now())
        raise LookupError
    assert list_issuers(store) == []
    assert _once(store)[1] is False


def test_the_same_request_many_times_at_once_is_done_once(store: Store) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: _once(store), range(16)))
    assert {answer for answer, _ in answers} == {Remembered(201, "issuer-0")}
    assert sum(not replayed for _, replayed in answers) == 1
    assert len(list_issuers(store)) == 1


def test_old_answers_are_forgotten_and_young_ones_kept(store: Store) -> None:
    _once(store)
    assert forget_old(store) == 0
    with store.read() as session:
        made = session.scalars(select(Idempotency.created_at)).one()
    store.clock = lambda: made + KEEP_SECONDS + 1
    assert forget_old(store) == 1
    assert _once(store)[1] is False
    assert forget_old(store) == 0  # written and forgotten by one clock
    assert _once(store)[1] is True
