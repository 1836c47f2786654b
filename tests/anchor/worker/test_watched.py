"""The worker as the process around it sees it: a thread that cannot die unseen, probes that tell the truth, metrics."""

import logging
import re
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
from starlette.testclient import TestClient

from anchor.errors import Unreachable
from anchor.worker import loop
from api import supervisor
from api.exposition import Exposition
from api.metrics import render
from api.monitor import create_monitor
from api.services import Services
from api.settings import Settings
from api.supervisor import Background
from registry.store.alarms import KINDS
from tests.support.lies import answers, honest
from tests.support.market import balance, base_fee, full_block
from tests.support.waiting import until
from tests.support.worksite import OPERATOR, Site

LINE = re.compile(r'credanchor_[a-z_]+(\{[a-z]+="[^"\\\n]*"(,[a-z]+="[^"\\\n]*")*\})? -?[0-9.e+]+')
HEAD = re.compile(
    r"# (HELP credanchor_[a-z_]+ [A-Z].*\.|TYPE credanchor_[a-z_]+ (gauge|counter|summary))|# HELP .*: page\."
)


def services(site: Site, work: Background) -> Services:
    found = Services(Settings(data_dir=site.home), site.view)
    found.work = work
    return found


def idle() -> Background:
    return Background()


@contextmanager
def anchoring(site: Site, monkeypatch: pytest.MonkeyPatch) -> Iterator[Background]:
    """The site's worker in a thread that is kept running."""
    monkeypatch.setattr(supervisor, "RETRY_SECONDS", 0.01)
    work = idle()
    work.worker = site.worker
    work.start("anchoring", site.worker.run)
    try:
        yield work
    finally:
        work.stop()


def kill(site: Site) -> None:
    """What no `except Exception` stops, in the middle of the next tick."""

    def die(_method: str, _params: Sequence[Any], _ask: Callable[[], Any]) -> Any:
        site.rpc.tamper = honest
        raise SystemExit

    site.rpc.tamper = die


def samples(text: str) -> dict[str, float]:
    """Every sample by its name with labels; each line must be of the format, each name once."""
    found: dict[str, float] = {}
    for line in text.splitlines():
        if line.startswith("#"):
            assert HEAD.fullmatch(line), line
            continue
        assert LINE.fullmatch(line), line
        name, _, value = line.rpartition(" ")
        assert name not in found
        found[name.removeprefix("credanchor_")] = float(value)
    return found


def test_a_killed_worker_thread_starts_again_and_goes_on_where_it_was(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.seal()
    with anchoring(site, monkeypatch) as work:
        until(lambda: site.states() == ["signed"])
        [part] = work.parts()
        kill(site)
        until(lambda: part.restarts == 1)
        assert (part.alive, part.problem) == (True, "SystemExit")
        site.mine(2)
        until(lambda: site.states() == ["final"])
        assert samples(render(site.view, work))['thread_restarts_total{thread="anchoring"}'] == 1
    site.check(1)


class Deadly(logging.Handler):
    """Kills whoever logs that a thread failed: then nothing of that thread can start it again."""

    def emit(self, record: logging.LogRecord) -> None:
        if "failed and starts again" in record.getMessage():
            raise SystemExit


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_thread_that_is_dead_for_good_makes_the_process_unwell_by_name_until_it_is_revived(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    deadly = Deadly()
    with anchoring(site, monkeypatch) as work, TestClient(create_monitor(services(site, work))) as probe:
        [part] = work.parts()
        until(lambda: site.worker.health().ok)
        assert probe.get("/livez").status_code == 200
        supervisor.log.addHandler(deadly)
        try:
            kill(site)
            until(lambda: not part.alive)
        finally:
            supervisor.log.removeHandler(deadly)
        for path in ("/livez", "/readyz"):
            answer = probe.get(path)
            assert answer.status_code == 503
            assert answer.json()["checks"]["threads"] == {"ok": False, "detail": "dead: anchoring (SystemExit)"}
        work.revive()
        assert probe.get("/livez").status_code == 200
        assert part.restarts == 1


def test_a_job_that_returns_by_itself_is_started_again_and_not_in_a_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []
    work = idle()
    monkeypatch.setattr(work._stop, "wait", lambda seconds: waits.append(seconds) or time.sleep(0.001))
    work.start("hasty", lambda _stop: None)
    until(lambda: len(waits) >= 3)
    assert work.parts()[0].problem == "it ended by itself"
    work.stop()
    assert set(waits) == {supervisor.RETRY_SECONDS}


def test_old_good_ticks_make_it_unready_and_only_a_tick_without_end_makes_it_unwell(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1000.0
    monkeypatch.setattr(loop.time, "monotonic", lambda: now)
    work = idle()
    work.worker = site.worker
    probe = TestClient(create_monitor(services(site, work)))

    def seen() -> tuple[int, bool]:
        worker = probe.get("/readyz").json()["checks"]["worker"]
        assert worker["ok"] or "`credanchor status` says why" in worker["detail"]
        return probe.get("/livez").status_code, worker["ok"]

    assert seen() == (200, False)  # not yet
    stop = threading.Event()
    site.rpc.tamper = lambda method, params, ask: (stop.set(), ask())[1]
    site.worker.run(stop)
    assert seen() == (200, True)
    site.rpc.tamper = answers({"eth_chainId": Unreachable("http://node", "down")})
    now += loop.MAX_PAUSE_SECONDS
    site.worker.tick()
    assert seen() == (200, False)
    assert "http://node" not in probe.get("/readyz").text
    now += loop.HUNG_SECONDS
    assert seen() == (503, False)
    site.rpc.tamper = honest
    site.worker.tick()
    assert seen()[1]


def test_a_worker_that_stands_by_is_ready_and_says_so(site: Site) -> None:
    site.worker.tick()
    work = idle()
    work.worker = site.rival()
    work.worker.tick()
    checks = TestClient(create_monitor(services(site, work))).get("/readyz").json()["checks"]
    assert checks["worker"] == {"ok": True, "detail": "stands by: another worker holds the lease"}
    assert samples(render(site.view, work))["worker_leader"] == 0


def test_metrics_say_what_happened_on_the_chain_and_in_the_process(site: Site) -> None:
    work = idle()
    work.worker = site.worker = site.rival(max_fee_gwei=3)
    site.seal()
    site.rpc.tamper = answers({"eth_getLogs": Unreachable("https://node.example/k3y", "down")})
    site.worker.tick()
    site.rpc.tamper = honest
    site.worker.tick()
    for _ in range(5):
        full_block(site)
        site.worker.tick()
    found = samples(render(site.view, work))
    assert found['rpc_errors_total{provider="0",method="batch"}'] == 1
    assert found["gas_bumps_total"] == 1
    assert found['broadcast_total{result="accepted"}'] == 2
    assert found['broadcast_total{result="known"}'] == 4
    assert found['ticks_total{outcome="stopped"}'] == 1
    assert found['batches{state="submitted"}'] == found["pending_batches"] == 1
    assert found["basefee_wei"] == base_fee(site)
    assert found["balance_wei"] == float(balance(site, OPERATOR))
    assert (found["current_nonce"], found["fee_cap_wei"], found["worker_leader"]) == (0, 3 * 10**9, 1)
    site.settle()
    site.worker.tick()
    found = samples(render(site.view, work))
    assert (found["time_to_included_count"], found["time_to_final_count"], found["pending_batches"]) == (1, 1, 0)
    assert found["finalized_lag_blocks"] == 1
    assert {f'alarm{{code="{code}"}}' for code in KINDS} <= found.keys()


def test_a_reorganisation_that_takes_an_anchor_out_is_counted_with_its_depth(site: Site) -> None:
    work = idle()
    work.worker = site.worker
    site.seal()
    site.worker.tick()
    site.mine()
    site.worker.tick()
    assert site.states() == ["included"]
    site.node.request("dev_reorg", "0x1", False)
    site.worker.tick()
    found = samples(render(site.view, work))
    assert (found["reorgs_total"], found["reorg_depth"]) == (1, 1)


def test_a_contradiction_is_on_the_page_of_whoever_is_paged(site: Site) -> None:
    work = idle()
    work.worker = site.worker
    site.rpc.tamper = answers({"eth_chainId": "0x1"})
    site.worker.tick()
    found = samples(render(site.view, work))
    assert (found["invariant_violation_total"], found['alarm{code="wrong-chain"}'], found["root_conflict"]) == (1, 1, 0)


def test_the_log_names_anchor_transaction_and_block_of_each_step(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    site.seal()
    stop = threading.Event()
    seen: list[str] = []
    inner = site.worker.tick

    def tick() -> object:
        report = inner()
        site.mine()
        seen.append("")
        if site.states() == ["final"]:
            stop.set()
        return report

    site.worker.tick = tick  # type: ignore[method-assign,assignment]
    site.worker.run(stop)
    lines = {record.message: vars(record) for record in caplog.records if record.name == loop.__name__}
    steps = ["anchor created", "transaction signed", "transaction sent", "anchor in a block", "anchor final"]
    assert [name for name in lines if name in steps] == steps
    [attempt] = site.attempts()
    assert {lines[step]["anchor"] for step in steps} == {1}
    assert {lines[step]["tx"] for step in steps[1:]} == {"0x" + attempt.tx_hash.hex()}
    assert lines["anchor final"]["block"] == lines["anchor in a block"]["block"]


def test_the_log_has_each_alarm_when_it_is_raised_and_when_it_is_over(site: Site) -> None:
    site.rpc.tamper = answers({"eth_chainId": "0x1"})
    first, again = site.worker.tick(), site.worker.tick()
    site.rpc.tamper = honest
    assert first.events == [("alarm raised", {"alarm": "wrong-chain"})]
    assert again.events == []
    assert ("alarm over", {"alarm": "wrong-chain"}) in site.worker.tick().events


def test_text_that_comes_from_outside_cannot_break_the_format() -> None:
    out = Exposition()
    out.family("x", "gauge", "X.", [({"a": 'q"b\\c\nd'}, 1)])
    assert out.text().splitlines()[-1] == 'credanchor_x{a="q\\"b\\\\c\\nd"} 1'
