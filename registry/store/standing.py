"""Whether a sealed batch counts: by its key's window and its issuer's standing at the moment it is anchored.

Batches are anchored without gaps, so one whose key or issuer is lost after sealing is anchored all the same, in vain.
Nothing about it looks wrong until somebody verifies; that is why it is told here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import ColumnElement, exists, func, or_, select
from sqlalchemy.orm import Session, load_only

from registry.format.anchorproof import rfc3339
from registry.store.tables import Anchor, Anchored, Batch, Issuer, IssuerKey, Standing

MAX_ANCHORS = 20
"""Anchors asked about in one tick, each with all its issuers. The rest follows in the next one."""

ANOTHER_KEY = "Issue them again; they will be signed with another key"
AFTER_REINSTATEMENT = "Issue them again once the issuer is reinstated"

Trouble = Literal["compromised", "revoked", "early"]
_TROUBLES: dict[Trouble, str] = {
    "compromised": "counts as compromised from",
    "revoked": "was revoked at",
    "early": "was added to the contract at",
}


@dataclass(frozen=True)
class Moment:
    """The block of an anchor that holds batches of an issuer; `time` is the block's, Unix seconds."""

    issuer_id: str
    block_hash: bytes
    time: int


@dataclass(frozen=True)
class InVain:
    """A batch that is not final and whose credentials will not be valid, and why."""

    number: int
    batch_id: str
    issuer_id: str
    problem: str


def waiting() -> ColumnElement[bool]:
    """Of a batch: it is sealed, and no final anchor holds it.

    Found by an index, not by looking at every batch: what lies behind a batch's leaves, megabytes, is slow to read.
    """
    final = select(func.coalesce(func.max(Anchored.number), 0)).where(Anchored.final).scalar_subquery()
    return Batch.number.is_not(None) & or_(Batch.anchor_number.is_(None), Batch.anchor_number > final)


def moments_not_judged(session: Session) -> list[Moment]:
    """Where an issuer's standing decides over a batch and the contract was not asked about it."""
    anchors = (
        select(Anchored)
        .join(Anchor, Anchor.number == Anchored.number)
        .where(Anchor.size > 1, ~exists().where(Standing.block_hash == Anchored.block_hash))
        .order_by(Anchored.number)
        .limit(MAX_ANCHORS)
    )
    found = {row.number: row for row in session.scalars(anchors)}
    if not found:
        return []
    query = select(Batch.issuer_id, Batch.anchor_number).where(Batch.anchor_number.in_(found)).distinct()
    return [
        Moment(issuer_id, found[number].block_hash, found[number].block_time)
        for issuer_id, number in session.execute(query)
        if number is not None
    ]


def judge(session: Session, suspended: Mapping[Moment, bool]) -> None:
    """Keep what the contract said about these moments."""
    for moment, answer in suspended.items():
        session.merge(Standing(block_hash=moment.block_hash, issuer_id=moment.issuer_id, suspended=answer))


def in_vain(session: Session) -> list[InVain]:
    """The batches that wait for a final anchor and will be none the better for it."""
    query = (
        select(Batch, Anchored)
        .outerjoin(Anchored, Anchored.number == Batch.anchor_number)
        .where(waiting())
        .options(load_only(Batch.id, Batch.number, Batch.issuer_id, Batch.key_id, Batch.anchor_number))
    )
    found = session.execute(query).all()
    anchored = {row.number: row for _, row in found if row is not None}
    told = problems(session, [batch for batch, _ in found], anchored)
    vain = [
        InVain(batch.number, batch.id, batch.issuer_id, told[batch.id])
        for batch, _ in found
        if batch.number is not None and batch.id in told
    ]
    return sorted(vain, key=lambda batch: batch.number)  # in the query it would keep SQLite from the index


def problems(session: Session, batches: Sequence[Batch], anchored: Mapping[int, Anchored]) -> dict[str, str]:
    """What is wrong with the sealed ones among these batches, by their ids; `anchored` by the number of the anchor."""
    sealed = [batch for batch in batches if batch.number is not None]
    of_keys = IssuerKey.key_id.in_({batch.key_id for batch in sealed})
    keys: dict[bytes | None, IssuerKey] = {row.key_id: row for row in session.scalars(select(IssuerKey).where(of_keys))}
    of_issuers = Issuer.id.in_({batch.issuer_id for batch in sealed})
    issuers = {row.id: row for row in session.scalars(select(Issuer).where(of_issuers))}
    at_anchors = Standing.block_hash.in_({row.block_hash for row in anchored.values()})
    standings = {
        (row.block_hash, row.issuer_id): row.suspended for row in session.scalars(select(Standing).where(at_anchors))
    }
    found = {}
    for batch in sealed:
        row = anchored.get(batch.anchor_number) if batch.anchor_number is not None else None
        key, issuer = keys[batch.key_id], issuers[batch.issuer_id]
        if row is None:
            problem = _before(key, issuer)
        else:
            suspended = standings.get((row.block_hash, issuer.id))
            problem = _key_then(key, row.block_time) or _issuer_then(issuer, suspended, row.block_time)
        if problem:
            found[batch.id] = problem
    return found


def _before(key: IssuerKey, issuer: Issuer) -> str:
    """Of a batch that is not anchored: it will be, at a time after all that is known now."""
    since = _compromised(key)
    if since is not None:
        what = f"The key that signed the batch counts as compromised from {rfc3339(since)} on"
    elif key.chain_revoked_at:
        what = f"The key that signed the batch was revoked at {rfc3339(key.chain_revoked_at)}"
    elif issuer.suspended or issuer.chain_suspended:
        return (
            "The issuer is suspended. Unless it is reinstated before the batch is anchored, its credentials will never "
            f"be valid. {AFTER_REINSTATEMENT}."
        )
    else:
        return ""
    return f"{what}. The batch will be anchored, but its credentials will never be valid. {ANOTHER_KEY}."


def key_trouble(key: IssuerKey, time: int) -> tuple[Trouble, int] | None:
    """Why a key did not count at `time`, and the moment that decides; None where it did.

    The contract's rule: addedAt <= time < revokedAt, and time < compromisedAt.
    """
    since, added, revoked = _compromised(key), key.chain_added_at, key.chain_revoked_at
    if since is not None and time >= since:
        return "compromised", since
    if revoked and time >= revoked:
        return "revoked", revoked
    if added and time < added:
        return "early", added
    return None


def _key_then(key: IssuerKey, time: int) -> str:
    trouble = key_trouble(key, time)
    if trouble is None:
        return ""
    code, since = trouble
    what = f"{_TROUBLES[code]} {rfc3339(since)}" + (" on" if code == "compromised" else "")
    return (
        f"The key that signed the batch {what}, and the batch was anchored at {rfc3339(time)}. Its credentials are not "
        f"valid. {ANOTHER_KEY}."
    )


def _issuer_then(issuer: Issuer, suspended: bool | None, time: int) -> str:
    if suspended:
        return (
            f"The issuer was suspended when the batch was anchored, at {rfc3339(time)}. Its credentials are not valid, "
            f"also after a reinstatement. {AFTER_REINSTATEMENT}."
        )
    if suspended is None and (issuer.suspended or issuer.chain_suspended):
        return (
            "The issuer is suspended; whether it was so already when the batch was anchored is not known yet. The "
            "worker asks the contract with its next look."
        )
    return ""


def _compromised(key: IssuerKey) -> int | None:
    """From when on the key is distrusted: as the contract says, or as it will when the registrar has told it."""
    wanted = None if key.compromised_since is None else max(key.compromised_since, key.chain_added_at or 0)
    return min((since for since in (wanted, key.chain_compromised_at) if since is not None), default=None)
