"""One chain for all histories; each history has a contract of its own."""

import time
from collections.abc import Iterator

import pytest

from anchor.devnode import DevNode, serve
from tests.support.history import PREFUND, Sender


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
