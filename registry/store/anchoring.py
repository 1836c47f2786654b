"""The worker's transactions. The chain is the truth; the database says what is wanted, and what was last seen there.

    TX1 `create_anchor`   what the next anchor commits to. If the process dies after it: that anchor is signed later.
    TX2 `store_attempt`   signed bytes, before any send. If the process dies after it: the same bytes are sent later.
    TX3 `observe`         what the chain shows, read anew every time. If the process dies after it: it is read again.

Each begins with the fence, so a worker that lost its lease writes nothing. None waits for anything outside.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from registry.errors import RegistryError, StateError
from registry.store.composing import (
    Composed,
    anchored_versions,
    compose,
    pending_batches,
    ready_versions,
    recompose,
)
from registry.store.engine import Store
from registry.store.lease import Held, fence
from registry.store.tables import Alarm, Anchor, Anchored, AnchorList, Attempt, Cursor

_ONLY = 1  # the cursor's table has one row


class Contradiction(RegistryError):
    """Chain and database say different things that both are final. `code` names the alarm. Nothing was written."""

    def __init__(self, code: str, problem: str, remedy: str) -> None:
        super().__init__(code, problem, remedy)
        self.code = code
        self.problem = problem
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.problem}. {self.remedy}."


class Incomplete(RegistryError):
    """What was read from the chain has holes. Nothing was written; read again."""


@dataclass(frozen=True)
class BlockRef:
    """A block: number, 32-byte hash, time in Unix seconds."""

    number: int
    hash: bytes
    time: int


@dataclass(frozen=True)
class SeenAnchor:
    """An anchor as the contract's log shows it."""

    number: int
    root: bytes
    position: int
    tx_hash: bytes
    block_number: int
    block_hash: bytes
    block_time: int


@dataclass(frozen=True)
class NewAttempt:
    """A signed transaction. Fees in wei per gas; `created_block` is the head when it was signed."""

    tx_hash: bytes
    anchor_number: int
    sender: bytes
    nonce: int
    max_fee: int
    max_tip: int
    raw: bytes
    created_block: int


def cursor(session: Session) -> BlockRef | None:
    """The last final block that was seen (its time is not kept: 0), or None before the first look."""
    row = session.get(Cursor, _ONLY)
    return BlockRef(row.block_number, row.block_hash, 0) if row else None


def observe(store: Store, held: Held, *, latest: int, final: BlockRef, count: int, seen: Sequence[SeenAnchor]) -> None:
    """TX3. `seen` are all anchors after the cursor, `count` is the contract's own number of them at block `latest`.

    What is not final is thrown away and written anew; what is final stays for ever. Raises Incomplete when the anchors
    do not add up to the contract's count, Contradiction when the chain holds an anchor that is not ours, LeaseLost.
    """
    with store.begin() as session:
        fence(session, held)
        session.execute(delete(Anchored).where(Anchored.final.is_(False)))
        done = session.scalar(select(func.count()).select_from(Anchored)) or 0
        for place, found in enumerate(seen, done + 1):
            if found.number != place:
                raise Incomplete(f"The logs show anchor {found.number} where {place} comes next")
            _require_ours(session, store, found, final.time)
            session.add(
                Anchored(
                    number=found.number,
                    root=found.root,
                    position=found.position,
                    tx_hash=found.tx_hash,
                    block_number=found.block_number,
                    block_hash=found.block_hash,
                    block_time=found.block_time,
                    final=found.block_number <= final.number,
                )
            )
        if done + len(seen) != count:
            raise Incomplete(f"The logs show {done + len(seen)} anchors; the contract counts {count}")
        _move_cursor(session, latest, final, store.now())


@dataclass(frozen=True)
class Plan:
    """Where anchor `number` stands. `due`: it does not exist, and there is something to anchor."""

    number: int
    anchor: Anchor | None
    attempts: tuple[Attempt, ...]  # of one sender, the dearest of each nonce last
    due: bool


def plan(store: Store, number: int, sender: bytes, *, final_time: int, heartbeat: float) -> Plan:
    """What is known about anchor `number`, in one snapshot.

    It is due when a batch waits, a list has changed, or the last anchor is older than `heartbeat` seconds. `final_time`
    is the final block's: keys added after it are not relied on.
    """
    query = select(Attempt).where(Attempt.anchor_number == number, Attempt.sender == sender)
    with store.read() as session:
        anchor = session.get(Anchor, number)
        attempts = sorted(session.scalars(query), key=lambda row: (row.nonce, int(row.max_fee)))
        due = anchor is None and _is_due(session, store.now(), number, final_time, heartbeat)
        return Plan(number, anchor, tuple(attempts), due)


def create_anchor(store: Store, held: Held, number: int, *, final_time: int) -> Anchor:
    """TX1. Anchor `number` commits to all sealed batches whose keys are final on the chain, and to all status lists.

    Raises LeaseLost, StateError when it exists.
    """
    with store.begin() as session:
        fence(session, held)
        batches = pending_batches(session, final_time)
        versions = ready_versions(session, final_time, number - 1)
        return _write(session, compose(session, number, batches, versions), store.now())


def _is_due(session: Session, now: int, number: int, final_time: int, heartbeat: float) -> bool:
    if pending_batches(session, final_time, limit=1):
        return True
    last = session.get(Anchor, number - 1)
    # Our own clock against our own clock: block times have nothing to do with it, and each beat starts it anew. An
    # anchor from the far future was made by a clock that has been set right since; without it no beat would come.
    if last is not None and abs(now - last.created_at) >= heartbeat:
        return True
    return ready_versions(session, final_time, number - 1) != anchored_versions(session, number - 1)


def store_attempt(store: Store, held: Held, new: NewAttempt) -> None:
    """TX2. Keep signed bytes; it must be committed before they are sent for the first time. Raises LeaseLost.

    Signing again gives the same bytes as long as nothing has changed; then there is nothing to write.
    """
    with store.begin() as session:
        fence(session, held)
        if session.get(Attempt, new.tx_hash) is None:
            session.add(
                Attempt(
                    tx_hash=new.tx_hash,
                    anchor_number=new.anchor_number,
                    sender=new.sender,
                    nonce=new.nonce,
                    max_fee=str(new.max_fee),
                    max_tip=str(new.max_tip),
                    raw=new.raw,
                    created_at=store.now(),
                    created_block=new.created_block,
                )
            )


def note_answer(store: Store, held: Held, tx_hash: bytes, answer: str, *, accepted: bool) -> None:
    """Keep what the nodes answered to a broadcast. It decides nothing about the anchor; the chain does."""
    with store.begin() as session:
        fence(session, held)
        row = session.get_one(Attempt, tx_hash)
        row.last_answer = answer
        if accepted and row.sent_at is None:
            row.sent_at = store.now()


def set_alarms(store: Store, held: Held, alarms: Mapping[str, str], *, complete: bool) -> None:
    """Raise `alarms` (code -> detail). `complete`: everything was looked at, so what is not among them is over."""
    with store.read() as session:
        known = {row.code: row.detail for row in session.scalars(select(Alarm))}
    if all(known.get(code) == detail for code, detail in alarms.items()) and not (complete and known.keys() - alarms):
        return
    with store.begin() as session:
        fence(session, held)
        rows = {row.code: row for row in session.scalars(select(Alarm))}
        for code, detail in alarms.items():
            if code in rows:
                rows[code].detail = detail
            else:
                session.add(Alarm(code=code, detail=detail, raised_at=store.now()))
        for code in rows.keys() - alarms.keys() if complete else ():
            session.delete(rows[code])


def _require_ours(session: Session, store: Store, found: SeenAnchor, final_time: int) -> None:
    """The chain's anchor is what we committed to under its number, or can be rebuilt from what we have."""
    row = session.get(Anchor, found.number)
    if row is None:
        made = recompose(session, found.number, found.root, final_time)
        if made is None:
            raise Contradiction(
                "unknown-anchor",
                f"The chain holds anchor {found.number}, root {found.root.hex()}, of which this database knows nothing",
                "It is an older copy, or somebody else used the operator's key. Restore the newest copy",
            )
        row = _write(session, made, store.now())
    if row.root != found.root:
        raise Contradiction(
            "root-conflict",
            f"Anchor {found.number} is {found.root.hex()} on the chain and {row.root.hex()} in this database",
            "Somebody else used the operator's key, or two databases serve one contract. Stop all workers and find out",
        )


def _write(session: Session, made: Composed, now: int) -> Anchor:
    if session.get(Anchor, made.number) is not None:
        raise StateError(f"Anchor {made.number}", "created already", "new")
    anchor = Anchor(
        number=made.number, root=made.root, status_root=made.status_root, size=1 + len(made.batches), created_at=now
    )
    session.add(anchor)
    session.flush()
    for position, item in enumerate(made.lists):
        session.add(
            AnchorList(
                anchor_number=made.number, position=position, list_id=item.list_.id, version=item.version.version
            )
        )
    for index, batch in enumerate(made.batches, 1):
        batch.anchor_number, batch.anchor_index = made.number, index
    session.flush()
    return anchor


def _move_cursor(session: Session, latest: int, final: BlockRef, now: int) -> None:
    row = session.get(Cursor, _ONLY)
    if row is None:
        row = Cursor(id=_ONLY, block_number=0, block_hash=b"", latest_block=0, tick_at=0)
        session.add(row)
    row.block_number, row.block_hash = final.number, final.hash
    row.latest_block, row.tick_at = latest, now
