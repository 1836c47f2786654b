"""Sealing goes on where it stopped, whatever stopped it, and the result is the same to the byte."""

import json
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, event, select, update

from registry.credential.integrity import issuer_proofs, verify_proof
from registry.format import entries, signature
from registry.format.merkle import Tree
from registry.format.strictjson import canonical, digest, parse
from registry.store import batches, credentials, keys, sealing
from registry.store.engine import Store
from registry.store.lease import LeaseLost, acquire
from registry.store.sealing import Sealer
from registry.store.setup import registry
from registry.store.tables import Achievement, Batch, Credential, Lease
from registry.store.vault import Vault
from tests.support.registered import Registered, register

VAULT = Vault(bytes(32))


class Killed(BaseException):
    """Stands for the end of the process: nothing may catch it and go on."""


@contextmanager
def _killed_at(store: Store, commit: int, *, happened: bool) -> Iterator[list[int]]:
    """Let the process end at the given commit (from 0): just before it, or just after it happened.

    A dead process commits nothing more, so every later commit fails as well. Yields the number of commits so far.
    """
    count = [0]

    def before(connection: Connection) -> None:
        if not connection.get_execution_options().get("credanchor_writes"):
            return
        if count[0] > commit or (count[0] == commit and not happened):
            raise Killed
        count[0] += 1

    event.listen(store.engine, "commit", before)
    try:
        yield count
    finally:
        event.remove(store.engine, "commit", before)


def _expire_leases(store: Store) -> None:
    """Two minutes pass, for the database."""
    with store.begin() as session:
        session.execute(update(Lease).values(expires=0))


def _result(store: Store, batch_id: str) -> tuple[Any, ...]:
    with store.read() as session:
        batch = session.get_one(Batch, batch_id)
        rows = session.execute(
            select(Credential.credential_id, Credential.document, Credential.d_rdf, Credential.row)
            .where(Credential.batch_id == batch_id)
            .order_by(Credential.index)
        ).all()
        made = (batch.state, batch.number, batch.root, batch.leaves, batch.signature, batch.done, batch.failure)
        return made, tuple(tuple(row) for row in rows)


def test_a_sealed_batch_is_what_the_format_says(registered: Registered) -> None:
    store, key = registered.store, registered.key
    batch_id, handles = registered.sealed(5)
    batch = batches.get_batch(store, batch_id)
    with store.read() as session:
        registry_id = registry(session).registry_id
        rows = session.scalars(
            select(Credential).where(Credential.batch_id == batch_id).order_by(Credential.index)
        ).all()
    assert (batch.state, batch.number, batch.size, batch.done) == ("sealed", 1, 5, 5)
    leaves = []
    for index, row in enumerate(rows):
        document = parse(credentials.document(store, handles[index]))
        assert row.row is None
        assert row.document is not None
        assert row.d_rdf is not None
        assert document["id"] == row.credential_id
        assert canonical(document) == row.document.encode()
        (proof,) = issuer_proofs(document)
        assert verify_proof(document, proof, key.multikey)
        leaves.append(entries.leaf_hash(entries.leaf_prefix(registry_id, 1, index, 5, digest(document)), row.d_rdf))
    assert batch.leaves == b"".join(leaves)
    assert batch.root == Tree(leaves).root
    entry = entries.batch_entry(registry_id, 1, 5, key.key_id, batch.root)
    assert batch.signature is not None
    assert signature.verify(key.multikey, batch.signature, entry)


def test_a_sealer_killed_at_any_commit_is_followed_by_one_that_finishes_the_same_batch(
    sqlite_store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sealing, "CHUNK", 2)
    batch_id, _ = register(sqlite_store).batch(3)
    batches.request_seal(sqlite_store, batch_id)
    assert sqlite_store.checkpoint()
    original = Path(str(sqlite_store.url.database))

    def copy(name: str) -> Store:
        shutil.copy(original, tmp_path / name)
        return Store(f"sqlite:///{tmp_path / name}", clock=sqlite_store.clock)

    whole = copy("whole.db")
    with _killed_at(whole, 1_000, happened=True) as commits:
        assert Sealer(whole, VAULT).seal_next()
    expected = _result(whole, batch_id)
    whole.close()
    assert expected[0][:2] == ("sealed", 1)
    assert commits[0] == 8  # lease, plan, two chunks with a renewal each, the batch, release

    for commit in range(commits[0]):
        for happened in (False, True):
            store = copy(f"{commit}-{happened}.db")
            # Killed after the last commit of all is no failure that anybody could see.
            with _killed_at(store, commit, happened=happened):
                try:
                    Sealer(store, VAULT).seal_next()
                except Killed:
                    pass
                else:
                    assert (commit, happened) == (commits[0] - 1, True)
            finished = _result(store, batch_id)[0][0] == "sealed"
            assert finished == (commit >= 7 or (commit == 6 and happened))
            _expire_leases(store)
            assert Sealer(store, VAULT).seal_next() is not finished
            assert _result(store, batch_id) == expected
            assert not Sealer(store, VAULT).seal_next()
            store.close()


def test_a_second_sealer_does_nothing_while_one_is_at_work(registered: Registered) -> None:
    batch_id, _ = registered.batch(1)
    batches.request_seal(registered.store, batch_id)
    assert acquire(registered.store, sealing.LEASE, "another", 60)
    assert not Sealer(registered.store, VAULT).seal_next()
    _expire_leases(registered.store)
    assert Sealer(registered.store, VAULT).seal_next()


class _Interrupted(ThreadPoolExecutor):
    """Runs jobs as they come, and calls `between` before the result of the chosen one is given back."""

    def __init__(self, at: int, between: Callable[[], None]) -> None:
        super().__init__(1)
        self._rounds = 0
        self._at = at
        self._between = between

    def submit(self, function: Any, /, *jobs: Any, **options: Any) -> Future[Any]:
        result = super().submit(function, *jobs, **options)
        result.exception()
        self._rounds += 1
        if self._rounds == self._at:
            self._between()
        return result


@pytest.mark.parametrize(("moment", "done"), [("signing", 0), ("after a chunk", 1), ("after the last chunk", 2)])
def test_a_sealer_that_lost_its_lease_writes_nothing_more(
    registered: Registered, monkeypatch: pytest.MonkeyPatch, moment: str, done: int
) -> None:
    monkeypatch.setattr(sealing, "CHUNK", 1)
    monkeypatch.setattr(sealing, "POOL_FROM", 1)
    store = registered.store
    batch_id, _ = registered.batch(2)
    batches.request_seal(store, batch_id)

    def taken_over() -> None:
        _expire_leases(store)
        assert acquire(store, sealing.LEASE, "another", 60)

    def progress(now_done: int, _size: int) -> None:
        if moment != "signing" and now_done == done:
            taken_over()

    with _Interrupted(1 if moment == "signing" else 99, taken_over) as executor, pytest.raises(LeaseLost):
        Sealer(store, VAULT, executor).seal_next(progress)
    batch = batches.get_batch(store, batch_id)
    assert (batch.state, batch.done, batch.failure) == ("sealing", done, None)
    _expire_leases(store)
    assert Sealer(store, VAULT).seal_next()
    assert batches.get_batch(store, batch_id).state == "sealed"


def test_batches_are_numbered_from_one_without_a_gap_in_the_order_they_were_asked_for(registered: Registered) -> None:
    store = registered.store
    made = [registered.batch(1, first=place)[0] for place in range(3)]
    for batch_id in (made[2], made[0], made[1]):
        registered.now += 1
        batches.request_seal(store, batch_id)
    sealer = Sealer(store, VAULT)
    while sealer.seal_next():
        pass
    assert [batches.get_batch(store, batch_id).number for batch_id in made] == [2, 3, 1]


def test_a_key_revoked_while_sealing_is_replaced_in_every_credential(
    registered: Registered, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sealing, "CHUNK", 1)
    store = registered.store
    batch_id, handles = registered.batch(2)
    batches.request_seal(store, batch_id)
    new = keys.add_hosted_key(store, registered.vault, "uni")
    registered.put_on_chain(new.key_id)

    def revoke(_done: int, _size: int) -> None:
        with store.read() as session:
            current = session.get_one(Batch, batch_id).key_id
        assert current is not None
        if not keys.get_key(store, current).revoke and sum(key.revoke for key in keys.key_history(store, "uni")) == 0:
            keys.revoke_key(store, registered.vault, current)

    sealer = Sealer(store, VAULT)
    assert sealer.seal_next(revoke)
    assert batches.get_batch(store, batch_id).state == "sealing"
    assert sealer.seal_next()
    batch = batches.get_batch(store, batch_id)
    assert batch.state == "sealed"
    assert batch.key_id is not None
    key = keys.get_key(store, batch.key_id)
    assert not key.revoke
    for handle in handles:
        document = json.loads(credentials.document(store, handle))
        (proof,) = issuer_proofs(document)
        assert proof["verificationMethod"] == key.verification_method
        assert verify_proof(document, proof, key.multikey)


def test_a_batch_whose_key_is_not_on_the_chain_waits_and_does_not_hold_up_others(registered: Registered) -> None:
    store = registered.store
    waiting, _ = registered.batch(1)
    batches.request_seal(store, waiting)
    with store.begin() as session:
        session.get_one(type(registered.key), registered.key.key_id).chain_added_at = None
    assert not Sealer(store, VAULT).seal_next()
    assert batches.get_batch(store, waiting).failure is None
    registered.put_on_chain(registered.key.key_id)
    assert Sealer(store, VAULT).seal_next()
    assert batches.get_batch(store, waiting).number == 1


def test_what_is_wrong_with_a_batch_is_kept_with_it_and_does_not_stop_the_next(registered: Registered) -> None:
    store = registered.store
    bad, _ = registered.batch(1)
    batches.request_seal(store, bad)
    with store.begin() as session:
        row = session.get_one(Achievement, registered.achievement_id)
        good, row.definition = row.definition, "{}"
    registered.now += 1
    other, _ = registered.batch(1, first=1)
    batches.request_seal(store, other)
    sealer = Sealer(store, VAULT)
    assert sealer.seal_next()
    assert "title" in (batches.get_batch(store, bad).failure or "")
    with store.begin() as session:
        session.get_one(Achievement, registered.achievement_id).definition = good
    assert sealer.seal_next()
    assert not sealer.seal_next()
    assert batches.get_batch(store, other).number == 1
    batches.request_seal(store, bad)  # tried again, now that it can work
    assert sealer.seal_next()
    assert (batches.get_batch(store, bad).number, batches.get_batch(store, bad).failure) == (2, None)


def test_without_any_usable_key_the_batch_says_so(registered: Registered) -> None:
    batch_id, _ = registered.batch(1)
    batches.request_seal(registered.store, batch_id)
    keys.revoke_key(registered.store, registered.vault, registered.key.key_id)
    assert Sealer(registered.store, VAULT).seal_next()
    assert "without a usable key" in (batches.get_batch(registered.store, batch_id).failure or "")


def test_a_sealer_at_rest_takes_no_lease(registered: Registered) -> None:
    registered.batch(1)  # open: nobody has asked for its seal
    assert not Sealer(registered.store, registered.vault).seal_next()
    with registered.store.read() as session:
        assert session.get(Lease, sealing.LEASE) is None
