"""Credentials issued through the product on a chain that is still there, and what a bundle is made of."""

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from anchor.bundle.make import Made, make
from anchor.verifier import Verifier
from anchor.worker import Worker
from registry.store import status
from registry.store.engine import Store
from registry.verify import RegistryTrust, Report, TrustProfile
from tests.support import chains, judged
from tests.support.worksite import OPERATOR, REGISTRAR, VAULT

NOBODY = ("http://127.0.0.1:9",)
"""Where no node is: a verifier who is shown this profile can ask nothing."""


@dataclass(frozen=True)
class StoreStatus:
    """The registry's own status evidence, without HTTP."""

    store: Store

    def fetch(self, list_id: str, anchor_number: int) -> bytes:
        name = urlsplit(list_id).path.rsplit("/", 1)[-1]
        return json.dumps(status.status_evidence(self.store, name, anchor_number)).encode()


@dataclass(frozen=True)
class Place:
    """A registry with a final anchor for each of `files`, and a node at `url`; `mine` makes a block."""

    store: Store
    url: str
    files: dict[str, bytes]
    registry: RegistryTrust
    mine: Callable[[], Any]

    @property
    def trust(self) -> TrustProfile:
        """For who has a network."""
        return TrustProfile((self.registry,))

    @property
    def alone(self) -> TrustProfile:
        """For who has none."""
        return TrustProfile((replace(self.registry, rpc=NOBODY, status=NOBODY),))

    def make(self, name: str, url: str | None = None) -> Made:
        made = make(
            self.files[name],
            trust=self.trust,
            status=StoreStatus(self.store),
            now=datetime.now(UTC),
            rpc=(url,) if url else (),
        )
        assert isinstance(made, Made), made
        return made

    def online(self, name: str) -> Report:
        """What the living contract says."""
        return Verifier(self.trust, StoreStatus(self.store)).check(self.files[name], now=datetime.now(UTC))


@contextmanager
def settled(home: Path, migrated_file: Path) -> Iterator[Place]:
    """A `Place` in `home`, on a development chain that makes a block when it is told to."""
    store = Store(f"sqlite:///{shutil.copy(migrated_file, home / 'credanchor.db')}")
    with chains.devnode(home, safe_depth=1, finality_depth=1) as (node, server):
        yield settle(store, server.url, lambda: node.request("dev_mine", "0x1"))
    store.close()


def settle(store: Store, url: str, mine: Callable[[], Any]) -> Place:
    """Issue at the node, and anchor what was revoked afterwards as well."""
    issued = judged.issue(store, url, mine)
    config = issued.config
    registry = RegistryTrust("Test", config.chain_id, config.contract, config.code_sha256, (url,))
    files = {name: json.dumps(file).encode() for name, file in issued.files.items()}
    place = Place(store, url, files, registry, mine)
    worker = Worker(store, replace(config, heartbeat_seconds=10**6), OPERATOR, REGISTRAR, vault=VAULT)
    for _ in range(judged.ROUNDS):
        assert worker.tick().problem == ""
        mine()
        if place.online("revoked").verdict == "revoked":
            worker.release()
            return place
    raise AssertionError("the revocation was not anchored")
