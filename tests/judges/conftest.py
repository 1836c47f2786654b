"""Fixtures of the judges: the programs, and credentials issued for them on the development chain and on anvil."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, NoReturn

import pytest

from anchor.jsonrpc import JsonRpc
from registry.store.engine import Store
from tests.support import chains, judged
from tests.support.judged import Ask, Document, Issued, Verdicts

HERE = Path(__file__).parent

SECONDS = 120
"""For one judge and all its files; it takes two."""


@pytest.fixture(scope="session")
def ask() -> Ask:
    """Gives a judge its case and returns what it says: {file: {accepted, steps, error, loaded}}."""
    node = shutil.which("node") or unavailable("Node is missing: the judges are written in JavaScript")
    if not (HERE / "node_modules" / ".package-lock.json").exists():
        unavailable("the judges are not installed (run npm ci in tests/judges/)")

    def answer(judge: str, files: dict[str, Document], documents: dict[str, Document], **more: Any) -> Verdicts:
        case = json.dumps({"files": files, "documents": documents, **more}).encode()
        done = subprocess.run(
            [node, HERE / f"{judge}.mjs"], input=case, capture_output=True, timeout=SECONDS, check=False
        )
        assert done.returncode == 0, done.stderr.decode()
        verdicts: Verdicts = json.loads(done.stdout)
        assert set(verdicts) == set(files)
        return verdicts

    return answer


@pytest.fixture(scope="session")
def issued(tmp_path_factory: pytest.TempPathFactory, migrated_file: Path) -> Iterator[Issued]:
    """On the development chain."""
    home = tmp_path_factory.mktemp("issued")
    store = Store(f"sqlite:///{shutil.copy(migrated_file, home / 'credanchor.db')}")
    with chains.devnode(home, safe_depth=1, finality_depth=1) as (node, server):
        yield judged.issue(store, server.url, lambda: node.request("dev_mine", "0x1"))
    store.close()


@pytest.fixture(scope="session")
def on_anvil(tmp_path_factory: pytest.TempPathFactory, migrated_file: Path) -> Iterator[tuple[Issued, str]]:
    """On a chain with Sepolia's id, whose node is still there: Blockcerts' verifier asks it."""
    home = tmp_path_factory.mktemp("on-anvil")
    store = Store(f"sqlite:///{shutil.copy(migrated_file, home / 'credanchor.db')}")
    with chains.anvil() as url, closing(JsonRpc(url)) as rpc:
        yield judged.issue(store, url, lambda: rpc.call("anvil_mine", "0x3")), url
    store.close()


def unavailable(reason: str) -> NoReturn:
    """In CI a judge that is missing is a failure."""
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)
