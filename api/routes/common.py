"""What several route files share: the services of this process, and reading ids out of paths."""

from typing import Annotated

from fastapi import Depends, Path

from api.bodies import Parsed, fields
from api.schemas.requests import Empty
from api.services import Services, services_of
from registry.errors import NotFound

Svc = Annotated[Services, Depends(services_of)]
"""The services of the application that serves the request."""

Id = Annotated[str, Path(max_length=200, description="As the registry gave it.")]

Nothing = Annotated[Parsed[Empty], fields(Empty, empty=True)]
"""The body of a request that says everything by its path."""

HASH_CHARS = 64


def hash_of(kind: str, text: str) -> bytes:
    """32 bytes from 64 hex digits in a path; NotFound for anything else, since nothing has such a name."""
    if len(text) != HASH_CHARS or not set(text) <= set("0123456789abcdef"):
        raise NotFound(kind, text[: HASH_CHARS + 1])
    return bytes.fromhex(text)


def hash0x(data: bytes | str) -> str:
    """Hex as chain explorers write it."""
    return "0x" + (data if isinstance(data, str) else data.hex())
