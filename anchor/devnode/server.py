"""The node behind HTTP/1.1: `POST /` for programs on this machine, `POST /read-only` for web pages of any origin.

A web page can make a browser send requests to this machine. So the full door takes JSON only (which a page cannot send
to another origin without asking first) and refuses every request that carries a foreign Origin; the read-only door
answers the browser's question with yes, and serves nothing that changes anything.
"""

import socket
import threading
from collections.abc import Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from anchor.devnode.limits import IDLE_SECONDS, MAX_BODY_BYTES, MAX_CONNECTIONS
from anchor.devnode.node import DevNode, client_version

FULL = "/"
READ_ONLY = "/read-only"
TEXT = "text/plain; charset=utf-8"

CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "POST",
    "Access-Control-Allow-Headers": "content-type",
    "Access-Control-Allow-Private-Network": "true",
    "Access-Control-Max-Age": "600",
}


class _Refused(Exception):
    """An HTTP request that does not reach the node."""

    def __init__(self, status: HTTPStatus, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.text = text


class _Handler(BaseHTTPRequestHandler):
    server: "_Listener"
    protocol_version = "HTTP/1.1"
    timeout = IDLE_SECONDS
    disable_nagle_algorithm = True
    wbufsize = -1  # one write for head and body together

    def do_POST(self) -> None:
        try:
            self._check_door()
            answer = self.server.node.answer(self._body(), read_only=self.path == READ_ONLY)
        except _Refused as refusal:
            # the body may be unread: what follows on this connection could not be told from it
            self.close_connection = True
            self._send(refusal.status, TEXT, f"{refusal.text}\n".encode())
            return
        if answer is None:
            self._send(HTTPStatus.NO_CONTENT, None, b"")
        else:
            self._send(HTTPStatus.OK, "application/json", answer)

    def do_OPTIONS(self) -> None:
        if self.path == READ_ONLY:
            self._send(HTTPStatus.NO_CONTENT, None, b"")
        else:
            self._send(HTTPStatus.FORBIDDEN, TEXT, b"web pages use /read-only\n")

    def do_GET(self) -> None:
        text = f"{client_version()}: an Ethereum node for development, not a public chain. POST JSON-RPC here.\n"
        self._send(HTTPStatus.METHOD_NOT_ALLOWED, TEXT, text.encode(), {"Allow": "POST, OPTIONS"})

    do_HEAD = do_PUT = do_DELETE = do_PATCH = do_GET

    def _check_door(self) -> None:
        if self.path not in (FULL, READ_ONLY):
            raise _Refused(HTTPStatus.NOT_FOUND, f"only {FULL} and {READ_ONLY} are served")
        origin = self.headers.get("Origin")
        if self.path == FULL and origin is not None and origin not in self.server.origins:
            raise _Refused(HTTPStatus.FORBIDDEN, f"requests of web pages from {origin} are refused; use {READ_ONLY}")
        if self.headers.get_content_type() != "application/json" or "Content-Type" not in self.headers:
            raise _Refused(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "the content type must be application/json")

    def _body(self) -> bytes:
        if "Transfer-Encoding" in self.headers:
            raise _Refused(HTTPStatus.LENGTH_REQUIRED, "send the body with a Content-Length")
        lengths = self.headers.get_all("Content-Length") or []
        if len(lengths) != 1 or not (lengths[0].isascii() and lengths[0].isdigit()):
            raise _Refused(HTTPStatus.LENGTH_REQUIRED, "send exactly one Content-Length")
        length = int(lengths[0]) if len(lengths[0]) < 20 else MAX_BODY_BYTES + 1
        if length > MAX_BODY_BYTES:
            raise _Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"the body is over {MAX_BODY_BYTES} bytes")
        body = self.rfile.read(length)
        if len(body) != length:
            raise _Refused(HTTPStatus.BAD_REQUEST, "the body ended early")
        return body

    def _send(self, status: HTTPStatus, kind: str | None, body: bytes, extra: Mapping[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (extra or {}).items():
            self.send_header(name, value)
        if self.path == READ_ONLY:
            for name, value in CORS.items():
                self.send_header(name, value)
        if kind is not None:
            self.send_header("Content-Type", kind)
            self.send_header("X-Content-Type-Options", "nosniff")
        if status != HTTPStatus.NO_CONTENT:
            self.send_header("Content-Length", str(len(body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
        self.wfile.flush()

    def version_string(self) -> str:
        return client_version()

    def log_message(self, format: str, *args: Any) -> None:
        """Requests are not logged: the answers say what was wrong."""


class _Listener(ThreadingHTTPServer):
    """Counts connections, so that they are bounded and can all be closed."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, node: DevNode, host: str, port: int) -> None:
        if ":" in host:
            self.address_family = socket.AF_INET6
        super().__init__((host, port), _Handler)
        self.node = node
        shown = f"[{host}]" if ":" in host else host
        self.url = f"http://{shown}:{self.server_address[1]}"
        names = (shown, "localhost", "127.0.0.1", "[::1]")
        self.origins = {f"http://{name}:{self.server_address[1]}" for name in names}
        self._open: set[socket.socket] = set()
        self._guard = threading.Lock()

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._guard:
            full = len(self._open) >= MAX_CONNECTIONS
            if not full:
                self._open.add(request)
        if full:
            self.shutdown_request(request)
            return
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._guard:
            self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away in the middle is its own business; defects of the node are answered as -32603."""

    def drop_connections(self) -> None:
        with self._guard:
            connections = list(self._open)
        for connection in connections:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue  # it is closed already


class Server:
    """A running server: `url` (full door), `read_only_url`, `stop()`. Does not close the node."""

    def __init__(self, listener: _Listener) -> None:
        self._listener = listener
        self.url = listener.url
        self.read_only_url = f"{listener.url}{READ_ONLY}"
        self._thread = threading.Thread(target=listener.serve_forever, args=(0.05,), name="development chain http")
        self._thread.daemon = True
        self._thread.start()

    def stop(self) -> None:
        """Stop listening and close all connections. Safe to repeat."""
        self._listener.shutdown()
        self._thread.join()
        self._listener.drop_connections()
        self._listener.server_close()

    def __enter__(self) -> "Server":
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def serve(node: DevNode, host: str = "127.0.0.1", port: int = 0) -> Server:
    """Serve the node over HTTP in threads of its own; port 0 takes a free one. Raises OSError for a port in use."""
    return Server(_Listener(node, host, port))
