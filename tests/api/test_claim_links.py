"""Claim links as an issuer makes, lists and ends them over HTTP."""

import json

from tests.support.httpapi import Api


def test_a_batch_gets_a_claim_link_for_each_credential_and_only_once(api: Api) -> None:
    headers, url = api.key("credentials:read", issuer="uni"), f"/v1/batches/{api.final}/claim-links"
    made = api.client.post(url, headers=headers).json()
    assert [one["credential"] for one in made["items"]] == api.handles
    assert [one["index"] for one in made["items"]] == [0, 1, 2]
    codes = [one["url"].removeprefix("http://127.0.0.1:8000/c/") for one in made["items"]]
    assert len({*codes}) == 3
    assert all(len(code) == 26 for code in codes)
    again = api.client.post(url, headers=headers)
    assert again.json() == {"batch": api.final, "count": 3}
    held = b"".join(path.read_bytes() for path in api.services.settings.data_dir.glob("credanchor.db*"))
    assert api.final.encode() in held
    assert not any(code.encode() in held for code in codes)


def test_claim_links_are_listed_without_their_secret_and_ended_one_by_one_or_all(api: Api) -> None:
    place = f"/v1/credentials/{api.handles[0]}/claim-links"
    one = api.client.post(place, headers=api.key("credentials:read")).json()
    api.client.post(f"/v1/batches/{api.final}/claim-links", headers=api.key("credentials:read"))
    listed = api.client.get(place, headers=api.key("credentials:read"))
    assert one["id"] in [link["id"] for link in listed.json()["items"]]
    assert len(listed.json()["items"]) == 2
    assert one["url"].rsplit("/", 1)[1] not in listed.text
    path = one["url"].removeprefix("http://127.0.0.1:8000")
    assert api.client.get(path).status_code == 200
    ended = api.client.post(f"{place}/{one['id']}/revoke", headers=api.key("credentials:read"))
    assert ended.json()["id"] == one["id"]
    gone = api.client.get(path, headers={"Accept": "application/json"})
    assert (gone.status_code, gone.json()["code"]) == (410, "link-ended")
    assert api.handles[0] not in json.dumps(gone.json())
    every = api.client.post(f"/v1/batches/{api.final}/claim-links/revoke", headers=api.key("credentials:read"))
    assert every.json() == {"batch": api.final, "ended": 3}
    assert api.client.get(place, headers=api.key("credentials:read")).json() == {"items": []}


def test_claim_links_of_another_issuer_can_neither_be_made_nor_seen_nor_ended(api: Api) -> None:
    one = api.client.post(f"/v1/credentials/{api.handles[0]}/claim-links", headers=api.key("admin")).json()
    other = api.key("credentials:read", issuer="other")
    place = f"/v1/credentials/{api.handles[0]}/claim-links"
    assert api.client.get(place, headers=other).status_code == 404
    for path in (
        place,
        f"{place}/{one['id']}/revoke",
        *(f"/v1/batches/{api.final}/claim-links{end}" for end in ("", "/revoke")),
    ):
        assert api.client.post(path, headers=other).status_code == 404, path
    assert len(api.client.get(place, headers=api.key("admin")).json()["items"]) == 1
