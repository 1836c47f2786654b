"""All files of a store's public export at once, as the store serves them one by one."""

from collections.abc import Iterator

from sqlalchemy import select

from registry.store import export, log
from registry.store.engine import Store
from registry.store.tables import Anchor, AnchorList, Batch, StatusListVersion


def public_files(store: Store) -> Iterator[tuple[str, bytes]]:
    """(relative path, content) of every file. Raises StateError while no contract is bound."""
    for path in (export.REGISTRY, export.ANCHORS):
        yield path, export.public_file(store, path)
    for path in _paths(store):
        yield path, export.public_file(store, path)


def _paths(store: Store) -> list[str]:
    of_list, of_version = (
        AnchorList.list_id == StatusListVersion.list_id,
        AnchorList.version == StatusListVersion.version,
    )
    with store.read() as session:
        anchors = [f"anchors/{number:08}.json" for number in session.scalars(select(Anchor.number))]
        numbers = session.scalars(select(Batch.number).where(Batch.anchor_number.is_not(None)))
        batches = [f"batches/{number:08}.json" for number in numbers]
        digests = session.scalars(select(StatusListVersion.digest).join(AnchorList, of_list & of_version).distinct())
        lists = [f"lists/{digest.hex()}.json" for digest in digests]
        tiles = [export.LOG + tile.path for tile in log.tiles(session)]
    return anchors + batches + lists + tiles + ([export.LOG + log.CHECKPOINT] if tiles else [])
