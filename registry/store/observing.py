"""The transaction in which the worker writes down what the chain shows (TX3), and what makes it refuse.

Read anew on every tick: what is not final is thrown away and written again, so a reorganisation is just another answer.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from registry.errors import RegistryError
from registry.store.anchoring import write_anchor
from registry.store.composing import recompose
from registry.store.engine import Store
from registry.store.lease import Held, fence
from registry.store.tables import Anchor, Anchored, Cursor, Readings

_ONLY = 1  # the tables of the cursor and of the readings have one row


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
class Gauges:
    """What a look showed that nothing depends on, kept for people: fees in wei per gas, `max_fee` being the cap,

    `balance` in wei and `nonce` of the operator, `heartbeat` in seconds.
    """

    base_fee: int
    max_fee: int
    balance: int
    nonce: int
    heartbeat: float


@dataclass(frozen=True)
class Moves:
    """What a look changed: anchors seen in a block for the first time, seen as final for the first time, and how many
    blocks deep the reorganisation reached that took an anchor out of its block (0: there was none).
    """

    included: tuple[SeenAnchor, ...] = ()
    final: tuple[SeenAnchor, ...] = ()
    reorg_depth: int = 0


def cursor(session: Session) -> BlockRef | None:
    """The last final block that was seen (its time is not kept: 0), or None before the first look."""
    row = session.get(Cursor, _ONLY)
    return BlockRef(row.block_number, row.block_hash, 0) if row else None


def observe(
    store: Store,
    held: Held,
    *,
    latest: int,
    final: BlockRef,
    count: int,
    seen: Sequence[SeenAnchor],
    gauges: Gauges,
) -> Moves:
    """TX3. `seen` are all anchors after the cursor, `count` is the contract's own number of them at block `latest`.

    What is not final is thrown away and written anew; what is final stays for ever. Raises Incomplete when the anchors
    do not add up to the contract's count, Contradiction when the chain holds an anchor that is not ours, LeaseLost.
    """
    with store.begin() as session:
        fence(session, held)
        passing = Anchored.final.is_(False)
        before = dict(session.execute(select(Anchored.block_hash, Anchored.block_number).where(passing)).all())
        session.execute(delete(Anchored).where(passing))
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
                    final_at=store.now() if found.block_number <= final.number else None,
                )
            )
        if done + len(seen) != count:
            raise Incomplete(f"The logs show {done + len(seen)} anchors; the contract counts {count}")
        moves = _moves(session, before, seen, final)
        _move_cursor(session, latest, final, store.now())
        _keep_readings(session, final, gauges)
    return moves


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
        row = write_anchor(session, made, store.now())
    if row.root != found.root:
        raise Contradiction(
            "root-conflict",
            f"Anchor {found.number} is {found.root.hex()} on the chain and {row.root.hex()} in this database",
            "Somebody else used the operator's key, or two databases serve one contract. Stop all workers and find out",
        )


def _moves(session: Session, before: Mapping[bytes, int], seen: Sequence[SeenAnchor], final: BlockRef) -> Moves:
    """`before`: the blocks of the anchors that were not final, by their hashes."""
    row = session.get(Cursor, _ONLY)
    gone = before.keys() - {found.block_hash for found in seen}
    lost = [row.latest_block - before[block] + 1 for block in gone if row is not None]
    return Moves(
        included=tuple(found for found in seen if found.block_hash not in before),
        final=tuple(found for found in seen if found.block_number <= final.number),
        reorg_depth=max(lost, default=0),
    )


def _keep_readings(session: Session, final: BlockRef, gauges: Gauges) -> None:
    session.merge(
        Readings(
            id=_ONLY,
            final_time=final.time,
            base_fee=str(gauges.base_fee),
            max_fee=str(gauges.max_fee),
            balance=str(gauges.balance),
            nonce=gauges.nonce,
            heartbeat_seconds=round(gauges.heartbeat),
        )
    )


def _move_cursor(session: Session, latest: int, final: BlockRef, now: int) -> None:
    row = session.get(Cursor, _ONLY)
    if row is None:
        row = Cursor(id=_ONLY, block_number=0, block_hash=b"", latest_block=0, tick_at=0)
        session.add(row)
    row.block_number, row.block_hash = final.number, final.hash
    row.latest_block, row.tick_at = latest, now
