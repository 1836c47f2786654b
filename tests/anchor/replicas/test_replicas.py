"""Several worker processes on one PostgreSQL: killed, frozen, thawed, told to stop. One of them works, at any time."""

import random
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from registry.store.engine import Store
from tests.support import databases, replicas
from tests.support.pooler import Pooler
from tests.support.proxy import Proxy
from tests.support.replicas import Gate, Replica, Site, until
from tests.support.writers import written

KILLS = 3

SHORT = 30.0
"""Seconds: transactions take a thousandth of it, and nodes are waited for eight times as long."""

Door = tuple[Replica, Gate]


@pytest.fixture
def direct(postgresql: databases.Cluster, postgresql_store: Store, tmp_path: Path) -> Iterator[Site]:
    """Processes that speak to PostgreSQL itself."""
    with replicas.site(tmp_path, postgresql, postgresql.url(databases.DATABASE), postgresql_store) as found:
        yield found


@pytest.fixture
def pooled(postgresql: databases.Cluster, pgbouncer: Pooler, postgresql_store: Store, tmp_path: Path) -> Iterator[Site]:
    """Processes that speak to PgBouncer."""
    with replicas.site(tmp_path, postgresql, pgbouncer.url(databases.DATABASE), postgresql_store) as found:
        yield found


@pytest.fixture
def gated(direct: Site) -> Iterator[Callable[[], Door]]:
    """Starts processes of which each has its own way to the chain, with a gate in it."""
    with ExitStack() as open_:

        def start() -> Door:
            gate = Gate()
            url = open_.enter_context(Proxy(direct.config.rpc_urls[0], gate))
            open_.callback(gate.open)
            return direct.start(rpc=url), gate

        yield start


@pytest.mark.parametrize(("kind", "count"), [("direct", 2), ("pooled", 3)])
def test_whoever_works_is_killed_again_and_again_and_nothing_is_lost_or_twice(
    request: pytest.FixtureRequest, kind: str, count: int
) -> None:
    site: Site = request.getfixturevalue(kind)
    seed = random.randrange(2**32)
    chance = random.Random(seed)
    for _ in range(count):
        site.start()
    site.working()
    replicas.ready(site)
    batches, waited = 0, []
    for _ in range(KILLS):
        for _ in range(3):  # a stream: what is sealed while an anchor is under way goes into the next one
            site.seal()
            batches += 1
            time.sleep(chance.uniform(0, 0.4))  # the moment is meant to be any
        victim, token = site.working(), site.token()
        victim.kill()
        ends = site.expires()
        site.start()
        site.seal()
        batches += 1
        until(lambda token=token: site.token() > token)  # type: ignore[misc]
        waited.append(site.expires() - site.lease_seconds - ends)
    until(site.settled)
    print(f"seed {seed}; taken over {waited} s after the lease of the dead one had ended")
    for one in site.replicas:
        if one.process.is_alive():
            one.stop()
    site.check(batches)
    sent = int(site.request("eth_getTransactionCount", "0x" + replicas.OPERATOR.address.hex(), "latest"), 16)
    assert sent == sum(entry.kind == 1 for entry in site.log())  # nor was anything tried twice


def test_who_was_frozen_while_it_waited_for_the_chain_writes_nothing_after_it_was_replaced(
    direct: Site, gated: Callable[[], Door]
) -> None:
    frozen, gate = gated()
    replicas.ready(direct)
    with written(direct) as notes:
        direct.seal()
        gate.hold("eth_estimateGas")  # the next step is to sign, and to store what was signed
        frozen.send(signal.SIGSTOP)
        gate.open()
        other = direct.start()
        until(lambda: direct.holder() is other)
        until(direct.settled)
        taken_over = notes.place()
        frozen.send(signal.SIGCONT)
        direct.seal()
        until(direct.settled)
        other.stop()
        until(lambda: direct.holder() is frozen)  # it is well, and next
        direct.seal()
        until(direct.settled)
        frozen.stop()
        assert {"anchor", "cursor"} <= set(notes.by(frozen))
        assert notes.by(frozen, taken_over)[0] == "lease"  # before it had the lease again it wrote nothing
    direct.check(3)


def test_who_was_frozen_inside_a_transaction_does_not_keep_others_from_taking_over(direct: Site) -> None:
    frozen = direct.start()
    replicas.ready(direct)
    with written(direct) as notes:
        with direct.view.begin() as session:
            session.connection().exec_driver_sql("LOCK TABLE cursor IN EXCLUSIVE MODE")
            until(lambda: direct.waits(frozen))  # it has passed the fence, and would write
            frozen.send(signal.SIGSTOP)
        other = direct.start()
        until(lambda: direct.holder() is other)
        direct.seal()
        until(direct.settled)
        taken_over = notes.place()
        frozen.send(signal.SIGCONT)
        other.stop()
        until(lambda: direct.holder() is frozen)
        direct.seal()
        until(direct.settled)
        frozen.stop()
        assert notes.by(frozen, taken_over)[0] == "lease"  # nothing of the transaction in which it was frozen
    direct.check(2)


def test_who_is_told_to_stop_in_the_middle_of_a_tick_finishes_it_and_hands_over_at_once(
    direct: Site, gated: Callable[[], Door]
) -> None:
    direct.lease_seconds = 3600  # nobody gets it by waiting
    first, gate = gated()
    replicas.ready(direct)
    other = direct.start()
    with written(direct) as notes:
        direct.seal()
        gate.hold("eth_estimateGas")
        first.send(signal.SIGTERM)
        assert "attempt" not in notes.by(first)
        gate.open()
        first.ended()
        assert "attempt" in notes.by(first)
        until(lambda: direct.holder() is other)
        until(direct.settled)
        other.stop()
    direct.check(1)


def test_no_transaction_is_open_while_a_node_does_not_answer(direct: Site, gated: Callable[[], Door]) -> None:
    worker, gate = gated()
    replicas.ready(direct)
    direct.seal()
    for method in ("eth_chainId", "eth_getLogs", "eth_estimateGas", "eth_sendRawTransaction"):
        gate.hold(method)
        held = direct.moment()
        # What began later is of other threads, which go on meanwhile; what they had begun before ends by itself.
        until(lambda held=held: not direct.open_since(worker, held), patience=SHORT)  # type: ignore[misc]
    gate.open()
    until(direct.settled)
    worker.stop()
    direct.check(1)
