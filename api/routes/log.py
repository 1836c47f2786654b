"""The contract's log as C2SP tlog-tiles under /log, for the tools that exist; proofs as JSON for all others."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response

from api.caching import cached, cached_json
from api.openapi import content, route
from api.routes.common import Svc
from api.schemas.log import Consistency, Inclusion
from registry.errors import FormatError, NotFound
from registry.format import consistency
from registry.format.merkle import RFC9162
from registry.format.tiles import Tile
from registry.limits import MAX_INTEGER
from registry.store import log

router = APIRouter()

_NOTE = "text/plain; charset=utf-8"
_BYTES = "application/octet-stream"

Size = Annotated[int, Query(ge=1, le=MAX_INTEGER, description="Entries; at most those under the checkpoint.")]


@router.get(
    "/log/checkpoint",
    response_class=Response,
    **route(
        "logCheckpoint", "Size and head of the contract's log, signed (C2SP tlog-checkpoint)", "not-found",
        ok={200: content("text/plain", "A signed note.", {"type": "string"})},
    ),
)  # fmt: skip
def checkpoint(services: Svc, request: Request) -> Response:
    with services.store.read() as session:
        return cached(request, log.checkpoint(session), _NOTE, "ask")


@router.get(
    "/log/tile/{path:path}",
    response_class=Response,
    **route(
        "logTile", "A tile of hashes or entries: <level>/<number>[.p/<width>] (C2SP tlog-tiles)", "not-found",
        ok={200: content(_BYTES, "The tile.", {"type": "string", "format": "binary"})},
    ),
)  # fmt: skip
def tile(services: Svc, request: Request, path: Annotated[str, Path(max_length=100)]) -> Response:
    try:
        found = Tile.parse(f"tile/{path}")
    except FormatError:
        raise NotFound("tile of the log", path) from None
    with services.store.read() as session:
        return cached(request, log.tile(session, found), _BYTES, "forever")


@router.get(
    "/v1/log/consistency",
    response_model=Consistency,
    **route("logConsistency", "That the larger of two logs begins with the smaller", "not-found"),
)
def prove_consistency(
    services: Svc, request: Request, from_: Annotated[int, Query(alias="from", ge=1, le=MAX_INTEGER)], to: Size
) -> Response:
    if from_ > to:
        raise NotFound("log within the smaller one", f"{from_}-{to}")
    with services.store.read() as session:
        tree = log.tree(session, to)
        hashes = consistency.prove(from_, to, tree.subtree)
        roots = {"from_root": tree.subtree(0, from_).hex(), "to_root": tree.root.hex()}
    return cached_json(request, {"hashes": [one.hex() for one in hashes], **roots}, "forever")


@router.get(
    "/v1/log/inclusion",
    response_model=Inclusion,
    **route("logInclusion", "That an entry is in the log", "not-found"),
)
def prove_inclusion(
    services: Svc, request: Request, index: Annotated[int, Query(ge=0, lt=MAX_INTEGER)], size: Size
) -> Response:
    with services.store.read() as session:
        tree = log.tree(session, size)
        if index >= size:
            raise NotFound("entry of the log", str(index))
        entry = log.entry(session, index)
        shown = {
            "entry": entry.hex(),
            "leaf": RFC9162.leaf_hash(entry).hex(),
            "hashes": [one.hex() for one in tree.path(index)],
            "root": tree.root.hex(),
        }
    return cached_json(request, shown, "forever")
