"""The crash test: every step that leaves the process fails once, without effect and with it; all comes out right."""

import shutil
from pathlib import Path

import pytest

from anchor.chain import ChainConfig
from registry.store.engine import StoreUnavailable
from tests.support.faults import Crash, Faults
from tests.support.worksite import Site, copy_site

BATCHES = 2
LIMIT = 14


def drive(site: Site) -> None:
    """Two batches to the end, from whatever state: the second is sealed when the first is seen on the chain."""
    for _ in range(LIMIT):
        states = site.states()
        if len(states) < BATCHES and set(states) <= {"included", "final"}:
            site.seal()
        elif len(states) == BATCHES and set(states) == {"final"}:
            return
        try:
            site.worker.tick()
        except StoreUnavailable:
            assert site.faults.mode.startswith("error")
        site.mine()
    raise AssertionError(f"not finished: {site.states()}, {site.worker.tick()}")


def run(template: tuple[Path, ChainConfig], home: Path, faults: Faults) -> list[str]:
    """One whole story with one fault; returns the steps it took up to there."""
    site = copy_site(*template, home, faults)
    try:
        drive(site)
    except Crash:
        trace = faults.trace
        site.restart()
        drive(site)
    else:
        trace = faults.trace
    site.check(BATCHES)
    site.close()
    shutil.rmtree(home)
    return trace


def steps_of_a_clean_run(template: tuple[Path, ChainConfig], home: Path) -> list[str]:
    """What leaves the process when nothing fails; a step that is missing here would go untested."""
    trace = run(template, home, Faults())
    assert trace.count("eth_sendRawTransaction") == BATCHES
    assert trace.count("sign") == BATCHES
    assert trace.count("commit") >= 5 * BATCHES  # lease, TX1, TX2, answer, TX3
    # What is signed is committed before it is sent, each time.
    for place in (place for place, step in enumerate(trace) if step == "eth_sendRawTransaction"):
        assert trace[place - 2 : place] == ["sign", "commit"]
    return trace


@pytest.mark.parametrize("mode", ["crash before", "crash after"])
def test_a_crash_at_any_step_loses_nothing_and_anchors_nothing_twice(
    template: tuple[Path, ChainConfig], tmp_path: Path, mode: str
) -> None:
    steps = steps_of_a_clean_run(template, tmp_path / "clean")
    crashed = 0
    for place, step in enumerate(steps):
        faults = Faults(place, mode)
        assert run(template, tmp_path / f"run-{place}", faults) == steps[: place + 1], step
        crashed += 1
    print(f"{crashed} runs with a {mode} one of {len(steps)} steps")
    assert crashed == len(steps) > 40


@pytest.mark.parametrize("mode", ["error before", "error after"])
def test_a_lost_request_or_answer_at_any_step_loses_nothing_and_anchors_nothing_twice(
    template: tuple[Path, ChainConfig], tmp_path: Path, mode: str
) -> None:
    steps = steps_of_a_clean_run(template, tmp_path / "clean")
    # The process lives on. Transactions that fail are left to the crash runs: the next tick does the same as a restart.
    places = [place for place, step in enumerate(steps) if step.startswith("eth_") or step == "sign"]
    for place in places:
        run(template, tmp_path / f"run-{place}", Faults(place, mode))
    print(f"{len(places)} runs with an {mode} one of {len(steps)} steps")
    assert len(places) > 15
