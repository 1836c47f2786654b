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

from registry.rdfc import canonizer

T = TypeVar("T")
R = TypeVar("R")

TASK = 32
"""Items that are sent to a process at once: long enough to be worth sending, short enough to spread evenly."""

AHEAD = 3
"""Tasks for each process that are sent before the result of the first is taken."""


class _Undisturbed(SpawnProcess):
    """Hears no Ctrl-C, from its first moment on: that is for the parent, which ends the pool."""

    def start(self) -> None:
        blocked = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # a new process inherits it
        try:
            super().start()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, blocked)


class _Tracked(SpawnContext):
    """Starts processes and remembers them. Not by forking: a copy of this process could wait for its threads' locks."""

    def __init__(self) -> None:
        super().__init__()
        self.started: list[SpawnProcess] = []

    def Process(self, *args: Any, **kwargs: Any) -> SpawnProcess:  # type: ignore[override]
        process = _Undisturbed(*args, **kwargs)
        self.started.append(process)
        return process


def cores() -> int:
    """Processes that can work at the same time."""
    return os.cpu_count() or 1


@contextmanager
def process_pool(processes: int, prepare: Callable[..., None] | None = None, *arguments: Any) -> Iterator[Executor]:
    """A pool of so many processes, 0 meaning one for each core. In the end none is left, whatever state it was in.

    Each knows the contexts that this one has added and begins with `prepare(*arguments)`; what can only be sent to
    a new process, as pipes and locks, goes there.
    """
    context = _Tracked()
    pool = ProcessPoolExecutor(
        processes or cores(), mp_context=context, initializer=_begin, initargs=(canonizer.added(), prepare, arguments)
    )
    try:
        yield pool
    finally:
        # Not waited for: a process that was killed in the middle of an answer leaves the pool waiting for the rest.
        pool.shutdown(wait=False, cancel_futures=True)
        for process in context.started:
            if process.pid is not None:  # else it could not even start
                process.kill()
                process.join()


def _begin(contexts: dict[str, Any], prepare: Callable[..., None] | None, arguments: tuple[Any, ...]) -> None:
    _live_as_long_as_parent()
    if contexts:
        canonizer.add(contexts)
    if prepare is not None:
        prepare(*arguments)


def _live_as_long_as_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent.sentinel,), daemon=True).start()


def _end_with(sentinel: int) -> None:
    wait([sentinel])
    os._exit(1)


def spread(function: Callable[[T], R], items: Iterable[T], pool: Executor) -> Iterator[R]:
    """`function` of every item, in the order of the items, by a pool with a process for each core; all must pickle.

    Only so many items are on their way that all processes are busy: what waits takes no memory. Raises what `function`
    raises, in its place.
    """
    waiting: deque[Future[list[R]]] = deque()
    tasks = iter(items)
    while True:
        while len(waiting) < AHEAD * cores() and (task := tuple(itertools.islice(tasks, TASK))):
            waiting.append(pool.submit(_each, function, task))
        if not waiting:
            return
        yield from waiting.popleft().result()


def _each(function: Callable[[T], R], items: Sequence[T]) -> list[R]:
    return [function(item) for item in items]
