"""Who may do what: for every operation that is not public, in one sweep each."""

from collections.abc import Iterator

import pytest
from httpx2 import Response

from tests.support.apisamples import SAMPLES
from tests.support.httpapi import SCOPES, Api, Operation, operations

PUBLIC = {
    "listIssuers", "getIssuer", "listKeys", "listJwtKeys", "getAchievement", "getStatusList", "getStatusEvidence",
    "listAnchors", "getAnchor", "exportRegistry", "exportAnchors", "exportAnchor", "exportBatch", "exportList",
    "verify", "verifyStack", "livez", "readyz", "health",
    "logCheckpoint", "logTile", "logConsistency", "logInclusion",
    "getRegistry", "listProblems", "getProblem", "getDidDocument",
}  # fmt: skip

LISTS_OF_ALL = {"listBatches"}
"""Operations that name no issuer: a bound key gets its own issuer's part."""


def _private(api: Api) -> list[Operation]:
    found = [one for one in operations(api.app) if one.scopes]
    assert len(found) > 20
    return found


def _send(api: Api, operation: Operation, headers: dict[str, str]) -> Response:
    body = SAMPLES[operation.id](api) if operation.has_body else None
    return api.send(operation, headers, body)


def test_exactly_these_operations_are_public(api: Api) -> None:
    assert {one.id for one in operations(api.app) if not one.scopes} == PUBLIC


def test_public_operations_answer_without_a_key(api: Api) -> None:
    for operation in operations(api.app):
        if operation.id in PUBLIC:
            response = _send(api, operation, {})
            assert response.status_code == 200, (operation.id, response.text)


def test_nobody_gets_in_without_a_key(api: Api) -> None:
    for operation in _private(api):
        response = _send(api, operation, {})
        assert (response.status_code, response.json()["code"]) == (401, "unauthenticated"), operation.id
        assert response.headers["www-authenticate"].startswith("Bearer ")


def test_a_key_without_the_scope_is_told_which_it_lacks(api: Api) -> None:
    for operation in _private(api):
        others = [scope for scope in SCOPES if scope not in operation.scopes and scope != "admin"]
        response = _send(api, operation, api.key(*others))
        assert (response.status_code, response.json()["code"]) == (403, "insufficient-scope"), operation.id
        assert response.json()["scope"] == list(operation.scopes)
        assert 'error="insufficient_scope"' in response.headers["www-authenticate"]


def test_a_key_of_another_issuer_sees_nothing(api: Api) -> None:
    tried = 0
    for operation in _private(api):
        if "admin" in operation.scopes or operation.id in LISTS_OF_ALL:
            continue
        response = _send(api, operation, api.key(*operation.scopes, issuer="other"))
        assert response.json()["code"] in ("other-issuer", "not-found"), (operation.id, response.text)
        assert "uni.soil" not in response.text
        tried += 1
    assert tried >= 10


def test_a_bound_key_lists_its_own_batches_only(api: Api) -> None:
    theirs = api.client.get("/v1/batches", headers=api.key("batches:write", issuer="other")).json()
    own = api.client.get("/v1/batches", headers=api.key("batches:write", issuer="uni")).json()
    assert theirs["items"] == []
    assert {batch["id"] for batch in own["items"]} == {api.open, api.external, api.final}


def test_the_answer_to_a_strangers_key_is_that_of_a_missing_thing(api: Api) -> None:
    headers = api.key("credentials:read", issuer="other")
    strange = api.client.get(f"/v1/batches/{api.open}", headers=headers).json()
    missing = api.client.get("/v1/batches/0000000000000000", headers=headers).json()
    assert strange["detail"].replace(api.open, "0000000000000000") == missing["detail"]


def _bad_headers(api: Api) -> Iterator[tuple[str, str]]:
    good = api.key("credentials:read")["Authorization"]
    yield "", "invalid-token"
    yield "Basic dXNlcjpwYXNz", "invalid-token"
    yield good.removeprefix("Bearer "), "invalid-token"
    yield good[:-1] + ("0" if good[-1] != "0" else "1"), "invalid-token"
    yield "Bearer " + "x" * 5000, "invalid-token"
    yield api.key("credentials:read", expires_at=api.registered.now - 1)["Authorization"], "expired-token"


def test_a_bad_token_is_refused_and_never_repeated(api: Api) -> None:
    tried = 0
    for value, code in _bad_headers(api):
        response = api.client.get("/v1/batches", headers={"Authorization": value})
        assert (response.status_code, response.json()["code"]) == (401, code), value
        assert 'error="invalid_token"' in response.headers["www-authenticate"]
        assert len(value) < 20 or value[-20:] not in response.text + str(response.headers)
        tried += 1
    assert tried == 6


def test_two_authorization_headers_are_one_too_many(api: Api) -> None:
    token = api.key("credentials:read")["Authorization"]
    response = api.client.get("/v1/batches", headers=[("Authorization", token), ("Authorization", token)])
    assert response.json()["code"] == "invalid-token"


def test_a_revoked_key_stops_at_once(api: Api) -> None:
    admin, other = api.key("admin"), api.key("credentials:read")
    assert api.client.get("/v1/batches", headers=other).status_code == 200
    id_ = other["Authorization"].split("_")[2]
    assert api.client.post(f"/v1/api-keys/{id_}/revoke", headers=admin).status_code == 200
    assert api.client.get("/v1/batches", headers=other).json()["code"] == "invalid-token"


@pytest.mark.parametrize("scope", ["batches:write", "credentials:read", "credentials:revoke"])
def test_admin_includes_every_other_scope(api: Api, scope: str) -> None:
    done = 0
    for operation in _private(api):
        if scope in operation.scopes and operation.id != "reinstateCredential":
            response = _send(api, operation, api.key("admin"))
            assert response.status_code < 300 or response.json()["code"] == "wrong-state", (operation.id, response.text)
            done += 1
    assert done
