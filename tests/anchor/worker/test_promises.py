"""What a receipt promises: the worker tells in time that it may be broken, and the holder of a receipt that it was."""

from pathlib import Path

import pytest
from sqlalchemy import delete, update

from anchor.audit.audit import audit
from anchor.audit.report import AuditReport
from anchor.audit.source import open_source
from anchor.audit.view import Given
from anchor.devnode import serve
from registry.format.receipt import Receipt
from registry.store import admission, logkey
from registry.store.tables import Batch
from registry.verify import RegistryTrust
from tests.support.auditing import found, outcomes
from tests.support.exported import public_files
from tests.support.worksite import VAULT, Site


def owe(site: Site, seconds: int) -> None:
    """Every batch is promised to be anchored so long from now on."""
    with site.view.begin() as session:
        session.execute(update(Batch).values(sealed_at=site.view.now() - 100, anchor_by=site.view.now() + seconds))


def look(site: Site, receipt: Receipt, folder: Path) -> AuditReport:
    """What an auditor finds who has the public export, a node, and the receipt."""
    for path, content in public_files(site.view):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    config, key = site.config, logkey.public_key(site.view)
    with serve(site.node) as server:
        trust = RegistryTrust("r", config.chain_id, config.contract, config.code_sha256, (server.url,), log_key=key)
        given = Given(receipts={"mine": receipt.to_bytes()})
        return audit(open_source(str(folder)), [server.url], trust, given=given)


def test_a_batch_whose_promised_time_runs_out_raises_an_alarm_until_a_block_holds_it(site: Site) -> None:
    batch = site.seal()
    owe(site, 10)
    report = site.worker.tick()
    assert report.signed == ["anchor 1"]  # on its way, and in no block
    assert f"Batch {batch.number} is in no block yet" in report.alarms["admission-due"]
    assert "admission-due" in site.alarms()
    site.mine()
    assert "admission-due" not in site.worker.tick().alarms
    assert (site.states(), site.alarms()) == (["included"], set())


def test_a_batch_with_time_left_raises_none_and_what_was_promised_is_found_kept(site: Site, tmp_path: Path) -> None:
    batch = site.seal()
    assert "admission-due" not in site.worker.tick().alarms
    receipt = admission.receipt_of_batch(site.view, VAULT, batch.id)
    site.settle()
    report = look(site, receipt, tmp_path / "export")
    assert (found(report), outcomes(report)["A8"]) == (set(), "holds")


@pytest.mark.parametrize("how", ["removed", "replaced"])
def test_who_edits_the_database_behind_a_receipt_is_found_out_in_every_audit(
    site: Site, tmp_path: Path, how: str
) -> None:
    batch = site.seal(3)
    owe(site, 2)
    receipt = admission.receipt_of_batch(site.view, VAULT, batch.id)
    with site.view.begin() as session:
        session.execute(delete(Batch))
    if how == "replaced":
        site.seal(2)  # gets the same number
    site.settle()
    site.mine(5)  # each is a second later at least
    codes = {"removed": {"admission.dropped"}, "replaced": {"admission.replaced"}}
    for step in range(2):
        report = look(site, receipt, tmp_path / str(step))
        assert {code for _, code in found(report)} == codes[how]
        assert outcomes(report)["A8"] == "broken"
        site.seal(4)
        site.settle()
        codes["removed"] = {"admission.replaced"}  # the next batch takes the number
