"""Every error has one shape (RFC 9457), on every operation:

    {"type": "/problems/<code>", "code", "title", "status", "detail", "request_id", "errors"?: [...]}

as application/problem+json, with the type explained at its own address and the request id in a header.
"""

from httpx2 import Response

from api.bodies import JSON
from api.problem_types import TYPES
from api.problems import MEDIA_TYPE, TABLE
from tests.support.httpapi import Api, operations

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
WITHOUT_SERVICES = {"livez", "listProblems", "getProblem"}


def check(response: Response, code: str) -> None:
    """The one shape."""
    body = response.json()
    assert response.headers["content-type"] == MEDIA_TYPE
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["x-request-id"] == body["request_id"] != ""
    assert (response.status_code, body["status"], body["code"]) == (TYPES[code].status, TYPES[code].status, code)
    assert body["type"] == f"/problems/{code}"
    assert body["title"] == TYPES[code].title
    assert body["detail"]


def test_an_unknown_path_is_404_on_every_method(api: Api) -> None:
    for method in METHODS:
        for path in ("/nope", "/v1", "/v1/batches/", "/v1/issuers//keys", "/docs", "/redoc", "/v1/batches/x/y/z"):
            check(api.client.request(method, path), "not-found")


def test_a_wrong_method_is_405_and_names_the_right_ones(api: Api) -> None:
    known: dict[str, set[str]] = {}
    for operation in operations(api.app):
        known.setdefault(operation.path, set()).add(operation.method)
    assert len(known) > 25
    for path, methods in known.items():
        url = path.format(**api.places())
        for method in set(METHODS) - methods:
            response = api.client.request(method, url)
            check(response, "method-not-allowed")
            expected = methods | ({"HEAD"} if "GET" in methods else set())
            assert set(response.headers["allow"].split(", ")) == expected, (method, path)


def test_a_body_over_the_limit_is_413_on_every_route_that_reads_one(api: Api) -> None:
    found = [one for one in operations(api.app) if one.has_body]
    assert len(found) == 27
    for operation in found:
        headers = {**api.key("admin"), "Content-Length": str(10**12), "Content-Type": JSON}
        response = api.client.request(operation.method, api.url(operation), headers=headers, content=b"{}")
        check(response, "body-too-large")
        assert response.json()["limit"] > 0
        assert response.headers["connection"] == "close"


def test_a_missing_or_wrong_content_type_is_415_and_names_the_right_ones(api: Api) -> None:
    for operation in operations(api.app):
        if operation.has_body:
            for content_type in ({}, {"Content-Type": "multipart/form-data; boundary=x"}):
                headers = {**api.key("admin"), **content_type}
                response = api.client.request(operation.method, api.url(operation), headers=headers, content=b"{}")
                check(response, "unsupported-media-type")
                assert set(response.headers["accept-post"].split(", ")) == set(
                    operation.description["requestBody"]["content"]
                )


def test_a_compressed_body_is_refused_on_every_route(api: Api) -> None:
    for operation in operations(api.app):
        if operation.has_body:
            headers = {**api.key("admin"), "Content-Type": JSON, "Content-Encoding": "gzip"}
            response = api.client.request(operation.method, api.url(operation), headers=headers, content=b"\x1f\x8b")
            check(response, "unsupported-encoding")
            assert response.headers["accept-encoding"] == "identity"


def test_a_request_of_the_wrong_form_is_422_with_places(api: Api) -> None:
    wrong = {"suprise": "Zoë", "reason": 7, "scopes": "admin", "achievement": 1, "since": "yesterday", "custody": None}
    tried = 0
    for operation in operations(api.app):
        body = operation.description.get("requestBody", {}).get("content", {})
        if "additionalProperties" in body.get(JSON, {}).get("schema", {}):  # a small request of known fields
            response = api.client.post(api.url(operation), headers=api.key("admin"), json=wrong)
            check(response, "invalid-request")
            assert "/suprise" in {error["pointer"] for error in response.json()["errors"]}
            assert "Zoë" not in response.text
            tried += 1
    assert tried == 23


def test_wrong_parameters_are_422_with_their_names(api: Api) -> None:
    for path, name in (
        ("/v1/issuers?limit=0", "limit"),
        ("/v1/anchors?limit=1000000", "limit"),
        ("/v1/anchors/zero", "number"),
        ("/v1/anchors/99999999999999999999", "number"),
        ("/v1/export/batches/1.json", "number"),
        (f"/v1/status-lists/{api.places()['list_id']}/evidence?anchor=-1", "anchor"),
    ):
        response = api.client.get(path)
        check(response, "invalid-request")
        assert [error["parameter"] for error in response.json()["errors"]] == [name]


def test_what_breaks_unforeseen_is_500_without_a_word_about_it(api: Api) -> None:
    api.app.state.services = "a secret that must not be told"
    tried = 0
    for operation in operations(api.app):
        if operation.id not in WITHOUT_SERVICES:
            headers = {"Authorization": "Bearer x", "Idempotency-Key": "1", "Content-Type": JSON}
            response = api.client.request(
                operation.method, operation.path.format(**PLACES), headers=headers, content=b"{}"
            )
            check(response, "internal")
            assert not any(word in response.text for word in ("secret", "Error", "Traceback", ".py"))
            tried += 1
    assert tried > 35


PLACES = dict.fromkeys(["issuer", "key_id", "achievement", "batch", "handle", "list_id", "id"], "x") | {
    "number": "00000001",
    "digest": "0" * 64,
    "path": "5/999",
}


def test_missing_things_are_404(api: Api) -> None:
    tried = 0
    for operation in operations(api.app):
        if "{" in operation.path and operation.method == "GET" and operation.id != "listAchievements":
            url = operation.path.format(**(PLACES | {"code": "x", "number": "00000099"}))
            check(api.client.get(url, headers=api.key("admin")), "not-found")
            tried += 1
    assert tried > 10


def test_every_problem_type_is_explained_where_its_type_leads(api: Api) -> None:
    listed = api.client.get("/problems").json()["items"]
    assert {one["code"] for one in listed} == set(TYPES)
    for one in listed:
        assert api.client.get(one["type"]).json() == one
        assert min(len(one[name]) for name in ("title", "explanation", "remedy")) > 10


def test_every_problem_type_is_declared_by_some_operation(api: Api) -> None:
    declared = set()
    for operation in operations(api.app):
        for answer in operation.description["responses"].values():
            declared |= set(answer.get("content", {}).get(MEDIA_TYPE, {}).get("examples", ()))
    # A request that reaches no operation; and what only the pages behind a link say.
    assert set(TYPES) - declared == {"method-not-allowed", "link-ended", "cross-origin"}


def test_every_error_of_the_registry_has_a_problem_type() -> None:
    import registry.errors
    from registry.store import engine

    classes = {
        value
        for module in (registry.errors, engine)
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, registry.errors.RegistryError)
    } - {registry.errors.RegistryError}
    assert classes
    assert classes <= set(TABLE)
    assert set(TABLE.values()) <= set(TYPES)
