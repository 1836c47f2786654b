"""`credanchor issue`: a refused roster leaves nothing, and final is not enough, the credentials must be valid, too."""

import json
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn

from api.app import create_app
from api.settings import Settings
from registry.store import batches, keys
from registry.store.engine import Store
from tests.support.commandline import Outcome, credanchor
from tests.support.httpapi import Api, Client, fill, register, services_on
from tests.support.waiting import until


@pytest.fixture
def api(migrated_file: Path, tmp_path: Path) -> Iterator[tuple[Api, str]]:
    """A filled API and its address."""
    shutil.copy(migrated_file, tmp_path / "credanchor.db")
    store = Store(f"sqlite:///{tmp_path / 'credanchor.db'}")
    made = register(store)
    ids = fill(made)
    services = services_on(made, Settings(data_dir=tmp_path))
    app = create_app(services)
    # Without its lifespan, which would start sealer and worker: the stand-in plays them here.
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, lifespan="off", log_config=None))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    until(lambda: server.started)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield Api(made, services, app, Client(app), *ids), f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join()
    store.close()


def test_waiting_for_a_batch_that_was_anchored_in_vain_says_so_fails_and_writes_no_files(
    api: tuple[Api, str], tmp_path: Path
) -> None:
    filled, url = api
    made, files = filled.registered, tmp_path / "files"
    token = filled.key("credentials:read")["Authorization"].removeprefix("Bearer ")

    def resume(*words: str | Path) -> Outcome:
        return credanchor("issue", "--resume", filled.final, *words, "--url", url, env={"CREDANCHOR_API_KEY": token})

    good = resume("--out", files, "--json")
    assert good.code == 0, good.err
    assert (good.json["state"], good.json["problem"]) == ("final", None)
    assert len(list(files.iterdir())) == 3
    shutil.rmtree(files)

    keys.mark_compromised(made.store, made.vault, made.key.key_id, made.now)
    for words in (("--wait",), ("--out", files)):
        bad = resume(*words)
        assert (bad.code, bad.out) == (1, "")
        assert "is final. The key that signed the batch counts as compromised from" in bad.err
        assert "Issue them again" in bad.err
        assert "Traceback" not in bad.err
    assert not files.exists()
    assert "compromised" in json.loads(resume("--json").out)["problem"]  # without waiting: told, not refused


def test_a_refused_roster_leaves_no_batch_behind(api: tuple[Api, str], tmp_path: Path) -> None:
    filled, url = api
    token = filled.key("batches:write")["Authorization"].removeprefix("Bearer ")
    roster = tmp_path / "roster.csv"

    def issue(rows: str) -> Outcome:
        roster.write_text("name,awarded_on\n" + rows)
        words = ("issue", roster, "--issuer", "uni", "--achievement", "uni.soil-science.1", "--url", url, "--json")
        return credanchor(*words, env={"CREDANCHOR_API_KEY": token})

    before = len(batches.list_batches(filled.registered.store))
    bad = issue("Ana Andromeda,2026-01-01\n,yesterday\n")
    assert bad.code == 1
    assert "row 3" in bad.err
    assert len(batches.list_batches(filled.registered.store)) == before
    assert issue("Ana Andromeda,2026-01-01\n").json["size"] == 1
    assert len(batches.list_batches(filled.registered.store)) == before + 1
