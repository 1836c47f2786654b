"""A node between the test and a real node: what a dishonest, broken or overloaded RPC provider, or the way to it, does.

Two kinds of faults. `alter` and `tamper` change what is answered, as JSON-RPC. `trouble` befalls a whole HTTP request,
in one of two ways that the one who asks cannot tell apart: the node never got it, or it did and the answer is lost.
"""

import json
import socket
import struct
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from anchor.jsonrpc import JsonRpc, RpcError

Alter = Callable[[str, Any], Any]
Tamper = Callable[[str, Sequence[Any], Callable[[], Any]], Any]
"""As in tests.support.faults: method, parameters, and how to ask."""

HOW = ("reset", "502", "429", "html", "cut off", "hang")


@dataclass(frozen=True)
class Trouble:
    """What befalls one HTTP request. `how`: one of HOW. `reaches`: the node gets it all the same."""

    how: str
    reaches: bool = False


class Proxy:
    """Serves on a free port inside a `with`; `alter(method, result)` gives the result that is passed on.

    `tamper` may also ask or not; `trouble(methods)` says what befalls the request with these calls, None for nothing.
    """

    def __init__(self, url: str, alter: Alter = lambda _method, result: result) -> None:
        self.tamper: Tamper = lambda method, _params, ask: alter(method, ask())
        self.trouble: Callable[[list[str]], Trouble | None] = lambda _methods: None
        self.log: list[str] = []  # methods, in the order in which they came
        self._node = url
        self._released = threading.Event()
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"  # connections are kept, as nodes keep them
            disable_nagle_algorithm = True

            def do_POST(self) -> None:
                proxy._serve(self, self.rfile.read(int(self.headers["Content-Length"])))

            def log_message(self, *_: object) -> None:
                pass

        class Server(ThreadingHTTPServer):
            def handle_error(self, *_: object) -> None:
                """Whoever asked is gone: it timed out, or was killed."""

        self._server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> str:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return self.url

    def __exit__(self, *_: object) -> None:
        self._released.set()
        self._server.shutdown()
        self._server.server_close()

    def _serve(self, handler: BaseHTTPRequestHandler, body: bytes) -> None:
        request = json.loads(body)
        calls = request if isinstance(request, list) else [request]
        methods = [one["method"] for one in calls]
        self.log += methods
        trouble = self.trouble(methods)
        answer: Any = None
        if trouble is None or trouble.reaches:
            node = JsonRpc(self._node)
            try:
                found = [self._answer(node, one) for one in calls]
            finally:
                node.close()
            answer = found if isinstance(request, list) else found[0]
        if trouble is None:
            _reply(handler, 200, json.dumps(answer).encode())
        elif trouble.how == "reset":
            # No time to linger: whoever asked gets a reset instead of an orderly end.
            handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            handler.close_connection = True
        elif trouble.how == "hang":
            self._released.wait()
            handler.close_connection = True
        elif trouble.how == "cut off":
            _reply(handler, 200, b'[{"jsonrpc":"2.0"', promised=500)
            handler.close_connection = True
        elif trouble.how == "html":
            _reply(handler, 200, b"<html><body>We will be back soon</body></html>")
        else:
            _reply(handler, int(trouble.how), b"<html>Bad Gateway</html>")

    def _answer(self, node: JsonRpc, request: dict[str, Any]) -> dict[str, Any]:
        method, params = request["method"], request["params"]
        try:
            result = self.tamper(method, params, lambda: node.call(method, *params))
        except RpcError as refusal:
            error = {"code": refusal.code, "message": refusal.message, "data": refusal.data}
            return {"jsonrpc": "2.0", "id": request["id"], "error": error}
        return {"jsonrpc": "2.0", "id": request["id"], "result": result}


def _reply(handler: BaseHTTPRequestHandler, status: int, body: bytes, promised: int | None = None) -> None:
    handler.send_response(status)
    handler.send_header("Content-Length", str(len(body) if promised is None else promised))
    handler.end_headers()
    handler.wfile.write(body)
