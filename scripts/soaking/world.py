"""Everything that the soak stands on: a chain, a proxy before it, a database, and workers as processes."""

import os
import random
import signal
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from registry.store.engine import Store, migrate
from soaking import backup
from tests.support import databases, mortal
from tests.support.faults import Faults
from tests.support.remote import RemoteSite, anvil_node, build_remote_template, development_node
from tests.support.worksite import FUNDS, open_store

WORKERS = 3
LEASE_SECONDS = 2
TICK_SECONDS = 0.1
TIMEOUT_SECONDS = 1.0
CAP_GWEI = 20


@dataclass
class World(RemoteSite):
    """`dice` decides all that is left to chance; `where` is the database's URL, SQLite's file in `home` if None."""

    dice: random.Random = field(default_factory=random.Random)
    where: str | None = None
    crew: list[Any] = field(default_factory=list)
    copies: list[backup.Rows] = field(default_factory=list)

    def chance(self) -> float:
        """Between 0 and 1; for threads that decide beside the driver, whose own dice stay in order."""
        return random.random()  # noqa: S311

    @property
    def database(self) -> str:
        return self.where or super().database

    def open(self) -> None:
        """The driver's own look; the workers are processes."""
        if self.where is None:
            super().open()
        else:
            self.store, self.view = Store(self.where), Store(self.where)  # type: ignore[assignment]
            self.worker = self.rival()

    def hire(self, clock_shift: int = 0) -> None:
        """Start a worker."""
        self.crew.append(mortal.start(self.database, self.config, self.proxied, loop=True, clock_shift=clock_shift))

    def fill(self) -> None:
        """As many workers as there shall be, in place of those that are gone."""
        self.crew = [worker for worker in self.crew if worker.is_alive()]
        while len(self.crew) < WORKERS:
            self.hire()

    def send(self, worker: Any, number: signal.Signals) -> None:
        """A signal, if it still lives."""
        if worker.is_alive():
            os.kill(worker.pid, number)

    def dismiss(self, number: signal.Signals) -> None:
        """All workers end."""
        for worker in self.crew:
            self.send(worker, signal.SIGCONT)
            self.send(worker, number)
        for worker in self.crew:
            worker.join()
        self.crew = []


@contextmanager
def world(chain: str, database: str, seed: int) -> Iterator[World]:
    """A fresh one."""
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="credanchor-soak-")))
        empty = home / "migrated.db"
        store = Store(f"sqlite:///{empty}")
        migrate(store)
        store.checkpoint()
        store.close()
        node, url = stack.enter_context(anvil_node() if chain == "anvil" else development_node(home, prefund=FUNDS))
        config = build_remote_template(home, empty, node, url)
        config = replace(
            config,
            lease_seconds=LEASE_SECONDS,
            tick_seconds=TICK_SECONDS,
            timeout=TIMEOUT_SECONDS,
            max_fee_gwei=CAP_GWEI,
        )
        where = None
        if database == "postgres":
            where = _on_postgresql(stack, home)
        made = World(home, config, chain=node, url=url, dice=random.Random(seed), where=where)  # noqa: S311
        try:
            yield made
        finally:
            made.dismiss(signal.SIGKILL)
            made.close()


def _on_postgresql(stack: ExitStack, home: Path) -> str:
    """The same rows in a PostgreSQL of one's own."""
    binaries = databases.postgresql_binaries()
    if binaries is None:
        raise SystemExit(f"no PostgreSQL server below {databases.BINARIES} (Debian: apt-get install postgresql)")
    server = stack.enter_context(databases.cluster(binaries))
    where = databases.create_migrated(server)
    source, target = open_store(home / "credanchor.db", Faults()), Store(where)
    backup.put(target, backup.take(source))
    source.close()
    target.close()
    return where
