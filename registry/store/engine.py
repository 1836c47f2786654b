"""The door to the database: one `Store` per process, transactions that are whole or not at all.

SQLite (the embedded default) and PostgreSQL run the same code. What differs is here, in `postgresql.py` and `lease.py`.
"""

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from contextvars import ContextVar
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, event, exc
from sqlalchemy.engine import URL, make_url
from sqlalchemy.orm import Session

from registry.errors import RegistryError
from registry.store import postgresql

BUSY_TIMEOUT_MS = 10_000
"""How long a SQLite writer waits for the one before it; the longest transaction (sealing 100,000) takes about half."""

POOL_SIZE = 10
POOL_OVERFLOW = 40
"""Together more than the threads of a web server's pool, so that a request waits for the database, not for a place."""

_DISK_FULL = "53100"
_UNDEFINED_TABLE = "42P01"  # PostgreSQL's codes

_AFTER = "after commit"  # key in a session's info
_WRITES = "credanchor_writes"  # execution option: does the transaction that begins now write?


class StoreUnavailable(RegistryError):
    """The database did not do what was asked (locked, gone, not migrated). Nothing was changed."""

    def __init__(self, problem: str, remedy: str = "Nothing was changed; try again") -> None:
        super().__init__(problem, remedy)
        self.problem = problem
        self.remedy = remedy

    def __str__(self) -> str:
        return f"The database is not available: {self.problem}. {self.remedy}."


class StoreFull(StoreUnavailable):
    """There is no room left for the database. Nothing was changed."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem, "Nothing was changed; make room on its disk and try again")
        self.args = (problem,)


class Store:
    """A database and its transactions.

    `url` is a SQLAlchemy URL: `sqlite:////path/to/credanchor.db` (a file; no memory database, since every thread
    must see the same data) or `postgresql://user@host/name`. `clock` gives Unix seconds.
    """

    def __init__(self, url: str | URL, *, clock: Callable[[], int] = lambda: int(time.time())) -> None:
        self.url = _normal(make_url(url))
        self.clock = clock
        self.engine = _engine(self.url)
        self._writer = self.engine.execution_options(**{_WRITES: True})
        self._reader = self.engine
        if self.dialect == "postgresql":
            # One snapshot for all queries of a reader, as SQLite gives it by itself.
            self._reader = self.engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        self._open: ContextVar[Session | None] = ContextVar("open transaction", default=None)

    @property
    def dialect(self) -> str:
        """`sqlite` or `postgresql`."""
        return self.engine.dialect.name

    def now(self) -> int:
        """The time of this process in Unix seconds; leases use the database's own clock instead."""
        return self.clock()

    @contextmanager
    def begin(self) -> Iterator[Session]:
        """One writing transaction: committed when the block ends, rolled back when it raises.

        Inside another `begin()` of the same thread it becomes a savepoint of that transaction, so that a caller can
        put several actions, and the answer it remembers for them, into one. Raises `StoreUnavailable`.
        """
        outer = self._open.get()
        if outer is not None:
            with outer.begin_nested():
                yield outer
            return
        with _translated(), Session(self._writer, expire_on_commit=False) as session, session.begin():
            session.connection()  # begins now, not with the first statement
            postgresql.limit_silence(session, postgresql.IDLE_SECONDS)
            token = self._open.set(session)
            try:
                yield session
            finally:
                self._open.reset(token)
        for work in session.info.pop(_AFTER, []):
            work()

    @contextmanager
    def read(self) -> Iterator[Session]:
        """One consistent snapshot; refuses to write. Inside `begin()` it sees that transaction's own work."""
        outer = self._open.get()
        if outer is not None:
            yield outer
            return
        with _translated(), Session(self._reader, expire_on_commit=False) as session, session.begin():
            session.connection()
            yield session

    def after_commit(self, work: Callable[[], object]) -> None:
        """Do `work` once the transaction that is open now has been committed, and not if it is rolled back."""
        session = self._open.get()
        if session is None:
            work()
        else:
            session.info.setdefault(_AFTER, []).append(work)

    def checkpoint(self) -> bool:
        """Empty SQLite's write-ahead log, which else keeps old pages, erased ones too; True when it is empty.

        False when a reader is still at work: call again later. On PostgreSQL there is nothing to do.
        """
        return self._maintain("PRAGMA wal_checkpoint(TRUNCATE)")

    def rewrite(self) -> bool:
        """Write SQLite's file anew, without what pages that were split or merged still hold of deleted rows.

        Takes about a second per 100 MB, in which others cannot write. Returns as `checkpoint` does.
        """
        return self._maintain("VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)")

    def size(self) -> int:
        """Bytes of SQLite's file; 0 on PostgreSQL, which looks after its own."""
        return Path(self.url.database or "").stat().st_size if self.dialect == "sqlite" else 0

    def _maintain(self, *statements: str) -> bool:
        """Run statements that cannot be inside a transaction; the last one tells whether readers were in its way."""
        if self.dialect != "sqlite":
            return True
        with _translated(), closing(self.engine.raw_connection()) as connection:
            cursor = connection.cursor()
            try:
                cursor.execute("PRAGMA query_only=OFF")
                for statement in statements:
                    cursor.execute(statement)
                busy = cursor.fetchone()
                return busy is not None and busy[0] == 0
            except sqlite3.OperationalError as error:
                raise _unavailable(error) from error

    def close(self) -> None:
        """Close every connection that is not in use."""
        self.engine.dispose()


def migrate(store: Store) -> None:
    """Bring the schema to the newest version, in one transaction; does nothing when it is there already."""
    from registry.store.migrations import upgrade

    with _translated():
        upgrade(store.engine)


def at_head(store: Store) -> bool:
    """Is the schema at the version this code was written for? Raises `StoreUnavailable`."""
    from registry.store.migrations import HEAD, current

    with _translated(), store.engine.connect() as connection:
        return current(connection) == HEAD


@contextmanager
def _translated() -> Iterator[None]:
    """Turn the drivers' errors into ours. Their text only: SQLAlchemy's would repeat the statement's parameters."""
    try:
        yield
    except (exc.OperationalError, exc.InterfaceError, exc.InternalError, exc.TimeoutError) as error:
        raise _unavailable(error) from error
    except exc.ProgrammingError as error:
        if getattr(error.orig, "sqlstate", None) == _UNDEFINED_TABLE:
            raise _unavailable(error) from error
        raise


def _unavailable(error: BaseException) -> StoreUnavailable:
    # A full SQLite rolls back by itself, and then rolling back to a savepoint fails too: the first cause counts.
    for cause in _causes(error):
        if getattr(cause, "sqlite_errorname", None) == "SQLITE_FULL" or getattr(cause, "sqlstate", None) == _DISK_FULL:
            return StoreFull(_sentence(cause))
    driver = getattr(error, "orig", None) or error
    problem = _sentence(driver)
    if "no such table" in problem or getattr(driver, "sqlstate", None) == _UNDEFINED_TABLE:
        return StoreUnavailable(problem, "Run `credanchor migrate`")
    return StoreUnavailable(problem)


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        if isinstance(error, exc.DBAPIError) and error.orig is not None:
            yield error.orig
        error = error.__cause__ or error.__context__


def _sentence(error: BaseException) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0].rstrip(".")


def _normal(url: URL) -> URL:
    if url.get_backend_name() == "sqlite":
        if not url.database or url.database == ":memory:":
            raise StoreUnavailable("a SQLite database must be a file", "Give a path: sqlite:////path/to/file.db")
        return url
    if url.get_backend_name() == "postgresql":
        return url.set(drivername="postgresql+psycopg")
    raise StoreUnavailable(f"'{url.get_backend_name()}' is not supported", "Use sqlite or postgresql")


def _engine(url: URL) -> Engine:
    # hide_parameters: names and mail addresses are parameters, and must not reach a log.
    arguments = postgresql.arguments(url) if url.get_backend_name() == "postgresql" else {}
    engine = create_engine(
        url, pool_size=POOL_SIZE, max_overflow=POOL_OVERFLOW, hide_parameters=True, connect_args=arguments
    )
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: object, _record: object) -> None:
    # The driver of Python 3.11 begins transactions by its own rules, which break savepoints and DDL: switch it off.
    connection.isolation_level = None  # type: ignore[attr-defined]
    cursor = connection.cursor()  # type: ignore[attr-defined]
    cursor.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")  # a commit survives power loss: signed bytes are committed before sending
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.execute("PRAGMA secure_delete=ON")  # erased means overwritten
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get(_WRITES, False)
    connection.exec_driver_sql(f"PRAGMA query_only={'OFF' if writes else 'ON'}")
    # IMMEDIATE: a writer takes its lock at once; one that starts as a reader can fail half-way with SQLITE_BUSY.
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
