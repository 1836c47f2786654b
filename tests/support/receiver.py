"""A receiver of webhooks that listens on the loopback address and behaves as badly as it is told."""

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Receiver:
    """`mode`: ok, 500, redirect (to another path of its own), drip (never ends its answer). Keeps what it was sent."""

    def __init__(self) -> None:
        self.mode = "ok"
        self.paths: list[str] = []
        self.taken: list[dict[str, Any]] = []  # answered with 204
        self.headers: list[dict[str, str]] = []
        self.bodies: list[bytes] = []
        self.closing = threading.Event()

    def signed(self, place: int, secret: bytes) -> bool:
        """Whether the signature of a message is right, computed as Standard Webhooks says."""
        headers = self.headers[place]
        content = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + self.bodies[place]
        made = base64.b64encode(hmac.new(secret, content, hashlib.sha256).digest()).decode()
        return headers["webhook-signature"] == f"v1,{made}"


@contextmanager
def receiving(port: int = 0) -> Iterator[tuple[Receiver, str]]:
    """A receiver and its address."""
    found = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            found.paths.append(self.path)
            found.headers.append({name.lower(): value for name, value in self.headers.items()})
            found.bodies.append(body)
            if found.mode == "drip":
                self.wfile.write(b"HTTP/1.1 200 OK\r\n")
                while not found.closing.wait(0.02):
                    try:
                        self.wfile.write(b"a")
                    except OSError:
                        return
                return
            if found.mode == "ok":
                found.taken.append(json.loads(body))
            self.send_response({"ok": 204, "redirect": 302, "500": 500}[found.mode])
            if found.mode == "redirect":
                self.send_header("Location", "/elsewhere")
            self.end_headers()

        do_GET = do_POST

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield found, f"http://127.0.0.1:{server.server_port}/hooks/t0ken"
    finally:
        found.closing.set()
        server.shutdown()
        server.server_close()
        thread.join()
