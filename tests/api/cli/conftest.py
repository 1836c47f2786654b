"""For commands in processes of their own: an API that listens, and a verifier's desk with a node to ask."""

import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn

from api.app import create_app
from api.settings import Settings
from registry.store.engine import Store
from tests.support import cannednode
from tests.support.cases import Case, case
from tests.support.desk import FOREVER, Desk
from tests.support.httpapi import Api, Client, fill, register, services_on
from tests.support.waiting import until


@pytest.fixture
def listening(migrated_file: Path, tmp_path: Path) -> Iterator[tuple[Api, str]]:
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


@pytest.fixture(scope="module")
def good() -> Case:
    """A credential in order, with everything a verifier needs for it."""
    return case(FOREVER)


@pytest.fixture
def desk(good: Case, tmp_path: Path) -> Iterator[Desk]:
    """A desk whose node knows about `good`."""
    with cannednode.serving(good.chain) as url:
        yield Desk(tmp_path, url)
