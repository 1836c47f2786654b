"""A link that carries a whole credential in its fragment, which no browser sends to a server: FRAGMENT in /verify#…

Deflated (zlib, RFC 1950) and in base64url without padding. The reading side is static/fragment.js.
"""

import base64
import json
import zlib

from registry.format import strictjson

NAME = "credential"

MAX_FRAGMENT_CHARS = 16_000
"""Longer links are cut by mail programs and chat windows; a credential of usual size takes about 5,000."""


def carry(file: bytes) -> str | None:
    """The fragment, without `#`; None for a file that does not fit a link. Raises FormatError."""
    text = json.dumps(strictjson.parse(file), ensure_ascii=False, separators=(",", ":"))
    packed = base64.urlsafe_b64encode(zlib.compress(text.encode(), 9)).rstrip(b"=").decode()
    fragment = f"{NAME}={packed}"
    return fragment if len(fragment) <= MAX_FRAGMENT_CHARS else None
