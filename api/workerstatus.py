"""What the worker waits for, as the API and `credanchor status` show it: one sentence, its numbers, and what stands."""

from typing import Any

from api import times
from registry.store.alarms import kind
from registry.store.awaiting import Awaited, alive, awaiting
from registry.store.engine import Store
from registry.store.notices import outbox
from registry.store.situation import Situation, situation

NOT_LOOKING = frozenset({"not-deployed", "no-worker", "no-answers"})
"""States in which nothing that is said about the chain is news."""


def look(store: Store, stale: int) -> dict[str, Any]:
    """The whole answer; `stale` as in `awaiting`. Raises StoreUnavailable."""
    with store.read() as session:
        waiting = outbox(session)
    at = situation(store)
    found = awaiting(at, stale)
    return {
        "at": times.shown(at.now),
        **_awaited(found),
        "alarms": [
            {
                "code": alarm.code,
                "title": kind(alarm.code).title,
                "detail": alarm.detail,
                "since": times.shown(alarm.since),
                "remedy": kind(alarm.code).remedy,
                "stops": kind(alarm.code).stops,
            }
            for alarm in at.alarms
        ],
        "worker": _worker(at),
        "chain": _chain(at),
        "notices": {
            "waiting": waiting.waiting,
            "given_up": waiting.given_up,
            "oldest_due_at": times.shown(waiting.oldest),
        },
    }


def _awaited(found: Awaited) -> dict[str, Any]:
    # As texts, since JSON's numbers lose digits where JavaScript reads them.
    facts = {name: str(value) if name.endswith("_wei") else value for name, value in found.facts.items()}
    return {
        "state": found.state,
        "sentence": found.sentence,
        "act": found.act,
        "anchor": found.anchor,
        "since": times.shown(found.since),
        "facts": facts,
    }


def _worker(at: Situation) -> dict[str, Any]:
    tick_at = at.cursor.tick_at if at.cursor else None
    return {
        "alive": alive(at),
        "process": at.lease.owner if at.lease else None,
        "last_good_look_at": times.shown(tick_at),
        "age_seconds": None if tick_at is None else max(0, at.now - tick_at),
    }


def _chain(at: Situation) -> dict[str, Any] | None:
    if at.cursor is None or at.readings is None:
        return None
    return {
        "latest_block": at.cursor.latest_block,
        "final_block": at.cursor.block_number,
        "final_block_time": times.shown(at.readings.final_time),
        "base_fee_wei": at.readings.base_fee,
        "max_fee_wei": at.readings.max_fee,
        "balance_wei": at.readings.balance,
        "nonce": at.readings.nonce,
    }
