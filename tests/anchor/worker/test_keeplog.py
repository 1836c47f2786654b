"""The copy of the contract's log, and the checkpoints signed over it: only what the contract's own head leads to."""

import pytest
from sqlalchemy import delete, select, text

from anchor.contract import RegistryContract
from registry.errors import NotFound
from registry.format.entries import log_entry
from registry.format.note import Checkpoint, Note, parse_checkpoint
from registry.format.tiles import Tile
from registry.store import log, logkey
from registry.store.tables import Base
from registry.store.worktables import LoggedEntry
from tests.support.definitions import head_by_definition
from tests.support.worksite import Site


def head(site: Site) -> tuple[int, bytes]:
    """What the contract answers at the newest block."""
    contract = RegistryContract(site.config.contract)
    method, params = contract.read(
        bytes.fromhex(site.node.request("eth_getBlockByNumber", "latest", False)["hash"][2:]), "head"
    )
    return contract.answer("head", bytes.fromhex(site.node.request(method, *params)[2:]))  # type: ignore[return-value]


def preimages(site: Site) -> list[bytes]:
    return [
        log_entry(one.position, one.kind, one.subject, one.time, one.block_number, one.actor, one.payload)
        for one in site.log()
    ]


def copy(site: Site) -> list[bytes]:
    with site.view.read() as session:
        return list(session.scalars(select(LoggedEntry.preimage).order_by(LoggedEntry.position)))


def signed(site: Site) -> Checkpoint:
    """The newest checkpoint, its signature checked."""
    with site.view.read() as session:
        note = Note.parse(log.checkpoint(session))
        key = logkey.public(session)
    assert key is not None and note.verify(key)
    found = parse_checkpoint(note.text)
    assert found.origin == key.name
    return found


def grow(site: Site) -> None:
    """One more anchor, final."""
    site.seal()
    site.settle()
    site.worker.tick()


def test_a_checkpoint_is_signed_over_the_final_entries_and_is_the_contracts_head(site: Site) -> None:
    site.seal()
    site.worker.tick()
    before = signed(site)
    site.mine()
    site.worker.tick()
    assert signed(site) == before and len(preimages(site)) == before.size + 1  # in a block, and not yet final
    site.mine()
    site.worker.tick()
    found = signed(site)
    assert (found.size, found.root) == head(site) == (before.size + 1, head_by_definition_of(preimages(site)))
    assert copy(site) == preimages(site)


def head_by_definition_of(entries: list[bytes]) -> bytes:
    import hashlib

    return head_by_definition([hashlib.sha256(b"\0" + one).digest() for one in entries])


def test_a_copy_that_is_lost_in_whole_or_in_part_is_read_from_the_chain_again(site: Site) -> None:
    grow(site)
    for lost in (LoggedEntry.position >= 0, LoggedEntry.position >= 2):
        with site.view.begin() as session:
            session.execute(delete(LoggedEntry).where(lost))
        site.restart()
        site.worker.tick()
        assert copy(site) == preimages(site)
        assert not site.alarms()
    grow(site)
    assert (signed(site).size, signed(site).root) == head(site)


@pytest.mark.parametrize("position", [0, 3])
def test_over_a_copy_that_was_altered_nothing_is_signed_and_it_is_read_anew(site: Site, position: int) -> None:
    grow(site)
    before = signed(site)
    with site.view.begin() as session:
        session.get_one(LoggedEntry, position).preimage = bytes(132)
    site.seal()
    seen = []
    for _ in range(4):
        site.worker.tick()
        seen.append((signed(site), "log-differs" in site.alarms()))
        site.mine()
    assert (before, True) in seen
    assert {one.size for one, _ in seen} == {before.size, before.size + 1}
    assert (signed(site).size, signed(site).root) == head(site)
    assert not site.alarms()
    assert copy(site) == preimages(site)


def test_after_a_checkpoint_that_is_not_of_the_contracts_log_none_is_ever_signed(site: Site) -> None:
    grow(site)
    before = signed(site)
    with site.view.begin() as session:
        session.execute(text("UPDATE checkpoint SET root = :root"), {"root": bytes(32)})
    for _ in range(2):
        grow(site)
        site.restart()
        assert site.alarms() == {"checkpoint-conflict"}
        assert signed(site) == before


def test_of_one_size_there_are_never_two_checkpoints() -> None:
    assert [one.name for one in Base.metadata.tables["checkpoint"].primary_key] == ["size"]


def test_tiles_are_served_up_to_the_checkpoint_and_no_further(site: Site) -> None:
    grow(site)
    size = signed(site).size
    with site.view.read() as session:
        for tile in log.tiles(session):
            assert log.tile(session, tile)
        for missing in (Tile(0, 0), Tile(0, 0, size + 1), Tile(None, 0), Tile(None, 1, 1), Tile(1, 0, 1), Tile(5, 0)):
            with pytest.raises(NotFound):
                log.tile(session, missing)
