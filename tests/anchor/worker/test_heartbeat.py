"""Anchors without batches: when a status list has changed, once per heartbeat, and at no other time."""

import pytest
from sqlalchemy import select

from registry.store import issuers, lists
from registry.store.tables import Anchor, AnchorList, Issuer
from tests.support.worksite import VAULT, Site

BEAT = 86_400


@pytest.fixture
def quiet(site: Site) -> Site:
    """A site whose only anchor is final, with nothing to do; its clock is `site.store.clock`."""
    site.seal()
    site.settle()
    site.worker.tick()
    assert site.sent() == 1
    return site


def clock(site: Site, after: int) -> None:
    """Set the worker's clock to `after` seconds from the last anchor."""
    with site.view.read() as session:
        moment = session.scalars(select(Anchor.created_at).order_by(Anchor.number.desc()).limit(1)).one() + after
    site.store.clock = lambda: moment


def change_list(site: Site) -> None:
    """What a revocation does to its list: a new version."""
    with site.view.begin() as session:
        issuer = session.get_one(Issuer, "uni")
        [list_, *_] = lists.lists_of(session, issuer.id)
        bits = lists.bits_of(lists.newest(session, list_))
        lists.put_bit(bits, 7, not bits[0] & 1)
        lists.sign_version(session, site.view, VAULT, issuer, list_, bits=bytes(bits))


def versions(site: Site, number: int) -> list[int]:
    with site.view.read() as session:
        query = select(AnchorList.version).where(AnchorList.anchor_number == number).order_by(AnchorList.position)
        return list(session.scalars(query))


def test_a_changed_status_list_gets_an_anchor_of_its_own(quiet: Site) -> None:
    change_list(quiet)
    report = quiet.worker.tick()
    assert (report.created, report.signed) == (2, ["anchor 2"])
    assert sorted(versions(quiet, 1)) == [1, 1]
    assert sorted(versions(quiet, 2)) == [1, 2]
    quiet.mine(2)
    quiet.worker.tick()
    quiet.check(1)
    with quiet.view.read() as session:
        assert session.get_one(Anchor, 2).size == 1  # the status entry alone


def test_changes_while_an_anchor_is_in_flight_go_into_one_next_anchor(quiet: Site) -> None:
    change_list(quiet)
    quiet.worker.tick()
    change_list(quiet)
    change_list(quiet)
    assert quiet.worker.tick().created is None
    quiet.mine(2)
    assert quiet.worker.tick().created == 3
    quiet.mine(2)
    assert quiet.worker.tick().created is None
    assert [max(versions(quiet, number)) for number in (1, 2, 3)] == [1, 2, 4]
    quiet.check(1)


def test_an_anchor_comes_after_a_heartbeat_and_not_before(quiet: Site) -> None:
    clock(quiet, BEAT - 1)
    for _ in range(3):
        assert quiet.worker.tick().created is None
        quiet.mine()
    assert quiet.sent() == 1
    clock(quiet, BEAT)
    assert quiet.worker.tick().created == 2
    for _ in range(3):  # one, and not one per tick
        quiet.mine()
        assert quiet.worker.tick().created is None
    assert quiet.sent() == 2
    with quiet.view.read() as session:
        assert session.get_one(Anchor, 1).root != session.get_one(Anchor, 2).root
        assert session.get_one(Anchor, 1).status_root == session.get_one(Anchor, 2).status_root
    clock(quiet, BEAT)
    assert quiet.worker.tick().created == 3
    quiet.mine(2)
    quiet.worker.tick()
    quiet.check(1)


def test_a_clock_that_was_ahead_does_not_silence_the_heartbeat(quiet: Site) -> None:
    clock(quiet, 10_000 * BEAT)
    assert quiet.worker.tick().created == 2
    quiet.mine(2)
    clock(quiet, -10_000 * BEAT)  # set right
    assert quiet.worker.tick().created == 3
    quiet.mine(2)
    assert quiet.worker.tick().created is None
    clock(quiet, -5)  # another machine's clock
    assert quiet.worker.tick().created is None
    quiet.check(1)


def test_the_heartbeat_is_the_configured_one(quiet: Site) -> None:
    quiet.worker.release()
    worker = quiet.rival(heartbeat_seconds=60)
    clock(quiet, 59)
    assert worker.tick().created is None
    clock(quiet, 60)
    assert worker.tick().created == 2


def test_ticks_with_nothing_to_do_ask_a_fixed_number_of_questions_and_send_nothing(quiet: Site) -> None:
    questions = []
    for _ in range(4):
        before = len(quiet.rpc.log)
        report = quiet.worker.tick()
        assert (report.created, report.signed, report.busy) == (None, [], False)
        questions.append(quiet.rpc.log[before:])
        quiet.mine()
    assert questions[1:] == questions[:1] * 3
    assert len(questions[0]) <= 10
    assert "eth_sendRawTransaction" not in questions[0]
    assert "eth_estimateGas" not in questions[0]
    assert quiet.sent() == 1


def test_lists_of_an_issuer_that_is_not_on_the_chain_yet_give_no_anchor(quiet: Site) -> None:
    issuers.add_issuer(quiet.view, "academy", "did:web:academy.example", {"name": "Academy"})
    for _ in range(3):
        assert quiet.worker.tick().created is None
        quiet.mine()
