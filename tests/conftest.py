"""Fixtures for every package: `store`, an empty migrated database, once on SQLite and once on PostgreSQL."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from registry.store.engine import Store, migrate
from tests.support import databases, pooler
from tests.support.registered import Registered, register

settings.register_profile("credanchor", deadline=None)  # a test is right or wrong, not fast or slow
settings.load_profile("credanchor")


@pytest.fixture(scope="session")
def postgresql() -> Iterator[databases.Cluster]:
    """A private PostgreSQL server. Skips where none is installed; in CI that is a failure."""
    binaries = databases.postgresql_binaries()
    if binaries is None:
        reason = f"no PostgreSQL server below {databases.BINARIES} (Debian: apt-get install postgresql)"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    with databases.cluster(binaries) as server:
        databases.create_migrated(server)
        yield server


@pytest.fixture(scope="session")
def pgbouncer(postgresql: databases.Cluster) -> Iterator[pooler.Pooler]:
    """PgBouncer in transaction mode before that server. Skips where it is not installed; in CI that is a failure."""
    with pooler.pooler(postgresql) as running:
        yield running


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file to copy: running the migrations takes longer than most tests."""
    path = tmp_path_factory.mktemp("sqlite") / "migrated.db"
    store = Store(f"sqlite:///{path}")
    migrate(store)
    assert store.checkpoint()
    store.close()
    return path


@pytest.fixture
def sqlite_store(tmp_path: Path, migrated_file: Path) -> Iterator[Store]:
    """An empty migrated SQLite database."""
    path = tmp_path / "credanchor.db"
    shutil.copy(migrated_file, path)
    store = Store(f"sqlite:///{path}")
    yield store
    store.close()


@pytest.fixture
def postgresql_store(postgresql: databases.Cluster) -> Iterator[Store]:
    """An empty migrated PostgreSQL database."""
    store = Store(postgresql.url(databases.DATABASE))
    yield store
    databases.empty(store)
    store.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest) -> Store:
    """An empty migrated database; the test runs on both kinds."""
    chosen = request.getfixturevalue(f"{request.param}_store")
    assert isinstance(chosen, Store)
    return chosen


@pytest.fixture
def registered(store: Store) -> Registered:
    """The same with an issuer, its key on the chain, and an achievement; see tests/support/registered.py."""
    return register(store)
