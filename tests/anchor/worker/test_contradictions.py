"""Chain and database contradict each other: foreign anchors, and databases restored from older copies."""

import hashlib
import shutil
from pathlib import Path

from sqlalchemy import delete, func, select

from anchor.contract import role
from anchor.worker.report import DONE, STOPPED
from registry.store import issuers, keys
from registry.store.tables import Anchor, Anchored, Batch
from tests.support import sealed
from tests.support.sealed import anchor_root
from tests.support.worksite import ADMIN, OPERATOR, STRANGER, VAULT, Site

FOREIGN = b"\x99" * 32


def grant(site: Site) -> None:
    """Somebody else may anchor too."""
    site.transact(ADMIN, "grantRole", role("OPERATOR_ROLE"), STRANGER.address)


def decided(site: Site) -> None:
    """A batch that is in anchor 1, whose transaction got lost."""
    site.seal()
    site.worker.tick()
    [attempt] = site.attempts()
    assert site.node.request("dev_dropTransaction", "0x" + attempt.tx_hash.hex())
    assert site.states() == ["signed"]


def stays_stopped(site: Site, code: str) -> None:
    """Not by time, nor by blocks, nor by another process does it go on; nothing is sent, by nobody."""
    sent, attempts = site.sent(), len(site.attempts())
    for round_ in range(4):
        if round_ == 2:
            site.restart()
        asked = len(site.rpc.log)
        assert site.worker.tick().outcome == STOPPED
        assert site.alarms() == {code}
        assert "eth_sendRawTransaction" not in site.rpc.log[asked:]
        site.mine()
    assert (site.sent(), len(site.attempts())) == (sent, attempts)


def keep(site: Site) -> Path:
    """A copy of the database."""
    copy = site.home / "copy.db"
    assert site.view.checkpoint()
    shutil.copy(site.home / "credanchor.db", copy)
    return copy


def put_back(site: Site, copy: Path) -> None:
    """Restore a copy, with a new process."""
    site.store.close()
    site.view.close()
    for rest in ("-wal", "-shm"):
        (site.home / f"credanchor.db{rest}").unlink(missing_ok=True)
    shutil.copy(copy, site.home / "credanchor.db")
    site.restart()


def anchors(site: Site) -> list[bytes]:
    """Roots in the contract, in the order of their numbers."""
    return [entry.subject for entry in site.log() if entry.kind == 1]


def agrees(site: Site) -> None:
    """Database and chain hold the same anchors. Unlike Site.check it allows attempts to be lost."""
    roots = anchors(site)
    with site.view.read() as session:
        assert list(session.scalars(select(Anchored.root).order_by(Anchored.number))) == roots
        assert session.scalar(select(func.count()).select_from(Anchor)) == len(roots) > 0
        for number, root in enumerate(roots, 1):
            assert anchor_root(session, number) == root


def test_a_foreign_root_under_our_number_stops_the_worker(site: Site) -> None:
    grant(site)
    decided(site)
    site.transact(STRANGER, "anchor", 1, FOREIGN)
    report = site.worker.tick()
    assert f"Anchor 1 is {FOREIGN.hex()} on the chain" in report.problem
    stays_stopped(site, "root-conflict")
    assert anchors(site) == [FOREIGN]
    with site.view.read() as session:
        assert session.scalar(select(func.count()).select_from(Anchored)) == 0
    assert site.states() == ["signed"]


def test_a_foreign_anchor_that_a_reorganisation_takes_back_is_over(site: Site) -> None:
    grant(site)
    decided(site)
    site.transact(STRANGER, "anchor", 1, FOREIGN)
    assert site.worker.tick().outcome == STOPPED
    site.node.request("dev_reorg", "0x1", False)
    assert site.worker.tick().outcome == DONE
    assert site.alarms() == set()
    site.settle()
    site.check(1)


def test_a_foreign_anchor_before_ours_is_decided_stops_the_worker(site: Site) -> None:
    site.seal()
    site.transact(OPERATOR, "anchor", 1, FOREIGN)  # by the operator's own key
    report = site.worker.tick()
    assert f"anchor 1, root {FOREIGN.hex()}, of which this database knows nothing" in report.problem
    stays_stopped(site, "unknown-anchor")
    assert site.states() == ["sealed"]


def test_a_database_that_lost_what_it_saw_does_not_take_the_chain_for_empty(site: Site) -> None:
    site.seal()
    site.settle()
    with site.view.begin() as session:
        session.execute(delete(Anchored))
    site.seal()
    for _ in range(2):
        report = site.worker.tick()
        assert report.outcome == STOPPED
        assert report.problem == "The logs show 0 anchors; the contract counts 1"
    assert site.states() == ["signed", "sealed"]
    assert len(anchors(site)) == 1


def test_our_root_is_ours_whoever_sends_it(site: Site) -> None:
    grant(site)
    site.seal()
    site.worker.tick()
    [attempt] = site.attempts()
    with site.view.read() as session:
        root = session.get_one(Anchor, 1).root
    site.node.request("dev_dropTransaction", "0x" + attempt.tx_hash.hex())
    site.transact(STRANGER, "anchor", 1, root)
    report = site.worker.tick()
    assert (report.outcome, report.alarms, site.states()) == (DONE, {}, ["included"])
    site.seal()
    site.settle()
    assert len(anchors(site)) == 2
    agrees(site)


def test_a_copy_from_before_the_anchor_recognises_it_on_the_chain(site: Site) -> None:
    site.seal()
    site.seal()
    copy = keep(site)
    site.settle()
    site.check(2)
    roots, sent = anchors(site), site.sent()
    put_back(site, copy)
    assert (site.states(), site.attempts()) == (["sealed", "sealed"], [])
    report = site.worker.tick()
    assert (report.outcome, report.alarms, report.signed) == (DONE, {}, [])
    assert site.states() == ["final", "final"]
    for _ in range(3):
        site.mine()
        site.worker.tick()
    assert (anchors(site), site.sent()) == (roots, sent)
    agrees(site)
    site.seal()  # and life goes on
    site.settle()
    assert len(anchors(site)) == len(roots) + 1
    agrees(site)


def test_a_copy_from_before_several_anchors_recognises_them_all(site: Site) -> None:
    site.seal()
    copy = keep(site)
    site.settle()
    now = site.store.now()
    for beat in (1, 2):  # anchors without batches
        site.store.clock = lambda beat=beat: now + beat * 100_000  # type: ignore[misc]
        site.worker.tick()
        site.mine()
    site.worker.tick()
    roots = anchors(site)
    assert len(roots) == 3
    put_back(site, copy)
    report = site.worker.tick()
    assert (report.outcome, report.alarms) == (DONE, {})
    assert site.states() == ["final"]
    assert anchors(site) == roots
    agrees(site)


def test_a_copy_from_before_its_key_was_on_the_chain_recognises_the_anchor(site: Site) -> None:
    issuers.add_issuer(site.view, "academy", "did:web:academy.example", {"name": "Academy"})
    keys.add_hosted_key(site.view, VAULT, "academy", secret=hashlib.sha256(b"academy's secret").digest())
    sealed.seal(site.view, issuer="academy")
    copy = keep(site)  # here nothing was ever seen of the key
    site.settle()
    roots = anchors(site)
    put_back(site, copy)
    assert site.states() == ["sealed"]
    report = site.worker.tick()
    assert (report.outcome, report.alarms, site.states()) == (DONE, {}, ["final"])
    site.settle()
    assert anchors(site) == roots
    agrees(site)


def test_a_copy_from_before_the_signing_sends_the_same_bytes_as_those_in_the_pool(site: Site) -> None:
    site.seal()
    copy = keep(site)
    site.worker.tick()
    [attempt] = site.attempts()
    put_back(site, copy)
    assert site.worker.tick().signed == ["anchor 1"]
    assert [row.raw for row in site.attempts()] == [attempt.raw]
    assert site.attempts()[0].last_answer == "already known"
    site.settle()
    site.check(1)
    assert site.sent() == 1


def test_a_copy_without_the_batch_stops_until_the_newest_copy_is_back(site: Site) -> None:
    older = keep(site)
    site.seal()
    site.settle()
    newest = site.home / "newest.db"
    assert site.view.checkpoint()
    shutil.copy(site.home / "credanchor.db", newest)
    roots = anchors(site)
    put_back(site, older)
    site.seal(size=5)  # another batch under the same number
    report = site.worker.tick()
    assert f"anchor 1, root {roots[0].hex()}" in report.problem
    assert "Restore the newest copy" in report.problem
    stays_stopped(site, "unknown-anchor")
    with site.view.read() as session:
        assert session.scalars(select(Batch.anchor_number)).all() == [None]
    put_back(site, newest)
    assert site.worker.tick().outcome == DONE
    assert (site.states(), site.alarms()) == (["final"], set())
    site.check(1)
    assert anchors(site) == roots
