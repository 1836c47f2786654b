"""What the logs hold: route templates and request ids; never a name, mail address, handle, id or token."""

import asyncio
import json
import logging
from pathlib import Path

import pytest

from api.logs import FORMATS, JsonLines, TextLines, configure
from tests.support.apisamples import SAMPLES
from tests.support.httpapi import Api, operations


def _lines(caplog: pytest.LogCaptureFixture) -> list[dict[str, object]]:
    own = [record for record in caplog.records if record.name == "credanchor.api"]
    return [json.loads(JsonLines().format(record)) for record in own]


def test_each_request_is_one_line_with_its_route_template(api: Api, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    headers = api.key("admin")
    response = api.client.get(f"/v1/credentials/{api.handles[0]}?x=secret", headers=headers)
    lines = [line for line in _lines(caplog) if line["message"] == "request"]
    assert len(lines) == 1
    assert (lines[0]["method"], lines[0]["route"], lines[0]["status"]) == ("GET", "/v1/credentials/{handle}", 200)
    assert lines[0]["request_id"] == response.headers["x-request-id"]
    assert lines[0]["key"] == headers["Authorization"].split("_")[2]


@pytest.mark.parametrize("form", FORMATS)
def test_no_log_line_tells_of_whom_it_is(api: Api, caplog: pytest.LogCaptureFixture, form: str) -> None:
    caplog.set_level(logging.DEBUG)
    file = json.loads(api.file())
    headers = api.key("admin")
    for operation in operations(api.app):
        if operation.id not in ("suspendIssuer", "revokeKey", "markKeyCompromised", "eraseCredential", "deleteBatch"):
            body = SAMPLES[operation.id](api) if operation.has_body else None
            api.send(operation, {**headers, "Idempotency-Key": operation.id}, body)
    api.client.delete(f"/v1/credentials/{api.handles[0]}", headers=headers)
    api.client.get("/v1/credentials/Zoë?email=zoe@students.example")
    lines = [FORMATS[form]().format(record) for record in caplog.records if record.name != "httpx2"]
    text = "\n".join(lines)
    assert sum("request" in line for line in lines) > 40
    secret = headers["Authorization"].rsplit("_", 1)[1]
    for word in ("Zoë", "Ünal", "Ødegård", "students.example", "a note about", *api.handles, file["id"], secret):
        assert word not in text, word


def test_what_breaks_is_logged_by_kind_and_place_and_not_by_message(
    api: Api, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> None:
        raise LookupError("Zoë Ünal is not in the list")

    monkeypatch.setattr(api.services.store, "read", broken)
    response = api.client.get("/v1/issuers")
    assert response.status_code == 500
    text = "\n".join(map(json.dumps, _lines(caplog)))
    assert "LookupError" in text
    assert "routes/issuers.py" in text
    assert response.headers["x-request-id"] in text
    assert "Zo" not in response.text + text


def test_a_failure_of_the_database_is_named_in_the_access_log(
    api: Api, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    from registry.store.engine import StoreUnavailable

    def away() -> None:
        raise StoreUnavailable("the server is gone")

    caplog.set_level(logging.INFO)
    monkeypatch.setattr(api.services.store, "read", away)
    assert api.client.get("/v1/issuers").status_code == 503
    assert [line["failure"] for line in _lines(caplog)] == ["StoreUnavailable"]


def test_a_client_that_goes_away_is_no_error_of_ours(api: Api, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    path = f"/v1/batches/{api.open}/credentials"
    headers = {**api.key("batches:write"), "Content-Type": "text/csv"}

    async def receive() -> dict[str, object]:
        return {"type": "http.disconnect"}

    async def send(message: object) -> None:
        raise AssertionError(message)

    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "scheme": "http",
        "path": path, "raw_path": path.encode(), "query_string": b"", "root_path": "",
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
        "server": ("127.0.0.1", 8000), "client": ("127.0.0.1", 1),
    }  # fmt: skip
    asyncio.run(api.app(scope, receive, send))
    assert [(line["level"], line["status"]) for line in _lines(caplog)] == [("INFO", 499)]


def _written(form: str, capsys: pytest.CaptureFixture[str]) -> list[str]:
    """What some other library logs, at the level WARNING."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    try:
        configure("WARNING", form)
        try:
            int("Zoë")
        except ValueError:
            logging.getLogger("some.library").exception("it broke at %s", Path("x"))
        logging.getLogger("some.library").info("not shown")
    finally:
        root.handlers[:], root.level = handlers, level
    return capsys.readouterr().err.splitlines()


def test_lines_of_other_libraries_are_json_too(capsys: pytest.CaptureFixture[str]) -> None:
    lines = _written("json", capsys)
    assert len(lines) == 1
    line = json.loads(lines[0])
    assert (line["level"], line["logger"], line["message"]) == ("ERROR", "some.library", "it broke at x")
    assert line["exception"] == "ValueError"
    assert "Zo" not in lines[0]
    assert "test_logs.py" in line["frames"][0]


def test_text_for_people_says_the_same_and_what_comes_from_outside_cannot_forge_a_line(
    capsys: pytest.CaptureFixture[str],
) -> None:
    [line] = _written("text", capsys)
    assert " ERROR   some.library: it broke at x exception=ValueError frames=" in line
    assert "Zo" not in line
    made = {"msg": "sent", "levelno": logging.INFO, "levelname": "INFO", "name": "worker"}
    outside = {"answer": 'no\n2026 ERROR forged: "x"', "block": 7, "tx": "0xab"}
    record = logging.makeLogRecord({**made, **outside})
    line = TextLines().format(record)
    assert len(line.splitlines()) == 1
    assert line.endswith(r' INFO    worker: sent answer="no\n2026 ERROR forged: \"x\"" block=7 tx=0xab')
