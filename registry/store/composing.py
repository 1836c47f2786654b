"""What an anchor commits to: which batches, which version of each status list, and the roots above them.

A pure function of the rows: whoever composes an anchor from the same rows gets the same root. That is what lets a
database that lost an anchor's row recognise the anchor on the chain.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from registry.format import entries
from registry.format.merkle import PLAIN, Frontier, root_of
from registry.store.batches import SEALED
from registry.store.setup import registry
from registry.store.tables import AnchorList, Batch, IssuerKey, StatusList, StatusListVersion
from registry.store.trees import AnchoredList, batch_leaf, status_tree

MAX_BATCHES = 1000
"""Batches in one anchor: keeps TX1 well under a second. What is left goes into the next one, a block later."""

MAX_GUESSES = 500
"""States of the status lists that are tried for an anchor whose row is lost: seconds, with MAX_BATCHES batches each."""


@dataclass(frozen=True)
class Composed:
    """An anchor that could be written: its number, its entries and its roots."""

    number: int
    batches: tuple[Batch, ...]
    lists: tuple[AnchoredList, ...]
    status_root: bytes
    root: bytes


def pending_batches(session: Session, final_time: int, limit: int = MAX_BATCHES) -> list[Batch]:
    """Sealed batches that no anchor holds, in the order of their numbers, up to the first whose key is not final.

    An anchor from before its key's window would make every credential of the batch invalid for ever. A key whose time
    on the chain is not after the final block's is itself in a final block, and no reorganisation can put it later.
    """
    waiting = (
        select(Batch.id, IssuerKey.chain_added_at)
        .join(IssuerKey, IssuerKey.key_id == Batch.key_id)
        .where(Batch.state == SEALED, Batch.anchor_number.is_(None))
        .order_by(Batch.number)
        .limit(limit)
    )
    found = []
    for batch_id, added_at in session.execute(waiting).all():
        if added_at is None or added_at > final_time:
            break  # not skipped: batches are anchored without gaps, so that an auditor can tell when one is withheld
        found.append(session.get_one(Batch, batch_id))
    return found


def ready_versions(session: Session, final_time: int, after: int) -> dict[str, int]:
    """Every list and its newest version whose key is final on the chain.

    A newer version by a key that verifiers cannot look up yet would show them an unknown status; it is taken as soon as
    its key is there. Never an older version than anchor `after` holds, and never without a list that it holds.
    """
    newest = (
        select(StatusListVersion.list_id, func.max(StatusListVersion.version))
        .join(IssuerKey, IssuerKey.key_id == StatusListVersion.key_id)
        .where(IssuerKey.chain_added_at <= final_time)
        .group_by(StatusListVersion.list_id)
    )
    found: dict[str, int] = dict(session.execute(newest).all())
    for list_id, version in anchored_versions(session, after).items():
        found[list_id] = max(version, found.get(list_id, 0))
    return found


def anchored_versions(session: Session, anchor_number: int) -> dict[str, int]:
    """The lists that an anchor holds, each with its version."""
    query = select(AnchorList.list_id, AnchorList.version).where(AnchorList.anchor_number == anchor_number)
    return dict(session.execute(query).all())


def compose(session: Session, number: int, batches: Sequence[Batch], versions: Mapping[str, int]) -> Composed:
    """The roots over these batches and list versions, as FORMAT.md lays them out."""
    found = session.scalars(select(StatusList).where(StatusList.id.in_(versions)))
    lists = [AnchoredList(row, session.get_one(StatusListVersion, (row.id, versions[row.id]))) for row in found]
    lists.sort(key=lambda item: entries.list_hash(item.list_.url))
    status_root = status_tree(session, lists).root if lists else entries.ZERO32
    status = entries.status_entry(registry(session).registry_id, number, status_root)
    leaves = [entries.entry_hash(status), *(batch_leaf(session, batch) for batch in batches)]
    return Composed(number, tuple(batches), tuple(lists), status_root, root_of(leaves))


def recompose(session: Session, number: int, root: bytes, final_time: int) -> Composed | None:
    """The anchor that has this root, built from what waits here; None when it holds something we do not know.

    For a database that was restored from a copy older than the anchor, but not older than its batches, and for one that
    is filled anew from sealed batches. What this database has seen of the chain plays no part: the root is the proof.
    """
    waiting = select(Batch).where(Batch.state == SEALED, Batch.anchor_number.is_(None)).order_by(Batch.number)
    batches = list(session.scalars(waiting.limit(MAX_BATCHES)))
    leaves = [batch_leaf(session, batch) for batch in batches]
    for versions in islice(_guesses(session, number, final_time), MAX_GUESSES):
        empty = compose(session, number, [], versions)
        tree = Frontier(PLAIN)
        tree.append(empty.root)  # of a tree with one leaf, which is the status entry
        for count in range(len(leaves) + 1):
            if count:
                tree.append(leaves[count - 1])
            if tree.root == root:
                return compose(session, number, batches[:count], versions)
    return None


def _guesses(session: Session, number: int, final_time: int) -> Iterator[dict[str, int]]:
    """What the lists may have been when an anchor was composed, the likeliest first, nothing twice.

    A list's version was ready when it was signed and its key was on the chain; both happened in an order that the rows
    still tell, although this database may know nothing of the chain any more.
    """
    before = anchored_versions(session, number - 1)
    tried = [ready_versions(session, final_time, number - 1), before]
    yield tried[0]
    if tried[1] != tried[0]:
        yield tried[1]
    keys = list(session.scalars(select(IssuerKey.key_id).order_by(IssuerKey.created_at, IssuerKey.key_id)))
    signed = select(StatusListVersion.created_at, StatusListVersion.list_id, StatusListVersion.version)
    for known in range(len(keys), 0, -1):
        rows = session.execute(
            signed.where(StatusListVersion.key_id.in_(keys[:known])).order_by(
                StatusListVersion.created_at, StatusListVersion.list_id, StatusListVersion.version
            )
        )
        found = dict(before)
        for _, list_id, version in rows.all():
            if version <= found.get(list_id, 0):
                continue
            found[list_id] = version
            if found not in tried:
                tried.append(dict(found))
                yield tried[-1]
