"""What may be kept and for how long, HEAD, pages, and who may read from another page."""

from datetime import UTC, datetime

import pytest

from registry.store import issuers, keys
from tests.support.httpapi import Api, operations

FOREVER, MINUTE = "max-age=31536000, immutable", "max-age=60"


@pytest.mark.parametrize(
    ("operation", "expected"),
    [
        ("getFile", f"private, {FOREVER}"),
        ("getProof", f"private, {FOREVER}"),
        ("getAnchor", f"public, {FOREVER}"),
        ("exportAnchor", f"public, {FOREVER}"),
        ("exportBatch", f"public, {FOREVER}"),
        ("exportList", f"public, {FOREVER}"),
        ("exportAnchors", "public, no-cache"),
        ("getStatusList", f"public, {MINUTE}"),
        ("getStatusEvidence", f"public, {MINUTE}"),
        ("getBatch", "private, no-cache"),
        ("getCredential", "private, no-cache"),
        ("getIssuer", "public, no-cache"),
        ("getFiles", "private, no-cache"),
        ("health", "no-store"),
        ("createBatch", None),
    ],
)
def test_what_never_changes_is_kept_for_ever_and_the_rest_is_asked_for(
    api: Api, operation: str, expected: str | None
) -> None:
    one = api.operation(operation)
    if expected is None:
        response = api.client.post(api.url(one), json={"issuer": "uni", "achievement": None}, headers=api.key("admin"))
        assert response.headers["cache-control"] == "no-store"
        return
    url, headers = api.url(one), api.key("admin")
    response = api.client.get(url, headers=headers)
    assert response.headers["cache-control"] == expected
    if "etag" in response.headers:
        tag = response.headers["etag"]
        for value in (tag, f"W/{tag}", f'"x", {tag}', "*"):
            again = api.client.get(url, headers={**headers, "If-None-Match": value})
            assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
        assert api.client.get(url, headers={**headers, "If-None-Match": '"other"'}).status_code == 200
    else:
        assert operation in ("health", "getFiles")


def test_a_final_batch_is_asked_for_again_because_its_key_may_turn_out_compromised(api: Api) -> None:
    made, url, headers = api.registered, f"/v1/batches/{api.final}", api.key("admin")
    before = api.client.get(url, headers=headers)
    assert (before.json()["problem"], before.headers["cache-control"]) == (None, "private, no-cache")
    keys.mark_compromised(made.store, made.vault, made.key.key_id, made.now)
    after = api.client.get(url, headers={**headers, "If-None-Match": before.headers["etag"]})
    assert (after.status_code, after.json()["state"]) == (200, "final")
    assert "compromised" in after.json()["problem"]


def test_an_erased_file_is_not_answered_from_the_clients_cache(api: Api) -> None:
    url, headers = f"/v1/credentials/{api.handles[0]}", api.key("admin")
    tag = api.client.get(f"{url}/file", headers=headers).headers["etag"]
    assert api.client.delete(url, headers=headers).status_code == 204
    assert api.client.get(f"{url}/file", headers={**headers, "If-None-Match": tag}).status_code == 410


def test_every_public_answer_to_get_can_be_read_by_any_page_and_no_private_one(api: Api) -> None:
    internal = {"livez", "readyz", "health", "getRegistry"}
    for operation in operations(api.app):
        if operation.method == "GET" and operation.id not in internal:
            headers = api.key("admin") if operation.scopes else {}
            response = api.client.get(api.url(operation), headers=headers)
            expected = None if operation.scopes else "*"
            assert response.headers.get("access-control-allow-origin") == expected, operation.id


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        (None, "application/vc"),
        ("*/*", "application/vc"),
        ("application/vc+ld+json", "application/vc+ld+json"),
        ("application/json", "application/json"),
        ("text/html, application/*;q=0.1", "application/vc"),
        ("text/html", None),
    ],
)
def test_the_file_is_given_under_the_name_that_is_asked_for(api: Api, accept: str | None, expected: str | None) -> None:
    headers = api.key("admin") | ({"Accept": accept} if accept else {})
    response = api.client.get(f"/v1/credentials/{api.handles[0]}/file", headers=headers)
    if expected is None:
        assert (response.status_code, response.json()["code"]) == (406, "not-acceptable")
    else:
        assert (response.status_code, response.headers["content-type"]) == (200, expected)
        assert response.content == api.file()


def test_head_is_get_without_the_content(api: Api) -> None:
    for operation in operations(api.app):
        if operation.method == "GET":
            url, headers = api.url(operation), api.key("admin")
            get, head = api.client.get(url, headers=headers), api.client.head(url, headers=headers)
            assert (head.status_code, head.content) == (get.status_code, b""), operation.id
            volatile = {"x-request-id", "date", "etag", "content-length", "link"}
            assert {k: v for k, v in head.headers.items() if k not in volatile} == {
                k: v for k, v in get.headers.items() if k not in volatile
            }


def test_pages_join_to_the_whole_without_gaps_or_repeats(api: Api) -> None:
    for number in range(7):
        issuers.add_issuer(api.registered.store, f"page-{number}", f"did:web:{number}.example", {"name": f"{number}"})
    seen: list[str] = []
    url: str | None = "/v1/issuers?limit=2"
    while url:
        response = api.client.get(url)
        page = response.json()
        assert 1 <= len(page["items"]) <= 2
        seen += [one["id"] for one in page["items"]]
        if len(seen) == 4:  # what is new in between does not shift the pages
            api.registered.now += 1
            issuers.add_issuer(api.registered.store, "newcomer", "did:web:newcomer.example", {"name": "N"})
        url = f"/v1/issuers?limit=2&cursor={page['next_cursor']}" if page["next_cursor"] else None
        assert ("link" in response.headers) == bool(url)
        if url:
            assert response.headers["link"] == f'<{url}>; rel="next"'
    assert sorted(seen) == sorted({"uni", "other", *(f"page-{number}" for number in range(7))})


def test_pages_of_credentials_are_in_the_order_of_the_batch(api: Api) -> None:
    url, seen, cursor = f"/v1/batches/{api.final}/credentials?limit=1", [], None
    while True:
        page = api.client.get(url + (f"&cursor={cursor}" if cursor else ""), headers=api.key("admin")).json()
        seen += [one["index"] for one in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == [0, 1, 2]


def test_anchors_are_listed_newest_first(api: Api) -> None:
    for _ in range(3):
        api.registered.anchor()
    first = api.client.get("/v1/anchors?limit=3").json()
    second = api.client.get(f"/v1/anchors?limit=3&cursor={first['next_cursor']}").json()
    assert [one["number"] for one in first["items"] + second["items"]] == [4, 3, 2, 1]
    assert second["next_cursor"] is None


def test_evidence_is_given_for_the_anchor_that_is_named(api: Api) -> None:
    api.registered.anchor()
    url = f"/v1/status-lists/{api.places()['list_id']}/evidence"
    numbers = [api.client.get(url + query).json()["anchor"]["number"] for query in ("", "?anchor=1", "?anchor=2")]
    assert numbers == [2, 1, 2]
    assert api.client.get(url + "?anchor=3").status_code == 404


def test_evidence_of_an_anchor_that_only_a_verifiers_node_sees_final_is_given(api: Api) -> None:
    api.registered.include(api.registered.create_anchor(), final=False)
    url = f"/v1/status-lists/{api.places()['list_id']}/evidence"
    assert api.client.get(url).json()["anchor"]["number"] == 1
    assert api.client.get(url + "?anchor=2").json()["anchor"]["number"] == 2


def test_times_are_utc_and_say_so(api: Api) -> None:
    batch = api.client.get(f"/v1/batches/{api.final}", headers=api.key("admin")).json()
    assert datetime.fromisoformat(batch["anchor"]["block_time"]).tzinfo == UTC
