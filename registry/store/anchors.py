"""Anchors as they are read: what each commits to, and where it was seen on the chain."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, and_, func, select
from sqlalchemy.orm import Session

from registry.errors import NotFound
from registry.store.engine import Store
from registry.store.paging import MAX_PAGE
from registry.store.tables import (
    Anchor,
    Anchored,
    AnchorList,
    Attempt,
    Batch,
    Issuer,
    IssuerKey,
    Standing,
    StatusList,
    StatusListVersion,
)


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


@dataclass(frozen=True)
class BatchFacts:
    """A batch that an anchor commits to, as everybody may know it: nothing in it names a credential or a learner."""

    number: int
    size: int
    root: bytes
    issuer: Issuer
    key: IssuerKey


@dataclass(frozen=True)
class BatchThen:
    """A batch at the moment of its anchor. `anchored` is None until that is seen on the chain; `suspended` says whether
    the issuer was so then, None while the contract has not been asked."""

    batch: BatchFacts
    anchor_number: int
    anchored: Anchored | None
    suspended: bool | None


@dataclass(frozen=True)
class ListFacts:
    """One version of a status list that an anchor commits to; `digest` is 32 bytes."""

    url: str
    purpose: str
    version: int
    digest: bytes
    issuer: Issuer


@dataclass(frozen=True)
class Tally:
    """What of an issuer was seen on the chain; `newest` are (number, size) of its last batches, newest first."""

    batches: int
    credentials: int
    newest: tuple[tuple[int, int], ...]


_PUBLIC: Select[*tuple[Any, ...]] = (
    select(Batch.number, Batch.size, Batch.root, Issuer, IssuerKey)
    .select_from(Batch)
    .join(Issuer, Issuer.id == Batch.issuer_id)
    .join(IssuerKey, IssuerKey.key_id == Batch.key_id)
)
"""Without the leaves, which are megabytes."""


def get_batch(store: Store, number: int) -> BatchThen:
    """The anchored batch with this public number. Raises NotFound, also for one that no anchor commits to yet."""
    then = Standing.block_hash == Anchored.block_hash, Standing.issuer_id == Batch.issuer_id
    query = (
        _PUBLIC.add_columns(Batch.anchor_number, Anchored, Standing.suspended)
        .outerjoin(Anchored, Anchored.number == Batch.anchor_number)
        .outerjoin(Standing, and_(*then))
        .where(Batch.number == number, Batch.anchor_number.is_not(None))
    )
    with store.read() as session:
        found = session.execute(query).one_or_none()
    if found is None:
        raise NotFound("anchored batch", str(number))
    *facts, anchor_number, anchored, suspended = found
    return BatchThen(BatchFacts(*facts), anchor_number, anchored, suspended)


def batches_in(store: Store, anchor_number: int, *, limit: int) -> list[BatchFacts]:
    """The first `limit` batches that an anchor commits to, in the order of its entries."""
    query = _PUBLIC.where(Batch.anchor_number == anchor_number).order_by(Batch.number).limit(limit)
    with store.read() as session:
        return [BatchFacts(*found) for found in session.execute(query)]


def lists_in(store: Store, anchor_number: int, *, limit: int) -> tuple[int, list[ListFacts]]:
    """How many status lists an anchor commits to, and the first `limit` of them in the order of its status tree."""
    version = StatusListVersion
    query = (
        select(StatusList.url, StatusList.purpose, version.version, version.digest, Issuer)
        .join(AnchorList, AnchorList.list_id == StatusList.id)
        .join(version, and_(version.list_id == AnchorList.list_id, version.version == AnchorList.version))
        .join(Issuer, Issuer.id == StatusList.issuer_id)
        .where(AnchorList.anchor_number == anchor_number)
        .order_by(AnchorList.position)
        .limit(limit)
    )
    count = select(func.count()).select_from(AnchorList).where(AnchorList.anchor_number == anchor_number)
    with store.read() as session:
        return session.scalar(count) or 0, [ListFacts(*found) for found in session.execute(query)]


def tally(store: Store, issuer_id: str, *, limit: int) -> Tally:
    """What of an issuer was seen on the chain, with its `limit` newest batches."""
    # Batches are anchored in the order of their numbers, so the last number says it of all. An anchor is found by its
    # index alone: what lies behind a batch's leaves is slow to read.
    seen = select(func.max(Anchored.number)).scalar_subquery()
    anchor = select(func.max(Batch.anchor_number)).where(Batch.anchor_number <= seen).scalar_subquery()
    last = select(func.max(Batch.number)).where(Batch.anchor_number == anchor).scalar_subquery()
    of_issuer = (Batch.issuer_id == issuer_id, Batch.number <= last)
    sums = select(func.count(), func.coalesce(func.sum(Batch.size), 0)).where(*of_issuer)
    newest = select(Batch.number, Batch.size).where(*of_issuer).order_by(Batch.number.desc()).limit(limit)
    with store.read() as session:
        batches, credentials = session.execute(sums).one()
        shown = tuple((number, size) for number, size in session.execute(newest) if number is not None)
    return Tally(batches, int(credentials), shown)


def suspensions(store: Store, issuer_id: str, *, limit: int) -> list[Anchored]:
    """The newest `limit` anchors that hold batches of an issuer and at whose time it was suspended, newest first."""
    query = (
        select(Anchored)
        .join(Standing, Standing.block_hash == Anchored.block_hash)
        .where(Standing.issuer_id == issuer_id, Standing.suspended)
        .order_by(Anchored.number.desc())
        .limit(limit)
    )
    with store.read() as session:
        return list(session.scalars(query))


def _facts(session: Session, anchors: Iterable[Anchor]) -> list[AnchorFacts]:
    rows = {anchor.number: anchor for anchor in anchors}
    seen = {row.number: row for row in session.scalars(select(Anchored).where(Anchored.number.in_(rows)))}
    batches: dict[int, list[int]] = {number: [] for number in rows}
    query = select(Batch.anchor_number, Batch.number).where(Batch.anchor_number.in_(rows)).order_by(Batch.anchor_index)
    for anchor_number, number in session.execute(query):
        if anchor_number is not None and number is not None:
            batches[anchor_number].append(number)
    return [AnchorFacts(row, tuple(batches[number]), seen.get(number)) for number, row in rows.items()]
