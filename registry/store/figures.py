"""Figures in numbers: what metrics need besides `health.facts`, and what a registry holds."""

from dataclasses import dataclass

from sqlalchemy import Case, case, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from registry.store.engine import Store
from registry.store.tables import Alarm, Anchor, Anchored, Attempt, Batch, Issuer


@dataclass(frozen=True)
class Figures:
    """Over all final anchors: how many, and the sums of seconds from their making to their block and to finality.

    Such sums only grow. `timed` counts those whose finality was seen; before version 0005 it was not kept.
    """

    anchors: int
    included_seconds: int
    timed: int
    final_seconds: int
    tip: str | None  # of the newest bid, wei per gas


def figures(session: Session) -> Figures:
    """In the caller's snapshot."""
    query = (
        select(
            func.count(),
            func.coalesce(func.sum(_since_made(Anchored.block_time)), 0),
            func.count(Anchored.final_at),
            func.coalesce(func.sum(_since_made(Anchored.final_at)), 0),
        )
        .join(Anchor, Anchor.number == Anchored.number)
        .where(Anchored.final)
    )
    count, included, timed, final = session.execute(query).one()
    newest = select(Attempt.max_tip).order_by(Attempt.created_at.desc(), Attempt.nonce.desc()).limit(1)
    return Figures(count, int(included), timed, int(final), session.scalar(newest))


def _since_made(time: InstrumentedAttribute[int] | InstrumentedAttribute[int | None]) -> "Case[int]":
    """Never less than nothing: a block's time is the chain's, the anchor's is ours."""
    return case((time > Anchor.created_at, time - Anchor.created_at), else_=0)


@dataclass(frozen=True)
class Totals:
    """What a registry holds, for anybody: what is final, and `issuers` that stand in the contract."""

    anchors: int
    batches: int
    credentials: int
    issuers: int
    latest: Anchored | None  # the newest final anchor
    closed: bool  # no anchor can follow


def totals(store: Store) -> Totals:
    """Raises StoreUnavailable."""
    anchored = select(func.count(), func.coalesce(func.sum(Batch.size), 0))
    anchored = anchored.join(Anchored, Anchored.number == Batch.anchor_number).where(Anchored.final)
    with store.read() as session:
        batches, credentials = session.execute(anchored.select_from(Batch)).one()
        newest = select(Anchored).where(Anchored.final).order_by(Anchored.number.desc()).limit(1)
        return Totals(
            anchors=session.scalar(select(func.count()).select_from(Anchored).where(Anchored.final)) or 0,
            batches=batches,
            credentials=int(credentials),
            issuers=session.scalar(
                select(func.count()).select_from(Issuer).where(Issuer.chain_added_at.is_not(None))
            ) or 0,
            latest=session.scalars(newest).first(),
            closed=session.get(Alarm, "registry-closed") is not None,
        )  # fmt: skip
