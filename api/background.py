"""The work that goes on behind the API: sealing batches, anchoring them, tidying up; each in a thread of its own.

A thread that fails is logged and starts again after a pause: the work is a function of database and chain, so starting
again is the normal way on, and a node that is down for an hour must not end the process that serves verifiers.
"""

import logging
import threading
import time
from collections.abc import Callable

from api import chains, contexts, datadir, signers
from api.pool import process_pool
from api.settings import Settings
from registry.store.engine import Store, StoreUnavailable
from registry.store.sealing import Sealer
from registry.store.vault import Vault

log = logging.getLogger("credanchor.background")

SEAL_PAUSE_SECONDS = 0.2
"""Between two looks for a batch to seal: one cheap query, and the first delay an issuer sees."""

RETRY_SECONDS = 2.0
"""Before a thread that failed starts again."""

TIDY_SECONDS = 3600.0
"""Between two rounds of forgetting old idempotency keys, which may hold personal data."""

SCRUB_SECONDS = 24 * 3600.0
"""Between two rewritings of SQLite's file, for erasures that left copies in a file too large to rewrite each time."""

STOP_SECONDS = 30.0
"""How long `stop` waits for a thread: a tick with slow nodes takes that long."""


class Background:
    """Threads that run until `stop`. `jobs` are called again and again with the event that tells them to end."""

    def __init__(self, at_end: Callable[[], None] = lambda: None) -> None:
        self._at_end = at_end
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []

    def start(self, name: str, job: Callable[[threading.Event], None]) -> None:
        """Run `job` in a thread; it should return when the event is set."""
        thread = threading.Thread(target=self._keep, args=(name, job), name=name, daemon=True)
        self._threads.append(thread)
        thread.start()

    def stop(self) -> None:
        """Ask all to end, and wait for them."""
        self._stop.set()
        for thread in self._threads:
            thread.join(STOP_SECONDS)
        self._at_end()

    def _keep(self, name: str, job: Callable[[threading.Event], None]) -> None:
        while not self._stop.is_set():
            try:
                job(self._stop)
            except Exception:
                # Whatever it was, it must not end the process; the log has it, and /readyz sees a worker that is late.
                log.exception("%s failed and starts again in %g s", name, RETRY_SECONDS)
                self._stop.wait(RETRY_SECONDS)


def sealing(store: Store, vault: Vault, processes: int) -> Callable[[threading.Event], None]:
    """Seal batches as they come, large ones with `processes` processes."""

    def job(stop: threading.Event) -> None:
        with process_pool(processes) as pool:  # a new one when a process of it died
            sealer = Sealer(store, vault, pool)
            while not stop.is_set():
                if not sealer.seal_next():
                    stop.wait(SEAL_PAUSE_SECONDS)

    return job


def tidying(store: Store) -> Callable[[threading.Event], None]:
    """Forget what need not be remembered, and leave no copy of what was erased."""
    from registry.store.idempotency import forget_old

    due = time.monotonic()

    def job(stop: threading.Event) -> None:
        nonlocal due
        while not stop.is_set():
            forget_old(store)
            # Where others are in the way it is tried again with the next round.
            if time.monotonic() >= due and _scrubbed(store):
                due = time.monotonic() + SCRUB_SECONDS
            stop.wait(TIDY_SECONDS)

    return job


def _scrubbed(store: Store) -> bool:
    from registry.store.erasure import scrub

    try:
        return scrub(store)
    except StoreUnavailable as busy:
        log.info("Erased data may still have copies in the database's file: %s", busy)
        return False


def anchoring(settings: Settings, store: Store) -> Callable[[threading.Event], None]:
    """Bring sealed batches, keys and issuers to the chain."""
    from anchor.worker import Worker

    deployment = datadir.Deployment.load(settings.deployment)
    if deployment is None:
        raise datadir.DataDirError("There is no contract on the chain yet", "Run `credanchor deploy` first")
    config = chains.config(settings, deployment)
    operator, registrar = signers.signer(settings, "operator"), signers.signer(settings, "registrar")
    return Worker(store, config, operator, registrar).run


def start(settings: Settings) -> Background:
    """Everything that goes on behind the API, on a database connection of its own, until `stop`.

    Raises FormatError context.* where an added context is not what its pin says.
    """
    contexts.use(settings)
    store = Store(settings.database)
    work = Background(at_end=store.close)
    work.start("sealing", sealing(store, Vault.from_file(settings.master_key), settings.signing_processes))
    work.start("anchoring", anchoring(settings, store))
    work.start("tidying", tidying(store))
    return work
