"""The worker as a process or thread runs it: tick after tick until told to stop."""

import logging
import random
import threading
import time
from dataclasses import dataclass

from anchor.chain import ChainConfig
from anchor.signer import Signer
from anchor.worker.counting import Counts
from anchor.worker.report import DONE, STANDBY, STOPPED, TickReport
from anchor.worker.tick import Connect, Ticker
from registry.store.engine import Store, StoreUnavailable
from registry.store.vault import Vault

MAX_PAUSE_SECONDS = 60.0
"""Longest pause after failures: what a recovered node waits to be noticed."""

BUSY_SHARE = 0.25
"""After something was set in motion the next look comes in this share of the usual pause."""

STALE_TICKS = 3
"""A worker whose last good tick is older than this many pauses, and a minute, is not healthy."""

HUNG_SECONDS = 300.0
"""A tick that has not come to an end for so long never will: all that it waits for has a time limit."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Health:
    """`ok` turns false when good ticks stop, whatever the reason; `alive` only when ticks do not come to an end at all.

    `standby`: another worker holds the lease, which is as good as a good tick.
    """

    ok: bool
    seconds_since_good_tick: float | None
    problem: str
    alive: bool = True
    standby: bool = False


class Worker:
    """Anchors for one contract. Any number may run against one database: the lease lets one of them work."""

    def __init__(
        self, store: Store, config: ChainConfig, operator: Signer, registrar: Signer, *, connect: Connect | None = None,
        vault: Vault | None = None,
    ) -> None:  # fmt: skip
        """With a `vault` the registry's key signs a checkpoint whenever the log has grown."""
        self._config = config
        self._ticker = Ticker(store, config, operator, registrar, connect, vault)
        self._last_good: float | None = None
        self._last_round: float | None = None
        self._standby = False
        self._problem = "no tick yet"
        self.counts = Counts()
        """Since the start of this process; a new object after every tick, so that any thread may read it."""
        self.reorg_depth = 0
        """Blocks that the deepest reorganisation reached which this process saw take an anchor out of its block."""

    def tick(self) -> TickReport:
        """One tick. Raises StoreUnavailable; everything else is in the report."""
        report = self._ticker.tick()
        self.counts = Counts(self.counts + report.counts)
        self.reorg_depth = max(self.reorg_depth, report.reorg_depth)
        self._standby = report.outcome == STANDBY
        if report.outcome == STOPPED:
            self._problem = report.problem
        else:
            self._last_good, self._problem = time.monotonic(), ""
        return report

    def release(self) -> None:
        """Give the lease back, so that another worker need not wait for it to expire."""
        self._ticker.release()

    def run(self, stop: threading.Event) -> None:
        """Tick until `stop` is set; then finish the tick, release the lease and return.

        Nothing ends it but `stop`: whatever fails is logged and tried again, with pauses that grow. It does not wait
        for confirmations: what is in flight is found again by the next start.
        """
        failures = 0
        self._last_round = time.monotonic()
        while not stop.is_set():
            report = self._guarded()
            self._last_round = time.monotonic()
            failures = 0 if report is not None and report.outcome != STOPPED else failures + 1
            stop.wait(self._pause(report, failures))
        try:
            self.release()
        except StoreUnavailable as problem:
            _log.warning("the lease was not released: %s", problem)

    def health(self) -> Health:
        """For a readiness probe in the same process; from outside, look at the cursor's `tick_at`."""
        now = time.monotonic()
        alive = self._last_round is None or now - self._last_round < HUNG_SECONDS
        if self._last_good is None:
            return Health(False, None, self._problem, alive)
        age = now - self._last_good
        ok = age < max(MAX_PAUSE_SECONDS, STALE_TICKS * self._config.tick_seconds)
        return Health(ok, age, self._problem, alive, self._standby)

    def _guarded(self) -> TickReport | None:
        try:
            report = self.tick()
        except StoreUnavailable as problem:
            self._problem = str(problem)
            _log.warning("tick stopped: %s", problem)
            return None
        except Exception as problem:
            # A defect must not end the thread while the process goes on and looks well.
            # By its kind alone, which anybody may read: its text may hold anything.
            self._problem = f"a defect, {type(problem).__name__}; the log has more"
            _log.exception("tick failed")
            return None
        for what, ids in report.events:
            _log.info(what, extra=ids)
        return report

    def _pause(self, report: TickReport | None, failures: int) -> float:
        usual = self._config.tick_seconds
        if failures:
            longer = usual * float(1 << min(failures - 1, 10))
            return min(MAX_PAUSE_SECONDS, longer) * random.uniform(0.5, 1)  # noqa: S311
        return usual * BUSY_SHARE if report is not None and report.outcome == DONE and report.busy else usual
