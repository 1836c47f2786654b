"""Databases for tests: migrated SQLite files, and a private PostgreSQL cluster that lives as long as the session."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from sqlalchemy import text

from registry.store.engine import Store, migrate
from registry.store.tables import Base

BINARIES = Path("/usr/lib/postgresql")
START_SECONDS = 60
DATABASE = "credanchor"


@dataclass(frozen=True)
class Cluster:
    """A running PostgreSQL server and how to reach it."""

    host: str
    port: int
    binaries: Path

    def url(self, database: str) -> str:
        """SQLAlchemy's address of one database of this cluster."""
        return f"postgresql://postgres@{self.host}:{self.port}/{database}"

    @contextmanager
    def admin(self) -> Iterator[psycopg.Connection]:
        """A connection outside any transaction, for CREATE DATABASE and the like."""
        with psycopg.connect(host=self.host, port=self.port, user="postgres", autocommit=True) as connection:
            yield connection

    def dump(self, database: str) -> bytes:
        """Everything in the database, as pg_dump writes it."""
        command = [self.binaries / "pg_dump", "-h", self.host, "-p", str(self.port), "-U", "postgres", database]
        return subprocess.run(command, check=True, capture_output=True).stdout


def postgresql_binaries() -> Path | None:
    """The newest server's programs in Debian's place, or None."""
    found = [path.parent for path in BINARIES.glob("*/bin/initdb")]
    return max(found, key=lambda path: float(path.parent.name), default=None)


@contextmanager
def cluster(binaries: Path) -> Iterator[Cluster]:
    """Start a server with a new, empty data directory; stop it and remove the directory at the end."""
    home = Path(tempfile.mkdtemp(prefix="credanchor-pg-"))
    # The server refuses to run as root; then it runs as Debian's user of that name.
    user = "postgres" if os.geteuid() == 0 else None
    try:
        if user:
            shutil.chown(home, user)
        data, port = home / "data", free_port()
        subprocess.run(
            [binaries / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"],
            check=True, capture_output=True, user=user, cwd=home,
        )  # fmt: skip
        # fsync is for power loss, which tests do not have.
        options = ["-c", "fsync=off", "-c", "full_page_writes=off", "-k", str(home), "-h", "127.0.0.1", "-p", str(port)]
        with (home / "log").open("wb") as log:
            server = subprocess.Popen(
                [binaries / "postgres", "-D", data, *options], stdout=log, stderr=log, user=user, cwd=home
            )
        try:
            running = Cluster("127.0.0.1", port, binaries)
            _wait_until_ready(running, server, home / "log")
            yield running
        finally:
            server.send_signal(signal.SIGINT)  # "fast": breaks off sessions, leaves nothing behind
            server.wait(START_SECONDS)
    finally:
        shutil.rmtree(home, ignore_errors=True)


def create_migrated(server: Cluster) -> str:
    """Create the database that all tests of a session share, one after the other; returns its address."""
    with server.admin() as connection:
        connection.execute(f"CREATE DATABASE {DATABASE}")
    store = Store(server.url(DATABASE))
    migrate(store)
    store.close()
    return server.url(DATABASE)


def empty(store: Store) -> None:
    """Delete every row: far cheaper than a new database for each test."""
    with store.begin() as session:
        session.execute(text("SET LOCAL lock_timeout = '30s'"))  # a test that left a transaction open fails the next
        for table in reversed(Base.metadata.sorted_tables):
            session.execute(table.delete())


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_ready(server: Cluster, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            with server.admin():
                return
        except psycopg.OperationalError:
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"PostgreSQL did not start:\n{log.read_text()}") from None
            time.sleep(0.02)
