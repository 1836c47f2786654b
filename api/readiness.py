"""What /readyz looks at: database, migrations, chain, contract, worker. Each says what it saw; nothing raises."""

from collections.abc import Callable

from api.schemas.answers import Check
from api.services import Services
from registry.errors import RegistryError, StateError
from registry.store.engine import at_head
from registry.store.health import facts
from registry.verify.evidence import Unreachable, WrongChain

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
    return {**found, **_chain(services), "worker": _guarded(lambda: _worker(services))}


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
    # Never False: without its worker the registry still reads, verifies and takes uploads.
    tick_at = facts(services.store).tick_at
    if tick_at is None:
        return Check(ok=None, detail="has not looked at the chain yet; run `credanchor worker`")
    age = max(0, services.store.now() - tick_at)
    fresh = age <= services.settings.worker_stale_seconds
    return Check(ok=True if fresh else None, detail=f"looked at the chain {age} s ago")


def _guarded(look: Callable[[], Check]) -> Check:
    try:
        return look()
    except RegistryError as error:
        return Check(ok=False, detail=type(error).__name__)
