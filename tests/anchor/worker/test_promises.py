"""What a receipt promises: the worker tells in time that it is about to be broken, and that the danger is over."""

from sqlalchemy import update

from registry.store.tables import Batch
from tests.support.worksite import Site


def test_a_batch_whose_promised_time_runs_out_raises_an_alarm_until_a_block_holds_it(site: Site) -> None:
    batch = site.seal()
    with site.view.begin() as session:
        session.execute(update(Batch).values(sealed_at=site.view.now() - 100, anchor_by=site.view.now() + 10))
    report = site.worker.tick()
    assert report.signed == ["anchor 1"]  # on its way, and in no block
    assert f"Batch {batch.number} is in no block yet" in report.alarms["admission-due"]
    assert "admission-due" in site.alarms()
    site.mine()
    assert "admission-due" not in site.worker.tick().alarms
    assert (site.states(), site.alarms()) == (["included"], set())


def test_a_batch_with_time_left_raises_none(site: Site) -> None:
    site.seal()
    assert "admission-due" not in site.worker.tick().alarms
