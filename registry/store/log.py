"""The contract's log as the registry keeps and serves it: final entries, tiles (C2SP tlog-tiles), signed checkpoints.

The entries are a copy of what is on the chain. A checkpoint is signed when they lead to the head that the contract
itself answers, and when the log begins with all that was signed before; else never, whatever the copy says. A copy that
does not lead there is thrown away, and the worker reads it from the chain again.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from registry.errors import NotFound
from registry.format import note
from registry.format.merkle import RFC9162, Frontier, root_of
from registry.format.tiles import WIDTH, Tile, bundle, tiles_of
from registry.store import logkey
from registry.store.engine import Store
from registry.store.lease import Held, fence
from registry.store.vault import Vault
from registry.store.worktables import Checkpoint, LoggedEntry

CHECKPOINT = "checkpoint"
"""Where the newest checkpoint is, below the log's address, beside the tiles."""

_ROWS_AT_ONCE = 2000


@dataclass(frozen=True)
class SeenEntry:
    """An entry of the contract's log, as the chain shows it; `preimage` as in FORMAT.md, section 9."""

    position: int
    block_number: int
    preimage: bytes


@dataclass(frozen=True)
class Extent:
    """How far the copy reaches: entries, the block of the last one (-1: none), entries under the last signature."""

    size: int
    last_block: int
    signed: int


@dataclass(frozen=True)
class Looked:
    """Whether the copy leads to the contract's head, and the log begins with what was signed; if not, why."""

    leads_to_head: bool = True
    continues: bool = True
    problem: str = ""


def extent(store: Store) -> Extent:
    """How far the copy reaches."""
    with store.read() as session:
        size, last = session.execute(select(func.count(), func.max(LoggedEntry.block_number))).one()
        signed = session.scalar(select(func.max(Checkpoint.size)))
    return Extent(size, -1 if last is None else last, signed or 0)


def append(store: Store, held: Held, found: Sequence[SeenEntry]) -> None:
    """Keep final entries that follow the last one; nothing is believed of them yet. Raises LeaseLost."""
    with store.begin() as session:
        fence(session, held)
        _add(session, found)


def keep(  # noqa: PLR0917 (one place calls it)
    store: Store, held: Held, found: Sequence[SeenEntry], final_block: int, head: tuple[int, bytes], vault: Vault | None
) -> Looked:
    """Take in the final ones of `found`, and sign a checkpoint over all final entries if there is a `vault`.

    `found` are the entries behind the copy, final or not; `head` is size and root of the log that the contract answered
    at the block where they end. Nothing is kept and nothing is signed unless all of them lead to it. Raises LeaseLost.
    """
    with store.read() as session:
        last = _newest(session)
        kept = _count(session)
        tree, before, root = Frontier(), b"", b""
        final = [entry for entry in found if entry.block_number <= final_block]
        size = kept + len(final)
        for preimage in _all(session, found):
            tree.append(RFC9162.leaf_hash(preimage))
            if last is not None and tree.size == last.size:
                before = tree.root
            if tree.size == size:
                root = tree.root
    if not size or (tree.size, tree.root) != head:
        with store.begin() as session:
            fence(session, held)
            session.execute(delete(LoggedEntry))
        return Looked(leads_to_head=False, problem=f"Of {head[0]} entries the contract's head is {head[1].hex()}")
    continues = last is None or before == last.root
    made = None
    if vault is not None and continues and (last is None or last.size < size):
        made = _signed(store, vault, size, root)  # outside the transaction: the key may have to be made
    with store.begin() as session:
        fence(session, held)
        _add(session, final)
        if made is not None:
            session.add(made)
    if last is None or continues:
        return Looked()
    signed = f"The checkpoint of {last.size} entries has the root {last.root.hex()}"
    return Looked(continues=False, problem=f"{signed}, and the contract's log {before.hex() or 'is shorter'}")


def checkpoint(session: Session) -> bytes:
    """The newest signed checkpoint, a note. Raises NotFound before the first one."""
    last = _newest(session)
    if last is None:
        raise NotFound("signed checkpoint", CHECKPOINT)
    return last.note.encode()


def tile(session: Session, found: Tile) -> bytes:
    """The content of a tile of the log up to the newest checkpoint. Raises NotFound for what is not (or not yet) full.

    A tile at level 1 is made of up to 65,536 entries, hashed anew. Such tiles never change, and caches keep them.
    """
    last = _newest(session)
    span = WIDTH ** (found.level or 0)
    start, end = found.index * WIDTH * span, (found.index * WIDTH + found.width) * span
    if last is None or end > last.size:
        raise NotFound("tile of the log", found.path)
    preimages = list(_range(session, start, end))
    if len(preimages) != end - start:
        raise NotFound("tile of the log", found.path)  # the copy is being read anew
    if found.level is None:
        return bundle(preimages)
    leaves = [RFC9162.leaf_hash(one) for one in preimages]
    return b"".join(root_of(leaves[at : at + span], RFC9162) for at in range(0, len(leaves), span))


def tiles(session: Session) -> Iterator[Tile]:
    """Every tile of the tree of the newest checkpoint; none before the first one."""
    last = _newest(session)
    return tiles_of(last.size if last else 0)


def entries(session: Session, size: int) -> list[bytes]:
    """The preimages of the first `size` entries. Raises NotFound where the newest checkpoint does not reach so far."""
    last = _newest(session)
    found = list(_range(session, 0, size)) if last is not None and size <= last.size else []
    if not found or len(found) != size:
        raise NotFound("log of so many entries", str(size))
    return found


def _signed(store: Store, vault: Vault, size: int, root: bytes) -> Checkpoint:
    name = logkey.ensure(store, vault).name
    signed = logkey.sign_note(store, vault, note.Checkpoint(name, size, root).body())
    return Checkpoint(size=size, root=root, note=signed.to_bytes().decode(), signed_at=store.now())


def _newest(session: Session) -> Checkpoint | None:
    return session.scalar(select(Checkpoint).order_by(Checkpoint.size.desc()).limit(1))


def _count(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(LoggedEntry)) or 0


def _add(session: Session, found: Sequence[SeenEntry]) -> None:
    for place, entry in enumerate(found, _count(session)):
        if entry.position != place:
            raise ValueError(f"entry {entry.position} is not the one at {place}")
        session.add(LoggedEntry(position=place, block_number=entry.block_number, preimage=entry.preimage))
    session.flush()


def _all(session: Session, found: Sequence[SeenEntry]) -> Iterator[bytes]:
    yield from _range(session, 0, None)
    yield from (entry.preimage for entry in found)


def _range(session: Session, start: int, end: int | None) -> Iterator[bytes]:
    query = select(LoggedEntry.preimage).where(LoggedEntry.position >= start).order_by(LoggedEntry.position)
    if end is not None:
        query = query.where(LoggedEntry.position < end)
    yield from session.scalars(query.execution_options(yield_per=_ROWS_AT_ONCE))
