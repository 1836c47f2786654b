"""Rows 1 to 3, 25: processes that are killed, frozen or told to stop at any request of a tick; several at once."""

import os
import signal
import threading
from typing import Any

import pytest
from sqlalchemy import text

from anchor.worker.report import DONE
from registry.store import anchoring, observing, registering
from tests.support import mortal
from tests.support.proxy import Trouble
from tests.support.remote import SEND, RemoteSite
from tests.support.waiting import until

PATIENCE = 60


def lease_is_free(site: RemoteSite) -> bool:
    with site.view.read() as session:
        return session.scalars(text("SELECT expires FROM lease WHERE name = 'anchor'")).one() == 0


def test_a_process_killed_at_any_request_leaves_nothing_that_the_next_one_does_not_find(
    remote: RemoteSite, persisted: bool
) -> None:
    places = 0
    while True:
        remote.seal()
        process = mortal.start(remote.database, remote.config, remote.proxied)
        asked = iter(range(1000))

        def kill(_methods: list[str], pid: int = process.pid, asked: Any = asked, place: int = places) -> Any:
            if next(asked) != place:
                return None
            os.kill(pid, signal.SIGKILL)
            return Trouble("reset", persisted)

        remote.proxy.trouble = kill
        process.join(PATIENCE)
        remote.calm()
        remote.expire_lease()
        if process.exitcode == 0:
            break  # it had fewer requests than that
        assert process.exitcode == -signal.SIGKILL
        places += 1
        remote.worker.tick()  # another process goes on
        remote.mine()
        assert remote.worker.tick().anchors == places
        remote.worker.release()
    assert places >= 5
    remote.settle()
    remote.check(places + 1)


def test_a_process_told_to_stop_at_any_kind_of_request_ends_its_tick_and_gives_the_lease_back(
    remote: RemoteSite, persisted: bool
) -> None:
    methods = ("eth_chainId", "eth_getLogs", "eth_estimateGas", SEND)
    for method in methods:
        remote.seal()
        process = mortal.start(remote.database, remote.config, remote.proxied, loop=True)

        def stop(asked: list[str], pid: int = process.pid, method: str = method) -> Any:
            if method not in asked:
                return None
            os.kill(pid, signal.SIGTERM)
            return Trouble("reset", persisted) if method == SEND else None

        remote.proxy.trouble = stop
        process.join(PATIENCE)
        remote.calm()
        assert process.exitcode == 0
        assert lease_is_free(remote)
        assert remote.states()[-1] == "signed"
        assert remote.worker.tick().outcome == DONE
        remote.mine()
        remote.worker.tick()
        remote.worker.release()
    remote.settle()
    remote.check(len(methods))


def test_a_process_frozen_in_its_broadcast_stands_back_when_it_wakes(remote: RemoteSite, persisted: bool) -> None:
    remote.seal()
    frozen, thawed = threading.Event(), threading.Event()
    process = mortal.start(remote.database, remote.config, remote.proxied)

    def freeze(methods: list[str]) -> Trouble | None:
        if SEND in methods and not frozen.is_set():
            os.kill(process.pid, signal.SIGSTOP)
            frozen.set()
            if not persisted:
                thawed.wait(PATIENCE)  # the request arrives when all is over
        return None

    remote.proxy.trouble = freeze
    assert frozen.wait(PATIENCE)
    if persisted:
        until(lambda: remote.pooled(remote.attempts()[0]))
    remote.expire_lease()
    remote.settle()
    os.kill(process.pid, signal.SIGCONT)
    thawed.set()
    process.join(PATIENCE)
    assert process.exitcode == 0
    remote.seal()
    remote.settle()
    remote.check(2)


def test_several_workers_with_the_lease_broken_anchor_nothing_twice(
    remote: RemoteSite, persisted: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (anchoring, observing, registering):
        monkeypatch.setattr(module, "fence", lambda _session, _held: None)
    crowd = [remote.rival() for _ in range(3)]
    batches = 0
    for workers in (2, 3):
        for turn in range(2 * workers):
            if turn % 2 == 0:
                remote.seal()
                batches += 1
            remote.proxy.trouble = lambda methods: Trouble("reset", persisted) if SEND in methods else None
            for place, worker in enumerate(crowd[:workers]):
                if place == workers - 1:
                    remote.calm()
                remote.expire_lease()
                assert worker.tick().outcome == DONE
                if place == turn % workers:
                    remote.mine()
    remote.expire_lease()
    remote.settle()
    remote.check(batches)
