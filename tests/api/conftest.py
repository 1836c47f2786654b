"""Fixture `api`: the API on a copy of one filled SQLite file, made once."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI

from api.app import create_app
from api.services import Services
from api.settings import Settings
from registry.store.engine import Store
from tests.support.httpapi import Api, Client, fill, register, services_on
from tests.support.registered import Registered

Filled = tuple[Path, Registered, tuple[str, str, str, list[str]]]


@pytest.fixture(scope="session")
def filled(migrated_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Filled:
    """A database with something of everything."""
    path = tmp_path_factory.mktemp("api") / "filled.db"
    shutil.copy(migrated_file, path)
    store = Store(f"sqlite:///{path}")
    made = register(store)
    ids = fill(made)
    assert store.checkpoint()
    store.close()
    return path, made, ids


@pytest.fixture(scope="session")
def client(filled: Filled) -> Iterator[Client]:
    """One application and one client for all tests, because describing the API takes longer than most of them."""
    path, made, _ = filled
    with Client(create_app(Services(Settings(data_dir=path.parent), made.store))) as running:
        yield running


@pytest.fixture
def api(filled: Filled, client: Client, tmp_path: Path) -> Iterator[Api]:
    """The API on a database of its own."""
    path, made, ids = filled
    shutil.copy(path, tmp_path / "credanchor.db")
    store = Store(f"sqlite:///{tmp_path / 'credanchor.db'}")
    mine = Registered(store, made.vault, made.key, made.achievement_id, made.now)
    store.clock = lambda: mine.now
    app = client.app
    assert isinstance(app, FastAPI)
    app.state.services = services_on(mine, Settings(data_dir=tmp_path))
    yield Api(mine, app.state.services, app, client, *ids)
    store.close()
