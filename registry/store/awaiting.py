"""What the worker waits for, in one sentence and as data: a pure function of what the database says.

`awaiting(situation(store))`. Every process that can read the database tells the same.
"""

from dataclasses import dataclass, field
from typing import Any

from registry.format.anchorproof import rfc3339
from registry.store.alarms import kind
from registry.store.situation import Situation, Standing

STALE_SECONDS = 120
"""A last good look that is older than this is late: three of the slowest pauses that a worker makes after failures."""

PAUSE_SECONDS = 60
"""A worker whose lease ran out may still live: after failures it pauses for up to a minute."""

GWEI = 10**9


@dataclass(frozen=True)
class Awaited:
    """`state` is one of STATES, `sentence` says it with numbers, units and times (RFC 3339).

    `since` in Unix seconds; `facts` are the sentence's numbers (fees in wei). `act`: it needs somebody to do something.
    """

    state: str
    sentence: str
    anchor: int | None = None
    since: int | None = None
    facts: dict[str, Any] = field(default_factory=dict)
    act: bool = False


STATES: dict[str, str] = {
    "not-deployed": "no contract is bound to the database yet",
    "no-worker": "no worker is alive, or none ever was",
    "stopped": "an alarm forbids to anchor anything",
    "no-answers": "a worker is alive, and has had no good look at the chain for too long",
    "to-sign": "an anchor is decided, and its transaction will be signed with the next look",
    "to-send": "its transaction is signed, and no node has accepted it yet",
    "fee-cap": "it would cost more than the cap to get the transaction into a block",
    "blocked": "an alarm keeps the transaction from being signed or sent",
    "sent": "a node has accepted the transaction, and it is in no block yet",
    "registrar": "an issuer or a key is to be written to the contract",
    "key": "a batch waits until its issuer's key is final on the chain",
    "to-anchor": "batches are sealed, and the next look makes an anchor of them",
    "finality": "an anchor is in a block that is not final yet",
    "idle": "there is nothing to anchor",
}
"""Every state that there is, in the order in which they are looked for."""


def awaiting(at: Situation, stale: int = STALE_SECONDS) -> Awaited:
    """What the worker waits for; of several things the one that everything else waits for, too.

    `stale`: seconds after which a last good look counts as late.
    """
    if not at.bound:
        return Awaited("not-deployed", "no contract is deployed yet; run `credanchor deploy`", act=True)
    found = _stopped(at, stale) or _sending(at) or _before(at)
    if found is not None:
        return found
    if at.included is not None and at.cursor is not None:
        number, block = at.included.number, at.included.block
        deep, final = max(1, at.cursor.latest_block - block + 1), at.cursor.block_number
        text = f"anchor {number}: in block {block}, {_count(deep, 'block')} deep; final when block {block} is"
        facts = {"block": block, "depth": deep, "final_block": final}
        return Awaited("finality", f"{text} (now {final})", number, facts=facts)
    return _idle(at)


def late(at: Situation, stale: int) -> bool:
    """Whether the last good look of any worker is too old."""
    return at.cursor is None or at.now - at.cursor.tick_at > stale


def alive(at: Situation) -> bool:
    """Whether some worker has renewed the lease lately."""
    return at.lease is not None and at.lease.expires > 0 and at.lease.expires + PAUSE_SECONDS > at.now


def _stopped(at: Situation, stale: int) -> Awaited | None:
    stops = [alarm for alarm in at.alarms if kind(alarm.code).stops]
    since = at.cursor.tick_at if at.cursor else None
    if late(at, stale) and not alive(at):
        if since is None:
            return Awaited("no-worker", "no worker has looked at the chain yet; run `credanchor worker`", act=True)
        text = f"no worker has been alive for {_span(at.now - since)}, since {rfc3339(since)}"
        text += "".join(f"; stopped by alarm {alarm.code} before" for alarm in stops[:1])
        return Awaited("no-worker", text, since=since, facts={"age_seconds": at.now - since}, act=True)
    if stops:
        worst = min(stops, key=lambda alarm: alarm.since)
        text = f"stopped by alarm {worst.code} since {rfc3339(worst.since)}: {kind(worst.code).title}"
        return Awaited("stopped", text, since=worst.since, facts={"alarm": worst.code}, act=True)
    if late(at, stale):
        reasons = [alarm for alarm in at.alarms if kind(alarm.code).patience is None]
        what = "the chain and has not had a good look yet" if since is None else "a good look at the chain"
        text = f"a worker is alive and waits for {what}"
        if since is not None:
            text += f", the last was {_span(at.now - since)} ago, at {rfc3339(since)}"
        text += "".join(f": {alarm.detail.rstrip('.')}" for alarm in reasons[:1])
        return Awaited("no-answers", text, since=since, act=True)
    return None


def _sending(at: Situation) -> Awaited | None:
    anchor = at.sending
    if anchor is None:
        return None
    since = anchor.sent_at or anchor.created_at
    times = f"sent {_count(anchor.sent, 'time')}" if anchor.sent_at is not None else "not sent yet"
    facts: dict[str, Any] = {"transactions": anchor.attempts, "max_fee_wei": anchor.price, "answer": anchor.answer}

    def told(state: str, text: str, since: int, more: dict[str, Any] | None = None, act: bool = False) -> Awaited:
        return Awaited(state, f"anchor {anchor.number}: {text}", anchor.number, since, facts | (more or {}), act)

    cap = _alarm(at, "fee-cap")
    if cap is not None and at.readings is not None:
        text, fees = _capped(at, cap)
        return told("fee-cap", f"{times}, {text}", cap.since, fees)
    blocks = [alarm for alarm in at.alarms if kind(alarm.code).blocks and alarm.code != "fee-cap"]
    if blocks:
        worst = min(blocks, key=lambda alarm: alarm.since)
        text = f"{times}, {kind(worst.code).title} since {rfc3339(worst.since)} (alarm {worst.code})"
        return told("blocked", text, worst.since, {"alarm": worst.code}, act=True)
    if anchor.attempts == 0:
        return told("to-sign", f"decided at {rfc3339(anchor.created_at)}, to be signed with the next look", since)
    if anchor.sent_at is None:
        text = f"signed, no node has accepted it yet (last answer: {anchor.answer or 'none'})"
        return told("to-send", f"{text}, since {rfc3339(anchor.created_at)}", since)
    text = f"{times} since {rfc3339(since)}, not in a block yet; it pays up to {gwei(anchor.price or 0)} gwei"
    base = {}
    if at.readings is not None:
        base = {"base_fee_wei": int(at.readings.base_fee)}
        text += f", the base fee is {gwei(int(at.readings.base_fee))} gwei"
    return told("sent", text, since, base)


def _before(at: Situation) -> Awaited | None:
    """What must happen before there can be an anchor."""
    if at.registrar:
        more = f" and {len(at.registrar) - 1} more" if len(at.registrar) > 1 else ""
        text = f"issuer {at.registrar[0]}{more}: the registrar writes it, or a key of it, to the contract"
        cap = _alarm(at, "fee-cap")
        facts: dict[str, Any] = {"issuers": len(at.registrar)}
        if cap is not None and at.readings is not None:
            reason, fees = _capped(at, cap)
            return Awaited("fee-cap", f"{text}; {reason}", since=cap.since, facts=facts | fees)
        refused = _alarm(at, "registrar-refused") or _alarm(at, "insufficient-funds")
        if refused is not None:
            text += f"; {kind(refused.code).title} since {rfc3339(refused.since)} (alarm {refused.code})"
            return Awaited("blocked", text, since=refused.since, facts=facts | {"alarm": refused.code}, act=True)
        return Awaited("registrar", text, facts=facts)
    if at.unsealable is not None:
        batch, issuer = at.unsealable
        text = f"batch {batch} of issuer {issuer} cannot be sealed until the issuer's key is on the chain"
        return Awaited("key", text, facts={"issuer": issuer})
    if at.sealed is None:
        return None
    final = at.readings.final_time if at.readings else 0
    key = at.sealed.key_added_at
    if key is None or key > final:
        added = "is not on the chain yet" if key is None else f"was added at {rfc3339(key)}"
        final_text = f"; the final block is of {rfc3339(final)}" if final else ""
        text = f"batch {at.sealed.number} waits until its issuer's key is final: it {added}{final_text}"
        return Awaited("key", text, facts={"issuer": at.sealed.issuer_id, "batches": at.sealed.count})
    text = f"anchor {at.next_anchor}: {_count(at.sealed.count, 'sealed batch', 'sealed batches')} to be put into it"
    return Awaited("to-anchor", f"{text} with the next look", at.next_anchor, facts={"batches": at.sealed.count})


def _idle(at: Situation) -> Awaited:
    if at.last_anchor_at is None or at.readings is None:
        return Awaited("idle", "nothing to anchor yet")
    due = at.last_anchor_at + at.readings.heartbeat_seconds
    return Awaited("idle", f"nothing to anchor, next heartbeat at {rfc3339(due)}", facts={"heartbeat_at": rfc3339(due)})


def _capped(at: Situation, cap: Standing) -> tuple[str, dict[str, int]]:
    assert at.readings is not None  # noqa: S101  (the callers looked)
    base, most = int(at.readings.base_fee), int(at.readings.max_fee)
    if base > most:
        text = f"base fee {gwei(base)} gwei above cap {gwei(most)} gwei"
    else:
        text = f"a dearer transaction would exceed the cap of {gwei(most)} gwei (base fee {gwei(base)} gwei)"
    return f"{text} since {rfc3339(cap.since)}", {"base_fee_wei": base, "cap_wei": most}


def _alarm(at: Situation, code: str) -> Standing | None:
    return next((alarm for alarm in at.alarms if alarm.code == code), None)


def gwei(wei: int) -> str:
    """Wei per gas in gwei, with three decimals at most: `41`, `0.125`."""
    return f"{wei / GWEI:.3f}".rstrip("0").rstrip(".")


def _span(seconds: int) -> str:
    for size, unit in ((86_400, "d"), (3600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number} {one if number == 1 else many or one + 's'}"
