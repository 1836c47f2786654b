"""The worker's transactions. The chain is the truth; the database says what is wanted, and what was last seen there.

    TX1 `create_anchor`   what the next anchor commits to. If the process dies after it: that anchor is signed later.
    TX2 `store_attempt`   signed bytes, before any send. If the process dies after it: the same bytes are sent later.
    TX3 `observe`         what the chain shows, read anew every time. If the process dies after it: it is read again.

Each begins with the fence, so a worker that lost its lease writes nothing. None waits for anything outside.
"""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.errors import StateError
from registry.store.composing import (
    Composed,
    anchored_versions,
    compose,
    pending_batches,
    ready_versions,
)
from registry.store.engine import Store
from registry.store.lease import Held, fence
from registry.store.tables import Anchor, AnchorList, Attempt


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
        return write_anchor(session, compose(session, number, batches, versions), store.now())


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


def write_anchor(session: Session, made: Composed, now: int) -> Anchor:
    """The rows of an anchor, inside a transaction of the caller. Raises StateError when it exists."""
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
