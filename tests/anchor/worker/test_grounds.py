"""The same worker on other grounds: anvil for a chain, PostgreSQL for a database; what it is built on must not show."""

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pytest
from sqlalchemy import event, func, select, text

from anchor.chain import ChainConfig
from anchor.contract import RegistryContract
from anchor.deploy import deploy
from anchor.jsonrpc import JsonRpc
from anchor.signer import Signer, Transaction
from anchor.worker import Worker
from anchor.worker.report import DONE, STANDBY, TickReport
from registry.store import keys
from registry.store.engine import Store, StoreUnavailable
from registry.store.tables import Anchored, Attempt, Batch
from tests.support import chains, databases, sealed
from tests.support.waiting import until
from tests.support.worksite import ADMIN, OPERATOR, REGISTRAR, bind

Guard = Callable[[], None]


class Guarded:
    """A node over HTTP; `guard` is called at every request, while the worker waits for the answer."""

    def __init__(self, url: str, guard: Guard) -> None:
        self.inner = JsonRpc(url)
        self.endpoint = self.inner.endpoint
        self.guard = guard
        self.requests: list[str] = []

    def call(self, method: str, *params: Any) -> Any:
        self.guard()
        self.requests.append(method)
        return self.inner.call(method, *params)

    def batch(self, calls: Sequence[tuple[str, Sequence[Any]]]) -> list[Any]:
        self.guard()
        self.requests += [method for method, _ in calls]
        return self.inner.batch(calls)

    def close(self) -> None:
        self.inner.close()


@dataclass
class GuardedSigner:
    """A signer that may be slow, as one in a cloud is; `guard` is called while the worker waits for it."""

    inner: Signer
    guard: Guard

    @property
    def address(self) -> bytes:
        return self.inner.address

    def sign(self, transaction: Transaction) -> bytes:
        self.guard()
        return self.inner.sign(transaction)


@dataclass
class Ground:
    """A PostgreSQL database bound to a contract on anvil, and the worker of a process."""

    server: databases.Cluster
    config: ChainConfig
    stores: list[Store] = field(default_factory=list)
    rpcs: list[Guarded] = field(default_factory=list)

    def worker(self) -> Worker:
        """A process starts: connections of its own."""
        name = f"worker-{len(self.stores)}"
        store = Store(f"{self.server.url(databases.DATABASE)}?application_name={name}")
        guard = partial(self.no_open_transaction, name)
        rpc = Guarded(self.config.rpc_urls[0], guard)
        self.stores.append(store)
        self.rpcs.append(rpc)
        signers = [GuardedSigner(account, guard) for account in (OPERATOR, REGISTRAR)]
        return Worker(store, self.config, *signers, connect=lambda _url: rpc)

    def no_open_transaction(self, worker: str) -> None:
        """The worker has sessions, and none is inside a transaction; asked while it waits for chain or signer."""
        with self.server.admin() as connection:
            found = connection.execute("SELECT state FROM pg_stat_activity WHERE application_name = %s", [worker])
            assert {state for (state,) in found.fetchall()} == {"idle"}

    def waiting_for_the_lease(self) -> bool:
        """Whether a session waits for another one's transaction in order to take the lease."""
        query = "SELECT query FROM pg_stat_activity WHERE datname = %s AND wait_event_type = 'Lock'"
        with self.server.admin() as connection:
            found = connection.execute(query, [databases.DATABASE]).fetchall()
        return [query.split()[:3] for (query,) in found] == [["INSERT", "INTO", "lease"]]

    def kill(self, worker: str) -> None:
        """Its sessions end as when its process is gone."""
        with self.server.admin() as connection:
            query = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = %s"
            assert connection.execute(query, [worker]).fetchone() != (0,)

    def request(self, method: str, *params: Any) -> Any:
        """Ask anvil."""
        rpc = JsonRpc(self.config.rpc_urls[0])
        try:
            return rpc.call(method, *params)
        finally:
            rpc.close()

    def mine(self, count: int = 1) -> None:
        self.request("anvil_mine", hex(count))

    def close(self) -> None:
        for rpc in self.rpcs:
            rpc.close()
        for store in self.stores:
            store.close()


@pytest.fixture
def ground(postgresql: databases.Cluster, postgresql_store: Store) -> Iterator[Ground]:
    """The contract on anvil, whose blocks come when they are asked for, and an issuer with a key in the database."""
    with chains.anvil() as url:
        made = deploy(url, ADMIN, operator=OPERATOR.address, registrar=REGISTRAR.address)
        config = ChainConfig(
            rpc_urls=(url,), chain_id=made.chain_id, contract=made.contract, code_sha256=made.code_sha256
        )
        bind(postgresql_store, config, made.deploy_block, made.deploy_block_hash)
        found = Ground(postgresql, config)
        found.request("evm_setAutomine", False)
        yield found
        found.close()


def states(store: Store) -> list[str]:
    """Of all batches in order: waiting, signed, included, final."""
    with store.read() as session:
        found = []
        for batch in session.scalars(select(Batch).order_by(Batch.number)):
            row = session.get(Anchored, batch.anchor_number) if batch.anchor_number else None
            sent = session.scalar(select(func.count()).where(Attempt.anchor_number == batch.anchor_number))
            found.append(("final" if row.final else "included") if row else "signed" if sent else "waiting")
        return found


def go_on(ground: Ground, store: Store, worker: Worker, until: Callable[[], bool]) -> None:
    """Ticks and blocks until the condition holds."""
    for _ in range(30):
        if until():
            return
        report = worker.tick()
        assert (report.outcome, report.problem) == (DONE, "")
        ground.mine()
    raise AssertionError(f"{states(store)}: {worker.tick()}")


def expire_lease(store: Store) -> None:
    """What passing time does."""
    with store.begin() as session:
        session.execute(text("UPDATE lease SET expires = 0"))


def test_two_batches_on_anvil_and_postgresql_with_a_crash_between_send_and_block(
    ground: Ground, postgresql_store: Store
) -> None:
    store, first = postgresql_store, ground.worker()
    go_on(ground, store, first, lambda: keys.key_history(store, "uni")[0].chain_added_at is not None)
    sealed.seal(store)
    go_on(ground, store, first, lambda: "signed" in states(store))
    # The process that sent it is gone without a word; its block comes while nobody looks.
    ground.rpcs[0].close()
    ground.stores[0].close()
    second = ground.worker()
    assert second.tick().outcome == STANDBY  # the lease still runs
    sealed.seal(store, 5)
    expire_lease(store)
    go_on(ground, store, second, lambda: states(store) == ["final", "final"])
    assert {"eth_sendRawTransaction", "eth_getLogs"} <= set(ground.rpcs[1].requests)
    check(ground, store)


@pytest.mark.parametrize("dies", [True, False], ids=["that dies", "that is only slow"])
def test_a_worker_inside_a_transaction_is_waited_for_and_then_replaced(
    ground: Ground, postgresql_store: Store, dies: bool
) -> None:
    store, first, second = postgresql_store, ground.worker(), ground.worker()
    go_on(ground, store, first, lambda: keys.key_history(store, "uni")[0].chain_added_at is not None)
    ground.mine(6)
    sealed.seal(store)
    sealed.seal(store)
    reports: list[TickReport] = []
    rival = threading.Thread(target=lambda: reports.append(second.tick()))
    guard = ground.rpcs[0].guard

    def slow_node() -> None:
        """While the first one waits for an answer its lease runs out; its next transaction has passed the fence."""
        guard()
        ground.rpcs[0].guard = guard
        expire_lease(store)
        event.listen(ground.stores[0].engine, "commit", take_over, once=True)

    def take_over(_connection: Any) -> None:
        rival.start()
        until(ground.waiting_for_the_lease)
        assert reports == []
        if dies:
            ground.kill("worker-0")

    ground.rpcs[0].guard = slow_node
    if dies:
        with pytest.raises(StoreUnavailable):
            first.tick()
    else:
        assert first.tick().outcome == STANDBY  # it notices with the next transaction that it was replaced
    rival.join()
    assert [report.outcome for report in reports] == [DONE]
    assert first.tick().outcome == STANDBY
    go_on(ground, store, second, lambda: states(store) == ["final", "final"])
    check(ground, store)


def check(ground: Ground, store: Store) -> None:
    """Chain and database agree, nothing is there twice, and both batches are in final anchors."""
    contract = RegistryContract(ground.config.contract)
    method, params = contract.entries_call(0, int(ground.request("eth_blockNumber"), 16))
    anchors = [entry for entry in contract.entries(ground.request(method, *params)) if entry.kind == 1]
    assert [entry.anchor_number for entry in anchors] == list(range(1, len(anchors) + 1))
    final = int(ground.request("eth_getBlockByNumber", "finalized", False)["number"], 16)
    with store.read() as session:
        assert store.dialect == "postgresql"
        for entry in anchors:
            assert sealed.anchor_root(session, entry.anchor_number) == entry.subject
        batches = session.scalars(select(Batch).order_by(Batch.number)).all()
        assert len(batches) == 2
        for batch in batches:
            row = session.get_one(Anchored, batch.anchor_number)
            entry = anchors[row.number - 1]
            assert (row.root, row.tx_hash, row.block_hash, row.block_time, row.position) == (
                entry.subject, entry.tx_hash, entry.block_hash, entry.time, entry.position,
            )  # fmt: skip
            assert row.block_number <= final
        assert session.scalar(select(func.count()).select_from(Attempt)) >= len(anchors)
        assert session.scalars(text("SELECT code FROM alarm")).all() == []
    operator = "0x" + OPERATOR.address.hex()
    assert int(ground.request("eth_getTransactionCount", operator, "latest"), 16) == len(anchors) > 0
