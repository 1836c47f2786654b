"""The doors of the HTTP server: who may come in, with what, and what is answered."""

import http.client
import json
import socket
import threading
from urllib.parse import urlsplit

import pytest

from anchor.devnode import limits, serve
from anchor.devnode.server import READ_ONLY

JSON = {"Content-Type": "application/json"}
CHAIN_ID = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "eth_chainId"})
MINE = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "evm_mine"})


@pytest.fixture
def http_client(chain):
    parts = urlsplit(chain.server.url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=20)
    yield connection
    connection.close()


def ask(connection, method="POST", path="/", body=CHAIN_ID, headers=JSON):
    """Status, headers and body."""
    connection.request(method, path, body, headers)
    answer = connection.getresponse()
    return answer.status, dict(answer.getheaders()), answer.read()


def test_one_connection_serves_many_requests(http_client):
    assert ask(http_client)[0] == 200
    first = http_client.sock
    assert all(ask(http_client)[0] == 200 for _ in range(5))
    assert http_client.sock is first


def test_a_notification_has_an_empty_answer(http_client):
    status, _, body = ask(http_client, body=json.dumps({"jsonrpc": "2.0", "method": "evm_mine"}))
    assert (status, body) == (204, b"")
    assert ask(http_client)[0] == 200


@pytest.mark.parametrize(
    "kind", ["text/plain", "text/plain; application/json", "application/x-www-form-urlencoded", ""]
)
def test_anything_but_json_is_refused(chain, http_client, kind):
    """A page can send these to any origin without asking first."""
    for path in ("/", READ_ONLY):
        assert ask(http_client, path=path, body=MINE, headers={"Content-Type": kind})[0] == 415
    assert chain.rpc("eth_blockNumber") == "0x0"


def test_a_missing_content_type_is_refused(http_client):
    assert ask(http_client, headers={})[0] == 415


def test_json_with_a_character_set_is_json(http_client):
    assert ask(http_client, headers={"Content-Type": "application/json; charset=utf-8"})[0] == 200


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://127.0.0.1:1", "http://localhost.evil.example", ""]
)
def test_pages_of_other_origins_do_not_reach_the_full_door(chain, http_client, origin):
    status, headers, _ = ask(http_client, body=MINE, headers=JSON | {"Origin": origin})
    assert status == 403
    assert not any(name.lower().startswith("access-control") for name in headers)
    assert chain.rpc("eth_blockNumber") == "0x0"


def test_a_page_of_the_node_itself_reaches_the_full_door(chain, http_client):
    port = urlsplit(chain.server.url).port
    for host in ("127.0.0.1", "localhost"):
        assert ask(http_client, headers=JSON | {"Origin": f"http://{host}:{port}"})[0] == 200


def test_the_browsers_question_is_answered_at_the_read_only_door_alone(http_client):
    question = {
        "Origin": "https://verifier.example",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type",
    }
    status, headers, body = ask(http_client, "OPTIONS", READ_ONLY, None, question)
    assert (status, body) == (204, b"")
    assert headers["Access-Control-Allow-Origin"] == "*"
    assert headers["Access-Control-Allow-Methods"] == "POST"
    assert headers["Access-Control-Allow-Headers"] == "content-type"
    status, headers, _ = ask(http_client, "OPTIONS", "/", None, question)
    assert status == 403
    assert not any(name.lower().startswith("access-control") for name in headers)


def test_a_page_of_any_origin_reads_and_cannot_change(chain, http_client):
    origin = JSON | {"Origin": "https://verifier.example"}
    status, headers, body = ask(http_client, path=READ_ONLY, headers=origin)
    assert (status, headers["Access-Control-Allow-Origin"]) == (200, "*")
    assert json.loads(body)["result"] == hex(chain.node.chain_id)
    assert json.loads(ask(http_client, path=READ_ONLY, body=MINE, headers=origin)[2])["error"]["code"] == -32601
    assert chain.rpc("eth_blockNumber") == "0x0"


def test_the_node_says_what_it_is_to_a_person(http_client):
    for path in ("/", READ_ONLY):
        status, headers, body = ask(http_client, "GET", path, None, {})
        assert (status, headers["Allow"]) == (405, "POST, OPTIONS")
        assert b"development chain" in body
        assert "development chain" in headers["Server"]
    assert ask(http_client, "HEAD", "/", None, {})[0] == 405


def test_other_paths_are_not_found(http_client):
    for path in ("/rpc", "/read-only/", "/?a=b"):
        assert ask(http_client, path=path)[0] == 404


def raw(chain, text):
    """Everything that the server answers to these bytes before it closes the connection."""
    parts = urlsplit(chain.server.url)
    with socket.create_connection((parts.hostname, parts.port), timeout=20) as connection:
        connection.sendall(text)
        connection.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: connection.recv(65536), b""))


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (f"Content-Length: {limits.MAX_BODY_BYTES + 1}", 413),
        ("Content-Length: " + "9" * 5000, 413),
        ("Content-Length: -1", 411),
        ("Content-Length: 1e3", 411),
        ("Content-Length: 5\r\nContent-Length: 6", 411),
        ("Transfer-Encoding: chunked", 411),
        ("X: y", 411),
        ("Content-Length: 500", 400),
    ],
)
def test_a_body_is_announced_and_bounded(chain, head, status):
    request = f"POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n{head}\r\n\r\n".encode() + MINE.encode()
    answer = raw(chain, request)
    assert answer.startswith(f"HTTP/1.1 {status} ".encode())
    assert b"Connection: close" in answer
    assert answer.count(b"HTTP/1.1") == 1  # what follows is not taken for a second request
    assert chain.rpc("eth_blockNumber") == "0x0"


def test_garbage_is_refused_and_the_server_lives_on(chain, http_client):
    for text in (
        b"\x16\x03\x01\x02\x00",
        b"GET\r\n\r\n",
        b"POST / HTTP/9.9\r\n\r\n",
        b"\r\n",
        b"A" * 70_000 + b"\r\n\r\n",
    ):
        assert b" 200 " not in raw(chain, text)
    assert ask(http_client)[0] == 200


def test_connections_are_bounded_and_free_again_when_closed(chain, monkeypatch):
    monkeypatch.setattr("anchor.devnode.server.MAX_CONNECTIONS", 4)
    parts = urlsplit(chain.server.url)
    held = [http.client.HTTPConnection(parts.hostname, parts.port, timeout=20) for _ in range(4)]
    try:
        assert [ask(connection)[0] for connection in held] == [200] * 4
        one_more = http.client.HTTPConnection(parts.hostname, parts.port, timeout=20)
        with pytest.raises(OSError):
            ask(one_more)
        one_more.close()
    finally:
        for connection in held:
            connection.close()


def test_stopping_closes_what_is_open_and_frees_the_port(chain):
    with serve(chain.node) as server:
        parts = urlsplit(server.url)
        connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=20)
        assert ask(connection)[0] == 200
    with pytest.raises(OSError):
        ask(connection)
    connection.close()
    with serve(chain.node, port=parts.port) as again:
        assert again.url == server.url
        assert again.read_only_url == server.url + READ_ONLY
    names = {thread.name for thread in threading.enumerate()}
    assert names >= {"development chain http"}  # the fixture's own server still runs


def test_a_port_in_use_is_an_error(chain):
    with pytest.raises(OSError):
        serve(chain.node, port=urlsplit(chain.server.url).port)
