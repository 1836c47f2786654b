"""The faults that the soak makes: each begins, lasts for a while, and ends; one of each group at a time."""

import os
import signal
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, text

from anchor.contract import role
from anchor.jsonrpc import RpcError
from anchor.signer import KeySigner
from registry.store.tables import Attempt
from soaking import backup
from soaking.world import CAP_GWEI, World
from tests.support import lies, market, mortal
from tests.support.proxy import HOW, Trouble
from tests.support.remote import DEEPEST, SEND
from tests.support.worksite import ADMIN, OPERATOR, STRANGER

Undo = Callable[[], object]
Begin = Callable[[World], Undo | None]
"""Begin a fault; what it returns ends it."""

YEAR = 365 * 86_400
FROZEN_SECONDS = 5.0
"""Longer than a lease."""


@dataclass(frozen=True)
class Fault:
    """`group`: one at a time. `seconds`: how long it lasts at most, where it lasts."""

    name: str
    group: str
    begin: Begin
    seconds: float = 2.0


def _requests(how: str, reaches: bool) -> Begin:
    def begin(world: World) -> Undo:
        share = world.dice.choice((0.2, 0.5, 1.0))
        only = world.dice.choice((None, SEND))
        world.proxy.trouble = lambda methods: (
            Trouble(how, reaches) if (only is None or only in methods) and world.chance() < share else None
        )
        return lambda: setattr(world.proxy, "trouble", lambda _methods: None)

    return begin


def _tampering(make: Callable[[World], Any]) -> Begin:
    def begin(world: World) -> Undo:
        world.proxy.tamper = make(world)
        return lambda: setattr(world.proxy, "tamper", lambda _method, _params, ask: ask())

    return begin


def _broadcasts(answer: Callable[[Callable[[], Any]], Any], share: float = 1.0) -> Begin:
    """What becomes of broadcasts, by what `answer` makes of how to send."""

    def make(world: World) -> Any:
        def tamper(method: str, _params: Sequence[Any], ask: Callable[[], Any]) -> Any:
            return answer(ask) if method == SEND and world.chance() < share else ask()

        return tamper

    return _tampering(make)


def _refused(message: str, *, reaches: bool) -> Begin:
    def answer(ask: Callable[[], Any]) -> Any:
        if reaches:
            ask()
        raise RpcError(SEND, -32000, message)

    return _broadcasts(answer)


def _behind(latest: int, final: int) -> Begin:
    """A node that lags by so many blocks; `final` is from the cursor."""

    def make(world: World) -> Any:
        return lies.behind(world, max(lies.head(world) - latest, 1), max(lies.cursor(world) - final, 1))

    return _tampering(make)


def _reorganise(world: World) -> None:
    depth = world.dice.randint(1, DEEPEST)
    world.node.request("dev_reorg", hex(depth), world.dice.random() < 0.5)


def _empty_pool(world: World, sender: KeySigner = OPERATOR) -> None:
    """Also before the soak's own transactions: full blocks or a reorganisation may have left an earlier one there."""
    for tx_hash in market.pending(world, sender):
        world.node.request("dev_dropTransaction", tx_hash)


def _foreign_use(world: World) -> None:
    fee = world.dice.choice((2, 30, 300)) * market.GWEI
    with suppress(RpcError, Exception):  # the pool may hold something dearer
        world.transfer(OPERATOR, world.sent(), fee)


def _repeat(world: World) -> None:
    """Somebody sends again what was sent before."""
    known = world.attempts()
    for attempt in world.dice.sample(known, min(3, len(known))):
        with suppress(RpcError, Exception):
            world.node.request(SEND, "0x" + attempt.raw.hex())


def _spike(world: World) -> None:
    """Full blocks until nothing below the cap gets in; empty ones bring it down again."""
    for _ in range(60):
        if market.base_fee(world) > CAP_GWEI * market.GWEI:
            break
        with suppress(AssertionError):
            market.full_block(world)


def _no_money(world: World) -> Undo | None:
    _empty_pool(world)
    have = market.balance(world, OPERATOR)
    market.pay(world, OPERATOR, STRANGER, have - market.TRANSFER_COST - 10**9)

    def pay_back() -> None:
        _empty_pool(world, STRANGER)
        market.pay(world, STRANGER, OPERATOR, 10 * 10**18)

    return pay_back


def _no_role(world: World) -> Undo:
    """Transactions that are in the pool fail in their block."""

    def change(function: str) -> None:
        _empty_pool(world, ADMIN)
        world.transact(ADMIN, function, role("OPERATOR_ROLE"), OPERATOR.address)

    change("revokeRole")
    return lambda: change("grantRole")


def _signal(number: signal.Signals) -> Begin:
    return lambda world: world.send(world.dice.choice(world.crew), number)


def _freeze(world: World) -> Undo:
    """It thaws by itself: frozen inside a transaction it keeps all others out of SQLite, the driver too."""
    worker = world.dice.choice(world.crew)
    world.send(worker, signal.SIGSTOP)
    thaw = threading.Timer(world.dice.uniform(1, FROZEN_SECONDS), world.send, (worker, signal.SIGCONT))
    thaw.start()
    return thaw.join


def _kill_in_request(world: World) -> Undo:
    """kill -9 while a worker waits for an answer: whoever asks next, all of them, so that it is the one."""
    crew, reaches = list(world.crew), world.dice.random() < 0.5
    only = world.dice.choice((SEND, "eth_getLogs", "eth_estimateGas", "eth_chainId"))
    done = threading.Event()

    def trouble(methods: list[str]) -> Trouble | None:
        if only not in methods or done.is_set():
            return None
        done.set()
        for worker in crew:
            with suppress(ProcessLookupError):
                os.kill(worker.pid, signal.SIGKILL)
        return Trouble("reset", reaches)

    world.proxy.trouble = trouble
    return lambda: setattr(world.proxy, "trouble", lambda _methods: None)


def _all_full(world: World) -> Undo | None:
    if world.where is not None:
        return None
    crew = list(world.crew)
    for worker in crew:
        world.send(worker, mortal.DISK_FULL)
    return lambda: [world.send(worker, mortal.DISK_FREE) for worker in crew]


def _locked(world: World) -> Undo:
    """Somebody holds a transaction open that all others wait for."""
    held, free = threading.Event(), threading.Event()

    def hold() -> None:
        with world.store.begin() as session:
            session.execute(text("UPDATE lease SET owner = owner"))
            held.set()
            free.wait()

    thread = threading.Thread(target=hold)
    thread.start()
    held.wait()

    def end() -> None:
        free.set()
        thread.join()

    return end


def _lease(statement: str) -> Begin:
    def begin(world: World) -> None:
        with world.view.begin() as session:
            session.execute(text(statement))

    return begin


def _attempts_lost(world: World) -> None:
    with world.view.begin() as session:
        session.execute(delete(Attempt))


def _older_backup(world: World) -> None:
    """All workers are gone, nothing is under way; then the oldest of the copies comes back."""
    if not world.copies:
        return
    world.dismiss(signal.SIGKILL)
    world.mine(2)
    _empty_pool(world)
    backup.restore(world.view, world.copies.pop(0))
    world.copies.clear()  # a copy from after the one that was put back belongs to a history that is no more
    world.fill()


def _wrong_clock(world: World) -> None:
    world.send(world.crew[0], signal.SIGKILL)
    world.crew[0].join()
    world.crew.pop(0)
    world.hire(world.dice.choice((-YEAR, YEAR, 3600, -3600)))


FAULTS: tuple[Fault, ...] = (
    *(
        Fault(f"{how}, {'reaches the node' if reaches else 'never arrives'}", "requests", _requests(how, reaches))
        for how in HOW
        for reaches in (False, True)
    ),
    Fault("kill -9 in a request", "requests", _kill_in_request),
    Fault("broadcasts swallowed", "answers", _broadcasts(lambda _ask: "0x" + "00" * 32, 0.8)),
    Fault("'already known', not true", "answers", _refused("already known", reaches=False)),
    Fault("'nonce too low', taken", "answers", _refused("nonce too low", reaches=True)),
    Fault("'nonce too high', not taken", "answers", _refused("nonce too high", reaches=False)),
    Fault("'replacement underpriced', taken", "answers", _refused("replacement transaction underpriced", reaches=True)),
    Fault("'insufficient funds', taken", "answers", _refused("insufficient funds", reaches=True)),
    Fault("'txpool is full', not taken", "answers", _refused("txpool is full", reaches=False)),
    Fault("replica a little behind", "answers", _behind(2, 0)),
    Fault("replica far behind", "answers", _behind(9, 3)),
    Fault("finalized goes back", "answers", _behind(0, 2)),
    Fault("logs missing", "answers", _tampering(lambda _: lies.logs(lambda found: found[1:]))),
    Fault("logs empty", "answers", _tampering(lambda _: lies.logs(lambda _found: []))),
    Fault(
        "logs pruned", "answers",
        _tampering(lambda _: lies.answers({"eth_getLogs": RpcError("eth_getLogs", -32000, "history has been pruned")})),
    ),
    Fault("receipts and transactions null", "answers", _tampering(
        lambda _: lies.answers({"eth_getTransactionReceipt": None, "eth_getTransactionByHash": None}))),
    Fault("wrong chain", "answers", _tampering(lambda _: lies.answers({"eth_chainId": "0x1"}))),
    Fault("another contract", "answers", _tampering(lambda _: lies.answers({"eth_getCode": "0x6000"}))),
    Fault("reorganisation", "chain", _reorganise),
    Fault("reorganisation again", "chain", _reorganise),
    Fault("pool emptied", "chain", _empty_pool),
    Fault("operator's key used by others", "chain", _foreign_use),
    Fault("old transactions sent again", "chain", _repeat),
    Fault("base fee above the cap", "chain", _spike),
    Fault("no money", "account", _no_money, 3),
    Fault("role revoked", "account", _no_role, 3),
    Fault("kill -9", "process", _signal(signal.SIGKILL)),
    Fault("SIGTERM", "process", _signal(signal.SIGTERM)),
    Fault("frozen beyond its lease", "freezer", _freeze, FROZEN_SECONDS),
    Fault("clock a year or an hour off", "process", _wrong_clock),
    Fault("lease deleted", "database", _lease("DELETE FROM lease")),
    Fault("lease expired early", "database", _lease("UPDATE lease SET expires = 0")),
    Fault("attempts lost", "database", _attempts_lost),
    Fault("older backup restored", "database", _older_backup),
    Fault("disk full", "disk", _all_full, 3),
    Fault("database locked", "database", _locked, 2),
)  # fmt: skip
