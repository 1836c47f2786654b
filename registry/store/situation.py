"""Where the worker stands, read from the database in one snapshot; `awaiting.py` says what that means."""

from dataclasses import dataclass

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from registry.store import signers
from registry.store.batches import SEALED, SEALING
from registry.store.engine import Store
from registry.store.tables import (
    Alarm,
    Anchor,
    Anchored,
    Attempt,
    Batch,
    Cursor,
    Issuer,
    IssuerKey,
    Lease,
    Readings,
    Registry,
)

LEASE = "anchor"
"""The lease under which the worker works."""


@dataclass(frozen=True)
class Sending:
    """An anchor that is not in a block: how many transactions were signed for it, and about the newest of them. There
    are several when dearer ones replaced cheaper ones; each is sent with every look, which is not counted.

    `price` is the most it pays, wei per gas; times in Unix seconds.
    """

    number: int
    created_at: int
    attempts: int
    sent: int  # those that some node accepted
    sent_at: int | None  # when a node accepted one for the first time
    price: int | None
    answer: str | None


@dataclass(frozen=True)
class Included:
    """The oldest anchor that is in a block and not final."""

    number: int
    block: int


@dataclass(frozen=True)
class Sealed:
    """Batches that no anchor holds: how many, and about the first of them. Without a key on the chain: None."""

    count: int
    number: int
    issuer_id: str
    key_added_at: int | None


@dataclass(frozen=True)
class Standing:
    """An alarm that stands. Since when: Unix seconds."""

    code: str
    detail: str
    since: int


@dataclass(frozen=True)
class Situation:
    """All that is needed to say what the worker waits for; None where there is nothing. Times in Unix seconds."""

    now: int
    bound: bool
    cursor: Cursor | None
    readings: Readings | None
    lease: Lease | None
    alarms: tuple[Standing, ...]
    next_anchor: int
    last_anchor_at: int | None  # when the newest anchor was decided
    sending: Sending | None
    included: Included | None
    sealed: Sealed | None
    unsealable: tuple[str, str] | None  # a batch that waits for its issuer's key, and the issuer
    registrar: tuple[str, ...]  # issuers with something that the registrar has to bring to the chain


def situation(store: Store) -> Situation:
    """Raises StoreUnavailable."""
    with store.read() as session:
        seen = session.scalar(select(func.max(Anchored.number))) or 0
        return Situation(
            now=store.now(),
            bound=session.get(Registry, 1) is not None,
            cursor=session.get(Cursor, 1),
            readings=session.get(Readings, 1),
            lease=session.get(Lease, LEASE),
            alarms=_alarms(session),
            next_anchor=seen + 1,
            last_anchor_at=session.scalar(select(Anchor.created_at).order_by(Anchor.number.desc()).limit(1)),
            sending=_sending(session, seen + 1),
            included=_included(session),
            sealed=_sealed(session),
            unsealable=_unsealable(session),
            registrar=_registrar(session),
        )  # fmt: skip


def _alarms(session: Session) -> tuple[Standing, ...]:
    rows = session.scalars(select(Alarm).order_by(Alarm.code))
    return tuple(Standing(row.code, row.detail, row.raised_at) for row in rows)


def _sending(session: Session, number: int) -> Sending | None:
    anchor = session.get(Anchor, number)
    if anchor is None:
        return None
    rows = list(session.scalars(select(Attempt).where(Attempt.anchor_number == number)))
    newest = max(rows, key=lambda row: (row.created_at, row.nonce, int(row.max_fee)), default=None)
    return Sending(
        number=number,
        created_at=anchor.created_at,
        attempts=len(rows),
        sent=sum(row.sent_at is not None for row in rows),
        sent_at=min((row.sent_at for row in rows if row.sent_at is not None), default=None),
        price=int(newest.max_fee) if newest else None,
        answer=newest.last_answer if newest else None,
    )


def _included(session: Session) -> Included | None:
    query = select(Anchored.number, Anchored.block_number).where(Anchored.final.is_(False))
    found = session.execute(query.order_by(Anchored.number).limit(1)).first()
    return Included(*found) if found else None


def _sealed(session: Session) -> Sealed | None:
    waiting = (Batch.state == SEALED, Batch.anchor_number.is_(None))
    query = (
        select(Batch.number, Batch.issuer_id, IssuerKey.chain_added_at)
        .join(IssuerKey, IssuerKey.key_id == Batch.key_id)
        .where(*waiting)
        .order_by(Batch.number)
        .limit(1)
    )
    first = session.execute(query).first()
    if first is None or first[0] is None:
        return None
    count = session.scalar(select(func.count()).where(*waiting)) or 0
    return Sealed(count, first[0], first[1], first[2])


def _unsealable(session: Session) -> tuple[str, str] | None:
    query = select(Batch.id, Batch.issuer_id).where(Batch.state == SEALING, Batch.failure.is_(None))
    for batch_id, issuer_id in session.execute(query.order_by(Batch.seal_requested_at, Batch.id).limit(1)):
        key = signers.find_active(session, issuer_id)
        if key is not None and key.chain_added_at is None:
            return batch_id, issuer_id
    return None


def _registrar(session: Session) -> tuple[str, ...]:
    """Issuers that are not in the contract as they should be, or have a key that is not."""
    waiting = or_(
        Issuer.chain_added_at.is_(None),
        Issuer.suspended != Issuer.chain_suspended,
        IssuerKey.chain_added_at.is_(None) & IssuerKey.revoke.is_(False) & IssuerKey.compromised_since.is_(None),
        IssuerKey.chain_added_at.is_not(None)
        & IssuerKey.compromised_since.is_not(None)
        & IssuerKey.chain_compromised_at.is_(None),
    )
    query = select(Issuer.id).outerjoin(IssuerKey, IssuerKey.issuer_id == Issuer.id).where(waiting)
    return tuple(session.scalars(query.distinct().order_by(Issuer.id)))
