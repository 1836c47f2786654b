"""Transactions are whole or not at all, on both databases, also when the disk is full."""

from pathlib import Path

import pytest
from sqlalchemy import exc, select, text

from registry.store.engine import Store, StoreFull, StoreUnavailable
from registry.store.tables import Alarm


def _alarms(store: Store) -> list[str]:
    with store.read() as session:
        return sorted(session.scalars(select(Alarm.code)))


def _raise(code: str, detail: str = "") -> Alarm:
    return Alarm(code=code, detail=detail, raised_at=1)


def test_a_block_that_raises_leaves_nothing(store: Store) -> None:
    with pytest.raises(LookupError), store.begin() as session:
        session.add(_raise("a"))
        session.flush()
        raise LookupError
    assert _alarms(store) == []


def test_actions_inside_an_outer_transaction_are_committed_with_it_or_not_at_all(store: Store) -> None:
    with pytest.raises(LookupError), store.begin():
        with store.begin() as inner:
            inner.add(_raise("a"))
        assert _alarms(store) == ["a"]  # a reader inside sees the work so far
        raise LookupError
    assert _alarms(store) == []


def test_an_inner_action_that_fails_is_undone_alone_when_the_outer_one_goes_on(store: Store) -> None:
    with store.begin() as outer:
        outer.add(_raise("kept"))
        with pytest.raises(LookupError), store.begin() as inner:
            inner.add(_raise("undone"))
            inner.flush()
            raise LookupError
    assert _alarms(store) == ["kept"]


def test_a_reader_cannot_write(store: Store) -> None:
    with pytest.raises((StoreUnavailable, exc.DBAPIError)), store.read() as session:
        session.add(_raise("a"))
        session.flush()
    with store.begin() as session:  # and the connection it used is good for writing again
        session.add(_raise("b"))
    assert _alarms(store) == ["b"]


def test_a_reader_keeps_its_snapshot_while_others_write(store: Store) -> None:
    with store.read() as session:
        assert session.scalars(select(Alarm.code)).all() == []
        import threading

        def write() -> None:  # another thread: inside this one it would be part of the same transaction
            with store.begin() as writer:
                writer.add(_raise("new"))

        thread = threading.Thread(target=write)
        thread.start()
        thread.join()
        assert session.scalars(select(Alarm.code)).all() == []
    assert _alarms(store) == ["new"]


def test_a_full_disk_is_reported_and_nothing_is_half_done(sqlite_store: Store) -> None:
    with sqlite_store.begin() as session:
        session.add(_raise("before"))
        pages = session.execute(text("PRAGMA page_count")).scalar_one()
    with pytest.raises(StoreFull, match="make room"), sqlite_store.begin() as session:
        session.execute(text(f"PRAGMA max_page_count={pages + 4}"))
        session.add(_raise("small"))
        session.flush()
        session.add(_raise("large", "x" * 1_000_000))
    assert _alarms(sqlite_store) == ["before"]
    with sqlite_store.begin() as session:
        session.execute(text("PRAGMA max_page_count=1000000"))
        session.add(_raise("after"))
    assert _alarms(sqlite_store) == ["after", "before"]


def test_a_disk_that_fills_up_inside_an_inner_action_is_reported_as_full(sqlite_store: Store) -> None:
    with sqlite_store.read() as session:
        pages = session.execute(text("PRAGMA page_count")).scalar_one()
    with pytest.raises(StoreFull), sqlite_store.begin() as outer:
        outer.execute(text(f"PRAGMA max_page_count={pages + 4}"))
        outer.add(_raise("outer"))
        with sqlite_store.begin() as inner:
            inner.add(_raise("large", "x" * 1_000_000))
    assert _alarms(sqlite_store) == []
    with sqlite_store.begin() as session:
        session.execute(text("PRAGMA max_page_count=1000000"))
        session.add(_raise("after"))
    assert _alarms(sqlite_store) == ["after"]


def test_errors_never_repeat_the_values_that_were_written(store: Store) -> None:
    with pytest.raises(exc.IntegrityError) as caught, store.begin() as session:
        session.add(_raise("a", "Ada Lovelace"))
        session.flush()
        session.execute(text("INSERT INTO alarm VALUES ('a', :name, 1)"), {"name": "Ada Lovelace"})
    assert "Lovelace" not in str(caught.value)


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "mysql://localhost/x"])
def test_a_database_that_cannot_work_is_refused_at_once(url: str) -> None:
    with pytest.raises(StoreUnavailable):
        Store(url)


def test_sqlite_is_set_up_to_survive_power_loss_and_to_overwrite_what_is_deleted(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path}/s.db")
    with store.begin() as session:
        found = {
            name: session.execute(text(f"PRAGMA {name}")).scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "secure_delete")
        }
    store.close()
    assert found == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "secure_delete": 1}
