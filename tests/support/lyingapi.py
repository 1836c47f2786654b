"""A registry's API as a dishonest operator would have it: a server in between that says something else, or nothing."""

import http.client
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

Lie = Callable[[Any], Any]
"""From what the API answers, as JSON, to what is passed on; None for a 404."""


@contextmanager
def lying(api: str, lies: dict[str, Lie]) -> Iterator[str]:
    """The address of a server that passes `api` on, but for paths that begin with a key of `lies`."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            connection = http.client.HTTPConnection(urlsplit(api).netloc, timeout=30)
            try:
                connection.request("GET", self.path)
                answer = connection.getresponse()
                status, body = answer.status, answer.read()
            finally:
                connection.close()
            lie = next((lies[begin] for begin in lies if self.path.startswith(begin)), None)
            if lie and status == http.client.OK:
                told = lie(json.loads(body))
                status, body = (http.client.NOT_FOUND, b"{}") if told is None else (status, json.dumps(told).encode())
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
