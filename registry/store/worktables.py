"""The tables by which the worker and its watchers work: where it is, who it is, what it saw, what it has to tell.

Times are integers, Unix seconds. Nothing here is personal, and nothing is needed to prove a credential.
"""

from typing import Any, ClassVar

from sqlalchemy import BigInteger, Integer, LargeBinary, String, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    """Parent of all tables; `Base.metadata` is what the migrations must produce."""

    type_annotation_map: ClassVar[dict[Any, Any]] = {
        int: BigInteger().with_variant(Integer, "sqlite"),
        bytes: LargeBinary,
        str: Text,
    }


class Cursor(Base):
    """The last finalized block the worker has seen; one row, id 1."""

    __tablename__ = "cursor"
    id: Mapped[int] = mapped_column(primary_key=True)
    block_number: Mapped[int]
    block_hash: Mapped[bytes]
    latest_block: Mapped[int]  # of the last good tick, for people
    tick_at: Mapped[int]


class Readings(Base):
    """What the last good look at the chain showed, and what binds the worker that looked. For people: nothing that is
    done depends on it. One row, id 1, written with the cursor.
    """

    __tablename__ = "readings"
    id: Mapped[int] = mapped_column(primary_key=True)
    final_time: Mapped[int]  # of the final block
    base_fee: Mapped[str] = mapped_column(String(80))  # wei, decimal, like the next two
    max_fee: Mapped[str] = mapped_column(String(80))  # the cap
    balance: Mapped[str] = mapped_column(String(80))  # of the operator
    nonce: Mapped[int]  # of the operator
    heartbeat_seconds: Mapped[int]


class Lease(Base):
    """Who may act as worker, with a fencing token that grows at every change of hands."""

    __tablename__ = "lease"
    name: Mapped[str] = mapped_column(String(32), primary_key=True)
    owner: Mapped[str] = mapped_column(String(64))
    token: Mapped[int]
    expires: Mapped[int]


class Alarm(Base):
    """Something an operator must look at; raised by the worker, cleared when it no longer holds."""

    __tablename__ = "alarm"
    code: Mapped[str] = mapped_column(String(64), primary_key=True)
    detail: Mapped[str]
    raised_at: Mapped[int]


class Notice(Base):
    """That an alarm was raised or is over, to be told to whoever is to be told; see notices.py."""

    __tablename__ = "notice"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    uid: Mapped[str] = mapped_column(String(32), unique=True)  # the same on every try
    code: Mapped[str] = mapped_column(String(64))  # the alarm's
    event: Mapped[str] = mapped_column(String(16))  # raised, cleared
    detail: Mapped[str]
    since: Mapped[int]  # when the alarm was raised
    created_at: Mapped[int]
    due_at: Mapped[int | None]  # None: delivered, or given up
    tries: Mapped[int]
    sent_at: Mapped[int | None]
    last_error: Mapped[str | None]


class LoggedEntry(Base):
    """A final entry of the contract's log (`log.py`). Derived: the worker reads what is gone from the chain again."""

    __tablename__ = "log_entry"
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    block_number: Mapped[int]
    preimage: Mapped[bytes]  # 132 bytes, FORMAT.md section 9


class LogNode(Base):
    """The root over 256^level entries, of a full tile (`lognodes.py`). Derived from them."""

    __tablename__ = "log_node"
    level: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)  # from 1 on
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    hash: Mapped[bytes]


class Checkpoint(Base):
    """A checkpoint that the registry signed. The key is its size: there are never two of one size."""

    __tablename__ = "checkpoint"
    size: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    root: Mapped[bytes]
    note: Mapped[str]
    signed_at: Mapped[int]
