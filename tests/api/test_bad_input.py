"""Bad input, one test each: what is refused, with which words, and that nothing was written."""

import asyncio
import json
from typing import Any

import pytest
from sqlalchemy import func, select

from api.limits import MAX_ROSTER_BODY, MAX_ROW_ERRORS, MAX_SMALL_BODY, MAX_VERIFY_LINES
from registry.store.tables import Credential, Idempotency
from tests.support.httpapi import Api

HEADER = "name,email,awarded_on\n"
ISSUER = {"id": "new", "did": "did:web:new.example", "profile": {"name": "New University"}}


def upload(api: Api, data: bytes, content_type: str = "text/csv") -> dict[str, Any]:
    """The problem that this roster is, having made sure that nothing was written."""
    before = _stored(api)
    headers = {**api.key("batches:write"), "Content-Type": content_type}
    response = api.client.post(f"/v1/batches/{api.open}/credentials", content=data, headers=headers)
    assert response.status_code >= 400, response.text
    assert _stored(api) == before
    found: dict[str, Any] = response.json()
    return found


def _stored(api: Api) -> tuple[int | None, int | None]:
    with api.registered.store.read() as session:
        return (
            session.scalar(select(func.count()).select_from(Credential)),
            session.scalar(select(func.count()).select_from(Idempotency)),
        )


def create(api: Api, body: bytes) -> dict[str, Any]:
    """The problem that this body of POST /v1/issuers is."""
    headers = {**api.key("admin"), "Content-Type": "application/json"}
    response = api.client.post("/v1/issuers", content=body, headers=headers)
    found: dict[str, Any] = response.json()
    assert response.status_code == 400, response.text
    assert found["code"] == "invalid-json"
    return found


def lines(count: int) -> list[str]:
    return [f"Learner {n},learner.{n}@students.example,2026-01-01" for n in range(count)]


def test_an_empty_roster_is_refused(api: Api) -> None:
    for data in (b"", HEADER.encode(), b"\n\n"):
        problem = upload(api, data)
        assert problem["code"] in ("invalid-rows", "invalid-document")
        assert problem["errors"][0]["remedy"]


def test_one_bad_row_among_10_000_is_named_and_nothing_is_written(api: Api) -> None:
    roster = lines(10_000)
    roster[6_000] = "Learner X,not a mail address,2026-01-01"
    problem = upload(api, (HEADER + "\n".join(roster)).encode())
    assert (problem["status"], problem["code"], problem["error_count"]) == (422, "invalid-rows", 1)
    error = problem["errors"][0]
    assert (error["row"], error["column"]) == (6_002, "email")  # as an editor counts: from 1, with the header
    assert error["remedy"]


def test_every_bad_row_is_listed_up_to_a_limit_and_counted_beyond(api: Api) -> None:
    roster = [f"Learner {n},{n},2026-01-01" for n in range(MAX_ROW_ERRORS + 5)]
    problem = upload(api, (HEADER + "\n".join(roster)).encode())
    assert len(problem["errors"]) == MAX_ROW_ERRORS
    assert problem["error_count"] == MAX_ROW_ERRORS + 5


def test_duplicate_rows_in_one_file_are_refused(api: Api) -> None:
    problem = upload(api, (HEADER + "\n".join([*lines(3), lines(1)[0]])).encode())
    assert (problem["errors"][0]["code"], problem["errors"][0]["row"]) == ("roster.duplicate", 5)


def test_rows_that_the_batch_holds_already_are_refused(api: Api) -> None:
    url, data = f"/v1/batches/{api.open}/credentials", (HEADER + lines(1)[0]).encode()
    first = api.client.post(url, content=data, headers={**api.key("batches:write"), "Content-Type": "text/csv"})
    assert first.status_code == 201
    assert upload(api, data)["errors"][0]["code"] == "roster.duplicate"


def test_a_wrong_encoding_is_refused_by_name(api: Api) -> None:
    problem = upload(api, (HEADER + "Zoë,zoe@students.example,2026-01-01").encode("latin-1"))
    assert "UTF-8" in json.dumps(problem["errors"])


def test_an_unknown_column_is_refused_with_a_guess(api: Api) -> None:
    problem = upload(api, b"name,emial,awarded_on\nA,a@b.example,2026-01-01\n")
    assert problem["errors"][0]["column"] == "emial"
    assert "email" in problem["errors"][0]["remedy"]


def test_bad_lines_of_json_lines_are_named_by_line(api: Api) -> None:
    good = json.dumps({"name": "A", "awarded_on": "2026-01-01"})
    problem = upload(api, f'{good}\n{{"name": "B", "name": "C"}}\n[]\n'.encode(), "application/jsonl")
    assert {error["row"] for error in problem["errors"]} == {2, 3}


def test_a_hundred_megabytes_are_refused_before_they_are_read(api: Api) -> None:
    chunk, taken = bytes(1024 * 1024), 0
    messages: list[dict[str, Any]] = []
    path = f"/v1/batches/{api.open}/credentials"
    headers = {**api.key("batches:write"), "Content-Type": "text/csv"}

    async def receive() -> dict[str, Any]:
        nonlocal taken
        taken += 1
        return {"type": "http.request", "body": chunk, "more_body": taken < 100}

    async def send(message: Any) -> None:
        messages.append(message)

    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "scheme": "http",
        "path": path, "raw_path": path.encode(), "query_string": b"", "root_path": "",
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
        "server": ("127.0.0.1", 8000), "client": ("127.0.0.1", 1),
    }  # fmt: skip
    asyncio.run(api.app(scope, receive, send))  # chunked: no Content-Length gives it away
    assert messages[0]["status"] == 413
    assert taken == MAX_ROSTER_BODY // len(chunk) + 1
    assert json.loads(messages[1]["body"])["limit"] == MAX_ROSTER_BODY


def test_nothing_is_read_from_a_caller_without_a_key(api: Api) -> None:
    headers = {"Content-Length": str(10**12), "Content-Type": "text/csv"}
    response = api.client.post(f"/v1/batches/{api.open}/credentials", content=b"x", headers=headers)
    assert response.status_code == 401


def test_a_small_request_has_a_small_limit(api: Api) -> None:
    body = json.dumps({**ISSUER, "profile": {"name": "x" * MAX_SMALL_BODY}}).encode()
    response = api.client.post(
        "/v1/issuers", content=body, headers={**api.key("admin"), "Content-Type": "application/json"}
    )
    assert response.json()["limit"] == MAX_SMALL_BODY


def test_content_length_that_is_no_number_is_refused(api: Api) -> None:
    headers = {**api.key("admin"), "Content-Type": "application/json", "Content-Length": "-1"}
    assert api.client.post("/v1/issuers", content=b"{}", headers=headers).status_code == 400


@pytest.mark.parametrize(
    ("name", "body", "code"),
    [
        ("nested too deeply", b'{"profile":' * 40 + b"1" + b"}" * 40, "format.too-deep"),
        ("nested beyond any stack", b"[" * 30_000 + b"]" * 30_000, "format.too-deep"),
        ("a key twice", b'{"id":"a","id":"b"}', "format.duplicate-key"),
        ("NaN", b'{"profile":{"n":NaN}}', "format.not-a-number"),
        ("a huge integer", b'{"profile":{"n":9007199254740993}}', "format.number"),
        ("a huger integer", b'{"profile":{"n":' + b"9" * 20_000 + b"}}", "format.number"),
        ("half a surrogate pair", rb'{"id":"\ud800"}', "format.surrogate"),
        ("half a pair in a key", rb'{"\udfff":1}', "format.surrogate"),
        ("a byte order mark", b'\xef\xbb\xbf{"id":"a"}', "format.encoding"),
        ("not UTF-8", b'{"id":"\xff"}', "format.encoding"),
        ("not JSON", b"{'id': 1}", "format.not-json"),
        ("nothing", b"", "format.not-json"),
    ],
)
def test_what_json_readers_read_differently_is_refused(api: Api, name: str, body: bytes, code: str) -> None:
    assert create(api, body)["errors"][0]["code"] == code, name


def test_a_number_or_a_list_is_no_request(api: Api) -> None:
    for body in (b"1", b"[]", b'"x"', b"null"):
        headers = {**api.key("admin"), "Content-Type": "application/json"}
        response = api.client.post("/v1/issuers", content=body, headers=headers)
        assert (response.status_code, response.json()["errors"][0]["pointer"]) == (422, ""), body


def test_unknown_fields_are_refused_so_that_no_misspelling_is_ignored(api: Api) -> None:
    body = {"name": "key", "scopes": ["credentials:read"], "expires": "2026-01-02T00:00:00Z"}
    response = api.client.post("/v1/api-keys", json=body, headers=api.key("admin"))
    assert response.json()["errors"] == [
        {"code": "field.extra-forbidden", "detail": "Extra inputs are not permitted", "pointer": "/expires"}
    ]


def test_types_are_not_converted(api: Api) -> None:
    body = {**ISSUER, "id": 7}
    response = api.client.post("/v1/issuers", json=body, headers=api.key("admin"))
    assert (response.status_code, response.json()["errors"][0]["pointer"]) == (422, "/id")


@pytest.mark.parametrize("time", ["2026-01-02", "2026-01-02T00:00:00", "tomorrow", "2026-13-01T00:00:00Z", ""])
def test_times_need_an_offset(api: Api, time: str) -> None:
    body = {"name": "key", "scopes": ["credentials:read"], "expires_at": time}
    response = api.client.post("/v1/api-keys", json=body, headers=api.key("admin"))
    assert (response.status_code, response.json()["errors"][0]["pointer"]) == (422, "/expires_at")


def test_a_key_cannot_expire_before_it_exists(api: Api) -> None:
    body = {"name": "key", "scopes": ["credentials:read"], "expires_at": "2020-01-01T00:00:00Z"}
    response = api.client.post("/v1/api-keys", json=body, headers=api.key("admin"))
    assert (response.json()["code"], response.json()["errors"][0]["pointer"]) == ("invalid-document", "/expires_at")


def test_unknown_scopes_are_refused_with_the_known_ones(api: Api) -> None:
    body = {"name": "key", "scopes": ["credentials:write"]}
    problem = api.client.post("/v1/api-keys", json=body, headers=api.key("admin")).json()
    assert problem["code"] == "invalid-document"
    assert "credentials:revoke" in problem["errors"][0]["remedy"]


def test_an_achievement_with_many_mistakes_gets_them_all_at_once(api: Api) -> None:
    headers = {**api.key("batches:write"), "Content-Type": "application/toml"}
    problem = api.client.post("/v1/issuers/uni/achievements", content=b'slug = "x"\n', headers=headers).json()
    assert problem["status"] == 422
    assert len(problem["errors"]) > 3
    assert all(error["pointer"] for error in problem["errors"])


def test_an_external_key_needs_its_public_half_and_a_hosted_one_has_none(api: Api) -> None:
    for body in ({"custody": "external"}, {"custody": "hosted", "multibase": "z6Mk"}):
        response = api.client.post("/v1/issuers/uni/keys", json=body, headers=api.key("admin"))
        assert response.json()["errors"][0]["pointer"] == "/multibase"
    response = api.client.post(
        "/v1/issuers/uni/keys", json={"custody": "external", "multibase": "zzz"}, headers=api.key("admin")
    )
    assert response.json()["code"] == "invalid-document"


@pytest.mark.parametrize("cursor", ["x", "W10", "e30", "WzEsMl0", "WyIxIiwiYSJd", "!", "WzEsImEiLDNd", "Wy0xLCJhIl0"])
def test_a_made_up_cursor_is_refused(api: Api, cursor: str) -> None:
    response = api.client.get(f"/v1/issuers?cursor={cursor}")
    assert (response.status_code, response.json()["code"]) == (400, "invalid-cursor")


def test_too_many_lines_to_verify_are_refused(api: Api) -> None:
    data = b"{}\n" * (MAX_VERIFY_LINES + 1)
    response = api.client.post("/v1/verify", content=data, headers={"Content-Type": "application/jsonl"})
    assert response.status_code == 413


def test_what_is_no_credential_is_a_verdict_and_not_an_error(api: Api) -> None:
    for data in (b"", b"{", b"\xff\xfe", b"{}", b"[" * 1000):
        response = api.client.post("/v1/verify", content=data, headers={"Content-Type": "application/json"})
        assert (response.status_code, response.json()["verdict"]) == (200, "invalid")


def test_signed_credentials_that_are_not_are_named_by_place(api: Api) -> None:
    good, bad = api.signed(), {**api.signed(), "name": "changed after signing"}
    response = api.client.post(f"/v1/batches/{api.external}/signed", json=[good, bad, 7], headers=api.key("admin"))
    assert [error["row"] for error in response.json()["errors"]] == [3]
    response = api.client.post(f"/v1/batches/{api.external}/signed", json=[good, bad], headers=api.key("admin"))
    assert [error["row"] for error in response.json()["errors"]] == [2]
    for body in ([], {}):
        response = api.client.post(f"/v1/batches/{api.external}/signed", json=body, headers=api.key("admin"))
        assert response.status_code == 422
