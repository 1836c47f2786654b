"""The windows of an issuer's keys on a time line: where to draw what, in percent of its width."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from api import times
from registry.format.multibase import encode_multikey
from registry.store.tables import IssuerKey

DRAWN = 30
"""Keys in one drawing, the newest; a longer one does not show more."""

STEP = 3600
"""Seconds. Windows without an end are drawn to the full hour that began last, so that a page does not change with every
second; and no time line is shorter."""

State = Literal["waiting", "active", "revoked", "compromised"]


@dataclass(frozen=True)
class Part:
    """A stretch of a window: counted by verifiers, or distrusted."""

    kind: Literal["counts", "distrusted"]
    x: float
    width: float


@dataclass(frozen=True)
class Bar:
    """One key: its short name, its state, its parts, and where it was revoked, if it was."""

    name: str
    state: State
    parts: tuple[Part, ...]
    end: float | None


@dataclass(frozen=True)
class Timeline:
    """`begin` and `end` are times as text (RFC 3339)."""

    begin: str
    end: str
    bars: tuple[Bar, ...]


def compromised_at(key: IssuerKey) -> int | None:
    """Since when the key was in other hands, by the contract or by the wish that is on its way there."""
    told = [time for time in (key.chain_compromised_at, key.compromised_since) if time is not None]
    return min(told, default=None)


def state(key: IssuerKey) -> State:
    """What a reader has to know first about a key."""
    if compromised_at(key) is not None:
        return "compromised"
    if key.chain_revoked_at is not None:
        return "revoked"
    return "waiting" if key.chain_added_at is None else "active"


def short(key: IssuerKey) -> str:
    """A key's name where there is little room: the beginning tells people nothing, it is the same for all."""
    text = encode_multikey(key.multikey)
    return f"{text[:10]}…{text[-6:]}"


def timeline(keys: Sequence[IssuerKey], now: int) -> Timeline | None:
    """The windows of the newest keys, oldest first; None while the contract knows none of them."""
    known = [key for key in keys if key.chain_added_at is not None][-DRAWN:]
    if not known:
        return None
    moments = [
        time
        for key in known
        for time in (key.chain_added_at, key.chain_revoked_at, compromised_at(key))
        if time is not None
    ]
    begin = min(moments)
    end = max(*moments, now - now % STEP, begin + STEP)
    bars = tuple(_bar(key, begin, end) for key in known)
    return Timeline(str(times.shown(begin)), str(times.shown(end)), bars)


def _bar(key: IssuerKey, begin: int, end: int) -> Bar:
    def place(time: int) -> float:
        return round(100 * (time - begin) / (end - begin), 2)

    added = key.chain_added_at or begin
    stop = end if key.chain_revoked_at is None else key.chain_revoked_at
    since = compromised_at(key)
    turn = stop if since is None else min(max(since, added), stop)
    stretches: list[tuple[Literal["counts", "distrusted"], int, int]] = [
        ("counts", added, turn),
        ("distrusted", turn, stop),
    ]
    parts = tuple(
        Part(kind, place(first), round(place(last) - place(first), 2))
        for kind, first, last in stretches
        if last > first
    )
    return Bar(short(key), state(key), parts, None if key.chain_revoked_at is None else place(stop))
