"""What an operator, a health check and the metrics want to know, in one read."""

from dataclasses import dataclass

from sqlalchemy import case, exists, func, select

from registry.store.batches import FINAL, INCLUDED, OPEN, SEALED, SEALING, STATES, SUBMITTED
from registry.store.engine import Store
from registry.store.tables import Alarm, Anchored, Attempt, Batch, Cursor


@dataclass(frozen=True)
class Facts:
    """Times in Unix seconds; None where there is nothing yet."""

    batches: dict[str, int]  # by each of the six states
    failed: int  # batches whose sealing stopped
    oldest_waiting: int | None  # when the oldest batch that is not final was given to the sealer
    tick_at: int | None
    latest_block: int | None
    finalized_block: int | None
    alarms: tuple[tuple[str, str], ...]  # code, detail


def facts(store: Store) -> Facts:
    """Raises StoreUnavailable."""
    sent = exists().where(Attempt.anchor_number == Batch.anchor_number)
    final = Anchored.final.is_(True)
    state = case((final, FINAL), (Anchored.number.is_not(None), INCLUDED), (sent, SUBMITTED), else_=Batch.state)
    joined = select(state, func.count()).outerjoin(Anchored, Anchored.number == Batch.anchor_number)
    waiting = (
        select(func.min(Batch.seal_requested_at))
        .outerjoin(Anchored, Anchored.number == Batch.anchor_number)
        .where(Batch.state.in_((SEALING, SEALED)), Anchored.final.is_not(True))
    )
    with store.read() as session:
        cursor = session.get(Cursor, 1)
        return Facts(
            batches=dict.fromkeys(STATES, 0) | dict(session.execute(joined.group_by(state)).all()),
            failed=session.scalar(select(func.count()).where(Batch.state != OPEN, Batch.failure.is_not(None))) or 0,
            oldest_waiting=session.scalar(waiting),
            tick_at=cursor.tick_at if cursor else None,
            latest_block=cursor.latest_block if cursor else None,
            finalized_block=cursor.block_number if cursor else None,
            alarms=tuple((row.code, row.detail) for row in session.scalars(select(Alarm).order_by(Alarm.code))),
        )
