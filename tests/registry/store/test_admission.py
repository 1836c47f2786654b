"""Receipts are given for what is sealed, never before, and are the same whenever and by whomever they are asked for."""

import pytest
from sqlalchemy import update

from registry.errors import NotFound, SecretError, StateError
from registry.format.receipt import Receipt
from registry.store import admission, batches, erasure, logkey
from registry.store.engine import Store
from registry.store.sealing import ANCHOR_WITHIN_SECONDS, Sealer
from registry.store.setup import registry
from registry.store.tables import Batch
from registry.store.trees import sealed
from registry.store.vault import Vault
from tests.support.registered import Registered


def test_a_sealed_batch_has_a_receipt_and_each_credential_its_own(registered: Registered) -> None:
    batch_id, handles = registered.sealed(3)
    receipt = admission.receipt_of_batch(registered.store, registered.vault, batch_id)
    batch = batches.get_batch(registered.store, batch_id)
    with registered.store.read() as session:
        assert receipt.duty.registry_id == registry(session).registry_id
    assert (receipt.duty.batch, receipt.duty.size, receipt.duty.root) == (batch.number, 3, batch.root)
    assert (receipt.duty.accepted_at, receipt.duty.key_id) == (batch.sealed_at, registered.key.key_id)
    assert receipt.duty.anchor_by == batch.sealed_at + ANCHOR_WITHIN_SECONDS
    key = logkey.public_key(registered.store)
    assert key and receipt.verify(key)
    for index, handle in enumerate(handles):
        one = admission.receipt_of_credential(registered.store, registered.vault, handle)
        assert Receipt.parse(one.to_bytes()) == one
        assert one.place and (one.duty, one.signature) == (receipt.duty, receipt.signature)
        assert one.place.leaf == sealed(batch).leaves[32 * index :][:32]


def test_nothing_is_promised_before_it_is_sealed(registered: Registered) -> None:
    batch_id, handles = registered.batch(1)
    for state in ("open", "sealing"):
        with pytest.raises(StateError, match=state):
            admission.receipt_of_batch(registered.store, registered.vault, batch_id)
        with pytest.raises(StateError, match=state):
            admission.receipt_of_credential(registered.store, registered.vault, handles[0])
        if state == "open":
            batches.request_seal(registered.store, batch_id)
    with pytest.raises(NotFound):
        admission.receipt_of_batch(registered.store, registered.vault, "none")


def test_whoever_asks_again_after_a_crash_gets_the_same_bytes(registered: Registered) -> None:
    store, vault = registered.store, registered.vault
    batch_id, handles = registered.batch(2)
    batches.request_seal(store, batch_id)
    assert Sealer(store, vault, anchor_within=60).seal_next()
    first = admission.receipt_of_batch(store, vault, batch_id)
    # The process dies before its answer; another one, on the same database, days later:
    later = Store(store.url, clock=lambda: store.now() + 86_400)
    assert admission.receipt_of_batch(later, vault, batch_id) == first
    assert first.duty.anchor_by == first.duty.accepted_at + 60
    registered.anchor()
    erasure.erase(store, handles[0], "operator")
    assert admission.receipt_of_credential(later, vault, handles[0]).duty == first.duty
    later.close()


def test_without_the_master_key_there_is_no_receipt(registered: Registered) -> None:
    batch_id, _ = registered.sealed(1)
    logkey.ensure(registered.store, registered.vault)
    with pytest.raises(SecretError):
        admission.receipt_of_batch(registered.store, Vault(bytes([1]) * 32), batch_id)


def test_a_batch_from_before_receipts_has_none(registered: Registered) -> None:
    batch_id, _ = registered.sealed(1)
    with registered.store.begin() as session:
        session.execute(update(Batch).values(anchor_by=None))
    with pytest.raises(StateError, match="before receipts"):
        admission.receipt_of_batch(registered.store, registered.vault, batch_id)
    assert admission.owed(registered.store) is None


def test_a_batch_whose_time_runs_out_is_named_until_a_block_holds_it(registered: Registered) -> None:
    registered.sealed(1)
    batch_id, _ = registered.sealed(1, first=1)
    with registered.store.begin() as session:
        session.execute(update(Batch).values(sealed_at=1000, anchor_by=2000))
        session.execute(update(Batch).where(Batch.id == batch_id).values(anchor_by=1400))
    url = registered.store.url
    for now, number in ((1299, None), (1300, 2), (5000, 2)):
        at = Store(url, clock=lambda now=now: now)
        found = admission.owed(at)
        assert (found and found.batch) == number
        at.close()
    number = registered.create_anchor()
    late = Store(url, clock=lambda: 5000)
    assert admission.owed(late) == admission.Owed(2, 1400)
    registered.attempt(number)
    registered.include(number, final=False)
    assert admission.owed(late) is None
    late.close()
