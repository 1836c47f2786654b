"""Ask an Ethereum node over HTTP with the standard library alone: single calls, batches, bounds on everything.

    AnchorError
    ├── Unreachable   nothing usable came back: refused, timed out, redirected, not JSON-RPC
    └── RpcError      the node understood and said no (code, message, data)

An endpoint often carries an access token in its path or user part, so errors name scheme, host and port only.
Redirects are refused: a node does not move in the middle of a question. Environment proxies are not used.
"""

import http.client
import json
import re
import ssl
import threading
import time
from base64 import b64encode
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import unquote, urlsplit

from anchor.errors import AnchorError, Unreachable
from registry.errors import FormatError
from registry.format.nesting import loads
from registry.format.strictjson import parse, whole

MAX_ANSWER_BYTES = 64 * 1024 * 1024
"""Largest answer: 10,000 log entries of about 2 kB of JSON each, with room; more is a broken or hostile node."""

MAX_BATCH = 100
"""Calls per HTTP request: public nodes commonly refuse more than 100 at once."""

CHUNK_BYTES = 256 * 1024
"""Read step; the deadline is looked at between steps, so a node that drips bytes cannot hold us."""

DEFAULT_TIMEOUT = 10.0
"""Seconds for a whole request, connection included."""


class RpcError(AnchorError):
    """The node answered with an error object; `data` holds revert bytes where there are some."""

    def __init__(self, method: str, code: int, message: str, data: Any = None) -> None:
        super().__init__(method, code, message, data)
        self.method = method
        self.code = code
        self.message = message
        self.data = data

    def __str__(self) -> str:
        return f"The node refused {self.method}: {self.message} (code {self.code})."


def read_within(response: http.client.HTTPResponse, place: str, deadline: float, max_bytes: int) -> bytes:
    """The body, as `pieces` reads it."""
    return b"".join(pieces(response, place, deadline, max_bytes))


def pieces(response: http.client.HTTPResponse, place: str, deadline: float, max_bytes: int) -> Iterator[bytes]:
    """The body, at most `max_bytes`, before `deadline` (monotonic). Raises Unreachable about `place`, TimeoutError."""
    length = 0
    while chunk := response.read1(CHUNK_BYTES):
        length += len(chunk)
        if length > max_bytes:
            raise Unreachable(place, f"its answer exceeds {max_bytes} bytes")
        if time.monotonic() > deadline:
            raise TimeoutError
        yield chunk
    if response.length:
        raise Unreachable(place, "its answer was cut off")


def shown(url: str) -> str:
    """The endpoint as it may appear in reports and logs: scheme, host and port, no path, no credentials."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"


class JsonRpc:
    """One node. Keeps one connection open; safe to share between threads, which then take turns.

    `strict`: an answer that two JSON readers could read differently is none (FORMAT.md section 1); for verifiers.
    """

    def __init__(
        self, url: str, *, timeout: float = DEFAULT_TIMEOUT, max_bytes: int = MAX_ANSWER_BYTES, strict: bool = False
    ) -> None:
        self._connection: http.client.HTTPConnection | None = None
        self.endpoint = shown(url)
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise Unreachable(self.endpoint, "the endpoint must be an http:// or https:// URL")
        self._tls = parts.scheme == "https"
        self.host, self._port = parts.hostname, parts.port
        self._target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        self._headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if parts.username is not None:
            pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
            self._headers["Authorization"] = "Basic " + b64encode(pair.encode()).decode()
        self._timeout = timeout
        self._max_bytes = max_bytes
        self._strict = strict
        self._lock = threading.Lock()

    def __del__(self) -> None:
        # Readers live as long as whoever asks; the connection goes with them instead of waiting for a collector.
        self._drop()

    def call(self, method: str, *params: Any) -> Any:
        """The `result` of one call. Raises RpcError or Unreachable."""
        request = {"jsonrpc": "2.0", "id": 1, "method": method, "params": list(params)}
        return self._result(method, self._exchange(request), 1)

    def batch(self, calls: Sequence[tuple[str, Sequence[Any]]]) -> list[Any]:
        """Results in the order of `calls`, MAX_BATCH at a time. The first error object raises RpcError.

        A node that does not take batches is asked one by one.
        """
        results: list[Any] = []
        for start in range(0, len(calls), MAX_BATCH):
            results += self._batch(calls[start : start + MAX_BATCH])
        return results

    def close(self) -> None:
        """Drop the kept connection; the next call opens a new one."""
        with self._lock:
            self._drop()

    def _batch(self, calls: Sequence[tuple[str, Sequence[Any]]]) -> list[Any]:
        requests = [
            {"jsonrpc": "2.0", "id": number, "method": method, "params": list(params)}
            for number, (method, params) in enumerate(calls, 1)
        ]
        answers = self._exchange(requests)
        if isinstance(answers, dict):
            return [self.call(method, *params) for method, params in calls]
        by_id = _by_id(answers, len(calls))
        if by_id is None:
            raise Unreachable(self.endpoint, "its answer to a batch does not match the questions")
        return [self._result(method, by_id[number], number) for number, (method, _) in enumerate(calls, 1)]

    def _result(self, method: str, answer: Any, number: int) -> Any:
        if not isinstance(answer, dict):
            raise Unreachable(self.endpoint, "its answer is not JSON-RPC")
        error = answer.get("error")
        if error is not None and not isinstance(error, dict):
            raise Unreachable(self.endpoint, "its answer is not JSON-RPC")
        if error is not None:
            code = error.get("code")
            raise RpcError(
                method, code if isinstance(code, int) else 0, str(error.get("message"))[:300], error.get("data")
            )
        if whole(answer.get("id")) != number or "result" not in answer:
            raise Unreachable(self.endpoint, "its answer is not JSON-RPC")
        return answer["result"]

    def _exchange(self, request: object) -> Any:
        body = json.dumps(request, separators=(",", ":")).encode()
        with self._lock:
            raw = self._post(body)
        try:
            return parse(raw, max_bytes=self._max_bytes) if self._strict else loads(raw)
        except (ValueError, FormatError):
            raise Unreachable(self.endpoint, "its answer is not JSON") from None

    def _post(self, body: bytes) -> bytes:
        deadline = time.monotonic() + self._timeout
        kept = self._connection is not None
        try:
            return self._once(body, deadline)
        except (ConnectionError, http.client.BadStatusLine):
            self._drop()
            if not kept:
                raise Unreachable(self.endpoint, "it does not accept connections") from None
        except BaseException as problem:
            self._drop()
            raise self._unreachable(problem) from None
        try:  # a kept connection that the node had closed meanwhile: ask once more on a new one
            return self._once(body, deadline)
        except BaseException as problem:
            self._drop()
            raise self._unreachable(problem) from None

    def _unreachable(self, problem: BaseException) -> BaseException:
        if isinstance(problem, TimeoutError):
            return Unreachable(self.endpoint, f"it did not answer within {self._timeout:g} s")
        if isinstance(problem, OSError | http.client.HTTPException):
            return Unreachable(self.endpoint, str(problem) or type(problem).__name__)
        return problem

    def _once(self, body: bytes, deadline: float) -> bytes:
        connection = self._connection
        if connection is None:
            connection = self._connection = self._connect()
        if connection.sock is not None:
            connection.sock.settimeout(self._timeout)
        connection.request("POST", self._target, body, self._headers)
        # Closed in every case: `read1` does not notice the end by itself, and an open response blocks the connection.
        with connection.getresponse() as response:
            content = self._content(response, deadline)
        if response.will_close:
            self._drop()
        return content

    def _content(self, response: http.client.HTTPResponse, deadline: float) -> bytes:
        if response.status != http.client.OK:
            raise Unreachable(self.endpoint, self._refusal(response.status))
        return read_within(response, self.endpoint, deadline, self._max_bytes)

    def _refusal(self, status: int) -> str:
        if 300 <= status < 400:
            return f"it redirects (HTTP {status}), which is refused; name the final address"
        return f"it answered HTTP {status}"

    def _connect(self) -> http.client.HTTPConnection:
        if self._tls:
            context = ssl.create_default_context()
            return http.client.HTTPSConnection(self.host, self._port, timeout=self._timeout, context=context)
        return http.client.HTTPConnection(self.host, self._port, timeout=self._timeout)

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _by_id(answers: Any, count: int) -> dict[int, Any] | None:
    """The answers to calls 1 to `count`; None unless there is exactly one object for each."""
    if not isinstance(answers, list) or len(answers) != count:
        return None
    found: dict[int, Any] = {}
    for answer in answers:
        number = whole(answer.get("id")) if isinstance(answer, dict) else None
        if number is None:
            return None
        found[number] = answer
    return found if found.keys() == set(range(1, count + 1)) else None


_QUANTITY = re.compile(r"0x[0-9A-Fa-f]{1,64}")
_DATA = re.compile(r"0x[0-9A-Fa-f]*")


def quantity(value: Any) -> int:
    """A JSON-RPC QUANTITY ("0x41") as an integer below 2^256. Raises ValueError."""
    if not isinstance(value, str) or not _QUANTITY.fullmatch(value):
        raise ValueError("not a hexadecimal quantity of at most 64 digits")
    return int(value[2:], 16)


def data(value: Any, length: int | None = None) -> bytes:
    """JSON-RPC DATA ("0x…", even number of digits) as bytes, exactly `length` of them if given. Raises ValueError."""
    if not isinstance(value, str) or not _DATA.fullmatch(value):
        raise ValueError("not hexadecimal data")
    decoded = bytes.fromhex(value[2:])
    if length is not None and len(decoded) != length:
        raise ValueError(f"{len(decoded)} bytes instead of {length}")
    return decoded
