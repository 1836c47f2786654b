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
from registry.format.merkle import RFC9162, root_of
from registry.format.tiles import WIDTH, Node, Tile, TileTree, bundle, tiles_of
from registry.store import logkey, lognodes
from registry.store.engine import Store
from registry.store.lease import Held, fence
from registry.store.setup import registry
from registry.store.vault import Vault
from registry.store.worktables import Checkpoint, LoggedEntry

CHECKPOINT = "checkpoint"
"""Where the newest checkpoint is, below the log's address, beside the tiles."""


@dataclass(frozen=True)
class SeenEntry:
    """An entry of the contract's log, as the chain shows it; `preimage` as in FORMAT.md, section 9."""

    position: int
    block_number: int
    preimage: bytes


@dataclass(frozen=True)
class Extent:
    """How far the copy reaches: entries, the block of the last one (-1: none), entries under the last signature.

    `hashed` says whether all full tiles are below hashes, as they are once a tick has come to its end.
    """

    size: int
    last_block: int
    signed: int
    hashed: bool


@dataclass(frozen=True)
class Looked:
    """Whether the copy leads to the contract's head, and the log begins with what was signed; if not, why."""

    leads_to_head: bool = True
    continues: bool = True
    problem: str = ""


def extent(store: Store) -> Extent:
    """How far the copy reaches."""
    with store.read() as session:
        size = _count(session)
        last = session.get_one(LoggedEntry, size - 1).block_number if size else -1
        signed = session.scalar(select(func.max(Checkpoint.size)))
        hashed = lognodes.covered(session) == size - size % WIDTH
    return Extent(size, last, signed or 0, hashed)


def append(store: Store, held: Held, found: Sequence[SeenEntry]) -> None:
    """Keep final entries that follow the last one; nothing is believed of them yet. Raises LeaseLost."""
    with store.begin() as session:
        fence(session, held)
        _add(session, found)


def keep(  # noqa: PLR0917 (one place calls it)
    store: Store, held: Held, found: Sequence[SeenEntry], final_block: int, head: tuple[int, bytes],
    vault: Vault | None, *, whole: bool = True,
) -> Looked:  # fmt: skip
    """Take in the final ones of `found`, and sign a checkpoint over all final entries if there is a `vault`.

    `found` are the entries behind the copy, final or not; `head` is size and root of the log that the contract answered
    at the block where they end. Nothing is kept and nothing is signed unless all of them lead to it. Not `whole`, the
    entries of full tiles are not read again: their hashes lead there. Raises LeaseLost.
    """
    final = [entry for entry in found if entry.block_number <= final_block]
    with store.read() as session:
        last, kept, covered = _newest(session), _count(session), lognodes.covered(session)
        size, start = kept + len(final), 0 if whole or covered > kept else covered
        made: list[Node] = []
        tree, before = lognodes.edge(session, start), b""
        root = tree.root if start == size and start else b""
        if last is not None and 0 < last.size <= start:
            before = lognodes.edge(session, last.size).root
        for preimage in _from(session, start, found):
            nodes = tree.append(RFC9162.leaf_hash(preimage))
            made += nodes if tree.size <= size else ()
            if last is not None and tree.size == last.size:
                before = tree.root
            if tree.size == size:
                root = tree.root
    if not size or (tree.size, tree.root) != head:
        with store.begin() as session:
            fence(session, held)
            session.execute(delete(LoggedEntry))
            lognodes.clear(session)
        return Looked(leads_to_head=False, problem=f"Of {head[0]} entries the contract's head is {head[1].hex()}")
    continues = last is None or before == last.root
    signer = vault if continues and (last is None or last.size < size) else None
    if signer is not None:
        logkey.ensure(store, signer)
    with store.begin() as session:
        fence(session, held)
        _add(session, final)
        if not start:
            lognodes.clear(session)
        lognodes.add(session, made)
        if signer is not None:
            session.add(_signed(session, signer, size, root, store.now()))
    if last is None or continues:
        return Looked()
    signed = f"The checkpoint of {last.size} entries has the root {last.root.hex()}"
    return Looked(continues=False, problem=f"{signed}, and the contract's log {before.hex() or 'is shorter'}")


def rotate_key(store: Store, vault: Vault) -> note.NoteKey:
    """Make the key that signs from now on, and have it sign the newest checkpoint. Raises StateError, SecretError."""
    logkey.ensure(store, vault)
    with store.begin() as session:
        key = logkey.rotate(session, vault, store.now)
        last = _newest(session)
        if last is not None:  # the same size and head: there are never two
            last.note = _note(session, vault, note.Note.parse(last.note.encode()).text, store.now())
    return key


def checkpoint(session: Session) -> bytes:
    """The newest signed checkpoint, a note. Raises NotFound before the first one."""
    last = _newest(session)
    if last is None:
        raise NotFound("signed checkpoint", CHECKPOINT)
    return last.note.encode()


def tile(session: Session, found: Tile) -> bytes:
    """The content of a tile of the log up to the newest checkpoint. Raises NotFound for what is not (or not yet) full.

    A full tile of entries is compared with its hash, so no entry is served that does not lead to what was signed.
    """
    last = _newest(session)
    start = found.index * WIDTH
    end = start + found.width
    if last is None or end << 8 * (found.level or 0) > last.size:
        raise NotFound("tile of the log", found.path)
    if found.level:
        hashes = lognodes.read(session, found.level, start, end)
        if len(hashes) != found.width:  # until the worker's next tick, behind a migration
            hashes = lognodes.made(session, found.level, start, end)
    else:
        preimages = list(_range(session, start, end))
        hashes = [RFC9162.leaf_hash(one) for one in preimages]
    if len(hashes) != found.width or not (found.level or _is_covered(session, found, hashes)):
        raise NotFound("tile of the log", found.path)  # the copy is being read anew
    return bundle(preimages) if found.level is None else b"".join(hashes)


def _is_covered(session: Session, found: Tile, leaves: list[bytes]) -> bool:
    """Whether the leaves of a tile lead to its hash, where it is full and there is one."""
    above = lognodes.read(session, 1, found.index, found.index + 1) if found.width == WIDTH else []
    return not above or above[0] == root_of(leaves, RFC9162)


def tiles(session: Session) -> Iterator[Tile]:
    """Every tile of the tree of the newest checkpoint; none before the first one."""
    last = _newest(session)
    return tiles_of(last.size if last else 0)


def tree(session: Session, size: int) -> TileTree:
    """The tree of the first `size` entries, read through the tiles as they are asked for.

    Raises NotFound where the newest checkpoint does not reach so far, now and when it is read.
    """
    last = _newest(session)
    if last is None or not 0 < size <= last.size:
        raise NotFound("log of so many entries", str(size))
    return TileTree(size, lambda path: tile(session, Tile.parse(path)))


def entry(session: Session, index: int) -> bytes:
    """The preimage of an entry. Raises NotFound."""
    found = session.get(LoggedEntry, index)
    if found is None:
        raise NotFound("entry of the log", str(index))
    return found.preimage


def _signed(session: Session, vault: Vault, size: int, root: bytes, now: int) -> Checkpoint:
    logkey.hold(session)
    body = note.Checkpoint(logkey.origin(registry(session)), size, root).body()
    return Checkpoint(size=size, root=root, note=_note(session, vault, body, now), signed_at=now)


def _note(session: Session, vault: Vault, text: str, now: int) -> str:
    return logkey.signed(session, vault, text, now).to_bytes().decode()


def _newest(session: Session) -> Checkpoint | None:
    return session.scalar(select(Checkpoint).order_by(Checkpoint.size.desc()).limit(1))


def _count(session: Session) -> int:
    """By the last position: a database counts rows one by one. One that is missing between leads to no head."""
    last = session.scalar(select(func.max(LoggedEntry.position)))
    return 0 if last is None else last + 1


def _add(session: Session, found: Sequence[SeenEntry]) -> None:
    for place, entry in enumerate(found, _count(session)):
        if entry.position != place:
            raise ValueError(f"entry {entry.position} is not the one at {place}")
        session.add(LoggedEntry(position=place, block_number=entry.block_number, preimage=entry.preimage))
    session.flush()


def _from(session: Session, start: int, found: Sequence[SeenEntry]) -> Iterator[bytes]:
    yield from _range(session, start, None)
    yield from (entry.preimage for entry in found)


def _range(session: Session, start: int, end: int | None) -> Iterator[bytes]:
    query = select(LoggedEntry.preimage).where(LoggedEntry.position >= start).order_by(LoggedEntry.position)
    if end is not None:
        query = query.where(LoggedEntry.position < end)
    yield from session.scalars(query.execution_options(yield_per=lognodes.ROWS_AT_ONCE))
