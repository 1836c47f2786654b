"""Workers as real processes on one PostgreSQL and one anvil: started, killed, frozen, thawed and told to stop.

Each has a data directory of its own, as on a machine of its own; what they share is copied. A connection's
`application_name` says whose it is, to PostgreSQL and so to a test.
"""

import json
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eth_account import Account
from sqlalchemy import text

from anchor.chain import ChainConfig
from anchor.contract import LogEntry, RegistryContract
from anchor.deploy import deploy
from anchor.jsonrpc import JsonRpc
from api import datadir
from api.datadir import Deployment
from registry.store import keys
from registry.store.engine import Store
from tests.support import chains, databases, sealed
from tests.support.commandline import environment
from tests.support.truth import rebuild_and_compare, shown, told_truly
from tests.support.waiting import until as until_true
from tests.support.worksite import ADMIN, OPERATOR, REGISTRAR, bind

if TYPE_CHECKING:
    from multiprocessing.context import ForkServerProcess

_PROCESSES = multiprocessing.get_context("forkserver")
_PROCESSES.set_forkserver_preload(["tests.support.replicas", "tests.support.mortal", "api.background", "api.serve"])
"""Imported once, and not by each process."""

LEASE_SECONDS = 2
TICK_SECONDS = 0.2
MASTER_KEY = bytes(32).hex()  # worksite.VAULT's
PASSWORD = "a test's password"

PATIENCE_SECONDS = 120.0
"""Processes start, sign and wait for blocks meanwhile; on a busy machine each takes a while."""


def until(condition: Callable[[], object], patience: float = PATIENCE_SECONDS) -> None:
    """Wait for something that processes do."""
    until_true(condition, pause=0.1, patience=patience)


@dataclass
class Replica:
    """One process."""

    name: str
    process: "ForkServerProcess"
    data: Path
    log: Path

    def send(self, number: signal.Signals) -> None:
        assert self.process.pid is not None
        os.kill(self.process.pid, number)

    def kill(self) -> None:
        """kill -9."""
        self.process.kill()
        self.process.join()

    def stop(self) -> None:
        """SIGTERM, and it ends well."""
        self.send(signal.SIGTERM)
        self.ended()

    def ended(self) -> None:
        """It comes to its end, and to a good one."""
        self.process.join(PATIENCE_SECONDS)
        assert self.process.exitcode == 0, self.log.read_text()


def _run(words: list[str], settings: dict[str, str], log: Path) -> None:
    """The command line in this process."""
    import api.cli.main

    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for stream in (1, 2):
        os.dup2(output, stream)
    clean = environment(**settings)
    os.environ.clear()
    os.environ.update(clean)
    sys.exit(api.cli.main.main(words))


@dataclass
class Site:
    """A database, a chain, and the processes that work on them."""

    home: Path
    server: databases.Cluster
    database: str  # its address, for the processes
    view: Store
    config: ChainConfig
    deployment: Deployment
    lease_seconds: int = LEASE_SECONDS
    replicas: list[Replica] = field(default_factory=list)

    def start(self, *words: str, rpc: str | None = None, master_key: str = MASTER_KEY) -> Replica:
        """A command on a machine of its own; `credanchor worker` if no other is given."""
        name = f"replica-{len(self.replicas)}"
        data = self.home / name
        _data_directory(data, self.deployment, master_key)
        settings = {
            "CREDANCHOR_DATABASE_URL": f"{self.database}?application_name={name}",
            "CREDANCHOR_RPC_URLS": rpc or self.config.rpc_urls[0],
            "CREDANCHOR_PUBLIC_URL": self.deployment.public_url,
            "CREDANCHOR_TICK_SECONDS": str(TICK_SECONDS),
            "CREDANCHOR_RPC_TIMEOUT_SECONDS": str(2 * PATIENCE_SECONDS),  # a node that is held is waited for
            "CREDANCHOR_LEASE_SECONDS": str(self.lease_seconds),
        }
        log = self.home / f"{name}.log"
        process = _PROCESSES.Process(target=_run, args=([*(words or ("worker",)), "--data", str(data)], settings, log))
        process.start()
        self.replicas.append(Replica(name, process, data, log))
        return self.replicas[-1]

    def holder(self) -> Replica | None:
        """Who holds the lease, by the process number in its owner's name."""
        with self.view.read() as session:
            owner = session.scalar(text("SELECT owner FROM lease WHERE name = 'anchor' AND expires > 0"))
        living = {str(one.process.pid): one for one in self.replicas if one.process.is_alive()}
        return living.get(owner.split("/")[1]) if owner else None

    def working(self) -> Replica:
        """Wait until one of them holds the lease."""
        until(lambda: self.holder() is not None)
        found = self.holder()
        assert found is not None
        return found

    def token(self) -> int:
        with self.view.read() as session:
            return session.scalar(text("SELECT token FROM lease WHERE name = 'anchor'")) or 0

    def expires(self) -> int:
        """When the lease ends if nobody renews it, by the database's clock."""
        with self.view.read() as session:
            return session.scalar(text("SELECT expires FROM lease WHERE name = 'anchor'")) or 0

    def moment(self) -> Any:
        """Now, by the database's clock."""
        with self.server.admin() as connection:
            row = connection.execute("SELECT clock_timestamp()").fetchone()
            return row[0] if row else None

    def open_since(self, replica: Replica, moment: Any) -> bool:
        """Whether a transaction of it that began before that moment is still open."""
        with self.server.admin() as connection:
            query = "SELECT 1 FROM pg_stat_activity WHERE application_name = %s AND xact_start < %s"
            return connection.execute(query, [replica.name, moment]).fetchone() is not None

    def waits(self, replica: Replica) -> bool:
        """Whether it waits for a lock that somebody else holds."""
        with self.server.admin() as connection:
            query = "SELECT 1 FROM pg_stat_activity WHERE application_name = %s AND wait_event_type = 'Lock'"
            return connection.execute(query, [replica.name]).fetchone() is not None

    def states(self) -> list[str]:
        """Of all batches, as people are told."""
        return [str(one["state"]) for one in shown(self.view)]

    def seal(self) -> None:
        sealed.seal(self.view)

    def settled(self) -> bool:
        return set(self.states()) == {"final"}

    def request(self, method: str, *params: Any) -> Any:
        """Ask the chain itself."""
        rpc = JsonRpc(self.config.rpc_urls[0])
        try:
            return rpc.call(method, *params)
        finally:
            rpc.close()

    def log(self) -> list[LogEntry]:
        contract = RegistryContract(self.config.contract)
        method, params = contract.entries_call(0, int(self.request("eth_blockNumber"), 16))
        return contract.entries(self.request(method, *params))

    def check(self, batches: int) -> None:
        """Nothing lost, nothing twice: all batches final, each anchor once, and the chain alone gives the same."""
        anchors = [entry for entry in self.log() if entry.kind == 1]
        assert [entry.anchor_number for entry in anchors] == list(range(1, len(anchors) + 1))
        assert len({entry.subject for entry in anchors}) == len(anchors)
        states = told_truly(self.view, self.config, self.request)
        assert (len(states), set(states.values())) == (batches, {"final"})
        with self.view.read() as session:
            for entry in anchors:
                assert sealed.anchor_root(session, entry.anchor_number) == entry.subject
            assert session.scalars(text("SELECT code FROM alarm")).all() == []
        rpc = self.config.rpc_urls[0]
        compared = rebuild_and_compare(self.view, self.config, lambda: JsonRpc(rpc), OPERATOR, REGISTRAR)
        assert compared == len(anchors)

    def close(self) -> None:
        """Let none of the processes be left over."""
        for one in self.replicas:
            if one.process.is_alive():
                one.kill()  # a frozen one, too


def _data_directory(data: Path, deployment: Deployment, master_key: str) -> None:
    """What every machine needs: the contract, the master key, the two keys that the worker signs with."""
    (data / "keystore").mkdir(parents=True)
    deployment.save(data / "deployment.json")
    if master_key:
        datadir.write(data / "master.key", master_key + "\n", 0o600)
    datadir.write(data / "keystore" / datadir.PASSWORD_FILE, PASSWORD + "\n", 0o600)
    for role, account in (("operator", OPERATOR), ("registrar", REGISTRAR)):
        secret = {OPERATOR: 2, REGISTRAR: 3}[account].to_bytes(32, "big")
        kept = Account.encrypt(secret, PASSWORD, kdf="scrypt", iterations=datadir.DEVELOPMENT_SCRYPT_N)
        datadir.write(data / "keystore" / f"{role}.json", json.dumps(kept), 0o600)


@contextmanager
def site(home: Path, server: databases.Cluster, database: str, view: Store) -> Iterator[Site]:
    """The contract on anvil, and an empty database bound to it with an issuer and a key. Blocks come by themselves."""
    with chains.anvil("--block-time", "0.2") as url:
        made = deploy(url, ADMIN, operator=OPERATOR.address, registrar=REGISTRAR.address)
        config = ChainConfig(
            rpc_urls=(url,), chain_id=made.chain_id, contract=made.contract, code_sha256=made.code_sha256
        )
        bind(view, config, made.deploy_block, made.deploy_block_hash)
        deployment = Deployment(
            made.chain_id, "0x" + made.contract.hex(), made.deploy_block, "0x" + made.deploy_block_hash.hex(),
            "0x" + made.code_sha256.hex(), embedded=False, public_url="https://registry.example",
        )  # fmt: skip
        found = Site(home, server, database, view, config, deployment)
        try:
            yield found
        finally:
            found.close()


def ready(found: Site) -> None:
    """Issuer and key are on the chain: what is sealed from now on can be anchored."""
    until(lambda: keys.key_history(found.view, "uni")[0].chain_added_at is not None)


class Gate:
    """For a `Proxy`: holds back the answers to one method until it is opened."""

    def __init__(self) -> None:
        self._held = ""
        self._arrived, self._opened = threading.Event(), threading.Event()

    def __call__(self, method: str, result: Any) -> Any:
        arrived, opened = self._arrived, self._opened
        if method == self._held:
            arrived.set()
            opened.wait(PATIENCE_SECONDS)
        return result

    def hold(self, method: str) -> None:
        """From now on, and let go what was held before; returns when an answer is held back."""
        before, arrived = self._opened, threading.Event()
        self._arrived, self._opened, self._held = arrived, threading.Event(), method
        before.set()
        assert arrived.wait(PATIENCE_SECONDS), f"nobody asked for {method}"

    def open(self) -> None:
        """Let everything through."""
        self._held = ""
        self._opened.set()
