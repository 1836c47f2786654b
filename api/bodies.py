"""Reading requests: streamed and counted, never more than the route's limit, then parsed strictly.

A body is read only after the caller was checked. What is too large is refused at its Content-Length, or at the first
byte beyond the limit. Compressed bodies are not read.
"""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from fastapi import Depends, Request
from pydantic import BaseModel, ValidationError

from api.limits import MAX_BODY_SECONDS, MAX_JSON_DEPTH, MAX_SMALL_BODY
from api.problems import Problem, invalid_fields, invalid_json
from registry.errors import FormatError
from registry.format import strictjson
from registry.limits import MAX_DEPTH

JSON = "application/json"
JSONL = "application/jsonl"
CSV = "text/csv"
TOML = "application/toml"

_ALIASES = {"application/x-ndjson": JSONL, "application/ndjson": JSONL, "application/jsonlines": JSONL}

_M = TypeVar("_M", bound=BaseModel)


@dataclass(frozen=True)
class Body:
    """A body as it came. `media_type` is one that the route takes; `content_type` is the whole header."""

    data: bytes
    media_type: str
    content_type: str
    sha256: bytes
    """Of method, path, query, media type and body: what makes two requests the same for idempotency."""

    def json(self, max_depth: int = MAX_DEPTH) -> Any:
        """The body as strict JSON; 400 where it is not."""
        try:
            return strictjson.parse(self.data, max_bytes=len(self.data), max_depth=max_depth)
        except FormatError as error:
            raise invalid_json(error) from None


@dataclass(frozen=True)
class Parsed(Generic[_M]):
    """A small JSON request: its fields, and the hash that Body has."""

    fields: _M
    sha256: bytes


def body(limit: int, *media_types: str, empty: bool = False) -> Any:
    """A dependency that gives the Body, of at most `limit` bytes and one of `media_types`; `empty` allows none."""
    return Depends(_reader(limit, media_types, empty))


def fields(
    model: type[_M], *, empty: bool = False, limit: int = MAX_SMALL_BODY, max_depth: int = MAX_JSON_DEPTH
) -> Any:
    """A dependency that gives Parsed[model] of at most `limit` bytes; with `empty`, no body stands for `{}`."""
    read = _reader(limit, (JSON,), empty)

    async def parse(request: Request) -> Parsed[_M]:
        received = await read(request)
        value = received.json(max_depth) if received.data or not empty else {}
        try:
            return Parsed(model.model_validate(value), received.sha256)
        except ValidationError as error:
            raise invalid_fields(error) from None

    return Depends(parse)


def _reader(limit: int, media_types: tuple[str, ...], empty: bool) -> Callable[[Request], Awaitable[Body]]:
    async def read(request: Request) -> Body:
        _no_encoding(request)
        declared = request.headers.get("content-length", "0")
        if not declared.isascii() or not declared.isdecimal():
            raise Problem("bad-request", "Content-Length is not a number.")
        if int(declared[:20]) > limit:
            raise _too_large(limit)
        try:
            async with asyncio.timeout(MAX_BODY_SECONDS):
                data = await _collect(request, limit)
        except TimeoutError:
            raise Problem("body-timeout", f"The body was not complete after {MAX_BODY_SECONDS} s.") from None
        content_type = request.headers.get("content-type", "")
        media_type = "" if empty and not data else _media_type(content_type, media_types)
        return Body(data, media_type, content_type, _digest(request, media_type, data))

    return read


async def _collect(request: Request, limit: int) -> bytes:
    chunks, size = [], 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > limit:
            raise _too_large(limit)
        chunks.append(chunk)
    return b"".join(chunks)


def _no_encoding(request: Request) -> None:
    encoding = request.headers.get("content-encoding", "identity").strip().lower()
    if encoding != "identity":
        raise Problem(
            "unsupported-encoding", "Send the body without Content-Encoding.", headers={"Accept-Encoding": "identity"}
        )


def _media_type(content_type: str, allowed: tuple[str, ...]) -> str:
    media_type = content_type.partition(";")[0].strip().lower()
    media_type = _ALIASES.get(media_type, media_type)
    if media_type not in allowed:
        accepted = ", ".join(allowed)
        raise Problem(
            "unsupported-media-type", f"Content-Type must be one of: {accepted}.", headers={"Accept-Post": accepted}
        )
    return media_type


def _digest(request: Request, media_type: str, data: bytes) -> bytes:
    head = f"{request.method} {request.url.path}?{request.url.query}\n{media_type}\n"
    digest = hashlib.sha256(head.encode())
    digest.update(data)
    return digest.digest()


def _too_large(limit: int) -> Problem:
    # `Connection: close`: what the client is still sending will not be read.
    return Problem(
        "body-too-large", f"The body is larger than {limit} bytes.", headers={"Connection": "close"}, limit=limit
    )
