"""Who may do a job that only one process may do at a time: a lease with a fencing token.

A lease can be lost without its holder noticing (a frozen machine thaws). So every transaction that relies on it
begins with `fence()`, which fails once somebody else took over, and which makes a rival wait for that transaction; if
its process is frozen inside it, the database ends it.
Time is the database's: the clocks of several machines never meet.
"""

import os
import secrets
import socket
from dataclasses import dataclass, field

from sqlalchemy import text
from sqlalchemy.orm import Session

from registry.errors import RegistryError
from registry.store.engine import Store
from registry.store.postgresql import limit_silence

LEASE_SECONDS = 15
"""Long enough for one tick with slow providers, short enough that a takeover is not noticed by people."""

MAX_HOST_CHARS = 32
"""So much of a host's name; the whole owner fits into its column."""

_NOW = {
    "sqlite": "CAST(strftime('%s', 'now') AS INTEGER)",
    "postgresql": "CAST(extract(epoch FROM clock_timestamp()) AS bigint)",
}


class LeaseLost(RegistryError):
    """Somebody else took the lease over; the work of this transaction is rolled back."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name

    def __str__(self) -> str:
        return f"The lease {self.name!r} was taken over by another process. Nothing was written; stand back."


@dataclass(frozen=True)
class Held:
    """A lease as held: `token` grows at every change of hands, never while the same owner renews."""

    name: str
    owner: str
    token: int
    seconds: int = field(default=LEASE_SECONDS, compare=False)


def new_owner() -> str:
    """A name for this process: "host/process/random". Random per start: a restarted process is somebody else.

    What is in front is for people, who find out from the lease's row which machine is at work.
    """
    return f"{socket.gethostname()[:MAX_HOST_CHARS]}/{os.getpid()}/{secrets.token_hex(8)}"


def acquire(store: Store, name: str, owner: str, seconds: int = LEASE_SECONDS) -> Held | None:
    """Take the lease, or renew it, for `seconds`; None while another owner holds it."""
    now = _NOW[store.dialect]
    statement = text(
        "INSERT INTO lease (name, owner, token, expires) "  # noqa: S608  (both insertions are our own constants)
        f"VALUES (:name, :owner, 1, {now} + :seconds) "
        "ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, expires = excluded.expires, "
        "token = lease.token + CASE WHEN lease.owner = excluded.owner THEN 0 ELSE 1 END "
        f"WHERE lease.owner = excluded.owner OR lease.expires < {now} RETURNING token"
    )
    with store.begin() as session:
        limit_silence(session, seconds)
        token = session.execute(statement, {"name": name, "owner": owner, "seconds": seconds}).scalar()
    return None if token is None else Held(name, owner, int(token), seconds)


def fence(session: Session, held: Held) -> None:
    """First statement of every transaction done under the lease. Raises `LeaseLost` when it changed hands.

    An expired lease that nobody took still stands: expiry allows a takeover, it does not undo the holder.
    """
    # A takeover waits for this transaction: no longer than the lease lasts, if the process is frozen inside it.
    limit_silence(session, held.seconds)
    # SQLite: BEGIN IMMEDIATE already made it the only writer.
    lock = " FOR UPDATE" if session.get_bind().dialect.name == "postgresql" else ""
    found = session.execute(
        text(f"SELECT 1 FROM lease WHERE name = :name AND owner = :owner AND token = :token{lock}"),  # noqa: S608
        {"name": held.name, "owner": held.owner, "token": held.token},
    ).scalar()
    if found is None:
        raise LeaseLost(held.name)


def release(store: Store, held: Held) -> None:
    """Let others take the lease at once. The row stays, so that tokens keep growing."""
    with store.begin() as session:
        session.execute(
            text("UPDATE lease SET expires = 0 WHERE name = :name AND owner = :owner AND token = :token"),
            {"name": held.name, "owner": held.owner, "token": held.token},
        )
