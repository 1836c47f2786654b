"""The worker's loop: nothing ends it but being told to; what goes wrong is logged, shown, and tried again."""

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import text

from anchor.errors import Unreachable
from anchor.worker import Worker, loop
from anchor.worker.report import DONE, STANDBY
from tests.support.faults import Crash
from tests.support.waiting import until
from tests.support.worksite import Site

Ask = Callable[[], Any]


def at(site: Site, method: str, act: Callable[[int], None]) -> None:
    """Do `act(n)` before the n-th question of a kind is answered."""
    asked = iter(range(1, 10_000))

    def tamper(name: str, _params: Sequence[Any], ask: Ask) -> Any:
        if name == method:
            act(next(asked))
        return ask()

    site.rpc.tamper = tamper


def lease_is_free(site: Site) -> bool:
    """Whether another worker may take over now."""
    with site.view.read() as session:
        return session.scalars(text("SELECT expires FROM lease WHERE name = 'anchor'")).one() == 0


@contextmanager
def running(worker: Worker) -> Iterator[threading.Event]:
    """The loop in a thread, as `credanchor serve` runs it."""
    stop = threading.Event()
    thread = threading.Thread(target=worker.run, args=(stop,))
    thread.start()
    try:
        yield stop
    finally:
        stop.set()
        thread.join(30)
        assert not thread.is_alive()


def test_the_loop_brings_a_batch_to_the_end_and_stops_when_told(site: Site) -> None:
    site.seal()
    with running(site.worker):
        until(lambda: site.states() == ["signed"])
        site.mine()
        until(lambda: site.states() == ["included"])
        assert not lease_is_free(site)
        site.mine()
        until(lambda: site.states() == ["final"])
    assert lease_is_free(site)
    site.check(1)


@pytest.mark.parametrize("method", ["eth_chainId", "eth_getLogs", "eth_estimateGas", "eth_sendRawTransaction"])
def test_a_stop_in_the_middle_of_a_tick_lets_it_finish_and_releases_the_lease(site: Site, method: str) -> None:
    site.seal()
    stop = threading.Event()
    at(site, method, lambda _: stop.set())
    site.worker.run(stop)
    assert site.rpc.log.count("eth_chainId") == 1
    assert site.rpc.log[-1] == "eth_sendRawTransaction"  # the tick's last step
    [attempt] = site.attempts()
    assert (site.states(), attempt.last_answer) == (["signed"], "accepted")
    assert lease_is_free(site)
    site.worker = site.rival()
    assert site.worker.tick().outcome == DONE  # at once
    site.settle()
    site.check(1)


def test_a_loop_that_is_told_to_stop_before_it_starts_asks_nothing(site: Site) -> None:
    stop = threading.Event()
    stop.set()
    site.worker.run(stop)
    assert site.rpc.log == []


@pytest.mark.parametrize("step", ["commit", "read"])
def test_the_loop_survives_a_database_that_does_not_answer(
    site: Site, step: str, caplog: pytest.LogCaptureFixture
) -> None:
    site.seal()
    stop = threading.Event()
    healths: list[loop.Health] = []
    broken = 3
    inner = site.faults.enter

    def enter(name: str) -> str:
        nonlocal broken
        inner(name)
        if name == step and broken:
            broken -= 1
            healths.append(site.worker.health())
            return "before"
        return ""

    site.faults.mode = "error before"
    site.faults.enter = enter  # type: ignore[method-assign]
    at(site, "eth_sendRawTransaction", lambda _: stop.set())
    site.worker.run(stop)
    assert broken == 0
    assert site.states() == ["signed"]
    assert "The database is not available: test" in healths[-1].problem
    assert not healths[-1].ok
    assert "tick stopped: The database is not available" in caplog.text
    assert site.worker.health().ok
    assert lease_is_free(site)


def test_the_loop_survives_a_defect_and_health_tells_of_it(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    site.seal()
    stop = threading.Event()
    healths: list[loop.Health] = []

    def break_twice(number: int) -> None:
        healths.append(site.worker.health())
        if number <= 2:
            raise ZeroDivisionError("a defect")
        stop.set()

    at(site, "eth_getLogs", break_twice)
    site.worker.run(stop)
    said = "a defect, ZeroDivisionError; the log has more"
    assert [health.problem for health in healths] == ["no tick yet", said, said]
    assert not any(health.ok for health in healths)
    failed = [record for record in caplog.records if record.message == "tick failed"]
    assert len(failed) == 2
    assert all(record.levelno == logging.ERROR and record.exc_info for record in failed)
    assert (site.worker.health().ok, site.worker.health().problem) == (True, "")
    assert site.states() == ["signed"]


def test_what_is_not_an_error_ends_the_loop(site: Site) -> None:
    def die(_number: int) -> None:
        raise Crash

    at(site, "eth_chainId", die)
    with pytest.raises(Crash):
        site.worker.run(threading.Event())


def test_health_is_about_the_last_good_tick(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr(loop.time, "monotonic", lambda: now)
    assert site.worker.health() == loop.Health(False, None, "no tick yet")
    site.worker.tick()
    assert site.worker.health() == loop.Health(True, 0.0, "")

    def down(method: str, _params: Sequence[Any], _ask: Ask) -> Any:
        raise Unreachable("http://node", "test")

    site.rpc.tamper = down
    now += loop.MAX_PAUSE_SECONDS - 1
    site.worker.tick()
    health = site.worker.health()
    assert (health.ok, health.seconds_since_good_tick) == (True, loop.MAX_PAUSE_SECONDS - 1)
    assert "http://node" in health.problem
    now += 1
    site.worker.tick()
    assert not site.worker.health().ok
    site.rpc.tamper = lambda method, params, ask: ask()
    site.worker.tick()
    assert site.worker.health() == loop.Health(True, 0.0, "")


def test_a_worker_without_the_lease_is_well_and_waits(site: Site) -> None:
    site.worker.tick()
    rival = site.rival()
    assert rival.tick().outcome == STANDBY
    assert rival.health().ok
    stop = threading.Event()
    asked = len(site.rpc.log)
    seen: list[str] = []
    inner = rival.tick

    def tick() -> Any:
        report = inner()
        seen.append(report.outcome)
        if len(seen) == 3:
            site.worker.release()
        if report.outcome == DONE:
            stop.set()
        return report

    rival.tick = tick  # type: ignore[method-assign]
    rival.run(stop)
    assert seen == [STANDBY] * 3 + [DONE]
    assert len(site.rpc.log) > asked


def test_a_lease_that_cannot_be_released_does_not_keep_the_loop_from_ending(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    stop = threading.Event()
    inner = site.faults.enter

    def enter(name: str) -> str:
        inner(name)
        return "before" if stop.is_set() and name == "commit" else ""

    site.faults.mode = "error before"
    site.faults.enter = enter  # type: ignore[method-assign]
    at(site, "eth_maxPriorityFeePerGas", lambda _: stop.set())
    site.worker.run(stop)
    assert "the lease was not released" in caplog.text
    assert not lease_is_free(site)
