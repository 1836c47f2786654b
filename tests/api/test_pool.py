"""Signing processes: none outlives the process that started it, and one that dies costs nothing but time."""

import multiprocessing
import os
import subprocess
import sys
from pathlib import Path

import pytest

from api import background, supervisor
from api.background import Background
from registry.store import batches, sealing
from registry.store.engine import Store
from tests.support.processes import is_running
from tests.support.registered import register
from tests.support.waiting import until

PARENT = """
import os, sys, time
from api.pool import process_pool

if __name__ == "__main__":
    with process_pool(2) as pool:
        print(*{pool.submit(os.getpid).result() for _ in range(20)}, flush=True)
        time.sleep(60)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")
def test_processes_of_a_pool_end_when_their_parent_is_killed(tmp_path: Path) -> None:
    program = tmp_path / "parent.py"
    program.write_text(PARENT)
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    with subprocess.Popen([sys.executable, program], stdout=subprocess.PIPE, text=True, env=environment) as parent:
        assert parent.stdout is not None
        children = [int(word) for word in parent.stdout.readline().split()]
        assert children
        assert all(is_running(pid) for pid in children)
        parent.kill()
    until(lambda: not any(is_running(pid) for pid in children))


def test_a_batch_is_sealed_although_the_processes_that_sign_it_are_killed(
    sqlite_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sealing, "POOL_FROM", 1)
    monkeypatch.setattr(sealing, "TASK", 1)
    monkeypatch.setattr(sealing, "CHUNK", 4)
    monkeypatch.setattr(sealing, "ANSWER_SECONDS", 10)
    monkeypatch.setattr(supervisor, "RETRY_SECONDS", 0.01)
    registered = register(sqlite_store)
    batch_id, _ = registered.batch(200)
    batches.request_seal(sqlite_store, batch_id)
    before = set(multiprocessing.active_children())
    work = Background()
    work.start("sealing", background.sealing(sqlite_store, registered.vault, 2, anchor_within=100))
    try:
        until(lambda: set(multiprocessing.active_children()) - before)
        for child in set(multiprocessing.active_children()) - before:
            child.kill()
        until(lambda: batches.get_batch(sqlite_store, batch_id).state == batches.SEALED)
    finally:
        work.stop()
    assert not set(multiprocessing.active_children()) - before
