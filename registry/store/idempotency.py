"""Requests that must not be done twice: the answer is committed in the transaction that did the work.

    with store.begin() as session:
        seen = recall(session, caller, key, sha256)
        if seen is None:
            ...the work...
            remember(session, caller, key, sha256, status, response, now=store.now())

An answer must not repeat what people sent (names, rows): handles and states are enough. What a credential's erasure
finds here it empties all the same.
"""

from dataclasses import dataclass

from sqlalchemy import delete
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from registry.errors import RegistryError
from registry.store.engine import Store
from registry.store.tables import Idempotency

KEEP_SECONDS = 24 * 3600
"""How long an answer is kept: longer than any client retries, and short because it may tell about people."""

_CLAIMED = 0  # status of a row whose work is still being done, in this very transaction


class IdempotencyReused(RegistryError):
    """The key was used before, for a request with other content."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key

    def __str__(self) -> str:
        return f"The idempotency key {self.key!r} was used for another request. Use a new key for a new request."


@dataclass(frozen=True)
class Remembered:
    """The answer that was given the first time. Emptied ("", status 410) when the credential in it was erased."""

    status: int
    response: str


def recall(session: Session, caller: str, key: str, request_sha256: bytes) -> Remembered | None:
    """The earlier answer, or None: then the key is claimed, and this transaction must `remember` an answer.

    A second transaction with the same key waits here until the first has ended. Raises IdempotencyReused.
    """
    values = {
        "caller": caller,
        "key": key,
        "request_sha256": request_sha256,
        "status": _CLAIMED,
        "response": "",
        "created_at": 0,
    }
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    claim = dialect.insert(Idempotency).values(values).on_conflict_do_nothing().returning(Idempotency.key)
    if session.execute(claim).scalar() is not None:
        return None
    row = session.get_one(Idempotency, (caller, key), populate_existing=True)
    if row.request_sha256 != request_sha256:
        raise IdempotencyReused(key)
    return None if row.status == _CLAIMED else Remembered(row.status, row.response)


def remember(  # noqa: PLR0917 (in the order of the table)
    session: Session, caller: str, key: str, request_sha256: bytes, status: int, response: str, *, now: int
) -> None:
    """Keep the answer, in the transaction of the work; `now` is the store's time, by which it is forgotten."""
    row = session.get(Idempotency, (caller, key)) or Idempotency(caller=caller, key=key)
    row.request_sha256, row.status, row.response, row.created_at = request_sha256, status, response, now
    session.add(row)


def forget_old(store: Store) -> int:
    """Delete the answers older than KEEP_SECONDS; returns how many."""
    with store.begin() as session:
        result = session.execute(delete(Idempotency).where(Idempotency.created_at < store.now() - KEEP_SECONDS))
        return int(result.rowcount)  # type: ignore[attr-defined]
