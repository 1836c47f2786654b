"""Requests that must not be done twice: the key, the replay, and what is never remembered."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import func, select

from registry.store.engine import Store
from registry.store.tables import Batch, Idempotency
from tests.support.apisamples import SAMPLES
from tests.support.httpapi import Api, operations

ENDING = ("revokeKey", "markKeyCompromised", "suspendIssuer", "revokeCredential")
"""Operations after which others are refused."""

SECRETS = {"createApiKey": "token", "createClaimLinks": "items", "createClaimLink": "url"}
"""What is in the first answer only."""

BATCH = {"issuer": "uni", "achievement": "uni.soil-science.1"}


def _batches(api: Api) -> int:
    with api.registered.store.read() as session:
        return session.scalar(select(func.count()).select_from(Batch)) or 0


def test_every_post_that_changes_something_needs_a_key(api: Api) -> None:
    tried = 0
    for operation in operations(api.app):
        if operation.method == "POST" and operation.id not in ("verify", "verifyStack"):
            headers = api.key("admin")
            del headers["Idempotency-Key"]
            response = api.send(operation, headers, SAMPLES[operation.id](api))
            assert (response.status_code, response.json()["code"]) == (400, "idempotency-key-missing"), operation.id
            tried += 1
    assert tried == 25


def test_a_repeated_request_is_answered_and_not_done_again(api: Api) -> None:
    headers, before = api.key("batches:write"), _batches(api)
    first = api.client.post("/v1/batches", json=BATCH, headers=headers)
    again = api.client.post("/v1/batches", json=BATCH, headers=headers)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.content == again.content
    assert first.headers["location"] == again.headers["location"] == f"/v1/batches/{first.json()['id']}"
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"
    assert _batches(api) == before + 1


def test_every_operation_replays_what_it_answered(api: Api) -> None:
    tried = 0
    for operation in operations(api.app):
        if operation.method == "POST" and operation.id not in ("verify", "verifyStack", *ENDING):
            body, headers, url = SAMPLES[operation.id](api), api.key("admin"), api.url(operation)
            headers["Content-Type"] = body[1]
            first = api.client.post(url, content=body[0], headers=headers)
            assert first.status_code < 300, (operation.id, first.text)
            again = api.client.post(url, content=body[0], headers=headers)
            name = SECRETS.get(operation.id)
            assert name is None or name not in again.json(), operation.id
            secret = {name: first.json()[name]} if name else {}
            assert again.json() | secret == first.json(), operation.id
            assert again.headers["idempotency-replayed"] == "true"
            tried += 1
    assert tried == 21


def test_the_same_key_with_another_body_is_refused(api: Api) -> None:
    headers, before = api.key("batches:write"), _batches(api)
    assert api.client.post("/v1/batches", json=BATCH, headers=headers).status_code == 201
    for change in ({"json": {**BATCH, "achievement": None}}, {"content": b" "}):
        response = api.client.post("/v1/batches", headers={**headers, "Content-Type": "application/json"}, **change)
        assert response.status_code in (400, 422)
    response = api.client.post("/v1/batches", json={**BATCH, "achievement": None}, headers=headers)
    assert (response.status_code, response.json()["code"]) == (422, "idempotency-key-reused")
    assert _batches(api) == before + 1


def test_the_same_key_on_another_path_is_refused(api: Api) -> None:
    headers = api.key("credentials:revoke")
    first, second = (f"/v1/credentials/{handle}/revoke" for handle in api.handles[:2])
    assert api.client.post(first, json={"reason": "issued-in-error"}, headers=headers).status_code == 200
    assert api.client.post(second, json={"reason": "issued-in-error"}, headers=headers).status_code == 422


def test_keys_of_different_callers_do_not_meet(api: Api) -> None:
    one, two = api.key("batches:write"), api.key("batches:write")
    two["Idempotency-Key"] = one["Idempotency-Key"]
    first = api.client.post("/v1/batches", json=BATCH, headers=one).json()
    second = api.client.post("/v1/batches", json=BATCH, headers=two).json()
    assert first["id"] != second["id"]


def test_an_upload_is_replayed_even_when_it_would_not_be_accepted_any_more(api: Api) -> None:
    url, headers, body = f"/v1/batches/{api.external}/signed", api.key("admin"), [api.signed()]
    first = api.client.post(url, json=body, headers=headers)
    revoke = f"/v1/issuers/uni/keys/{api.registered.key.key_id.hex()}/revoke"
    assert api.client.post(revoke, headers=api.key("admin")).status_code == 200
    again = api.client.post(url, json=body, headers=headers)
    assert (again.status_code, again.content) == (201, first.content)
    assert api.client.post(url, json=body, headers=api.key("admin")).status_code == 422


def test_a_request_that_failed_is_not_remembered(api: Api) -> None:
    headers = api.key("batches:write")
    failed = api.client.post("/v1/batches", json={**BATCH, "achievement": "uni.none.1"}, headers=headers)
    assert failed.status_code == 404
    assert api.client.post("/v1/batches", json=BATCH, headers=headers).status_code == 201


@pytest.mark.parametrize("key", ["x" * 201, "tab\tinside"])
def test_an_unusable_key_is_refused(api: Api, key: str) -> None:
    headers = {**api.key("batches:write"), "Idempotency-Key": key}
    assert api.client.post("/v1/batches", json=BATCH, headers=headers).json()["code"] == "bad-request"


def test_two_requests_at_the_same_time_with_one_key_do_it_once(api: Api) -> None:
    headers, before, ready = api.key("batches:write"), _batches(api), threading.Barrier(4)

    def post(_: int) -> Any:
        ready.wait()
        return api.client.post("/v1/batches", json=BATCH, headers=headers)

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(post, range(4)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert sum("idempotency-replayed" in answer.headers for answer in answers) == 3
    assert _batches(api) == before + 1


def test_a_token_is_shown_once_and_stored_nowhere(api: Api) -> None:
    headers = api.key("admin")
    body = {"name": "student system", "scopes": ["batches:write"]}
    first = api.client.post("/v1/api-keys", json=body, headers=headers)
    token = first.json()["token"]
    assert token.startswith("credanchor_test_")
    again = api.client.post("/v1/api-keys", json=body, headers=headers)
    assert (again.status_code, again.json().get("token")) == (201, None)
    assert again.json()["id"] == first.json()["id"]
    secret = token.rsplit("_", 1)[1]
    assert secret not in _everything(api.registered.store)
    authorized = {"Authorization": f"Bearer {token}"}
    assert api.client.get("/v1/batches", headers=authorized).status_code == 200


def test_an_answer_tells_nothing_about_a_learner(api: Api) -> None:
    headers = {**api.key("batches:write"), "Content-Type": "text/csv"}
    data = "name,email,awarded_on\nMaël Ødegård,mael@students.example,2026-01-01\n".encode()
    response = api.client.post(f"/v1/batches/{api.open}/credentials", content=data, headers=headers)
    assert response.status_code == 201
    with api.registered.store.read() as session:
        kept = " ".join(session.scalars(select(Idempotency.response)))
    assert kept
    assert "dega" not in kept
    assert "mael" not in kept


def _everything(store: Store) -> str:
    """All text and hex in the database."""
    with store.read() as session:
        connection = session.connection().connection.driver_connection
        assert connection is not None
        return "\n".join(connection.iterdump())
