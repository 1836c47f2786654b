"""Rows 26, 28 to 31: old backups, lost tables, clocks, full disks, signers, threads.

Every story begins with a broadcast that failed for the worker, with and without effect.
"""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest
from sqlalchemy import delete, event, text

from anchor.worker.report import STOPPED
from registry.store.engine import StoreFull, StoreUnavailable
from registry.store.tables import Attempt
from tests.anchor.worker.test_contradictions import keep, put_back
from tests.support.faults import Faults
from tests.support.remote import FINALITY, SEND, RemoteSite
from tests.support.waiting import until

DECADE = 10 * 365 * 86_400


def test_a_backup_from_before_the_signing_finds_its_anchor_on_the_chain(remote: RemoteSite, persisted: bool) -> None:
    remote.seal()
    remote.settle()
    remote.seal()
    copy = keep(remote)  # type: ignore[arg-type]
    remote.lose_a_broadcast(persisted)  # a batch more than in the copy: put in again below
    anchored = persisted
    if anchored:
        remote.mine(FINALITY + 1)
    put_back(remote, copy)  # type: ignore[arg-type]
    assert remote.attempts()[1:] == []
    remote.seal()  # the manifest's batch, sealed as it was
    remote.settle()
    remote.check(3, foreign=True)
    assert len([entry for entry in remote.log() if entry.kind == 1]) == 2


def test_an_empty_attempts_table_is_no_loss(remote: RemoteSite, persisted: bool) -> None:
    for _ in range(3):
        remote.lose_a_broadcast(persisted)
        with remote.view.begin() as session:
            session.execute(delete(Attempt))
        remote.mine()
        remote.worker.tick()
        remote.mine()
        remote.worker.tick()
    remote.settle()
    remote.check(3, foreign=True)
    assert remote.sent() == 3


def test_a_clock_that_jumps_costs_at_most_a_heartbeat(remote: RemoteSite, persisted: bool) -> None:
    right, batches = remote.store.clock, 0
    for jump in (-DECADE, DECADE):
        remote.lose_a_broadcast(persisted)
        remote.store.clock = lambda jump=jump: right() + jump  # type: ignore[misc]
        remote.seal()
        remote.settle()
        remote.store.clock = right
        batches += 2
    remote.seal()
    remote.settle()
    remote.check(batches + 1)
    assert remote.sent() <= batches + 1 + 4


@contextmanager
def full(site: RemoteSite) -> Iterator[None]:
    """Every connection of the worker finds no page more than there are, as when its disk is full."""

    def limit(connection: sqlite3.Connection, *_: object) -> None:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count={pages}")

    def unlimited(connection: sqlite3.Connection, *_: object) -> None:
        connection.execute("PRAGMA max_page_count=1000000000")

    pool = site.store.engine
    event.listen(pool, "checkout", limit)
    try:
        yield
    finally:
        event.remove(pool, "checkout", limit)
        event.listen(pool, "checkout", unlimited)


def test_a_full_disk_stops_the_tick_before_it_sends(remote: RemoteSite, persisted: bool) -> None:
    remote.lose_a_broadcast(persisted)
    batches, refused = 1, 0
    with full(remote):
        while refused < 2 and batches < 40:  # until a table needs a page that is not there
            remote.mine()
            remote.seal()
            batches += 1
            asked, stored = len(remote.proxy.log), len(remote.attempts())
            try:
                remote.worker.tick()
            except StoreFull:
                refused += 1
                assert SEND not in remote.proxy.log[asked:] or len(remote.attempts()) > stored
    assert refused
    remote.settle()
    remote.check(batches)


def test_a_locked_database_stops_the_tick_before_it_sends(remote: RemoteSite, persisted: bool) -> None:
    remote.lose_a_broadcast(persisted)
    asked = len(remote.proxy.log)
    event.listen(remote.store.engine, "checkout", lambda connection, *_: connection.execute("PRAGMA busy_timeout=20"))
    with closing(sqlite3.connect(remote.home / "credanchor.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        for _ in range(3):
            with pytest.raises(StoreUnavailable, match="locked"):
                remote.worker.tick()
    assert remote.proxy.log[asked:] == []
    remote.settle()
    remote.check(1)


def test_a_signer_that_fails_signs_later(remote: RemoteSite, persisted: bool) -> None:
    remote.lose_a_broadcast(persisted)
    for _ in range(2):
        remote.mine()
        remote.worker.tick()
    remote.seal()
    for moment in ("before", "after"):
        remote.faults.mode = f"error {moment}"
        remote.faults.enter = lambda name, moment=moment: moment if name == "sign" else ""  # type: ignore[method-assign, misc]
        assert remote.worker.tick().outcome == STOPPED
        assert remote.states()[-1] == "sealed"
        assert remote.alarms() == {"signer-trouble"}
    remote.faults.enter = lambda _name: ""  # type: ignore[method-assign]
    remote.settle()
    remote.check(2)
    assert remote.alarms() == set()


def test_a_defect_in_the_loop_does_not_end_it(remote: RemoteSite, persisted: bool) -> None:
    remote.seal()
    broken: list[str] = []

    def tamper(method: str, _params: object, ask: object) -> object:
        return ask()  # type: ignore[operator]

    inner = remote.faults

    class Defect(Faults):
        def enter(self, name: str) -> str:
            if name == "commit" and SEND in remote.proxy.log and len(broken) < 2:
                broken.append(name)
                raise ZeroDivisionError("a defect")
            return inner.enter(name)

    remote.store.faults = Defect()
    remote.proxy.tamper = (
        tamper if persisted else lambda m, _p, ask: "0x" + "00" * 32 if m == SEND and not broken else ask()
    )
    stop = threading.Event()
    thread = threading.Thread(target=remote.worker.run, args=(stop,))
    thread.start()
    try:
        until(lambda: len(broken) == 2)
        until(lambda: remote.pooled(remote.attempts()[0]))
        assert thread.is_alive()
    finally:
        stop.set()
        thread.join()
    remote.settle()
    remote.check(1)


def test_the_tables_of_what_was_seen_may_all_be_lost(remote: RemoteSite, persisted: bool) -> None:
    remote.seal()
    remote.settle()
    remote.lose_a_broadcast(persisted)
    remote.mine()
    remote.worker.tick()
    with remote.view.begin() as session:
        for table in ("attempt", "anchored", "cursor", "alarm", "standing", "readings", "lease"):
            session.execute(text(f"DELETE FROM {table}"))
    remote.worker = remote.rival()
    remote.settle()
    remote.check(2, foreign=True)
