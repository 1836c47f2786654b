"""A registry on the development chain, and one on anvil."""

import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from anchor.jsonrpc import JsonRpc
from registry.store.engine import Store
from tests.support import chains
from tests.support.bundling import Place, settle, settled


@pytest.fixture(scope="session")
def on_devnode(tmp_path_factory: pytest.TempPathFactory, migrated_file: Path) -> Iterator[Place]:
    with settled(tmp_path_factory.mktemp("bundles"), migrated_file) as place:
        yield place


@pytest.fixture(scope="session")
def on_anvil(tmp_path_factory: pytest.TempPathFactory, migrated_file: Path) -> Iterator[Place]:
    home = tmp_path_factory.mktemp("anvil-bundles")
    store = Store(f"sqlite:///{shutil.copy(migrated_file, home / 'credanchor.db')}")
    with chains.anvil() as url, closing(JsonRpc(url)) as rpc:
        yield settle(store, url, lambda: rpc.call("anvil_mine", "0x3"))
    store.close()


@pytest.fixture(params=["on_devnode", "on_anvil"])
def place(request: pytest.FixtureRequest) -> Place:
    found: Place = request.getfixturevalue(request.param)
    return found
