"""When the database cannot do it: what the client is told, and that the request can be repeated."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import event

from api.services import Services
from api.settings import Settings
from registry.store.engine import Store
from tests.support.httpapi import TRUST, Api

BATCH = {"issuer": "uni", "achievement": "uni.soil-science.1"}


@contextmanager
def _full(store: Store) -> Iterator[None]:
    """No page more than the file has: SQLite then answers as on a full disk."""

    def limit(connection: object, _record: object, _proxy: object) -> None:
        connection.execute("PRAGMA max_page_count=1")  # type: ignore[attr-defined]

    store.close()
    event.listen(store.engine, "checkout", limit)
    try:
        yield
    finally:
        event.remove(store.engine, "checkout", limit)
        store.close()


def test_a_full_disk_is_507_and_the_repeat_succeeds_when_there_is_room(api: Api) -> None:
    # Large enough to need pages that the file does not have.
    body = {"id": "new", "did": "did:web:new.example", "profile": {"name": "New", "description": "x" * 60_000}}
    headers = api.key("admin")
    store = api.registered.store
    with _full(store):
        response = api.client.post("/v1/issuers", json=body, headers=headers)
        assert (response.status_code, response.json()["code"]) == (507, "store-full")
        assert "sqlite" not in response.text.lower()
        assert api.client.get("/v1/issuers/new").status_code == 404  # reading goes on
    assert api.client.post("/v1/issuers", json=body, headers=headers).status_code == 201


def test_a_database_that_is_not_migrated_is_503_and_not_ready(api: Api, tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path / 'empty.db'}")
    api.app.state.services = Services(Settings(data_dir=tmp_path), store, trust=TRUST)
    response = api.client.get("/v1/issuers")
    assert (response.status_code, response.json()["code"]) == (503, "store-unavailable")
    assert response.headers["retry-after"].isdigit()
    assert str(tmp_path) not in response.text
    ready = api.client.get("/readyz")
    assert (ready.status_code, ready.json()["code"]) == (503, "not-ready")
    assert ready.json()["checks"]["migrations"]["ok"] is False
    assert api.client.get("/livez").status_code == 200
    store.close()


def test_a_database_that_is_away_is_503_without_its_address(api: Api, tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path / 'missing' / 'credanchor.db'}")
    api.app.state.services = Services(Settings(data_dir=tmp_path), store, trust=TRUST)
    response = api.client.get("/v1/anchors")
    assert (response.status_code, response.json()["code"]) == (503, "store-unavailable")
    assert api.client.get("/readyz").json()["checks"] == {"database": {"ok": False, "detail": "StoreUnavailable"}}
    store.close()


def test_without_the_master_key_reading_works_and_signing_is_503(api: Api, tmp_path: Path) -> None:
    api.app.state.services = Services(Settings(data_dir=tmp_path / "empty"), api.registered.store, trust=TRUST)
    assert api.client.get(f"/v1/batches/{api.open}", headers=api.key("admin")).status_code == 200
    response = api.client.post(
        f"/v1/credentials/{api.handles[0]}/revoke", json={"reason": "issued-in-error"}, headers=api.key("admin")
    )
    assert (response.status_code, response.json()["code"]) == (503, "secrets-unavailable")
    assert str(tmp_path) not in response.text


def test_without_a_trust_profile_verifying_is_503(api: Api, tmp_path: Path) -> None:
    api.app.state.services = Services(Settings(data_dir=tmp_path / "empty"), api.registered.store)
    response = api.client.post("/v1/verify", content=b"{}", headers={"Content-Type": "application/json"})
    assert (response.status_code, response.json()["code"]) == (503, "trust-unavailable")
