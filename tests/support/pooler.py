"""PgBouncer before a test's PostgreSQL, in transaction mode: one server session serves many clients in turns."""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from tests.support.databases import START_SECONDS, Cluster, free_port

PROGRAM = "pgbouncer"
SBIN = "/usr/sbin"
"""Debian's place for it, which is not on everybody's path."""

CONFIGURATION = """
[databases]
* = host={host} port={port} user=postgres

[pgbouncer]
pool_mode = transaction
listen_addr = 127.0.0.1
listen_port = {own_port}
unix_socket_dir =
auth_type = any
default_pool_size = {size}
admin_users = pgbouncer
"""


@dataclass(frozen=True)
class Pooler:
    """A running PgBouncer."""

    port: int

    def url(self, database: str) -> str:
        """SQLAlchemy's address of a database behind it."""
        return f"postgresql://anybody@127.0.0.1:{self.port}/{database}"

    def transactions(self, database: str) -> int:
        """How many transactions it has carried for the database so far."""
        own = f"host=127.0.0.1 port={self.port} user=pgbouncer dbname=pgbouncer"
        with psycopg.connect(own, autocommit=True, prepare_threshold=None) as connection:
            rows = connection.execute("SHOW STATS_TOTALS").fetchall()
        return sum(int(row[1]) for row in rows if row[0] == database)


def pgbouncer_program() -> str:
    """Where PgBouncer is. Skips or, in CI, fails where it is missing."""
    found = shutil.which(PROGRAM) or shutil.which(PROGRAM, path=SBIN)
    if found is None:
        reason = "pgbouncer is not installed (Debian: apt-get install pgbouncer)"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    return found


@contextmanager
def pooler(server: Cluster, *, size: int = 3) -> Iterator[Pooler]:
    """Start one before `server` with `size` server sessions for each database; few, so that they change hands."""
    program, port = pgbouncer_program(), free_port()
    home = Path(tempfile.mkdtemp(prefix="credanchor-pgbouncer-"))
    user = "postgres" if os.geteuid() == 0 else None  # it refuses to run as root
    try:
        if user:
            shutil.chown(home, user)
        settings = home / "pgbouncer.ini"
        settings.write_text(CONFIGURATION.format(host=server.host, port=server.port, own_port=port, size=size))
        settings.chmod(0o644)
        with (home / "log").open("wb") as log:
            process = subprocess.Popen([program, settings], stdout=log, stderr=log, user=user, cwd=home)
        try:
            _wait_until_ready(Pooler(port), process, home / "log")
            yield Pooler(port)
        finally:
            process.kill()
            process.wait()
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _wait_until_ready(made: Pooler, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            made.transactions("")
            return
        except psycopg.OperationalError:
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"PgBouncer did not start:\n{log.read_text()}") from None
            time.sleep(0.02)
