"""What PostgreSQL needs beyond SQLAlchemy: connections that notice trouble, and that go through PgBouncer.

PgBouncer in transaction mode gives each transaction another session of the server. So nothing of ours is kept in a
session: no prepared statements, no SET but SET LOCAL, no advisory lock but a transaction's own, no LISTEN.
"""

from typing import Any

from sqlalchemy import text
from sqlalchemy.engine import URL
from sqlalchemy.orm import Session

IDLE_SECONDS = 60
"""How long a process may be silent inside a writing transaction until the server ends it, and its locks with it.

A process that is frozen, or whose machine is gone, would else hold them for ever. The longest silence of one that is
well is the hashing of 100,000 leaves, about a second.
"""

CONNECT = {
    "connect_timeout": 10,
    # A machine that vanished says nothing: without these the system waits two hours for it.
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 25_000,  # milliseconds
}
"""How a connection is opened and watched; in seconds, by libpq's names. What the URL says of them counts more."""


def arguments(url: URL) -> dict[str, Any]:
    """Arguments for the driver besides the URL."""
    # None: never prepare a statement on the server. PgBouncer before 1.21 loses track of those.
    return {"prepare_threshold": None} | {name: value for name, value in CONNECT.items() if name not in url.query}


def limit_silence(session: Session, seconds: int) -> None:
    """Let the server end this transaction when the process is silent inside it for so long; elsewhere do nothing."""
    if session.get_bind().dialect.name == "postgresql":
        limit = text("SELECT set_config('idle_in_transaction_session_timeout', :limit, true)")  # true: SET LOCAL
        session.execute(limit, {"limit": f"{max(seconds, 1)}s"})
