"""However the signing is spread, over processes or machines, and whoever dies meanwhile: the same batch to the byte."""

import os
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text

from registry.store import batches, sealing
from registry.store.engine import Store
from registry.store.lease import LeaseLost, acquire
from registry.store.sealing import Sealer
from registry.store.tables import Batch, Credential
from registry.store.vault import Vault
from tests.support.registered import Registered, register

SIZE = 40


@pytest.fixture
def waiting(sqlite_store: Store, monkeypatch: pytest.MonkeyPatch) -> str:
    """A batch that waits to be sealed, cut so small that there is work for everyone."""
    monkeypatch.setattr(sealing, "POOL_FROM", 1)
    monkeypatch.setattr(sealing, "CHUNK", 20)
    monkeypatch.setattr(sealing, "TASK", 2)
    batch_id, _ = register(sqlite_store).batch(SIZE)
    batches.request_seal(sqlite_store, batch_id)
    assert sqlite_store.checkpoint()
    return batch_id


def sealed(original: Store, batch_id: str, executor: Executor | None, progress: sealing.Progress | None = None) -> Any:
    """What comes of sealing a copy of the database: number, root, leaves and signature, and every credential."""
    path = Path(str(original.url.database))
    copy = path.with_name(f"{os.urandom(4).hex()}.db")
    shutil.copy(path, copy)
    store = Store(f"sqlite:///{copy}", clock=original.clock)
    assert Sealer(store, Vault(bytes(32)), executor).seal_next(progress)
    with store.read() as session:
        batch = session.get_one(Batch, batch_id)
        query = select(Credential.document, Credential.d_rdf).where(Credential.batch_id == batch_id)
        documents = session.execute(query.order_by(Credential.index)).all()
    store.close()
    assert (batch.state, batch.size, batch.failure) == (batches.SEALED, SIZE, None)
    return batch.number, batch.root, batch.leaves, batch.signature, [tuple(row) for row in documents]


def test_one_process_and_two_make_the_same_batch(sqlite_store: Store, waiting: str) -> None:
    alone = sealed(sqlite_store, waiting, None)
    for processes in (1, 2):
        seen: list[tuple[int, int]] = []
        with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
            assert sealed(sqlite_store, waiting, pool, lambda *done, seen=seen: seen.append(done)) == alone
        assert seen == [(20, SIZE), (40, SIZE)]


@contextmanager
def dask_cluster(directory: Path) -> Iterator[tuple[Executor, Callable[[], None]]]:
    """A cluster of two worker processes as an executor, and what kills one of them without a word."""
    import dask  # takes seconds to import
    from distributed import LocalCluster

    here: dict[str, Any] = {"n_workers": 2, "threads_per_worker": 1, "host": "127.0.0.1", "dashboard_address": None}
    with (
        dask.config.set({"temporary-directory": str(directory)}),
        LocalCluster(processes=True, **here) as cluster,
        cluster.get_client() as client,
    ):
        victim, _other = client.run(os.getpid).values()
        yield client.get_executor(), lambda: os.kill(victim, signal.SIGKILL)


def test_a_dask_cluster_that_loses_a_worker_half_way_makes_the_same_batch(
    sqlite_store: Store, waiting: str, tmp_path: Path
) -> None:
    alone = sealed(sqlite_store, waiting, None)
    with dask_cluster(tmp_path) as (executor, kill):
        seen: list[int] = []

        def progress(done: int, _size: int) -> None:
            if not seen:
                kill()
            seen.append(done)

        assert sealed(sqlite_store, waiting, executor, progress) == alone
        assert seen == [20, 40], "the worker was killed between the two chunks"


class _Slow(ThreadPoolExecutor):
    """Takes half a second for each job, and asks for the sealer's lease at the end of each."""

    def __init__(self, store: Store) -> None:
        super().__init__(1)
        self._store = store
        self.lent: list[object] = []

    def submit(self, function: Any, /, *jobs: Any, **options: Any) -> Future[Any]:
        def slowly() -> Any:
            time.sleep(0.5)
            self.lent.append(acquire(self._store, sealing.LEASE, "another", 60))
            return function(*jobs, **options)

        return super().submit(slowly)


def test_a_sealer_whose_answers_are_slow_keeps_its_lease_as_long_as_they_come(
    registered: Registered, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"POOL_FROM": 1, "TASK": 1, "LEASE_SECONDS": 2, "RENEW_SECONDS": 0.1}.items():
        monkeypatch.setattr(sealing, name, value)
    batch_id, _ = registered.batch(9)  # one chunk, of twice the time that the lease lasts
    batches.request_seal(registered.store, batch_id)
    with _Slow(registered.store) as executor:
        assert Sealer(registered.store, Vault(bytes(32)), executor).seal_next()
    assert executor.lent == [None] * 9
    assert batches.get_batch(registered.store, batch_id).state == "sealed"


class _Hanging(ThreadPoolExecutor):
    """Does two jobs and never answers to the others."""

    def __init__(self) -> None:
        super().__init__(1)
        self.hanging: list[Future[Any]] = []
        self._good = 2

    def submit(self, function: Any, /, *jobs: Any, **options: Any) -> Future[Any]:
        if self._good:
            self._good -= 1
            return super().submit(function, *jobs, **options)
        self.hanging.append(Future())
        return self.hanging[-1]


def test_a_task_that_never_answers_ends_the_try_and_what_was_written_stays(
    registered: Registered, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"POOL_FROM": 1, "TASK": 1, "CHUNK": 2, "ANSWER_SECONDS": 0.2}.items():
        monkeypatch.setattr(sealing, name, value)
    batch_id, _ = registered.batch(4)
    batches.request_seal(registered.store, batch_id)
    with _Hanging() as executor, pytest.raises(TimeoutError):
        Sealer(registered.store, Vault(bytes(32)), executor).seal_next()
    assert [future.cancelled() for future in executor.hanging] == [True, True]
    assert batches.get_batch(registered.store, batch_id).done == 2
    assert Sealer(registered.store, Vault(bytes(32))).seal_next()
    assert batches.get_batch(registered.store, batch_id).state == "sealed"


def test_what_another_sealer_took_over_is_not_signed_here_any_more(
    registered: Registered, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"POOL_FROM": 1, "TASK": 1, "CHUNK": 2}.items():
        monkeypatch.setattr(sealing, name, value)
    batch_id, _ = registered.batch(4)
    batches.request_seal(registered.store, batch_id)
    unsigned = Sealer._unsigned

    def robbed(self: Sealer, batch_id: str, after: int = -1) -> list[sealing.Row]:
        if after >= 0:
            with registered.store.begin() as session:
                session.execute(text("UPDATE lease SET owner = 'another', token = token + 1 WHERE name = 'seal'"))
        return unsigned(self, batch_id, after)

    monkeypatch.setattr(Sealer, "_unsigned", robbed)
    with _Hanging() as executor, pytest.raises(LeaseLost):
        Sealer(registered.store, Vault(bytes(32)), executor).seal_next()
    assert [future.cancelled() for future in executor.hanging] == [True, True]
    assert batches.get_batch(registered.store, batch_id).done == 0
