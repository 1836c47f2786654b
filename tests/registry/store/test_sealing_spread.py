"""However the signing is spread, over processes or machines, and whoever dies meanwhile: the same batch to the byte."""

import os
import shutil
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from registry.store import batches, sealing
from registry.store.engine import Store
from registry.store.sealing import Sealer
from registry.store.tables import Batch, Credential
from registry.store.vault import Vault
from tests.support.registered import register

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
