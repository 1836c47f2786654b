"""What only a PostgreSQL can do to us: sessions that change hands, processes that freeze, machines that vanish."""

import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest
from sqlalchemy import select, text

from registry.store import postgresql as specifics
from registry.store.engine import Store, StoreUnavailable, at_head, migrate
from registry.store.lease import Held, LeaseLost, acquire, fence, new_owner
from registry.store.tables import Alarm
from tests.support import databases
from tests.support.pooler import Pooler
from tests.support.waiting import until

CLIENTS = 6  # twice the server's sessions behind the pooler
ROUNDS = 12  # the driver prepares a statement the sixth time it is run


@pytest.fixture(params=["directly", "through PgBouncer"])
def url(request: pytest.FixtureRequest, postgresql_store: Store) -> str:
    """An empty migrated database, both ways."""
    if request.param == "directly":
        return str(postgresql_store.url)
    made = request.getfixturevalue("pgbouncer")
    assert isinstance(made, Pooler)
    return made.url(databases.DATABASE)


@pytest.fixture
def opened(url: str) -> Iterator[Store]:
    store = Store(url)
    yield store
    store.close()


def test_clients_whose_sessions_change_hands_do_not_notice(postgresql_store: Store, pgbouncer: Pooler) -> None:
    before = pgbouncer.transactions(databases.DATABASE)

    def work(client: int) -> int:
        with closing(Store(pgbouncer.url(databases.DATABASE))) as store:
            for turn in range(ROUNDS):
                held = acquire(store, f"lease-{client}", "me")
                assert held is not None
                with store.begin() as session:
                    fence(session, held)
                    session.add(Alarm(code=f"{client}-{turn}", detail="", raised_at=turn))
                with store.read() as session:  # one snapshot, read in pieces through a cursor on the server
                    mine = select(Alarm.code).where(Alarm.code.startswith(f"{client}-")).order_by(Alarm.raised_at)
                    found = session.scalars(mine.execution_options(yield_per=2)).all()
                    assert found == [f"{client}-{past}" for past in range(turn + 1)]
                    assert session.scalar(text("SHOW transaction_isolation")) == "repeatable read"
            return held.token

    with ThreadPoolExecutor(CLIENTS) as pool:
        assert list(pool.map(work, range(CLIENTS))) == [1] * CLIENTS
    assert pgbouncer.transactions(databases.DATABASE) - before >= 3 * CLIENTS * ROUNDS
    with closing(Store(pgbouncer.url(databases.DATABASE))) as store, store.engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM pg_prepared_statements")) == 0
        assert connection.scalar(text("SHOW idle_in_transaction_session_timeout")) == "0"
        assert connection.scalar(text("SHOW transaction_read_only")) == "off"


def test_processes_that_migrate_at_once_through_a_pooler_do_it_one_after_the_other(
    postgresql: databases.Cluster, pgbouncer: Pooler
) -> None:
    with postgresql.admin() as connection:
        connection.execute("CREATE DATABASE fresh")

    def work(_client: int) -> bool:
        with closing(Store(pgbouncer.url("fresh"))) as store:
            migrate(store)
            return at_head(store)

    with ThreadPoolExecutor(2) as pool:
        assert all(pool.map(work, range(2)))


def test_who_is_silent_inside_a_writing_transaction_loses_it(
    opened: Store, postgresql_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(specifics, "IDLE_SECONDS", 1)
    with pytest.raises(StoreUnavailable), opened.begin() as session:
        session.add(Alarm(code="a", detail="", raised_at=1))
        session.flush()
        until(lambda: gone(postgresql_store))
        session.add(Alarm(code="b", detail="", raised_at=1))
    with opened.begin() as session:  # the next one has a session that works
        session.add(Alarm(code="c", detail="", raised_at=1))
    with postgresql_store.read() as session:
        assert session.scalars(select(Alarm.code)).all() == ["c"]


def gone(store: Store) -> bool:
    """Whether no session is inside a transaction any more, but for the one that asks."""
    with store.engine.connect() as connection:
        query = "SELECT count(*) FROM pg_stat_activity WHERE state = 'idle in transaction' AND datname = :name"
        return connection.scalar(text(query), {"name": databases.DATABASE}) == 0


def test_a_lease_whose_holder_is_frozen_inside_a_transaction_is_taken_over(
    opened: Store, postgresql_store: Store
) -> None:
    frozen = acquire(opened, "anchor", "frozen", 1)
    assert frozen is not None
    won: list[Held | None] = []

    def rival() -> None:
        owner = new_owner()
        while not won:
            if held := acquire(postgresql_store, "anchor", owner):
                won.append(held)

    thread = threading.Thread(target=rival)
    with pytest.raises(StoreUnavailable), opened.begin() as session:
        fence(session, frozen)
        session.add(Alarm(code="stale", detail="", raised_at=1))
        session.flush()
        thread.start()
        until(lambda: won)  # while this transaction is still open
        session.flush()
    thread.join()
    assert [held.token for held in won if held] == [2]
    with pytest.raises(LeaseLost), opened.begin() as session:
        fence(session, frozen)
    with opened.read() as session:
        assert session.scalars(select(Alarm.code)).all() == []


@pytest.mark.skipif(not hasattr(socket, "TCP_USER_TIMEOUT"), reason="Linux' names of these options")
def test_a_connection_notices_that_the_other_machine_vanished(opened: Store, url: str) -> None:
    names = (socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL, socket.TCP_KEEPCNT, socket.TCP_USER_TIMEOUT)

    def options(store: Store) -> list[int]:
        with store.engine.connect() as connection:
            driver = connection.connection.driver_connection
            assert driver is not None
            with socket.fromfd(driver.fileno(), socket.AF_INET, socket.SOCK_STREAM) as found:
                return [found.getsockopt(socket.IPPROTO_TCP, name) for name in names]

    assert options(opened) == [10, 5, 3, 25_000]
    with closing(Store(f"{url}?keepalives_idle=77")) as other:
        assert options(other) == [77, 5, 3, 25_000]
