"""Answers that may be kept: an ETag from the content, 304 for who has it, and for how long it holds."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any, Literal

from fastapi import Request
from starlette.responses import Response, StreamingResponse

from api.limits import HOUR_SECONDS, STATUS_MAX_AGE_SECONDS, YEAR_SECONDS

Keep = Literal["forever", "forever-private", "hour", "short", "ask", "ask-private"]
"""How long: for ever, for an hour, for the status lists' time, or only to ask again. Private: not in caches that people
share."""

_CACHE_CONTROL: dict[Keep, str] = {
    "forever": f"public, max-age={YEAR_SECONDS}, immutable",
    "forever-private": f"private, max-age={YEAR_SECONDS}, immutable",
    "hour": f"public, max-age={HOUR_SECONDS}",
    "short": f"public, max-age={STATUS_MAX_AGE_SECONDS}",
    "ask": "public, no-cache",
    "ask-private": "private, no-cache",
}

PUBLIC_HEADERS = {"Access-Control-Allow-Origin": "*"}
"""Public facts may be read by any page: that is how a verifier's own page checks a status. No cookies are involved."""


def cached(
    request: Request, data: bytes, media_type: str, keep: Keep, headers: Mapping[str, str] | None = None
) -> Response:
    """`data` with its ETag, or 304 without it when the client has that already (RFC 9110, section 13.1.2)."""
    return _answer(request, hashlib.sha256(data).digest(), data, media_type, keep, headers or {})


def streamed(request: Request, tag: bytes, pieces: Iterator[bytes], media_type: str, keep: Keep) -> Response:
    """The same for what is too long to be held at once; `tag` (16 bytes or more) changes when it does."""
    return _answer(request, tag, pieces, media_type, keep, {})


def _answer(  # noqa: PLR0917 (two callers)
    request: Request, digest: bytes, data: bytes | Iterator[bytes], media_type: str, keep: Keep,
    headers: Mapping[str, str],
) -> Response:  # fmt: skip
    tag = f'"{digest.hex()[:32]}"'
    common = {"ETag": tag, "Cache-Control": _CACHE_CONTROL[keep], **headers}
    if not keep.endswith("private"):
        common |= PUBLIC_HEADERS
    if _has(request.headers.get("if-none-match", ""), tag):
        return Response(None, 304, common)
    if isinstance(data, bytes):
        return Response(data, 200, common, media_type)
    return StreamingResponse(data, 200, common, media_type)


def cached_json(request: Request, value: Any, keep: Keep, media_type: str = "application/json") -> Response:
    """The same for a value."""
    return cached(request, json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode(), media_type, keep)


def _has(header: str, tag: str) -> bool:
    tags = {part.strip().removeprefix("W/") for part in header.split(",")}
    return tag in tags or header.strip() == "*"
