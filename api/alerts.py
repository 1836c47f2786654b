"""Tells operators, who have other things to do than to look: notices of alarms go to a webhook, and silence is noticed.

    {"type": "alarm.raised",                     or alarm.cleared, or alarm.test
     "id": "6f1c...", "timestamp": "2026-11-25T14:02:00Z",
     "data": {"alarm": "fee-cap", "title": ..., "detail": ..., "since": "2026-11-25T14:00:00Z", "remedy": ...,
              "stops": false, "registry": "https://registry.example"}}

At least once: a receiver that has seen an id has seen the notice. See webhook.py for the signature.
"""

import logging
import secrets
import threading
import time
from collections.abc import Callable
from typing import Any

from api import times
from api.settings import Settings
from api.supervisor import Background
from api.webhook import Undelivered, post
from registry.store import notices
from registry.store.alarms import NO_PROGRESS, kind, raise_alone
from registry.store.awaiting import awaiting, late
from registry.store.engine import Store, StoreUnavailable
from registry.store.situation import situation
from registry.store.tables import Notice

log = logging.getLogger("credanchor.alerts")

PAUSE_SECONDS = 1.0
"""Between two looks for something to tell."""

MAX_A_ROUND = 20
"""Notices sent before the next look at everything else."""


def alerting(settings: Settings, store: Store, work: Background) -> Callable[[threading.Event], None]:
    """Notice when there is no progress, start dead threads anew, and deliver what there is to tell."""
    started = time.monotonic()
    outage = Outage(settings)

    def job(stop: threading.Event) -> None:
        while not stop.is_set():
            work.revive()
            try:
                if time.monotonic() - started > settings.worker_stale_seconds:  # what was silent before us is no news
                    watch(store, settings.worker_stale_seconds)
                if settings.alert_webhook:
                    deliver(settings, store, stop)
                outage.over()
            except StoreUnavailable as problem:
                log.warning("alerts wait: %s", problem)
                outage.goes_on()
            stop.wait(PAUSE_SECONDS)

    return job


class Outage:
    """The database does not answer, so there is no outbox: told from memory, as `no-progress`, when it lasts.

    Who is told twice was told by two processes, or by one that was started anew meanwhile.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._since: float | None = None
        self._next = 0.0
        self._uid = ""
        self._told = False

    def goes_on(self) -> None:
        """It did not answer just now."""
        now = time.monotonic()
        if self._since is None:
            self._since, self._uid, self._told = now, secrets.token_hex(16), False
        if not self._told and now - self._since > self._settings.worker_stale_seconds:
            self._told = self._tell("raised", self._uid, now)

    def over(self) -> None:
        """It answers."""
        if self._since is not None and (not self._told or self._tell("cleared", f"{self._uid}-over", time.monotonic())):
            self._since = None

    def _tell(self, event: str, uid: str, now: float) -> bool:
        """Whether it arrived; a receiver that does not answer is left alone for a while."""
        if not self._settings.alert_webhook or self._since is None or now < self._next:
            return False
        at = int(time.time())
        detail = "The database does not answer; nothing can be sealed, anchored or told until it does"
        data = _data(NO_PROGRESS, detail, at - int(now - self._since))
        try:
            _post(self._settings, uid, _message(self._settings, f"alarm.{event}", uid, at, data), at)
        except Undelivered as problem:
            self._next = now + notices.FIRST_PAUSE_SECONDS
            log.warning("notice not delivered", extra={"alarm": NO_PROGRESS, "event": event, "reason": str(problem)})
            return False
        return True


def watch(store: Store, stale: int) -> None:
    """Raise `no-progress` when no worker has had a good look for `stale` seconds; the next good look clears it."""
    at = situation(store)
    if at.bound and late(at, stale) and raise_alone(store, NO_PROGRESS, awaiting(at, stale).sentence):
        log.error("alarm raised", extra={"alarm": NO_PROGRESS})


def deliver(settings: Settings, store: Store, stop: threading.Event) -> None:
    """Send what is due. A receiver that does not answer is tried again later, with pauses that grow."""
    for _ in range(MAX_A_ROUND):
        notice = None if stop.is_set() else notices.take(store)
        if notice is None:
            return
        told = {"alarm": notice.code, "event": notice.event, "notice": notice.uid}
        try:
            _post(settings, notice.uid, payload(settings, notice), store.now())
        except Undelivered as problem:
            notices.failed(store, notice, str(problem))
            log.warning("notice not delivered", extra=told | {"tries": notice.tries, "reason": str(problem)})
        else:
            notices.delivered(store, notice)
            log.info("notice delivered", extra=told)


def payload(settings: Settings, notice: Notice) -> dict[str, Any]:
    """What the receiver gets."""
    data = _data(notice.code, notice.detail, notice.since)
    return _message(settings, f"alarm.{notice.event}", notice.uid, notice.created_at, data)


def test(settings: Settings, now: int) -> None:
    """Send a notice that means nothing, to see whether it arrives. Raises Undelivered."""
    uid = secrets.token_hex(16)
    data = {"alarm": "test", "title": "a test; nothing is wrong", "detail": "", "since": times.shown(now)}
    _post(settings, uid, _message(settings, "alarm.test", uid, now, data | {"remedy": "", "stops": False}), now)


def _data(code: str, detail: str, since: int) -> dict[str, Any]:
    meaning = kind(code)
    return {
        "alarm": code,
        "title": meaning.title,
        "detail": detail,
        "since": times.shown(since),
        "remedy": meaning.remedy,
        "stops": meaning.stops,
    }


def _message(settings: Settings, type_: str, uid: str, at: int, data: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": type_,
        "id": uid,
        "timestamp": times.shown(at),
        "data": data | {"registry": settings.public_url},
    }


def _post(settings: Settings, uid: str, content: dict[str, Any], now: int) -> None:
    post(settings.alert_webhook, settings.alert_secret, uid, now, content)
