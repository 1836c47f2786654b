"""The one SQLite file: exclusive to this process, one transaction for each change, durable when acknowledged.

`synchronous=FULL` in WAL mode makes COMMIT wait for the disk, so a block that a client was told about survives kill -9
and power loss. `locking_mode=EXCLUSIVE` keeps a second process out for as long as this one lives, and no longer.
"""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from anchor.devnode.errors import FileInUse, ForeignFile
from anchor.devnode.kv import KeyValueStore

APPLICATION_ID = 0x43724443
"""SQLite's application_id of our files ("CrDC"), so that no other database is taken for a chain."""

FORMAT = "1"
"""Version of the tables below; another version is refused."""

SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
CREATE TABLE kv (key BLOB PRIMARY KEY, value BLOB NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE block (hash BLOB PRIMARY KEY, number INTEGER NOT NULL, transactions INTEGER NOT NULL,
    size INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE canonical (number INTEGER PRIMARY KEY, hash BLOB NOT NULL, transactions INTEGER NOT NULL) STRICT;
CREATE INDEX canonical_busy ON canonical (number) WHERE transactions > 0;
CREATE TABLE tx (block BLOB NOT NULL, position INTEGER NOT NULL, hash BLOB NOT NULL, raw BLOB NOT NULL,
    sender BLOB NOT NULL, status INTEGER NOT NULL, gas_used INTEGER NOT NULL, cumulative_gas INTEGER NOT NULL,
    bloom BLOB NOT NULL, created BLOB, PRIMARY KEY (block, position)) STRICT, WITHOUT ROWID;
CREATE INDEX tx_hash ON tx (hash);
CREATE TABLE log (number INTEGER NOT NULL, block BLOB NOT NULL, position INTEGER NOT NULL,
    tx_hash BLOB NOT NULL, tx_position INTEGER NOT NULL, address BLOB NOT NULL,
    topic0 BLOB, topic1 BLOB, topic2 BLOB, topic3 BLOB, data BLOB NOT NULL,
    PRIMARY KEY (number, block, position)) STRICT, WITHOUT ROWID;
CREATE TABLE pool (hash BLOB PRIMARY KEY, sender BLOB NOT NULL, nonce INTEGER NOT NULL, raw BLOB NOT NULL,
    arrival INTEGER NOT NULL, UNIQUE (sender, nonce)) STRICT, WITHOUT ROWID;
CREATE TABLE snapshot (id INTEGER PRIMARY KEY, head BLOB NOT NULL, clock TEXT NOT NULL, pool BLOB NOT NULL) STRICT;
"""


class Database:
    """Connection, lock and transactions. Every method of the node that reads holds `lock`; writers use `write()`.

    Raises FileInUse or ForeignFile when the file cannot be ours.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lock = threading.RLock()
        self.fresh = False
        path.parent.mkdir(parents=True, exist_ok=True)
        self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=0)
        try:
            self._open()
        except BaseException:
            self._connection.close()
            raise
        self.kv = KeyValueStore(self._connection)

    def _open(self) -> None:
        run = self._connection.execute
        try:
            run("PRAGMA locking_mode = EXCLUSIVE")
            run("PRAGMA journal_mode = WAL")
            run("PRAGMA synchronous = FULL")
            run("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as problem:
            raise FileInUse(
                self.path, f"another process has it open ({problem})", "Stop that process, or choose another file"
            ) from problem
        except sqlite3.DatabaseError as problem:
            raise ForeignFile(self.path, f"it is not an SQLite file ({problem})", "Choose another file") from problem
        try:
            self._claim()
        except BaseException:
            run("ROLLBACK")
            raise
        run("COMMIT")

    def _claim(self) -> None:
        """Make the tables of an empty file; refuse a file that somebody else made."""
        run = self._connection.execute
        application = run("PRAGMA application_id").fetchone()[0]
        tables = run("SELECT count(*) FROM sqlite_schema").fetchone()[0]
        if not tables:
            run(f"PRAGMA application_id = {APPLICATION_ID}")
            for statement in SCHEMA.split(";\n"):
                if statement.strip():
                    run(statement)
            run("INSERT INTO meta VALUES ('format', ?)", (FORMAT,))
            self.fresh = True
        elif application != APPLICATION_ID:
            raise ForeignFile(self.path, "it is the database of another program", "Choose another file")
        elif (found := self.get("format")) != FORMAT:
            raise ForeignFile(
                self.path, f"it has format {found}, and this program writes format {FORMAT}", "Start a new chain file"
            )

    @contextmanager
    def write(self) -> Iterator[None]:
        """One transaction, joined when one is open: all of it is on disk afterwards, or nothing is."""
        with self.lock:
            if self._connection.in_transaction:
                yield
                return
            self.execute("BEGIN IMMEDIATE")
            try:
                yield
                self.kv.flush()
                self.execute("COMMIT")
            except BaseException:
                self.kv.drop()
                if self._connection.in_transaction:
                    self.execute("ROLLBACK")
                raise

    def execute(self, statement: str, values: tuple[Any, ...] = ()) -> sqlite3.Cursor:
        """Run one statement inside the caller's transaction or, reading, outside of any."""
        return self._connection.execute(statement, values)

    def execute_many(self, statement: str, rows: list[tuple[Any, ...]]) -> None:
        """Run one statement for every row."""
        self._connection.executemany(statement, rows)

    def get(self, key: str) -> str | None:
        """A setting, or None."""
        row = self._connection.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return None if row is None else str(row[0])

    def put(self, key: str, value: str) -> None:
        """Write a setting inside the caller's transaction."""
        self.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value))

    def close(self) -> None:
        """Close the file and let others open it. Safe to repeat."""
        with self.lock:
            self._connection.close()
