"""Processes that sign, one for each core: Python signs in one thread at a time.

They start with the first large batch. Each ends with the process that started it, even when that was killed.
"""

import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing.connection import wait
from multiprocessing.context import SpawnContext, SpawnProcess
from typing import Any


class _Tracked(SpawnContext):
    """Starts processes and remembers them. Not by forking: a copy of this process could wait for its threads' locks."""

    def __init__(self) -> None:
        super().__init__()
        self.started: list[SpawnProcess] = []

    def Process(self, *args: Any, **kwargs: Any) -> SpawnProcess:  # type: ignore[override]
        process = SpawnProcess(*args, **kwargs)
        self.started.append(process)
        return process


@contextmanager
def signing_pool(processes: int) -> Iterator[Executor]:
    """A pool of so many processes, 0 meaning one for each core. In the end none is left, whatever state it was in."""
    context = _Tracked()
    pool = ProcessPoolExecutor(
        processes or os.cpu_count() or 1, mp_context=context, initializer=_live_as_long_as_parent
    )
    try:
        yield pool
    finally:
        # Not waited for: a process that was killed in the middle of an answer leaves the pool waiting for the rest.
        pool.shutdown(wait=False, cancel_futures=True)
        for process in context.started:
            process.kill()
            process.join()


def _live_as_long_as_parent() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which ends the pool
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent.sentinel,), daemon=True).start()


def _end_with(sentinel: int) -> None:
    wait([sentinel])
    os._exit(1)
