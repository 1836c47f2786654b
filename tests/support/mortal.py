"""A worker as a process of its own, that can be killed, frozen, thawed and told to stop."""

import multiprocessing
import signal
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

from anchor.chain import ChainConfig
from anchor.worker import Worker
from tests.support.faults import Faults
from tests.support.worksite import OPERATOR, REGISTRAR, open_store

_PROCESSES = multiprocessing.get_context("forkserver")
_PROCESSES.set_forkserver_preload(["tests.support.mortal"])


def start(home: Path, config: ChainConfig, url: str, *, loop: bool = False) -> Any:
    """One tick, or with `loop` the worker's loop until SIGTERM, on the database in `home` and the node at `url`."""
    process = _PROCESSES.Process(target=_run, args=(home, replace(config, rpc_urls=(url,)), loop), daemon=True)
    process.start()
    return process


def _run(home: Path, config: ChainConfig, loop: bool) -> None:
    store = open_store(home / "credanchor.db", Faults())
    worker = Worker(store, config, OPERATOR, REGISTRAR)
    if loop:
        stop = threading.Event()
        signal.signal(signal.SIGTERM, lambda *_: stop.set())
        worker.run(stop)
    else:
        worker.tick()
