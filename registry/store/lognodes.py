"""The hashes above the full tiles of the log's copy, so that growth costs what is new and a tile what it holds.

Derived from the entries, like they from the chain. They lead to the head that the contract answers, or are thrown away
with the entries; nothing is signed or served by a hash alone.
"""

from collections.abc import Iterable

from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session

from registry.format.merkle import RFC9162
from registry.format.tiles import WIDTH, Edge, Node
from registry.store.worktables import LoggedEntry, LogNode

ROWS_AT_ONCE = 2000
"""Entries that are in memory at a time."""


def covered(session: Session) -> int:
    """How many entries, from the first on, are below hashes."""
    return WIDTH * (session.scalar(select(func.count()).where(LogNode.level == 1)) or 0)


def read(session: Session, level: int, start: int, end: int) -> list[bytes]:
    """The hashes of a level from 1 on, 32 bytes each; fewer where they are not there."""
    query = select(LogNode.hash).where(LogNode.level == level, LogNode.position >= start, LogNode.position < end)
    return list(session.scalars(query.order_by(LogNode.position)))


def made(session: Session, level: int, start: int, end: int) -> list[bytes]:
    """The same of the entries themselves, where no hashes are kept yet; fewer where an entry is missing."""
    span = WIDTH**level
    found = select(LoggedEntry.preimage).where(LoggedEntry.position >= start * span, LoggedEntry.position < end * span)
    ordered = found.order_by(LoggedEntry.position).execution_options(yield_per=ROWS_AT_ONCE)
    tree = Edge()
    nodes = [node for one in session.scalars(ordered) for node in tree.append(RFC9162.leaf_hash(one))]
    return [node.hash for node in nodes if node.level == level]


def edge(session: Session, size: int) -> Edge:
    """The tree of the first `size` entries, to go on from; all full tiles up to there must be covered."""
    start = size - size % WIDTH
    found = select(LoggedEntry.preimage).where(LoggedEntry.position >= start, LoggedEntry.position < size)
    levels = [[RFC9162.leaf_hash(one) for one in session.scalars(found.order_by(LoggedEntry.position))]]
    while size := size // WIDTH:
        levels.append(read(session, len(levels), size - size % WIDTH, size))
    return Edge(levels)


def add(session: Session, nodes: Iterable[Node]) -> None:
    """Keep what appending entries made."""
    rows = [{"level": one.level, "position": one.index, "hash": one.hash} for one in nodes]
    if rows:
        session.execute(insert(LogNode), rows)


def clear(session: Session) -> None:
    """Forget all of them."""
    session.execute(delete(LogNode))
