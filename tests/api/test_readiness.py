"""/readyz says what is wrong with the chain, and does not mistake a silent node for a wrong one."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from api.services import Services
from api.settings import Settings
from registry.store.engine import Store, migrate
from registry.store.tables import Cursor
from registry.verify import ChainAnswer, Unreachable, WrongChain
from tests.support.httpapi import Api
from tests.support.registered import Chain


class Node:
    """A chain that gives one answer to everything."""

    def __init__(self, answer: Callable[[], ChainAnswer]) -> None:
        self._answer = answer

    def lookup(self, root: bytes, key_id: bytes) -> ChainAnswer:
        return self._answer()


def ready(api: Api, answer: Callable[[], ChainAnswer]) -> tuple[int, dict[str, Any]]:
    """Status and checks with that chain."""
    api.app.state.services = Services(api.services.settings, api.registered.store, chain=lambda *_: Node(answer))
    response = api.client.get("/readyz")
    return response.status_code, response.json()["checks"]


def _raises(error: Exception) -> Callable[[], ChainAnswer]:
    def answer() -> ChainAnswer:
        raise error

    return answer


def test_a_silent_node_makes_it_not_ready(api: Api) -> None:
    status, checks = ready(api, _raises(Unreachable("node.example", "it did not answer within 3 s")))
    assert (status, checks["chain"]["ok"], checks["contract"]["ok"]) == (503, False, False)
    assert checks["chain"]["detail"] == "it did not answer within 3 s"


def test_another_chain_makes_it_not_ready_and_is_named(api: Api) -> None:
    status, checks = ready(api, _raises(WrongChain(11155111, 1)))
    assert (status, checks["chain"]) == (503, {"ok": False, "detail": "it is chain 1, not 11155111"})


def test_other_code_at_the_address_makes_it_not_ready(api: Api) -> None:
    facts = Chain(api.registered.store, api.registered.now).lookup(bytes(32), bytes(32)).facts
    status, checks = ready(api, lambda: ChainAnswer(replace(facts, code_sha256=bytes(32))))
    assert (status, checks["chain"]["ok"], checks["contract"]["ok"]) == (503, True, False)
    status, checks = ready(api, lambda: ChainAnswer(facts))
    assert (status, checks["contract"]["ok"]) == (200, True)


@pytest.mark.parametrize(("age", "ok"), [(0, True), (120, True), (121, None)])
def test_a_worker_that_stopped_is_a_warning_and_no_reason_to_stop_serving(api: Api, age: int, ok: bool | None) -> None:
    with api.registered.store.begin() as session:
        tick_at = api.registered.now - age
        session.add(Cursor(id=1, block_number=1, block_hash=bytes(32), latest_block=2, tick_at=tick_at))
    response = api.client.get("/readyz")
    assert (response.status_code, response.json()["checks"]["worker"]["ok"]) == (200, ok)
    health = api.client.get("/v1/health").json()
    assert (health["status"], health["worker"]["age_seconds"]) == ("ok" if ok else "attention", age)


def test_a_registry_without_a_contract_is_not_ready_but_healthy_enough_to_say_so(api: Api, tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path / 'new.db'}")
    migrate(store)
    api.app.state.services = Services(Settings(data_dir=tmp_path), store)
    assert api.client.get("/readyz").json()["checks"]["contract"]["ok"] is False
    assert api.client.get("/v1/health").json()["registry"] is None
    assert api.client.get("/v1/registry").json()["code"] == "wrong-state"
    store.close()
