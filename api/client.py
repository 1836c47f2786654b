"""A small HTTP client for the API, on the standard library: the command line and the demo speak through it."""

import json
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.client import HTTPException, HTTPResponse
from typing import Any

from registry.format.nesting import loads

TIMEOUT_SECONDS = 60  # a slow answer is an answer; a silent server is not
MAX_ERROR_BYTES = 1 << 20  # a problem document with 10,000 bad rows is cut, not swallowed whole
MAX_RETRY_WAIT_SECONDS = 5
RETRIES = 4
CHUNK_BYTES = 64 * 1024
PAGE = 200  # items of a list, as many as the API gives at once


class ApiUnreachable(Exception):
    """The API did not answer. Says nothing about what was asked."""

    def __init__(self, url: str, problem: str) -> None:
        super().__init__(
            f"The registry at {url} did not answer ({problem}). "
            "Is `credanchor serve` running there? CREDANCHOR_URL or --url names another address."
        )


class ApiBroken(ApiUnreachable):
    """The API began to answer, and what came cannot be used."""

    def __init__(self, url: str, problem: str, remedy: str) -> None:
        Exception.__init__(self, f"The answer of the registry at {url} {problem}. {remedy}.")


@dataclass
class ApiError(Exception):
    """The API refused: an RFC 9457 problem, https://www.rfc-editor.org/rfc/rfc9457."""

    status: int
    title: str
    detail: str
    code: str = ""
    errors: list[dict[str, Any]] = field(default_factory=list)
    problem: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        lines = [f"{self.title}: {self.detail}" if self.detail else self.title]
        for error in self.errors:
            where = ", ".join(
                f"{name} {error[name]}" for name in ("row", "column", "pointer") if error.get(name) not in (None, "")
            )
            said = " ".join(f"{str(error[name]).rstrip('.')}." for name in ("detail", "remedy") if error.get(name))
            lines.append(f"  {where}: {said}" if where else f"  {said}")
        return "\n".join(lines)


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect would carry the API key to another host."""

    def redirect_request(self, *_: Any) -> None:
        return None


class Client:
    """Speaks to one API with one key. Every method raises ApiError or ApiUnreachable, nothing else.

    POSTs carry an Idempotency-Key that stays the same over retries, so a lost answer never does a thing twice.
    """

    def __init__(self, url: str, token: str | None = None) -> None:
        self.url = url.rstrip("/")
        if not self.url.startswith(("http://", "https://")):
            raise ApiUnreachable(url, "an address starts with http:// or https://")
        self._token = token
        self._opener = urllib.request.build_opener(_NoRedirect, urllib.request.ProxyHandler({}))

    def get(self, path: str, **query: Any) -> Any:
        """The JSON at `path`."""
        return self._json("GET", self._with_query(path, query))

    def everything(self, path: str, **query: Any) -> Iterator[dict[str, Any]]:
        """All items of the list at `path`, page after page."""
        cursor = None
        while True:
            page = self.get(path, limit=PAGE, cursor=cursor, **query)
            yield from page["items"]
            cursor = page.get("next_cursor")
            if not cursor:
                return

    def get_bytes(self, path: str) -> bytes:
        """The body at `path`, as it is served."""
        with self._send("GET", path) as response:
            return b"".join(self._chunks(response))

    def lines(self, path: str) -> Iterator[Any]:
        """The values of a JSON Lines answer, one by one as they arrive."""
        rest = b""
        with self._send("GET", path) as response:
            for chunk in self._chunks(response):
                *lines, rest = (rest + chunk).split(b"\n")
                yield from (self._parsed(line) for line in lines if line.strip())
        if rest.strip():
            yield self._parsed(rest)

    def post(
        self, path: str, body: Any = None, *, data: bytes | None = None, content_type: str = "application/json"
    ) -> Any:
        """Send `body` as JSON, or `data` as it is with its own content type; returns the JSON answer."""
        payload = data if data is not None else json.dumps({} if body is None else body).encode()
        return self._json("POST", path, payload, content_type)

    def delete(self, path: str) -> Any:
        return self._json("DELETE", path, b"")

    def wait(
        self, path: str, done: Callable[[Any], bool], *, seconds: float, progress: Callable[[Any], None] | None = None
    ) -> Any:
        """Ask for `path` until `done(answer)`; raises TimeoutError with the last answer's state after `seconds`."""
        deadline, pause = time.monotonic() + seconds, 0.05
        while True:
            answer = self.get(path)
            if progress:
                progress(answer)
            if done(answer):
                return answer
            if time.monotonic() > deadline:
                state = answer.get("state", "?") if isinstance(answer, dict) else "?"
                raise TimeoutError(f"{path} is still '{state}' after {seconds:.0f} s")
            time.sleep(pause)
            pause = min(pause * 1.5, 0.5)

    def _with_query(self, path: str, query: dict[str, Any]) -> str:
        given = {key: value for key, value in query.items() if value is not None}
        return f"{path}?{urllib.parse.urlencode(given)}" if given else path

    def _json(self, method: str, path: str, data: bytes | None = None, content_type: str = "") -> Any:
        with self._send(method, path, data, content_type) as response:
            body = b"".join(self._chunks(response))
        return self._parsed(body) if body else None

    def _parsed(self, text: bytes) -> Any:
        try:
            return loads(text)
        except ValueError as error:
            remedy = "Is it a Credanchor registry? CREDANCHOR_URL or --url names another address"
            raise ApiBroken(self.url, f"is not JSON ({error})", remedy) from None

    def _chunks(self, response: HTTPResponse) -> Iterator[bytes]:
        """The body as it arrives. An end before the announced end is an error, which `readline` would not tell."""
        try:
            while chunk := response.read1(CHUNK_BYTES):
                yield chunk
        except (OSError, HTTPException) as error:
            cause = str(error) or type(error).__name__
        else:
            if not response.length:
                return
            cause = f"{response.length} bytes are missing"
        remedy = "Look for its cause in the registry's log or on the way there, and ask again"
        raise ApiBroken(self.url, f"broke off ({cause})", remedy)

    def _send(self, method: str, path: str, data: bytes | None = None, content_type: str = "") -> HTTPResponse:
        headers = {"Accept": "application/json, application/problem+json, */*"}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        if data is not None:
            headers["Content-Type"] = content_type or "application/json"
            headers["Idempotency-Key"] = str(uuid.uuid4())
        for attempt in range(RETRIES + 1):
            request = urllib.request.Request(self.url + path, data=data, method=method, headers=headers)  # noqa: S310
            try:
                response = self._opener.open(request, timeout=TIMEOUT_SECONDS)
            except urllib.error.HTTPError as error:
                refusal = _read_problem(error)
                wait = error.headers.get("Retry-After", "")
                if error.code in {429, 503} and attempt < RETRIES and wait.isdigit():
                    time.sleep(min(int(wait), MAX_RETRY_WAIT_SECONDS))
                    continue
                raise refusal from None
            except (OSError, HTTPException) as error:
                reason = getattr(error, "reason", error)
                if attempt < RETRIES and not isinstance(reason, ConnectionRefusedError):
                    time.sleep(0.2 * 2**attempt)
                    continue
                raise ApiUnreachable(self.url, str(reason)) from error
            else:
                return response  # type: ignore[no-any-return]
        raise ApiUnreachable(self.url, "too many retries")


def _read_problem(error: urllib.error.HTTPError) -> ApiError:
    """The problem document of a refusal, or as much as can be said of one that has none."""
    try:
        problem = loads(error.read(MAX_ERROR_BYTES))
    except (ValueError, OSError, HTTPException):
        problem = {}
    if not isinstance(problem, dict):
        problem = {}
    code = str(problem.get("type", "")).rsplit("/", 1)[-1]
    errors = problem.get("errors")
    return ApiError(
        status=error.code,
        title=str(problem.get("title", f"HTTP {error.code}")),
        detail=str(problem.get("detail", "")),
        code=code,
        errors=errors if isinstance(errors, list) else [],
        problem=problem,
    )
