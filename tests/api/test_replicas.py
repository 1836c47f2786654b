"""Two servers behind one address, which share the database and copies of the keys, and nothing else."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
import pytest

from registry.store import achievements
from registry.store.engine import Store
from tests.support import databases, replicas
from tests.support.databases import free_port
from tests.support.pooler import Pooler
from tests.support.registered import achievement
from tests.support.replicas import Replica, Site, until

OPENING = {"issuer": "uni", "achievement": "uni.soil-science.1"}
ROSTER = [{"name": "Ada Lovelace", "email": "ada@learner.example", "awarded_on": "2026-06-24"}]


@pytest.fixture
def site(postgresql: databases.Cluster, pgbouncer: Pooler, postgresql_store: Store, tmp_path: Path) -> Iterator[Site]:
    """Everything goes through PgBouncer."""
    with replicas.site(tmp_path, postgresql, pgbouncer.url(databases.DATABASE), postgresql_store) as found:
        achievements.add_achievement(found.view, "uni", achievement())
        yield found


@pytest.fixture
def clients() -> Iterator[ExitStack]:
    """Closes them."""
    with ExitStack() as opened:
        yield opened


def served(site: Site, clients: ExitStack) -> tuple[Replica, httpx2.Client]:
    """`credanchor serve`, and a client with the key that its first start has made."""
    port = free_port()
    replica = site.start("serve", "--port", str(port))
    client = clients.enter_context(httpx2.Client(base_url=f"http://127.0.0.1:{port}", timeout=60))

    def answers() -> bool:
        assert replica.process.is_alive(), replica.log.read_text()
        try:
            return client.get("/livez").status_code == 200
        except httpx2.TransportError:
            return False

    until(answers)
    client.headers["Authorization"] = "Bearer " + json.loads((replica.data / "client.json").read_text())["api_key"]
    return replica, client


def post(client: httpx2.Client, path: str, body: Any, key: str, status: int = 201) -> tuple[Any, bool]:
    """The answer, and whether it was given before."""
    response = client.post(path, json=body, headers={"Idempotency-Key": key})
    assert response.status_code == status, response.text
    return response.json(), response.headers.get("Idempotency-Replayed") == "true"


def test_a_batch_goes_through_two_servers_as_through_one(site: Site, clients: ExitStack) -> None:
    (first, one), (second, other) = served(site, clients), served(site, clients)
    assert first.data != second.data
    replicas.ready(site)
    other.headers["Authorization"] = one.headers["Authorization"]  # an API key is known to both

    key = str(uuid4())
    with ThreadPoolExecutor(2) as pool:  # the same request at both at once: a client that did not wait
        opened = list(pool.map(lambda client: post(client, "/v1/batches", OPENING, key), (one, other)))
    assert opened[0][0] == opened[1][0]
    assert sorted(replayed for _, replayed in opened) == [False, True]
    batch = f"/v1/batches/{opened[0][0]['id']}"
    assert len(other.get("/v1/batches").json()["items"]) == 1

    added, replayed = post(other, f"{batch}/credentials", ROSTER, "fill")
    assert not replayed
    assert post(one, f"{batch}/credentials", ROSTER, "fill") == (added, True)
    sealing, replayed = post(one, f"{batch}/seal", {}, "seal", 202)
    assert not replayed
    assert post(other, f"{batch}/seal", {}, "seal", 202) == (sealing, True)

    until(lambda: other.get(batch).json()["state"] == "final")
    assert one.get(batch).json() == other.get(batch).json()
    [handle] = [item["handle"] for item in one.get(f"{batch}/credentials").json()["items"]]
    files = [client.get(f"/v1/credentials/{handle}/file").content for client in (one, other)]
    assert files[0] == files[1]
    assert json.loads(files[0])["proof"]

    first.kill()
    assert other.get(f"/v1/credentials/{handle}/file").content == files[1]
    again, _ = post(other, "/v1/batches", OPENING, "again")
    post(other, f"/v1/batches/{again['id']}/credentials", ROSTER, "fill again")
    post(other, f"/v1/batches/{again['id']}/seal", {}, "seal again", 202)
    until(lambda: other.get(f"/v1/batches/{again['id']}").json()["state"] == "final")
    second.stop()


def test_a_second_machine_does_not_make_a_master_key_of_its_own(site: Site) -> None:
    def refused(change: str) -> str:
        replica = site.start("serve", "--port", str(free_port()), master_key=change)
        replica.process.join(replicas.PATIENCE_SECONDS)
        assert replica.process.exitcode == 1
        return replica.log.read_text()

    assert "copy it from the machine on which the registry was set up" in refused("")
    assert "Use the master key that belongs to this database" in refused("11" * 32)
