"""One bounded HTTP GET on the standard library: no redirects, no environment proxies, one deadline."""

import http.client
import time
from collections.abc import Callable
from io import BytesIO
from urllib.parse import urlsplit

from anchor.errors import Unreachable
from anchor.jsonrpc import pieces, shown


class Declined(Unreachable):
    """The server is there and answered something other than HTTP 200."""


class Absent(Declined):
    """The server answered 404: it is there and has no such thing."""


def get(url: str, *, timeout: float, max_bytes: int) -> bytes:
    """The body at `url`, at most `max_bytes`, within `timeout` seconds. Raises Unreachable, Absent for a 404."""
    content = BytesIO()
    save(url, content.write, timeout=timeout, within=timeout, max_bytes=max_bytes)
    return content.getvalue()


def save(url: str, write: Callable[[bytes], object], *, timeout: float, within: float, max_bytes: int) -> None:
    """The same, given to `write` in pieces. Seconds: `timeout` for each wait, `within` for the whole."""
    try:
        parts = urlsplit(url)
        place = shown(url) + parts.path
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise Unreachable(place, "an address starts with http:// or https://")
        connect = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        connection = connect(parts.hostname, parts.port, timeout=timeout)
    except (ValueError, http.client.InvalidURL) as problem:
        raise Unreachable("an address", f"it is none: {problem}") from None
    try:
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        connection.request("GET", target or "/", headers={"Accept": "*/*"})
        with connection.getresponse() as response:
            _answered(response, place)
            for piece in pieces(response, place, time.monotonic() + within, max_bytes):
                write(piece)
    except TimeoutError:
        raise Unreachable(place, f"it did not answer within {timeout:g} s, or end within {within:g} s") from None
    except (OSError, http.client.HTTPException) as problem:
        raise Unreachable(place, str(problem) or type(problem).__name__) from None
    finally:
        connection.close()


def _answered(response: http.client.HTTPResponse, place: str) -> None:
    if response.status == http.client.NOT_FOUND:
        raise Absent(place, "it has no such file (HTTP 404)")
    if response.status != http.client.OK:
        raise Declined(place, f"it answered HTTP {response.status}")
