"""Processes that sign or verify, one for each core: Python does that in one thread at a time.

They start with the first work. Each ends with the process that started it, even when that was killed.
"""

import itertools
import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing.connection import wait
from multiprocessing.context import SpawnContext, SpawnProcess
from typing import Any, TypeVar

T = TypeVar("T")
R = TypeVar("R")

TASK = 32
"""Items that are sent to a process at once: long enough to be worth sending, short enough to spread evenly."""

AHEAD = 3
"""Tasks for each process that are sent before the result of the first is taken."""


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
def process_pool(processes: int) -> Iterator[Executor]:
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


def spread(
    function: Callable[[T], R], items: Iterable[T], *, pool: Executor, processes: int, task: int = TASK
) -> Iterator[R]:
    """`function` of every item, in the order of the items; `function` and all results must pickle.

    Only so many items are on their way that all processes are busy: what waits takes no memory. Raises what `function`
    raises, in its place.
    """
    waiting: deque[Future[list[R]]] = deque()
    tasks = iter(items)
    while True:
        while len(waiting) < AHEAD * processes and (batch := tuple(itertools.islice(tasks, task))):
            waiting.append(pool.submit(_each, function, batch))
        if not waiting:
            return
        yield from waiting.popleft().result()


def _each(function: Callable[[T], R], items: Sequence[T]) -> list[R]:
    return [function(item) for item in items]
