"""Anchors as they are read: what each commits to, and where it was seen on the chain."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from registry.errors import NotFound
from registry.store.engine import Store
from registry.store.paging import MAX_PAGE
from registry.store.tables import Anchor, Anchored, Attempt, Batch


@dataclass(frozen=True)
class AnchorFacts:
    """One anchor. `batches` are numbers in the order of the anchor's entries; `anchored` is None until it is seen."""

    anchor: Anchor
    batches: tuple[int, ...]
    anchored: Anchored | None


def list_anchors(store: Store, *, limit: int = 100, before: int | None = None) -> list[AnchorFacts]:
    """Anchors, newest first, from the one before number `before`."""
    query = select(Anchor).order_by(Anchor.number.desc()).limit(max(1, min(limit, MAX_PAGE)))
    if before is not None:
        query = query.where(Anchor.number < before)
    with store.read() as session:
        return _facts(session, session.scalars(query).all())


def get_anchor(store: Store, number: int) -> AnchorFacts:
    """One anchor. Raises NotFound."""
    with store.read() as session:
        anchor = session.get(Anchor, number)
        if anchor is None:
            raise NotFound("anchor", str(number))
        return _facts(session, [anchor])[0]


def senders(store: Store) -> list[tuple[bytes, int]]:
    """Each address, 20 bytes, that has sent a final anchor, and the block time of its first; the newest first."""
    first = func.min(Anchored.block_time)
    query = select(Attempt.sender, first).join(Anchored, Anchored.tx_hash == Attempt.tx_hash)
    query = query.where(Anchored.final).group_by(Attempt.sender).order_by(first.desc())
    with store.read() as session:
        return [(sender, time) for sender, time in session.execute(query)]


def latest_final(store: Store) -> Anchored | None:
    """The newest anchor that is final, as it was seen on the chain."""
    query = select(Anchored).where(Anchored.final).order_by(Anchored.number.desc()).limit(1)
    with store.read() as session:
        return session.scalar(query)


@dataclass(frozen=True)
class Settled:
    """A final anchor: its transaction and block by their 32-byte hashes, and how many credentials it holds."""

    number: int
    tx_hash: bytes
    block_hash: bytes
    credentials: int


def settled(store: Store, last: int) -> list[Settled]:
    """The newest `last` final anchors, newest first."""
    held = func.coalesce(func.sum(Batch.size), 0)
    query = (
        select(Anchored.number, Anchored.tx_hash, Anchored.block_hash, held)
        .outerjoin(Batch, Batch.anchor_number == Anchored.number)
        .where(Anchored.final)
        .group_by(Anchored.number, Anchored.tx_hash, Anchored.block_hash)
        .order_by(Anchored.number.desc())
        .limit(last)
    )
    with store.read() as session:
        return [Settled(number, tx, block, int(size)) for number, tx, block, size in session.execute(query)]


def _facts(session: Session, anchors: Iterable[Anchor]) -> list[AnchorFacts]:
    rows = {anchor.number: anchor for anchor in anchors}
    seen = {row.number: row for row in session.scalars(select(Anchored).where(Anchored.number.in_(rows)))}
    batches: dict[int, list[int]] = {number: [] for number in rows}
    query = select(Batch.anchor_number, Batch.number).where(Batch.anchor_number.in_(rows)).order_by(Batch.anchor_index)
    for anchor_number, number in session.execute(query):
        if anchor_number is not None and number is not None:
            batches[anchor_number].append(number)
    return [AnchorFacts(row, tuple(batches[number]), seen.get(number)) for number, row in rows.items()]
