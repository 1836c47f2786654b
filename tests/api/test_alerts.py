"""Alarms reach a webhook: each edge under one id, signed, in order, through outages, at no tick's expense."""

import base64
import logging
import threading
from dataclasses import dataclass

import pytest
from sqlalchemy import select

from api import alerts, webhook
from api.settings import Settings
from api.supervisor import Background
from registry.store import notices
from registry.store.alarms import KINDS, NO_PROGRESS, SOON, raise_alone, set_alarms
from registry.store.engine import Store, StoreUnavailable
from registry.store.lease import acquire
from registry.store.tables import Alarm, Cursor, Notice
from tests.support.receiver import Receiver, receiving
from tests.support.registered import register

SECRET = "whsec_" + base64.b64encode(b"a secret of the operator").decode()
NEVER = threading.Event()


@dataclass
class Desk:
    """A store whose clock is set by hand, with a worker's lease, and where its notices go."""

    store: Store
    url: str
    now: int = 1_800_000_000

    def __post_init__(self) -> None:
        self.store.clock = lambda: self.now
        held = acquire(self.store, "anchor", "me")
        assert held is not None
        self.held = held

    def alarms(self, **alarms: str) -> None:
        """What a good tick found."""
        set_alarms(
            self.store, self.held, {code.replace("_", "-"): text for code, text in alarms.items()}, complete=True
        )

    def deliver(self) -> None:
        settings = Settings(alert_webhook=self.url, alert_secret=SECRET, public_url="https://registry.example")
        alerts.deliver(settings, self.store, NEVER)

    def rows(self) -> list[Notice]:
        with self.store.read() as session:
            return list(session.scalars(select(Notice).order_by(Notice.id)))


def test_an_alarm_is_told_when_it_is_raised_and_when_it_is_over_with_all_that_one_needs(store: Store) -> None:
    with receiving() as (receiver, url):
        desk = Desk(store, url)
        desk.alarms(root_conflict="Anchor 3 is not what it was")
        desk.deliver()
        desk.alarms(root_conflict="Anchor 3 is not what it was")
        desk.deliver()
        desk.now += 60
        desk.alarms()
        desk.deliver()
        desk.deliver()
    assert [told["type"] for told in receiver.taken] == ["alarm.raised", "alarm.cleared"]
    first = receiver.taken[0]
    assert first["data"] == {
        "alarm": "root-conflict",
        "title": "chain and database hold different roots for the same anchor",
        "detail": "Anchor 3 is not what it was",
        "since": "2027-01-15T08:00:00Z",
        "remedy": KINDS["root-conflict"].remedy,
        "stops": True,
        "registry": "https://registry.example",
    }
    assert receiver.headers[0]["webhook-id"] == first["id"] != receiver.taken[1]["id"]
    assert all(receiver.signed(place, b"a secret of the operator") for place in range(2))
    assert receiver.paths == ["/hooks/t0ken"] * 2


@pytest.mark.parametrize("mode", ["500", "redirect", "drip"])
def test_what_is_not_taken_comes_again_under_the_same_id_after_pauses_that_grow(
    sqlite_store: Store, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, mode: str
) -> None:
    monkeypatch.setattr(webhook, "TIMEOUT_SECONDS", 0.2)
    with receiving() as (receiver, url):
        desk = Desk(sqlite_store, url)
        desk.alarms(nodes_disagree="x")
        receiver.mode = mode
        pauses = []
        for _ in range(4):
            desk.deliver()
            [row] = desk.rows()
            pauses.append((row.due_at or 0) - desk.now)
            desk.now += pauses[-1] - 1
            desk.deliver()  # not yet
            desk.now += 1
        assert pauses == [10, 20, 40, 80]
        assert len(receiver.bodies) == 4
        receiver.mode = "ok"
        desk.deliver()
        assert len({headers["webhook-id"] for headers in receiver.headers}) == 1
    assert [told["type"] for told in receiver.taken] == ["alarm.raised"]
    assert (desk.rows()[0].due_at, desk.rows()[0].last_error) == (None, None)
    assert set(receiver.paths) == {"/hooks/t0ken"}  # a redirect was not followed
    assert "t0ken" not in caplog.text


def test_a_receiver_that_is_down_gets_everything_in_order_when_it_is_up_again(sqlite_store: Store) -> None:
    with receiving() as (_, url):
        port = int(url.split(":")[2].split("/")[0])
    desk = Desk(sqlite_store, url)  # nobody listens there any more
    desk.alarms(nodes_disagree="first")
    desk.deliver()
    desk.alarms()
    desk.alarms(nodes_disagree="second", finalized_changed="third")
    desk.deliver()
    assert desk.rows()[0].last_error == f"http://127.0.0.1:{port}: ConnectionRefusedError"
    with receiving(port) as (receiver, _):
        for _ in range(4):
            desk.now += notices.MAX_PAUSE_SECONDS
            desk.deliver()
    of_one = [
        (told["type"], told["data"]["detail"])
        for told in receiver.taken
        if told["data"]["alarm"] != "finalized-changed"
    ]
    assert of_one == [("alarm.raised", "first"), ("alarm.cleared", "first"), ("alarm.raised", "second")]
    assert len(receiver.taken) == 4


def test_what_is_over_before_its_time_is_not_told(sqlite_store: Store) -> None:
    with receiving() as (receiver, url):
        desk = Desk(sqlite_store, url)
        desk.alarms(fee_cap="dear", unreachable="a hiccup")
        desk.now += SOON - 1
        desk.deliver()
        desk.alarms()
        desk.now += 10 * SOON
        desk.deliver()
        assert receiver.taken == []
        desk.alarms(fee_cap="dear")
        desk.now += SOON
        desk.deliver()
        desk.alarms()
        desk.deliver()
    assert [told["type"] for told in receiver.taken] == ["alarm.raised", "alarm.cleared"]


def test_a_sender_that_dies_after_sending_sends_again_under_the_same_id(sqlite_store: Store) -> None:
    with receiving() as (receiver, url):
        desk = Desk(sqlite_store, url)
        desk.alarms(wrong_chain="x")
        notice = notices.take(sqlite_store)
        assert notice is not None
        assert notices.take(sqlite_store) is None  # another process does not send it meanwhile
        desk.alarms()  # over, and possibly told: so its end is told, too
        desk.now += notices.FIRST_PAUSE_SECONDS
        desk.deliver()
        desk.deliver()
    assert [told["type"] for told in receiver.taken] == ["alarm.raised", "alarm.cleared"]
    assert receiver.taken[0]["id"] == notice.uid


def test_what_nobody_takes_is_given_up_and_counted_and_the_outbox_has_an_end(
    sqlite_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = Desk(sqlite_store, "http://127.0.0.1:9/")
    desk.alarms(wrong_chain="x")
    desk.now += notices.GIVE_UP_SECONDS + 1
    desk.deliver()
    with sqlite_store.read() as session:
        assert notices.outbox(session) == notices.Outbox(waiting=0, given_up=1, oldest=None)
    monkeypatch.setattr(notices, "MAX_NOTICES", 5)
    desk.alarms(**{f"code_{number}": "x" for number in range(10)})
    assert len(desk.rows()) == 5


def test_silence_is_an_alarm_that_the_next_good_look_ends(sqlite_store: Store) -> None:
    made = register(sqlite_store)
    with receiving() as (receiver, url):
        desk = Desk(sqlite_store, url)
        with sqlite_store.begin() as session:
            session.add(Cursor(id=1, block_number=1, block_hash=bytes(32), latest_block=2, tick_at=desk.now))
        desk.now += 120
        alerts.watch(sqlite_store, 120)
        assert desk.rows() == []
        desk.now += 1
        for _ in range(2):
            alerts.watch(sqlite_store, 120)
        with sqlite_store.read() as session:
            assert "2 min" in session.get_one(Alarm, NO_PROGRESS).detail
        desk.deliver()
        desk.alarms()
        desk.deliver()
    assert [(told["type"], told["data"]["alarm"]) for told in receiver.taken] == [
        ("alarm.raised", NO_PROGRESS),
        ("alarm.cleared", NO_PROGRESS),
    ]
    assert made.store is sqlite_store


def test_a_database_that_stays_away_is_told_from_memory_and_so_is_its_return(
    sqlite_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1000.0
    monkeypatch.setattr(alerts.time, "monotonic", lambda: now)
    stop = threading.Event()
    monkeypatch.setattr(stop, "wait", lambda _: stop.set())  # one round
    away = [True]

    def read() -> object:
        if away:
            raise StoreUnavailable("gone")
        return Store.read(sqlite_store)

    monkeypatch.setattr(sqlite_store, "read", read)
    with receiving() as (receiver, url):
        settings = Settings(alert_webhook=url, alert_secret=SECRET)
        job = alerts.alerting(settings, sqlite_store, Background())

        def round_(later: float) -> None:
            nonlocal now
            now += later
            stop.clear()
            job(stop)

        round_(0)
        round_(settings.worker_stale_seconds)
        assert receiver.taken == []
        receiver.mode = "500"
        round_(1)
        receiver.mode = "ok"
        round_(1)  # too soon after the failure
        assert receiver.taken == []
        round_(10)
        round_(10)
        away.clear()
        round_(1)
        round_(1)
    assert [told["type"] for told in receiver.taken] == ["alarm.raised", "alarm.cleared"]
    assert receiver.headers[0]["webhook-id"] == receiver.headers[1]["webhook-id"]
    assert receiver.taken[0]["data"]["alarm"] == NO_PROGRESS
    assert "database does not answer" in receiver.taken[0]["data"]["detail"]


def test_two_processes_that_notice_the_same_silence_raise_one_alarm(store: Store) -> None:
    assert raise_alone(store, NO_PROGRESS, "x")
    assert not raise_alone(store, NO_PROGRESS, "x")
    with store.read() as session:
        assert len(list(session.scalars(select(Notice)))) == 1


def test_a_test_notice_is_sent_at_once_and_what_happens_is_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from api.cli.main import main

    with receiving() as (receiver, url):
        monkeypatch.setenv("CREDANCHOR_ALERT_WEBHOOK", url)
        monkeypatch.setenv("CREDANCHOR_ALERT_SECRET", SECRET)
        assert main(["status", "--test-alert"]) == 0
        assert [told["type"] for told in receiver.taken] == ["alarm.test"]
        receiver.mode = "500"
        assert main(["status", "--test-alert"]) == 2
    assert "HTTP 500" in capsys.readouterr().err
    monkeypatch.delenv("CREDANCHOR_ALERT_WEBHOOK")
    assert main(["status", "--test-alert"]) == 1


def test_no_secret_reaches_a_log(sqlite_store: Store, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with receiving() as (receiver, url):
        desk = Desk(sqlite_store, url)
        desk.alarms(wrong_chain="x")
        desk.deliver()
        assert isinstance(receiver, Receiver)
    text = " ".join(str(vars(record)) for record in caplog.records)
    assert "notice delivered" in text
    assert "t0ken" not in text
    assert SECRET not in text
