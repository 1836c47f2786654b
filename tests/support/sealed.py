"""Sealed batches as rows, and an anchor's root rebuilt from rows by FORMAT.md, without the code under test."""

import hashlib
from typing import Any

from sqlalchemy import func, select

from registry.format import entries, signature
from registry.format.merkle import root_of
from registry.store.engine import Store
from registry.store.tables import (
    Anchor,
    AnchorList,
    Batch,
    IssuerKey,
    Registry,
    StatusList,
    StatusListVersion,
)

SECRET = hashlib.sha256(b"issuer's secret").digest()


def seal(store: Store, size: int = 3, issuer: str = "uni") -> Batch:
    """Write a batch as the sealer leaves it: number, leaves, root, signature; its credentials play no part."""
    with store.begin() as session:
        number = 1 + (session.scalar(select(func.max(Batch.number))) or 0)
        mine = select(IssuerKey).where(IssuerKey.issuer_id == issuer).order_by(IssuerKey.created_at)
        key = session.scalars(mine).first()
        leaves = [hashlib.sha256(b"leaf %d of %d" % (index, number)).digest() for index in range(size)]
        registry = session.get_one(Registry, 1).registry_id
        entry = entries.batch_entry(registry, number, size, key.key_id, root_of(leaves))
        batch = Batch(
            id=f"batch-{number}",
            issuer_id=key.issuer_id,
            state="sealed",
            created_at=store.now(),
            seal_requested_at=store.now(),
            sealed_at=store.now(),
            anchor_by=store.now() + 3600,
            size=size,
            done=size,
            number=number,
            key_id=key.key_id,
            root=root_of(leaves),
            leaves=b"".join(leaves),
            signature=signature.sign(SECRET, entry),
        )
        session.add(batch)
        return batch


def anchor_root(session: Any, number: int) -> bytes:
    """An anchor's root, from the rows by the rules of FORMAT.md, without the code under test."""
    registry = session.get_one(Registry, 1).registry_id
    found = []
    for row in session.scalars(select(AnchorList).where(AnchorList.anchor_number == number)):
        url = session.get_one(StatusList, row.list_id).url
        version = session.get_one(StatusListVersion, (row.list_id, row.version))
        found.append(
            (entries.list_hash(url), row.position, entries.list_entry(registry, url, row.version, version.digest))
        )
    found.sort()
    assert [position for _, position, _ in found] == list(range(len(found)))
    status_root = root_of([entries.entry_hash(entry) for _, _, entry in found]) if found else bytes(32)
    leaves = [entries.status_entry(registry, number, status_root)]
    batches = session.scalars(select(Batch).where(Batch.anchor_number == number).order_by(Batch.anchor_index))
    for index, batch in enumerate(batches, 1):
        assert batch.anchor_index == index
        leaves_of_batch = [batch.leaves[place : place + 32] for place in range(0, len(batch.leaves), 32)]
        assert (len(leaves_of_batch), root_of(leaves_of_batch)) == (batch.size, batch.root)
        leaves.append(entries.batch_entry(registry, batch.number, batch.size, batch.key_id, batch.root))
    anchor = session.get_one(Anchor, number)
    assert (anchor.status_root, anchor.size) == (status_root, len(leaves))
    return root_of([entries.entry_hash(leaf) for leaf in leaves])
