"""The work that goes on behind the API: sealing batches, anchoring them, tidying up; each in a thread of its own.

A thread that fails starts again after a pause (supervisor.py): its work is a function of database and chain, so that is
the normal way on, and a node that is down for an hour must not end the process that serves verifiers.
"""

import logging
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from api import chains, contexts, datadir, signers
from api.alerts import alerting
from api.pool import process_pool
from api.settings import Settings
from api.supervisor import Background
from registry.store.engine import Store, StoreUnavailable
from registry.store.sealing import Sealer
from registry.store.signers import require_master_key
from registry.store.vault import Vault

if TYPE_CHECKING:
    from anchor.worker import Worker

log = logging.getLogger("credanchor.background")

SEAL_PAUSE_SECONDS = 0.2
"""Between two looks for a batch to seal: one cheap query, and the first delay an issuer sees."""

TIDY_SECONDS = 3600.0
"""Between two rounds of forgetting old idempotency keys, which may hold personal data."""

SCRUB_SECONDS = 24 * 3600.0
"""Between two rewritings of SQLite's file, for erasures that left copies in a file too large to rewrite each time."""


def sealing(store: Store, vault: Vault, processes: int, anchor_within: int) -> Callable[[threading.Event], None]:
    """Seal batches as they come, large ones with `processes` processes.

    Each batch is promised to be anchored `anchor_within` seconds later.
    """

    def job(stop: threading.Event) -> None:
        with process_pool(processes) as pool:  # a new one when a process of it died
            sealer = Sealer(store, vault, pool, anchor_within=anchor_within)
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


def anchoring(settings: Settings, store: Store, vault: Vault | None = None) -> "Worker":
    """What brings sealed batches, keys and issuers to the chain. Raises DataDirError without a contract."""
    from anchor.worker import Worker

    deployment = datadir.Deployment.load(settings.deployment)
    if deployment is None:
        raise datadir.DataDirError("There is no contract on the chain yet", "Run `credanchor deploy` first")
    config = chains.config(settings, deployment)
    operator, registrar = signers.signer(settings, "operator"), signers.signer(settings, "registrar")
    return Worker(store, config, operator, registrar, vault=vault)


def start(settings: Settings) -> Background:
    """Everything that goes on behind the API, on a database connection of its own, until `stop`.

    Raises SecretError when the master key is missing or not the registry's, DataDirError without a contract, and
    FormatError context.* where an added context is not what its pin says.
    """
    contexts.use(settings)
    vault = Vault.from_file(settings.master_key)
    store = Store(settings.database)
    with suppress(StoreUnavailable):  # a database that starts later is waited for, by each thread
        require_master_key(store, vault)
    work = Background(at_end=store.close)
    work.worker = anchoring(settings, store, vault)
    work.start("sealing", sealing(store, vault, settings.signing_processes, settings.anchor_within))
    work.start("anchoring", work.worker.run)
    work.start("tidying", tidying(store))
    work.start("alerting", alerting(settings, store, work))
    return work
