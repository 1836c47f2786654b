"""A node between the test and a real node that alters answers: what a dishonest or broken RPC provider would do."""

import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from anchor.jsonrpc import JsonRpc, RpcError

Alter = Callable[[str, Any], Any]


class Proxy:
    """Serves on a free port inside a `with`; `alter(method, result)` gives the result that is passed on."""

    def __init__(self, url: str, alter: Alter) -> None:
        node = JsonRpc(url)

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                answer = [_answer(one) for one in request] if isinstance(request, list) else _answer(request)
                body = json.dumps(answer).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        def _answer(request: dict[str, Any]) -> dict[str, Any]:
            try:
                result = node.call(request["method"], *request["params"])
            except RpcError as refusal:
                error = {"code": refusal.code, "message": refusal.message, "data": refusal.data}
                return {"jsonrpc": "2.0", "id": request["id"], "error": error}
            return {"jsonrpc": "2.0", "id": request["id"], "result": alter(request["method"], result)}

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)

    def __enter__(self) -> str:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
