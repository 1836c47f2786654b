"""The copy of the log where it has full tiles: growth by the hashes above them, and what is altered is not served."""

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

import pytest
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from registry.errors import NotFound
from registry.format import note
from registry.format.merkle import RFC9162, root_of
from registry.format.tiles import Tile
from registry.store import lease, log, logkey, lognodes
from registry.store.engine import Store
from registry.store.log import Looked, SeenEntry
from registry.store.worktables import LoggedEntry, LogNode
from tests.support.registered import register
from tests.support.worksite import VAULT

Grow = Callable[..., Looked]


def preimage(position: int) -> bytes:
    return b"%0132d" % position


LEAVES = [RFC9162.leaf_hash(preimage(position)) for position in range(1100)]


@pytest.fixture
def grow(store: Store) -> Grow:
    register(store)
    held = lease.acquire(store, "worker", "test")
    assert held is not None

    def to(final: int, seen: int = 0, whole: bool = False) -> Looked:
        """Entries up to `final` are, those up to `seen` are not."""
        size, end = log.extent(store).size, max(final, seen)
        found = [SeenEntry(place, int(place >= final), preimage(place)) for place in range(size, end)]
        head = (end, root_of(LEAVES[:end], RFC9162))
        return log.keep(store, held, found, 0, head, VAULT, whole=whole)

    return to


def tiles(store: Store, size: int) -> None:
    """Every hash tile is what the leaves say."""
    with store.read() as session:
        assert log.tree(session, size).root == root_of(LEAVES[:size], RFC9162)
        for tile in log.tiles(session):
            if tile.level is not None:
                expected = b"".join(root_of(LEAVES[start:end], RFC9162) for start, end in tile.ranges())
                assert log.tile(session, tile) == expected, tile


def test_a_log_that_grows_by_hashes_is_the_one_that_is_read_anew(store: Store, grow: Grow) -> None:
    for final, seen in ((1, 3), (200, 0), (255, 256), (256, 300), (257, 0), (700, 768), (768, 800), (1030, 0)):
        assert grow(final, seen) == Looked(), final
        tiles(store, final)
        assert log.extent(store).hashed  # and no hash above an entry that is not final
    with store.read() as session:
        nodes = list(session.scalars(select(LogNode.hash).order_by(LogNode.position)))
    with store.begin() as session:
        lognodes.clear(session)
    assert not log.extent(store).hashed  # as after the migration
    assert grow(1030) == Looked() and log.extent(store).hashed
    with store.read() as session:
        assert list(session.scalars(select(LogNode.hash).order_by(LogNode.position))) == nodes


def test_tiles_are_made_of_the_entries_where_no_hashes_are_kept(store: Store, grow: Grow) -> None:
    grow(600)
    with store.begin() as session:
        lognodes.clear(session)  # as after the migration, where no worker runs
    tiles(store, 600)
    with store.begin() as session:
        session.delete(session.get_one(LoggedEntry, 300))
    with store.read() as session, pytest.raises(NotFound):
        log.tile(session, Tile(1, 0, 2))


def test_an_altered_entry_of_a_full_tile_is_not_served_and_is_found_where_all_is_read(store: Store, grow: Grow) -> None:
    grow(600)
    with store.begin() as session:
        session.get_one(LoggedEntry, 100).preimage = bytes(132)
    assert grow(700) == Looked()  # the hashes lead to the head
    with store.read() as session:
        for level in (0, None):
            assert log.tile(session, Tile(level, 1))
            with pytest.raises(NotFound):
                log.tile(session, Tile(level, 0))
    assert not grow(701, whole=True).leads_to_head
    assert (log.extent(store).size, log.extent(store).hashed) == (0, True)


def test_a_copy_that_lost_its_end_goes_on_from_what_is_left(store: Store, grow: Grow) -> None:
    grow(600)
    with store.begin() as session:
        session.execute(delete(LoggedEntry).where(LoggedEntry.position >= 300))
    assert grow(700) == Looked()
    tiles(store, 700)


def test_an_altered_hash_leads_nowhere_and_the_copy_is_read_anew(store: Store, grow: Grow) -> None:
    grow(600)
    with store.begin() as session:
        session.get_one(LogNode, (1, 1)).hash = bytes(32)
    assert not grow(700).leads_to_head
    assert grow(700) == Looked()
    tiles(store, 700)


def newest(store: Store) -> note.Note:
    with store.read() as session:
        return note.Note.parse(log.checkpoint(session))


def test_a_checkpoint_that_is_made_while_the_key_changes_is_signed_by_the_new_one(
    store: Store, grow: Grow, monkeypatch: pytest.MonkeyPatch
) -> None:
    grow(10)
    hold = logkey.hold
    with ThreadPoolExecutor(1) as pool:

        def rotate_meanwhile(session: Session) -> None:
            hold(session)
            rotating.append(pool.submit(log.rotate_key, store, VAULT))
            with pytest.raises(TimeoutError):
                rotating[0].result(timeout=0.3)  # it waits for the checkpoint

        rotating: list[Future[note.NoteKey]] = []
        monkeypatch.setattr(logkey, "hold", rotate_meanwhile)
        grow(20)
        key = rotating[0].result()
    assert newest(store).verify(key) and note.parse_checkpoint(newest(store).text).size == 20


def test_of_rotations_at_once_the_last_one_signs(store: Store, grow: Grow) -> None:
    grow(10)
    together = threading.Barrier(3)

    def rotate(_: int) -> note.NoteKey:
        together.wait()
        return log.rotate_key(store, VAULT)

    with ThreadPoolExecutor(3) as pool:
        made = set(pool.map(rotate, range(3)))
    assert len(made) == 3 and logkey.public_key(store) in made
    assert all(newest(store).verify(key) for key in made)
    with store.read() as session:
        assert len(logkey.earlier(session)) == 3


def test_a_rotation_that_had_to_wait_is_of_the_time_when_it_came_through(
    store: Store, grow: Grow, monkeypatch: pytest.MonkeyPatch
) -> None:
    grow(10)
    started = store.now()
    clock = iter(range(started, started + 100))
    monkeypatch.setattr(store, "clock", lambda: next(clock))
    with ThreadPoolExecutor(1) as pool:
        with store.begin() as session:
            logkey.hold(session)
            rotating = pool.submit(log.rotate_key, store, VAULT)
            with pytest.raises(TimeoutError):
                rotating.result(timeout=0.3)
            accepted_at = [store.now() for _ in range(50)][-1]  # while it waited
        rotating.result()
    receipt = logkey.sign_bytes(store, VAULT, b"credanchor-rcpt1 a receipt", accepted_at)
    with store.read() as session:
        (earlier,) = logkey.earlier(session)
    assert accepted_at < earlier.until
    assert receipt == logkey.sign_bytes(store, VAULT, b"credanchor-rcpt1 a receipt", started)
