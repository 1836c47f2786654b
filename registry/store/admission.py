"""Admission receipts: given out for what is sealed, from the moment on when that is durable.

The transaction that seals a batch fixes its number, size, root, and the two times. So a receipt is a function of
columns that never change and a deterministic signature: it is the same whoever asks, however often, after any crash,
and none can be made of what was not committed.
"""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.errors import StateError
from registry.format.receipt import Duty, Place, Receipt
from registry.store import logkey
from registry.store.batches import SEALED, load
from registry.store.credentials import load_credential
from registry.store.engine import Store
from registry.store.setup import registry
from registry.store.tables import Anchored, Batch
from registry.store.trees import batch_tree, sealed
from registry.store.vault import Vault

NEAR = 4
"""A batch is near its deadline when a NEARth of its time is left: half a day of two, for somebody to act."""


@dataclass(frozen=True)
class Owed:
    """A batch that is in no block yet and near its deadline, or past it; `anchor_by` in Unix seconds."""

    batch: int
    anchor_by: int


def receipt_of_batch(store: Store, vault: Vault, batch_id: str) -> Receipt:
    """The receipt of a sealed batch. Raises NotFound; StateError before it is sealed, or where none was promised."""
    with store.read() as session:
        duty = _duty(session, load(session, batch_id))
    return _signed(store, vault, duty)


def receipt_of_credential(store: Store, vault: Vault, handle: str) -> Receipt:
    """The same for one credential, also an erased one: its leaf is no personal data. Raises alike."""
    with store.read() as session:
        credential = load_credential(session, handle)
        batch = load(session, credential.batch_id)
        duty = _duty(session, batch)
        tree = batch_tree(sealed(batch).leaves)
        leaf = sealed(batch).leaves[32 * credential.index :][:32]
        place = Place(credential.index, leaf, tuple(tree.path(credential.index)))
    return _signed(store, vault, duty).at(place)


def owed(store: Store) -> Owed | None:
    """Of the batches that no block holds and whose time runs out, the one whose time is over first."""
    query = (
        select(Batch.number, Batch.anchor_by)
        .outerjoin(Anchored, Anchored.number == Batch.anchor_number)
        .where(Batch.state == SEALED, Anchored.number.is_(None))
        .where(store.now() >= Batch.anchor_by - (Batch.anchor_by - Batch.sealed_at) / NEAR)
        .order_by(Batch.anchor_by, Batch.number)
        .limit(1)
    )
    with store.read() as session:
        found = session.execute(query).first()
    return Owed(found.number or 0, found.anchor_by or 0) if found is not None else None


def _duty(session: Session, batch: Batch) -> Duty:
    made = sealed(batch)
    if batch.anchor_by is None or batch.sealed_at is None:
        raise StateError(f"Batch {batch.id!r}", "sealed before receipts were given", "sealed since")
    return Duty(
        registry_id=registry(session).registry_id,
        batch=made.number,
        size=made.size,
        key_id=made.key_id,
        root=made.root,
        accepted_at=batch.sealed_at,
        anchor_by=batch.anchor_by,
    )


def _signed(store: Store, vault: Vault, duty: Duty) -> Receipt:
    return Receipt(duty, logkey.sign_bytes(store, vault, duty.preimage, duty.accepted_at))
