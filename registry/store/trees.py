"""The three Merkle trees, rebuilt from what is stored: a batch's, an anchor's and its status lists'.

What is sealed or anchored never changes, so a tree can be kept as long as there is room.
"""

from dataclasses import dataclass
from functools import lru_cache

from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.errors import NotFound, StateError
from registry.format import entries
from registry.format.merkle import Tree
from registry.store.setup import registry
from registry.store.tables import Anchor, AnchorList, Batch, StatusList, StatusListVersion

KEPT_BATCH_TREES = 8
"""Batch trees kept in memory; one of 100,000 leaves takes about 16 MB, and proofs are asked for batch by batch."""

_HASH = 32


@dataclass(frozen=True)
class SealedBatch:
    """What a batch is once it is sealed: these values appear together and never change."""

    number: int
    size: int
    key_id: bytes
    root: bytes
    leaves: bytes  # size * 32 bytes
    signature: bytes  # 64 bytes


def sealed(batch: Batch) -> SealedBatch:
    """The sealed part of a batch. Raises StateError before it is sealed."""
    if batch.number is None or batch.key_id is None or not (batch.root and batch.leaves and batch.signature):
        raise StateError(f"Batch {batch.id!r}", batch.state, "sealed")
    return SealedBatch(batch.number, batch.size, batch.key_id, batch.root, batch.leaves, batch.signature)


@dataclass(frozen=True)
class AnchoredList:
    """A version of a status list as an anchor commits to it."""

    list_: StatusList
    version: StatusListVersion


def batch_tree(leaves: bytes) -> Tree:
    """The tree of a batch from `batch.leaves`: its size times 32 bytes."""
    return _batch_tree(leaves)


def batch_leaf(session: Session, batch: Batch) -> bytes:
    """What a sealed batch is in the anchor's tree, 32 bytes."""
    made = sealed(batch)
    entry = entries.batch_entry(registry(session).registry_id, made.number, made.size, made.key_id, made.root)
    return entries.entry_hash(entry)


def list_leaf(session: Session, list_: StatusList, version: StatusListVersion) -> bytes:
    """What one version of a list is in the status tree, 32 bytes."""
    entry = entries.list_entry(registry(session).registry_id, list_.url, version.version, version.digest)
    return entries.entry_hash(entry)


def anchored_lists(session: Session, anchor_number: int) -> list[AnchoredList]:
    """The list versions an anchor commits to, in the order of its status tree."""
    query = (
        select(StatusList, StatusListVersion)
        .join(AnchorList, AnchorList.list_id == StatusList.id)
        .join(
            StatusListVersion,
            (StatusListVersion.list_id == AnchorList.list_id) & (StatusListVersion.version == AnchorList.version),
        )
        .where(AnchorList.anchor_number == anchor_number)
        .order_by(AnchorList.position)
    )
    return [AnchoredList(list_, version) for list_, version in session.execute(query)]


def anchored_batches(session: Session, anchor_number: int) -> list[Batch]:
    """The batches an anchor commits to, in the order of its entries."""
    query = select(Batch).where(Batch.anchor_number == anchor_number).order_by(Batch.anchor_index)
    return list(session.scalars(query))


def status_tree(session: Session, lists: list[AnchoredList]) -> Tree:
    """The tree over list entries; there is none over no lists (then the status root is 32 zero bytes)."""
    return Tree([list_leaf(session, item.list_, item.version) for item in lists])


def anchor_tree(session: Session, anchor_number: int) -> Tree:
    """The tree of an anchor: the status entry, then its batches. Raises NotFound."""
    anchor = session.get(Anchor, anchor_number)
    if anchor is None:
        raise NotFound("anchor", str(anchor_number))
    status = entries.status_entry(registry(session).registry_id, anchor.number, anchor.status_root)
    batches = anchored_batches(session, anchor_number)
    return Tree([entries.entry_hash(status), *(batch_leaf(session, batch) for batch in batches)])


@lru_cache(KEPT_BATCH_TREES)
def _batch_tree(leaves: bytes) -> Tree:
    return Tree([leaves[place : place + _HASH] for place in range(0, len(leaves), _HASH)])
