"""The JSON-RPC client takes answers or says that there was none; it follows nobody and reads no more than it must."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from anchor.errors import Unreachable
from anchor.jsonrpc import JsonRpc, RpcError, data, quantity, shown

Answer = Callable[[Any], tuple[int, dict[str, str], bytes]]


@contextmanager
def node(answer: Answer) -> Iterator[tuple[str, list[Any]]]:
    """A server that answers as told: (status, headers, body). Yields its URL and the requests it got."""
    seen: list[Any] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            seen.append((request, self.headers.get("Authorization"), self.client_address))
            status, headers, body = answer(request)
            self.send_response(status)
            for name, value in ({"Content-Length": str(len(body))} | headers).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)
            self.close_connection |= "Content-Length" in headers

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", seen
    finally:
        server.shutdown()
        server.server_close()


def good(request: Any) -> tuple[int, dict[str, str], bytes]:
    """Answer every call with its method's name; batches last first, as a node may."""

    def one(call: dict[str, Any]) -> dict[str, Any]:
        return {"jsonrpc": "2.0", "id": call["id"], "result": call["method"]}

    value = [one(call) for call in reversed(request)] if isinstance(request, list) else one(request)
    return 200, {}, json.dumps(value).encode()


def test_answers_to_a_batch_are_put_in_the_order_of_the_questions_over_one_connection():
    with node(good) as (url, seen):
        rpc = JsonRpc(url)
        assert rpc.batch([(f"m{place}", []) for place in range(250)]) == [f"m{place}" for place in range(250)]
        assert rpc.call("last") == "last"
        rpc.close()
    assert [len(request) for request, _, _ in seen[:-1]] == [100, 100, 50]
    assert len({address for _, _, address in seen}) == 1


def test_a_node_that_takes_no_batches_is_asked_one_by_one():
    def refuse(request: Any) -> tuple[int, dict[str, str], bytes]:
        if isinstance(request, list):
            error = {"code": -32600, "message": "no batches"}
            return 200, {}, json.dumps({"jsonrpc": "2.0", "id": None, "error": error}).encode()
        return good(request)

    with node(refuse) as (url, _):
        assert JsonRpc(url).batch([("a", []), ("b", [])]) == ["a", "b"]


def test_an_error_object_keeps_its_code_and_data():
    error = {"code": 3, "message": "execution reverted", "data": "0x1234"}
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "error": error}).encode()
    with node(lambda _: (200, {}, body)) as (url, _), pytest.raises(RpcError) as caught:
        JsonRpc(url).call("eth_call")
    assert (caught.value.code, caught.value.data) == (3, "0x1234")
    assert not isinstance(caught.value, Unreachable)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ((302, {"Location": "http://127.0.0.1:1/"}, b""), "redirects"),
        ((500, {}, b"{}"), "HTTP 500"),
        ((200, {}, b"<html>"), "not JSON"),
        ((200, {}, b"[" * 50_000), "not JSON"),
        ((200, {}, b'{"jsonrpc":"2.0","id":2,"result":1}'), "not JSON-RPC"),
        ((200, {}, b'{"jsonrpc":"2.0","id":1}'), "not JSON-RPC"),
        ((200, {}, b'"' + b"x" * 60_000 + b'"'), "exceeds 50000 bytes"),
        ((200, {"Content-Length": "900"}, b"{}"), "cut off"),
    ],
)
def test_whatever_is_not_an_answer_is_unreachable(answer, said):
    with node(lambda _: answer) as (url, _), pytest.raises(Unreachable, match=said):
        JsonRpc(url, max_bytes=50_000).call("eth_chainId")


def test_a_batch_with_answers_missing_is_unreachable():
    with node(lambda _: (200, {}, b'[{"jsonrpc":"2.0","id":1,"result":1}]')) as (url, _), pytest.raises(Unreachable):
        JsonRpc(url).batch([("a", []), ("b", [])])


def test_a_kept_connection_that_the_node_closed_meanwhile_is_opened_again():
    def closing(request: Any) -> tuple[int, dict[str, str], bytes]:
        status, _, body = good(request)
        return status, {"Content-Length": str(len(body))}, body  # the server closes after it without saying so

    with node(closing) as (url, seen):
        rpc = JsonRpc(url)
        assert [rpc.call("a"), rpc.call("b")] == ["a", "b"]
        rpc.close()
    assert len(seen) == 2


def test_credentials_are_sent_to_the_node_and_never_shown():
    with node(good) as (url, seen):
        rpc = JsonRpc(url.replace("http://", "http://user:s%40cret@") + "/v3/token")
        rpc.call("a")
        rpc.close()
    assert seen[0][1] == "Basic dXNlcjpzQGNyZXQ="
    assert rpc.endpoint == url
    assert shown("https://user:pass@node.example:8545/v3/token?key=1") == "https://node.example:8545"


def test_nobody_listening_is_unreachable_and_a_strange_address_is_refused():
    with pytest.raises(Unreachable, match="does not accept"):
        JsonRpc("http://127.0.0.1:9").call("a")
    with pytest.raises(Unreachable, match="http"):
        JsonRpc("file:///etc/passwd")


def test_quantities_and_data_are_hexadecimal_and_nothing_else():
    assert quantity("0x41") == 65
    assert data("0x41fe", 2) == b"\x41\xfe"
    for value in ("41", "0x", 65, None, "0xzz"):
        with pytest.raises(ValueError):
            quantity(value)
    for value in ("41", "0x4", None, "0xzz"):
        with pytest.raises(ValueError):
            data(value)
    with pytest.raises(ValueError):
        data("0x4141", 3)
