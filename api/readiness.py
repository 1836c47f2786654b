"""What /livez    the threads behind the API run, and the worker's ticks come to an end. False: start the process anew.
/readyz   also database, migrations, chain, contract, and that the worker of this process had a good tick lately: in
          three of its pauses, and a minute. False: send requests elsewhere.

A chain that does not answer is no reason to start a process anew, so it is not asked for /livez. A process without a
worker of its own goes on serving verifiers when the worker elsewhere is late; it warns.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from api.schemas.operating import Check
from api.services import Services
from registry.errors import RegistryError, StateError
from registry.store.engine import at_head
from registry.store.health import facts
from registry.verify.evidence import Unreachable, WrongChain

if TYPE_CHECKING:
    from anchor.worker import Health

_ANY = bytes(32)
"""A root and key id that nobody has: asking for them asks for the contract itself."""


def checks(services: Services) -> dict[str, Check]:
    """All checks by name. A `False` means: do not send requests here."""
    found = {"database": _database(services)}
    if not found["database"].ok:
        return found
    found["migrations"] = _guarded(lambda: _migrations(services))
    if not found["migrations"].ok:
        return found
    return {**found, **_chain(services), "worker": _guarded(lambda: _worker(services)), **alive(services)}


def alive(services: Services) -> dict[str, Check]:
    """What only a new start of the process mends; nothing in a process that only answers."""
    if services.work is None:
        return {}
    dead = [f"{part.name} ({part.problem or 'no reason known'})" for part in services.work.parts() if not part.alive]
    if dead:
        return {"threads": Check(ok=False, detail=f"dead: {', '.join(dead)}")}
    worker = services.work.worker
    if worker is not None and not worker.health().alive:
        return {"threads": Check(ok=False, detail="a tick of the worker does not come to an end")}
    return {"threads": Check(ok=True, detail=f"{len(services.work.parts())} run")}


def _database(services: Services) -> Check:
    def look() -> Check:
        with services.store.read() as session:
            session.connection()
        return Check(ok=True, detail=services.store.dialect)

    return _guarded(look)


def _migrations(services: Services) -> Check:
    if at_head(services.store):
        return Check(ok=True, detail="at the version of this code")
    return Check(ok=False, detail="not at the version of this code; run `credanchor migrate`")


def _chain(services: Services) -> dict[str, Check]:
    """Is an endpoint reachable, is it our chain, and is our contract's code at the address?"""
    try:
        contract = services.own_contract()
    except StateError:
        nothing = Check(ok=False, detail="no contract is bound yet; run `credanchor deploy`")
        return {"chain": nothing, "contract": nothing}
    try:
        seen = contract.lookup(_ANY, _ANY).facts
    except WrongChain as error:
        return {
            "chain": Check(ok=False, detail=f"it is chain {error.found}, not {error.expected}"),
            "contract": Check(ok=False, detail="not looked at"),
        }
    except Unreachable as error:
        return {"chain": Check(ok=False, detail=error.problem), "contract": Check(ok=False, detail="not seen")}
    same = seen.code_sha256 == services.bound().code_sha256
    code = Check(ok=same, detail=f"{'the expected' if same else 'other'} code is at the address")
    return {"chain": Check(ok=True, detail=f"finalized block {seen.block_number}"), "contract": code}


def _worker(services: Services) -> Check:
    if services.work is not None and services.work.worker is not None:
        return _own(services.work.worker.health())
    # Never False: without its worker the registry still reads, verifies and takes uploads.
    tick_at = facts(services.store).tick_at
    if tick_at is None:
        return Check(ok=None, detail="has not looked at the chain yet; run `credanchor worker`")
    age = max(0, services.store.now() - tick_at)
    fresh = age <= services.settings.worker_stale_seconds
    return Check(ok=True if fresh else None, detail=f"looked at the chain {age} s ago")


def _own(health: "Health") -> Check:
    """The worker of this process. Its problem is not shown here: it may name nodes, and anybody may ask."""
    age = health.seconds_since_good_tick
    if health.ok and health.standby:
        return Check(ok=True, detail="stands by: another worker holds the lease")
    if health.ok:
        return Check(ok=True, detail=f"looked at the chain {age:.0f} s ago")
    seen = "no good look at the chain yet" if age is None else f"no good look at the chain for {age:.0f} s"
    return Check(ok=False, detail=f"{seen}; `credanchor status` says why")


def _guarded(look: Callable[[], Check]) -> Check:
    try:
        return look()
    except RegistryError as error:
        return Check(ok=False, detail=type(error).__name__)
