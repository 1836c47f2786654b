"""From what a real tick finds on a real chain to what arrives at the operator's webhook."""

import hashlib
import threading
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from api import alerts
from api.settings import Settings
from registry.store.alarms import SOON
from tests.support.lies import honest
from tests.support.market import base_fee, leave, raise_base_fee
from tests.support.receiver import receiving
from tests.support.worksite import OPERATOR, Site

CAP = 2


def dear(site: Site) -> None:
    site.worker = site.rival(max_fee_gwei=CAP)
    raise_base_fee(site, CAP * 10**9)


def poor(site: Site) -> None:
    leave(site, OPERATOR, 60 * 90_000 * base_fee(site) // 4)


def rewritten(site: Site) -> None:
    """The final block of the look before is another one now."""
    site.worker.tick()

    def tamper(method: str, params: Sequence[Any], ask: Callable[[], Any]) -> Any:
        found = ask()
        if method == "eth_getBlockByNumber" and isinstance(found, dict) and params[0] not in ("latest", "finalized"):
            return found | {"hash": "0x" + hashlib.sha256(found["hash"].encode()).hexdigest()}
        return found

    site.rpc.tamper = tamper


@pytest.mark.parametrize(
    ("trouble", "code", "stops"),
    [(dear, "fee-cap", False), (poor, "low-balance", False), (rewritten, "finalized-changed", True)],
)
def test_what_a_tick_finds_arrives_and_what_stops_the_worker_sends_nothing_more(
    site: Site, trouble: Callable[[Site], None], code: str, stops: bool
) -> None:
    site.seal()
    trouble(site)
    before = site.rpc.log.count("eth_sendRawTransaction")
    with receiving() as (receiver, url):
        settings = Settings(alert_webhook=url, alert_secret="sixteen characters")
        now = site.view.now()
        for _ in range(3):
            site.worker.tick()
        site.view.clock = lambda: now + SOON + 5
        alerts.deliver(settings, site.view, threading.Event())
        told = {one["data"]["alarm"]: one for one in receiver.taken}
        assert told[code]["type"] == "alarm.raised"
        assert told[code]["data"]["stops"] is stops
        if stops:
            assert site.rpc.log.count("eth_sendRawTransaction") == before
            assert site.states() == ["signed"]
            site.rpc.tamper = honest
            site.worker.tick()
            alerts.deliver(settings, site.view, threading.Event())
            assert receiver.taken[-1]["type"] == "alarm.cleared"
