"""Two workers on one database: one works, the other stands by; and when the lease fails, nothing is anchored twice."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from sqlalchemy import Table, select, text

from anchor.worker import Worker
from anchor.worker.report import DONE, STANDBY
from registry.errors import StateError
from registry.store import anchoring, registering
from registry.store.tables import Base
from tests.anchor.conftest import MakeSite
from tests.support.faults import Faults, InProcess
from tests.support.worksite import OPERATOR, REGISTRAR, Site


class Between(Faults):
    """Lets the world go on between two steps of a worker: `event` happens right before step `place`."""

    def __init__(self) -> None:
        super().__init__()
        self.event: Callable[[], object] = lambda: None
        self.place = -1

    def enter(self, name: str) -> str:
        if len(self.trace) == self.place:
            self.event()
        return super().enter(name)


def plan(site: Site, place: int, event: Callable[[], object]) -> None:
    """Before step `place` of the next tick of the site's worker, `event` happens."""
    assert isinstance(site.faults, Between)
    site.faults.trace.clear()
    site.faults.place, site.faults.event = place, event


def second(site: Site) -> Worker:
    """A worker of another process: its own connections to the same database and chain."""
    rpc = InProcess(site.node, Faults())
    return Worker(site.view, site.config, OPERATOR, REGISTRAR, connect=lambda _url: rpc)


def everything(site: Site, *, but: tuple[str, ...] = ()) -> dict[str, list[Any]]:
    """All rows of all tables."""
    tables: list[Table] = [table for table in Base.metadata.sorted_tables if table.name not in but]
    with site.view.read() as session:
        return {table.name: list(session.execute(select(table).order_by(*table.primary_key))) for table in tables}


def lease(site: Site) -> tuple[str, int]:
    """Owner and token."""
    with site.view.read() as session:
        owner, token = session.execute(text("SELECT owner, token FROM lease WHERE name = 'anchor'")).one()
    return owner, token


def steps_of_the_tick_that_sends(make_site: MakeSite) -> list[str]:
    """Every step of it that leaves the process; a step that is missing here would go untested."""
    site = make_site(faults=Between())
    site.seal()
    plan(site, -1, lambda: None)
    assert site.worker.tick().signed == ["anchor 1"]
    steps = site.faults.trace
    assert (steps[0], steps[-2:]) == ("commit", ["commit", "read"])  # the lease; the node's answer, and the alarms
    assert steps.index("sign") < steps.index("eth_sendRawTransaction")
    assert len(steps) > 12
    return list(steps)


def test_a_second_worker_does_nothing_while_the_lease_is_held(site: Site) -> None:
    site.seal()
    other = site.rival()
    assert site.worker.tick().signed == ["anchor 1"]
    before, asked = everything(site), len(site.rpc.log)
    for _ in range(3):
        report = other.tick()
        assert (report.outcome, report.problem, report.alarms, report.signed) == (STANDBY, "", {}, [])
    assert everything(site) == before
    assert len(site.rpc.log) == asked
    site.settle()
    site.check(1)


def test_a_second_worker_takes_over_when_the_lease_has_run_out(site: Site) -> None:
    site.seal()
    first, other = site.worker, site.rival()
    assert first.tick().signed == ["anchor 1"]
    owner, token = lease(site)
    site.expire_lease()
    report = other.tick()
    assert (report.outcome, report.signed) == (DONE, [])  # the stored transaction is in flight
    assert first.tick().outcome == STANDBY
    assert lease(site)[0] != owner
    assert lease(site)[1] == token + 1
    assert len(site.attempts()) == 1
    site.worker = other
    site.settle()
    site.check(1)


def test_the_holder_of_a_lease_that_ran_out_goes_on_if_nobody_took_it(site: Site) -> None:
    site.seal()
    site.worker.tick()
    held = lease(site)
    site.expire_lease()
    assert site.worker.tick().outcome == DONE
    assert lease(site) == held
    site.settle()
    site.check(1)


def test_a_released_lease_is_taken_over_at_once(site: Site) -> None:
    site.seal()
    other = site.rival()
    site.worker.tick()
    _, token = lease(site)
    assert other.tick().outcome == STANDBY
    site.worker.release()
    assert other.tick().outcome == DONE
    assert lease(site)[1] == token + 1  # tokens grow over a release as well
    site.worker.release()  # once more, when the lease is somebody else's: it is not given away
    assert site.rival().tick().outcome == STANDBY
    site.worker = other
    site.settle()
    site.check(1)


def foreign_nonce(site: Site) -> None:
    """Somebody else has used the operator's key: a nonce that the worker sees as used, and a reorganisation gives back.

    So a transaction signed before the reorganisation has the nonce after the one of a transaction signed after it: both
    can be executed. Without that, the nonce alone would keep one of two transactions out.
    """
    site.transfer(OPERATOR, site.sent())
    site.mine()


def overtake(site: Site, other: Worker) -> None:
    """The other worker anchors the batch on a chain that was reorganised."""
    site.expire_lease()
    site.node.request("dev_reorg", "0x1", False)
    for _ in range(2):
        assert other.tick().outcome == DONE
        site.mine()


def test_a_worker_that_lost_its_lease_at_any_step_of_a_tick_writes_nothing(make_site: MakeSite) -> None:
    steps = steps_of_the_tick_that_sends(make_site)
    # Before the first step there is no lease to lose; before a read is as good as before the step that follows it.
    places = [place for place, step in enumerate(steps) if place > 0 and step != "read"]
    reverted = 0
    for place in places:
        site = make_site(faults=Between())
        site.seal()
        foreign_nonce(site)
        frozen, other, before = site.worker, second(site), site.sent()
        left: list[dict[str, list[Any]]] = []

        def freeze(site: Site = site, other: Worker = other, left: list[dict[str, list[Any]]] = left) -> None:
            overtake(site, other)
            left.append(everything(site))

        plan(site, place, freeze)
        report = frozen.tick()
        assert len(left) == 1, steps[place]
        assert everything(site) == left[0], steps[place]
        assert report.outcome == STANDBY or not report.signed, steps[place]  # it stood back, or had nothing to write
        assert frozen.tick().outcome == STANDBY
        site.worker = other
        site.settle()
        site.check(1)
        reverted += site.sent() - before
    # What was stored when the worker froze was sent afterwards, or had been before; the contract refused it.
    assert reverted == sum(place >= steps.index("eth_sendRawTransaction") for place in places) > 0


def test_nothing_is_anchored_twice_when_both_workers_believe_they_hold_the_lease(
    make_site: MakeSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = steps_of_the_tick_that_sends(make_site)
    for module in (anchoring, registering):
        monkeypatch.setattr(module, "fence", lambda _session, _held: None)
    reverted = 0
    for place in [place for place, step in enumerate(steps) if step in ("commit", "eth_sendRawTransaction")]:
        site = make_site(faults=Between())
        site.seal()
        foreign_nonce(site)
        other, before = second(site), site.sent()
        plan(site, place, lambda site=site, other=other: overtake(site, other))  # type: ignore[misc]
        with suppress(StateError):  # it finds the anchor created that it was about to create
            site.worker.tick()
        reverted += site.sent() - before
        site.seal()
        for worker in (site.worker, other, site.worker):  # in turns
            site.expire_lease()
            worker.tick()
        site.expire_lease()
        site.settle()
        site.check(2)
    assert reverted > 0


def test_a_lease_that_is_deleted_in_mid_tick_is_lost(site: Site) -> None:
    site.seal()
    other = second(site)

    def vanish(method: str, _params: object, ask: Callable[[], Any]) -> Any:
        if method == "eth_sendRawTransaction":
            with site.view.begin() as session:
                session.execute(text("DELETE FROM lease"))
            assert other.tick().outcome == DONE
        return ask()

    site.rpc.tamper = vanish
    assert site.worker.tick().outcome == STANDBY
    assert lease(site)[1] == 1  # tokens begin anew; the owner's name still tells them apart
    assert site.worker.tick().outcome == STANDBY
    site.worker = other
    site.settle()
    site.check(1)
