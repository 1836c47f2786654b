"""One signed POST to an address that the operator named, after Standard Webhooks 1.0 (standardwebhooks.com).

    webhook-id: the same on every try       webhook-timestamp: Unix seconds of this try
    webhook-signature: v1,base64(HMAC-SHA256(secret, id.timestamp.body))

The answer's status is all that is looked at: redirects are not followed, no content is read, and the whole exchange has
one time limit. Errors name scheme and host alone, since such addresses often hold a token in their path.
"""

import base64
import binascii
import hashlib
import hmac
import http.client
import json
import socket
import threading
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

TIMEOUT_SECONDS = 10.0

PREFIX = "whsec_"
"""In front of a secret in base64, as Standard Webhooks writes them; any other secret is taken as it stands."""

MIN_SECRET_CHARS = 16


class Undelivered(Exception):
    """The receiver did not take it; the text names host and reason, never path or secret."""


def usable(url: str) -> bool:
    """Whether it is an address that can be posted to."""
    try:
        parts = urlsplit(url)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and not parts.username and parts.port != 0
    except ValueError:  # a port that is no number
        return False


def key(secret: str) -> bytes:
    """The bytes of a secret. Raises ValueError for one that is too short or no base64 behind its prefix."""
    if len(secret) < MIN_SECRET_CHARS:
        raise ValueError(f"has at least {MIN_SECRET_CHARS} characters")
    if not secret.startswith(PREFIX):
        return secret.encode()
    try:
        return base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except binascii.Error:
        raise ValueError(f"is base64 behind {PREFIX}") from None


def signature(secret: str, uid: str, timestamp: int, body: bytes) -> str:
    """The value of the header `webhook-signature`."""
    signed = b".".join((uid.encode(), str(timestamp).encode(), body))
    return "v1," + base64.b64encode(hmac.new(key(secret), signed, hashlib.sha256).digest()).decode()


def post(url: str, secret: str, uid: str, timestamp: int, content: dict[str, Any]) -> None:
    """Send. Raises Undelivered for whatever is not a 2xx within TIMEOUT_SECONDS."""
    body = json.dumps(content, ensure_ascii=False).encode()
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "credanchor",
        "webhook-id": uid,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": signature(secret, uid, timestamp, body),
    }
    parts = urlsplit(url)
    place = f"{parts.scheme}://{parts.hostname}" + (f":{parts.port}" if parts.port else "")
    connect = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = connect(parts.hostname or "", parts.port, timeout=TIMEOUT_SECONDS)
    # The socket's own limit begins anew with every byte: a receiver that drips would hold us for hours.
    expired = threading.Event()
    limit = threading.Timer(TIMEOUT_SECONDS, _break, [connection, expired])
    limit.daemon = True
    limit.start()
    try:
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request("POST", target, body, headers)
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException) as problem:
        late = expired.is_set() or isinstance(problem, TimeoutError)
        reason = "no answer in time" if late else type(problem).__name__
        raise Undelivered(f"{place}: {reason}") from None
    finally:
        limit.cancel()
        connection.close()
    if expired.is_set():  # what was cut off may look whole
        raise Undelivered(f"{place}: no answer in time")
    if not 200 <= status < 300:
        raise Undelivered(f"{place}: it answered HTTP {status}")


def _break(connection: http.client.HTTPConnection, expired: threading.Event) -> None:
    expired.set()
    with suppress(OSError, AttributeError):  # closed already, or not yet connected
        connection.sock.shutdown(socket.SHUT_RDWR)
