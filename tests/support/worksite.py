"""A worker's place of work: a database and a development chain as files, copied from a template in milliseconds.

The template has the contract, its roles, one issuer with one key (final on the chain) and a pair of status lists.
Batches are written as sealed rows, since what is anchored is their roots. `check` proves the whole from both sides.
"""

import shutil
import sqlite3
import time
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from sqlalchemy import event, func, select, text

from anchor.chain import ChainConfig
from anchor.contract import LogEntry, RegistryContract
from anchor.deploy import deploy
from anchor.devnode import DevNode, serve
from anchor.node import Rpc
from anchor.signer import KeySigner, Signer, Transaction
from anchor.worker import Worker
from anchor.worker.tick import Connect
from registry.store import issuers, keys, logkey, setup
from registry.store.engine import Store
from registry.store.tables import Anchor, Anchored, Attempt, Batch, Cursor, Issuer, IssuerKey
from registry.store.vault import Vault
from tests.support import chains, sealed
from tests.support.faults import Faults, FaultySigner, FaultyStore, InProcess
from tests.support.sealed import SECRET, anchor_root
from tests.support.truth import rebuild_and_compare, told_truly

ADMIN, OPERATOR, REGISTRAR, STRANGER = (KeySigner(number.to_bytes(32, "big")) for number in range(1, 5))
DID = "did:web:university.example"
VAULT = Vault(bytes(32))
FUNDS = {str(account.address): 1000 * chains.ETHER for account in chains.FUNDED}
CALM = {"block_interval": 0, "automine": False, "safe_depth": 1, "finality_depth": 1}
"""Blocks come from `mine` alone, and one block on top makes a block final."""


@dataclass
class Site:
    """One database and one chain in `home`, and the worker of a process that works on them."""

    home: Path
    config: ChainConfig
    faults: Faults = field(default_factory=Faults)
    options: dict[str, Any] = field(default_factory=dict)  # of the development chain

    def __post_init__(self) -> None:
        self.node = DevNode(self.home / "chain.db", **(CALM | self.options))
        self.open()

    def open(self) -> None:
        """Start the process: nothing but files survives from the one before."""
        self.rpc = InProcess(self.node, self.faults)
        self.store = open_store(self.home / "credanchor.db", self.faults)
        self.view = open_store(self.home / "credanchor.db", Faults())  # for the test's own looks: no step of the worker
        self.worker = self.rival()

    def rival(
        self,
        connect: Connect | None = None,
        operator: Signer | None = None,
        registrar: Signer | None = None,
        **changes: Any,
    ) -> Worker:
        """Another worker on the same database and chain; `changes` are of its configuration."""
        return Worker(
            self.store,
            replace(self.config, **changes),
            operator or FaultySigner(OPERATOR, self.faults),
            registrar or FaultySigner(REGISTRAR, self.faults),
            connect=connect or (lambda _url: self.rpc),
            vault=VAULT,
        )

    def restart(self) -> None:
        """The process died: its lease runs out, another one starts."""
        self.store.close()
        self.view.close()
        self.faults = Faults()
        self.open()
        self.expire_lease()

    def expire_lease(self) -> None:
        """What passing time does."""
        with self.view.begin() as session:
            session.execute(text("UPDATE lease SET expires = 0"))

    def close(self) -> None:
        self.store.close()
        self.view.close()
        self.node.close()

    def mine(self, count: int = 1) -> None:
        """Blocks, with what is in the pool in the first of them."""
        self.node.request("dev_mine", hex(count))

    def seal(self, size: int = 3) -> Batch:
        """A sealed batch."""
        return sealed.seal(self.view, size)

    def states(self) -> list[str]:
        """Of all batches in order: sealed, signed, included, final."""
        with self.view.read() as session:
            found = []
            for batch in session.scalars(select(Batch).order_by(Batch.number)):
                row = session.get(Anchored, batch.anchor_number) if batch.anchor_number else None
                sent = session.scalar(select(func.count()).where(Attempt.anchor_number == batch.anchor_number))
                found.append(("final" if row.final else "included") if row else "signed" if sent else "sealed")
            return found

    def alarms(self) -> set[str]:
        with self.view.read() as session:
            return set(session.scalars(text("SELECT code FROM alarm")))

    def attempts(self) -> list[Attempt]:
        with self.view.read() as session:
            return list(session.scalars(select(Attempt).order_by(Attempt.created_at, Attempt.nonce)))

    def settle(self, limit: int = 12) -> None:
        """Ticks and blocks until every batch is final."""
        for _ in range(limit):
            self.worker.tick()
            self.mine()
            if set(self.states()) <= {"final"}:
                return
        raise AssertionError(f"not settled after {limit} ticks: {self.states()}, {self.worker.tick()}")

    def log(self) -> list[LogEntry]:
        """The contract's log as the chain has it now."""
        contract = RegistryContract(self.config.contract)
        method, params = contract.entries_call(0, int(self.node.request("eth_blockNumber"), 16))
        return contract.entries(self.node.request(method, *params))

    def sent(self, signer: KeySigner = OPERATOR) -> int:
        """Transactions of an account that the chain has executed."""
        return int(self.node.request("eth_getTransactionCount", "0x" + signer.address.hex(), "latest"), 16)

    def transact(self, signer: KeySigner, function: str, *arguments: Any) -> None:
        """A call of the contract, in a block of its own."""
        contract = RegistryContract(self.config.contract)
        payload = contract.calldata(function, *arguments)
        fields = (self.config.chain_id, self.sent(signer), contract.address, 400_000, 10**10, 10**9, payload)
        self.node.request("eth_sendRawTransaction", "0x" + signer.sign(Transaction(*fields)).hex())
        self.mine()

    def transfer(self, signer: KeySigner, nonce: int, fee: int = 10**10) -> str:
        """A transaction that has nothing to do with us, into the pool."""
        raw = signer.sign(Transaction(self.config.chain_id, nonce, STRANGER.address, 21_000, fee, fee, b""))
        return str(self.node.request("eth_sendRawTransaction", "0x" + raw.hex()))

    def check(self, batches: int, *, foreign: bool = False) -> None:
        """Nothing lost, nothing twice: chain and database agree, and every sealed batch is in one final anchor.

        `foreign`: the transactions may be of somebody else, or their attempts may be lost.
        """
        anchors = [entry for entry in self.log() if entry.kind == 1]
        assert [entry.anchor_number for entry in anchors] == list(range(1, len(anchors) + 1))
        assert len({entry.subject for entry in anchors}) == len(anchors)
        with self.view.read() as session:
            assert session.scalar(select(func.count()).select_from(Batch)) == batches > 0
            kept = list(session.scalars(select(Anchored).order_by(Anchored.number)))
            assert [(row.number, row.root, row.tx_hash, row.block_hash, row.position) for row in kept] == [
                (entry.anchor_number, entry.subject, entry.tx_hash, entry.block_hash, entry.position)
                for entry in anchors
            ]
            for entry in anchors:
                assert anchor_root(session, entry.anchor_number) == entry.subject
                assert foreign or session.get(Attempt, entry.tx_hash)  # stored before it was sent
            for batch in session.scalars(select(Batch)):
                assert batch.anchor_number is not None
                assert session.get_one(Anchored, batch.anchor_number).final
            assert session.scalar(select(func.count()).select_from(Anchor)) == len(anchors)
        self.rebuild()

    def rebuild(self) -> None:
        """From an empty database and the chain comes the same, and people are told the truth."""
        assert rebuild_and_compare(self.view, self.config, self.honest_rpc, OPERATOR, REGISTRAR) > 0
        told_truly(self.view, self.config, self.node.request)

    def honest_rpc(self) -> Rpc:
        """A connection of one's own to the chain, without faults."""
        return InProcess(self.node, Faults())


def open_store(path: Path, faults: Faults) -> FaultyStore:
    """The database; without fsync, which is for power loss."""
    store = FaultyStore(f"sqlite:///{path}")
    store.faults = faults
    event.listen(store.engine, "connect", lambda connection, _: connection.execute("PRAGMA synchronous=OFF"))
    return store


def bind(store: Store, config: ChainConfig, block: int, block_hash: bytes) -> None:
    """Bind a database to the contract and give it an issuer with a key."""
    setup.bind_registry(
        store,
        chain_id=config.chain_id,
        contract=config.contract,
        deploy_block=block,
        deploy_block_hash=block_hash,
        code_sha256=config.code_sha256,
        public_url="https://registry.example",
    )
    issuers.add_issuer(store, "uni", DID, {"name": "Example University"})
    keys.add_hosted_key(store, VAULT, "uni", secret=SECRET)
    logkey.ensure(store, VAULT)


def build_template(home: Path, migrated: Path) -> ChainConfig:
    """Make the files that every test starts from."""
    with DevNode(home / "chain.db", prefund=FUNDS, **CALM) as node, serve(node) as server:
        return populate(home, migrated, node, server.url, final_after=CALM["finality_depth"])


def populate(home: Path, migrated: Path, node: Any, url: str, *, final_after: int) -> ChainConfig:
    """Deploy to a fresh chain whose blocks come when asked for; a database in `home` with an issuer and its key there.

    The key is final, nothing is anchored yet. `final_after`: blocks on top that make a block final.
    """
    shutil.copy(migrated, home / "credanchor.db")
    node.request("evm_setAutomine", True)
    made = deploy(url, ADMIN, operator=OPERATOR.address, registrar=REGISTRAR.address)
    config = ChainConfig(
        rpc_urls=(url,),
        chain_id=made.chain_id,
        contract=made.contract,
        code_sha256=made.code_sha256,
        tick_seconds=0.01,
    )
    store = open_store(home / "credanchor.db", Faults())
    bind(store, config, made.deploy_block, made.deploy_block_hash)
    worker = Worker(store, config, OPERATOR, REGISTRAR)
    node.request("evm_setAutomine", False)  # anvil's own blocks come a while after a transaction
    for blocks in (1, 1, final_after + 1):  # issuer, key, a look: the key is not final yet, so nothing is anchored
        assert worker.tick().problem == ""
        node.request("dev_mine", hex(blocks))
    worker.release()
    with store.read() as session:
        assert session.scalars(select(IssuerKey.chain_added_at)).one() is not None
        assert session.scalars(select(Issuer.chain_added_at)).one() is not None
        assert session.scalar(select(func.count()).select_from(Anchor)) == 0
        assert session.get(Cursor, 1) is not None
    assert store.checkpoint()
    store.close()
    return config


def copy_site(template: Path, config: ChainConfig, home: Path, faults: Faults | None = None, **options: Any) -> Site:
    """A fresh site."""
    home.mkdir(parents=True, exist_ok=True)
    for name in ("credanchor.db", "chain.db"):
        shutil.copy(template / name, home / name)
    with closing(sqlite3.connect(home / "credanchor.db")) as database, database:
        # However long ago the template was made: its worker has looked just now.
        database.execute("UPDATE cursor SET tick_at = ?", (int(time.time()),))
    return Site(home, config, faults or Faults(), options)
