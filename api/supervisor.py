"""Threads that work until they are told to stop, and of which none ends unseen.

A thread that fails, whatever by, is logged and starts again after a pause. One that died all the same, so that nothing
of it could run any more, is started anew by `revive`; until then `parts` says so, and with it /livez.
"""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from anchor.worker import Worker

log = logging.getLogger("credanchor.background")

RETRY_SECONDS = 2.0
"""Before a thread that failed starts again."""

STOP_SECONDS = 30.0
"""How long `stop` waits for a thread: a tick with slow nodes takes that long."""

Job = Callable[[threading.Event], None]


@dataclass
class Part:
    """One thread: `restarts` since the start of the process, and what ended it the last time, by its kind."""

    name: str
    job: Job
    thread: threading.Thread
    restarts: int = 0
    problem: str = ""

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self.thread.is_alive()


class Background:
    """Threads that run until `stop`. `jobs` are called again and again with the event that tells them to end."""

    def __init__(self, at_end: Callable[[], None] = lambda: None) -> None:
        self._at_end = at_end
        self._stop = threading.Event()
        self._parts: dict[str, Part] = {}
        self.worker: Worker | None = None
        """The anchoring worker among the jobs, for its health and its counts."""

    def start(self, name: str, job: Job) -> None:
        """Run `job` in a thread; it should return when the event is set."""
        part = Part(name, job, threading.Thread())
        self._parts[name] = part
        self._run(part)

    def parts(self) -> list[Part]:
        """All threads, as they are now."""
        return list(self._parts.values())

    def revive(self) -> None:
        """Start anew what died without a chance to start again by itself."""
        for part in self.parts():
            if not part.alive and not self._stop.is_set():
                part.restarts += 1
                part.problem = part.problem or "its thread died"
                log.error("%s: the thread is dead and starts again", part.name)
                self._run(part)

    def stop(self) -> None:
        """Ask all to end, and wait for them."""
        self._stop.set()
        for part in self.parts():
            part.thread.join(STOP_SECONDS)
        self._at_end()

    def _run(self, part: Part) -> None:
        part.thread = threading.Thread(target=self._keep, args=(part,), name=part.name, daemon=True)
        part.thread.start()

    def _keep(self, part: Part) -> None:
        while not self._stop.is_set():
            try:
                part.job(self._stop)
                part.problem = "it ended by itself"
            except BaseException as error:  # also what is meant to end a process: it would end this thread alone
                part.problem = type(error).__name__
                log.exception("%s failed and starts again in %g s", part.name, RETRY_SECONDS)
            if not self._stop.is_set():
                part.restarts += 1
                self._stop.wait(RETRY_SECONDS)
