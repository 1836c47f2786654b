"""DID documents over HTTP: for every issuer with a did:web, at the root for one called like the host."""

import pytest

from registry.store import issuers, keys
from tests.support.httpapi import Api


def test_an_issuers_document_is_public_and_asked_for_again_each_time(api: Api) -> None:
    response = api.client.get("/v1/issuers/uni/did.json")
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/did+json"
    assert response.headers["cache-control"] == "public, no-cache"
    assert response.headers["access-control-allow-origin"] == "*"
    document, made = response.json(), api.registered
    assert document["id"] == "did:web:university.example"
    assert document["assertionMethod"] == [made.key.verification_method]

    tag = response.headers["etag"]
    assert api.client.get("/v1/issuers/uni/did.json", headers={"If-None-Match": tag}).status_code == 304
    keys.revoke_key(made.store, made.vault, made.key.key_id)
    after = api.client.get("/v1/issuers/uni/did.json", headers={"If-None-Match": tag})
    assert (after.status_code, after.json()["assertionMethod"]) == (200, [])


def test_an_unknown_issuer_or_one_without_a_did_web_has_none(api: Api) -> None:
    body = {"id": "trial", "did": "did:key", "profile": {"name": "Trial"}}
    made = api.client.post("/v1/issuers", json=body, headers=api.key("admin"))
    assert (made.status_code, made.json()["did"][:12]) == (201, "did:key:z6Mk")
    for issuer in ("trial", "nobody"):
        response = api.client.get(f"/v1/issuers/{issuer}/did.json")
        assert (response.status_code, response.json()["code"]) == (404, "not-found")


def test_a_repeated_request_makes_one_key(api: Api) -> None:
    body = {"id": "trial", "did": "did:key", "profile": {"name": "Trial"}}
    headers = api.key("admin")
    first = api.client.post("/v1/issuers", json=body, headers=headers)
    second = api.client.post("/v1/issuers", json=body, headers=headers)
    assert first.json() == second.json()
    assert len(api.client.get("/v1/issuers/trial/keys").json()["items"]) == 1


def test_a_second_key_for_a_did_key_is_refused_with_the_reason(api: Api) -> None:
    body = {"id": "trial", "did": "did:key", "profile": {"name": "Trial"}}
    api.client.post("/v1/issuers", json=body, headers=api.key("admin"))
    response = api.client.post("/v1/issuers/trial/keys", json={"custody": "hosted"}, headers=api.key("admin"))
    assert (response.status_code, response.json()["code"]) == (409, "conflict")
    assert "did:web" in response.json()["detail"]


def test_the_hosts_own_document_is_there_only_for_an_issuer_called_like_the_host(api: Api) -> None:
    url = "/.well-known/did.json"
    issuers.add_issuer(api.registered.store, "path", "did:web:registry.example:v1:issuers:path", {"name": "Path"})
    missing = api.client.get(url)
    assert (missing.status_code, missing.json()["code"]) == (404, "not-found")
    issuers.add_issuer(api.registered.store, "host", "did:web:registry.example", {"name": "The registry itself"})
    found = api.client.get(url)
    assert (found.status_code, found.json()["id"]) == (200, "did:web:registry.example")
    assert found.headers["content-type"] == "application/did+json"
    assert found.headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize("did", ["did:web:registry.example:v1:issuers:other", "did:web:registry.example:issuers:new"])
def test_a_did_that_points_at_another_place_of_this_host_is_refused(api: Api, did: str) -> None:
    body = {"id": "new", "did": did, "profile": {"name": "New"}}
    response = api.client.post("/v1/issuers", json=body, headers=api.key("admin"))
    assert (response.status_code, response.json()["code"]) == (422, "invalid-document")
    assert response.json()["errors"][0]["code"] == "format.did"
    body["did"] = "did:web:registry.example:v1:issuers:new"
    assert api.client.post("/v1/issuers", json=body, headers=api.key("admin")).status_code == 201
