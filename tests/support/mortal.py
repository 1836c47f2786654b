"""A worker as a process of its own, that can be killed, frozen, thawed and told to stop."""

import logging
import multiprocessing
import signal
import sqlite3
import threading
import time
from dataclasses import replace
from typing import Any

from sqlalchemy import event

from anchor.chain import ChainConfig
from anchor.worker import Worker
from registry.store.engine import Store
from tests.support.worksite import OPERATOR, REGISTRAR

_PROCESSES = multiprocessing.get_context("forkserver")
_PROCESSES.set_forkserver_preload(["tests.support.mortal"])

DISK_FULL, DISK_FREE = signal.SIGUSR1, signal.SIGUSR2
"""What makes the disk of a process full for SQLite, and not full again."""


def start(database: str, config: ChainConfig, url: str, *, loop: bool = False, clock_shift: int = 0) -> Any:
    """One tick, or with `loop` the worker's loop until SIGTERM, on a database and the node at `url`, by their URLs.

    `clock_shift`: seconds by which the process's clock is wrong.
    """
    arguments = (database, replace(config, rpc_urls=(url,)), loop, clock_shift)
    process = _PROCESSES.Process(target=_run, args=arguments, daemon=True)
    process.start()
    return process


def _run(database: str, config: ChainConfig, loop: bool, clock_shift: int) -> None:
    logging.basicConfig(level=logging.ERROR)  # that a tick stops is what faults are for; a defect is not
    store = Store(database, clock=lambda: int(time.time()) + clock_shift)
    if store.dialect == "sqlite":
        _on_sqlite(store)
    worker = Worker(store, config, OPERATOR, REGISTRAR)
    if loop:
        stop = threading.Event()
        signal.signal(signal.SIGTERM, lambda *_: stop.set())
        worker.run(stop)
    else:
        worker.tick()


def _on_sqlite(store: Store) -> None:
    """No fsync, which is for power loss; and a disk that can be made full."""
    full = threading.Event()
    signal.signal(DISK_FULL, lambda *_: full.set())
    signal.signal(DISK_FREE, lambda *_: full.clear())

    def prepare(connection: sqlite3.Connection, *_: object) -> None:
        connection.execute("PRAGMA synchronous=OFF")

    def limit(connection: sqlite3.Connection, *_: object) -> None:
        pages = connection.execute("PRAGMA page_count").fetchone()[0] if full.is_set() else 1_000_000_000
        connection.execute(f"PRAGMA max_page_count={pages}")

    event.listen(store.engine, "connect", prepare)
    event.listen(store.engine, "checkout", limit)
