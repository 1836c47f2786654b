"""One chain for all histories; each history has a contract of its own."""

import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from anchor.devnode import DevNode, serve
from tests.support.auditing import Honest
from tests.support.history import PREFUND, SECOND_KEY, History, Sender, leaves


@pytest.fixture(scope="session")
def sender(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sender]:
    """Sends to a development chain whose accounts have ether."""
    path = tmp_path_factory.mktemp("chain") / "chain.db"
    begin = time.time()

    def fast() -> float:
        # Each block is at least a second later than the one before; a clock that races lets histories be made at once.
        return begin + (time.time() - begin) * 100

    with DevNode(path, prefund=PREFUND, finality_depth=0, safe_depth=0, wall=fast) as node, serve(node) as server:
        yield Sender(server.url)


@pytest.fixture(scope="session")
def honest(sender: Sender, tmp_path_factory: pytest.TempPathFactory) -> Honest:
    """Three anchors: two batches; one batch, a revocation and a new key; a heartbeat with a suspension lifted."""
    history = History.begin(sender)
    revocation, suspension = history.status_list("revocation", 1, []), history.status_list("suspension", 1, [7])
    history.anchor([revocation, suspension], [history.batch(1, leaves("a", 5)), history.batch(2, leaves("b", 1))])
    history.add_key(SECOND_KEY)
    revocation = history.status_list("revocation", 2, [3, 131_071])
    history.anchor([revocation, suspension], [history.batch(3, leaves("c", 8), SECOND_KEY)])
    history.anchor([revocation, history.status_list("suspension", 2, [])], [])
    return history, history.write(tmp_path_factory.mktemp("honest"))


@pytest.fixture
def copy(honest: Honest, tmp_path: Path) -> Path:
    """A copy of the honest export, to tamper with."""
    return Path(shutil.copytree(honest[1], tmp_path / "export"))


@pytest.fixture
def begun(sender: Sender) -> History:
    """A contract with an issuer and a key, and nothing anchored yet."""
    return History.begin(sender)
