"""The outbox of what operators are told: an alarm was raised, an alarm is over. Who sends them takes them from here.

    written    with the alarm, in its transaction; due after the alarm's patience
    taken      its count of tries grows and its next time is set, before anything is sent
    delivered  nothing is due any more; the same for one that was given up

If the sender dies after it took one, that one comes again at its next time: at least once, under the same id.
An alarm that is over before anybody was told of it is not told at all.
"""

import secrets
from dataclasses import dataclass

from sqlalchemy import delete, func, select, update
from sqlalchemy.engine import CursorResult
from sqlalchemy.orm import Session

from registry.store.engine import Store
from registry.store.tables import Notice

RAISED, CLEARED = "raised", "cleared"

MAX_NOTICES = 1000
"""Kept, delivered or not: a receiver that is away for long does not fill the disk."""

FIRST_PAUSE_SECONDS = 10
"""After the first try; doubled after each. Longer than a try takes, so nobody else sends the same one meanwhile."""

MAX_PAUSE_SECONDS = 3600
GIVE_UP_SECONDS = 3 * 86_400
"""Older than that it is news to nobody. The alarm itself, if it stands, is still told by `status`."""

MAX_ERROR_CHARS = 200


@dataclass(frozen=True)
class Outbox:
    """How many notices wait, how many were given up, and since when the oldest waits (Unix seconds)."""

    waiting: int
    given_up: int
    oldest: int | None


def raised(session: Session, code: str, detail: str, *, now: int, patience: int) -> None:
    """Tell, in `patience` seconds, that an alarm stands."""
    _add(session, code, RAISED, detail, since=now, now=now, due_at=now + patience)


def cleared(session: Session, code: str, detail: str, *, since: int, now: int) -> None:
    """Tell that an alarm is over, to whom was told that it stood."""
    untold = (Notice.code == code, Notice.event == RAISED, Notice.tries == 0, Notice.due_at.is_not(None))
    if session.execute(delete(Notice).where(*untold).returning(Notice.id)).first() is not None:
        return
    told = select(Notice.id).where(Notice.code == code, Notice.event == RAISED, Notice.since == since)
    if session.scalar(told.limit(1)) is not None:
        _add(session, code, CLEARED, detail, since=since, now=now, due_at=now)


def take(store: Store) -> Notice | None:
    """The next notice to send, counted as tried; None when none is due. Notices of one alarm come in their order."""
    earlier = select(func.min(Notice.id)).where(Notice.due_at.is_not(None)).group_by(Notice.code)
    now = store.now()
    query = select(Notice).where(Notice.id.in_(earlier), Notice.due_at <= now).order_by(Notice.due_at, Notice.id)
    with store.read() as session:
        if session.scalar(query.limit(1)) is None:
            return None
    with store.begin() as session:
        for row in session.scalars(query).all():
            late = now - row.created_at > GIVE_UP_SECONDS
            pause = min(MAX_PAUSE_SECONDS, FIRST_PAUSE_SECONDS << min(row.tries, 10))
            mine = update(Notice).where(Notice.id == row.id, Notice.tries == row.tries, Notice.due_at.is_not(None))
            done = session.execute(mine.values(tries=row.tries + 1, due_at=None if late else now + pause))
            assert isinstance(done, CursorResult)  # noqa: S101
            if done.rowcount and not late:  # else another process took it at the same moment
                return row
    return None


def delivered(store: Store, notice: Notice) -> None:
    """It was accepted."""
    with store.begin() as session:
        session.execute(
            update(Notice).where(Notice.id == notice.id).values(due_at=None, sent_at=store.now(), last_error=None)
        )


def failed(store: Store, notice: Notice, error: str) -> None:
    """It was not accepted; it comes again at its next time."""
    with store.begin() as session:
        values = {"last_error": error[:MAX_ERROR_CHARS]}
        session.execute(update(Notice).where(Notice.id == notice.id).values(**values))


def outbox(session: Session) -> Outbox:
    """For metrics and `status`."""
    waiting = select(func.count(), func.min(Notice.due_at)).where(Notice.due_at.is_not(None))
    count, oldest = session.execute(waiting).one()
    lost = select(func.count()).where(Notice.due_at.is_(None), Notice.sent_at.is_(None))
    return Outbox(count, session.scalar(lost) or 0, oldest)


def _add(session: Session, code: str, event: str, detail: str, *, since: int, now: int, due_at: int) -> None:
    row = Notice(
        uid=secrets.token_hex(16), code=code, event=event, detail=detail, since=since, created_at=now, due_at=due_at,
        tries=0,
    )  # fmt: skip
    session.add(row)
    session.flush()
    oldest = select(Notice.id).order_by(Notice.id.desc()).offset(MAX_NOTICES).limit(1).scalar_subquery()
    session.execute(delete(Notice).where(Notice.id <= oldest))
