"""The outermost layer of the API: request ids, the access log, HEAD, safe headers, and the answer to what broke.

The log has route templates, never paths, queries or messages of exceptions: those hold handles, names, tokens.
"""

import logging
import secrets
import time
import traceback

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.problem_types import TYPES
from api.problems import Problem

log = logging.getLogger("credanchor.api")

GONE = 499
"""In the log only: the client went away while it was still sending."""

_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
)


class Edge:
    """ASGI middleware around the whole application; add it last, so that it is outermost."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; HTTP only, the lifespan passes through."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id = scope["credanchor.request_id"] = secrets.token_hex(8)
        is_head = scope["method"] == "HEAD"
        if is_head:  # a GET without its content (RFC 9110, section 9.3.2)
            scope["method"] = "GET"
        started = time.monotonic()
        status = 0

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = list(message.get("headers", ()))
                present = {name.lower() for name, _ in headers}
                headers += [pair for pair in _HEADERS if pair[0] not in present]
                headers.append((b"x-request-id", request_id.encode()))
                message = {**message, "headers": headers}
            elif is_head and message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        try:
            await self.app(scope, receive, answer)
        except ClientDisconnect:
            status = status or GONE  # nobody is there to be answered
        except Exception as error:
            _log_failure(request_id, error)
            if status:  # the answer has begun; cutting it off is the only honest sign left
                raise
            response = Problem("internal", TYPES["internal"].explanation).response(request_id)
            await response(scope, receive, answer)
        finally:
            _log_access(scope, request_id, "HEAD" if is_head else scope["method"], status, time.monotonic() - started)


def _log_access(scope: Scope, request_id: str, method: str, status: int, seconds: float) -> None:
    state = scope.get("state") or {}
    log.info(
        "request",
        extra={
            "request_id": request_id,
            "method": method,
            "route": getattr(scope.get("route"), "path", "-"),
            "status": status,
            "ms": round(seconds * 1000, 1),
            "key": state.get("api_key_id", "-"),
            "failure": state.get("failure", "-"),
        },
    )


def _log_failure(request_id: str, error: Exception) -> None:
    # Where it broke and what kind it was. Not its message: that may quote a learner's name.
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames[:-1] if "site-packages" not in frame.filename] + frames[-1:]
    places = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in own]
    log.error("unforeseen %s", type(error).__name__, extra={"request_id": request_id, "frames": places})
