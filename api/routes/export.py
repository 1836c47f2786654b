"""The public export over HTTP: with the chain, all that an auditor needs. No personal data is in it."""

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from api.bodies import JSON, JSONL
from api.caching import Keep, cached, streamed
from api.openapi import content, route
from api.routes.common import Svc
from registry.store import export

router = APIRouter(prefix="/v1/export")

_OBJECT = {"type": "object"}


@router.get(
    "/registry.json",
    **route("exportRegistry", "Which contract", "wrong-state", ok={200: content(JSON, "The contract.", _OBJECT)}),
)
def registry(services: Svc, request: Request) -> Response:
    return _serve(services, request, export.REGISTRY, JSON, "ask")


@router.get(
    "/anchors.jsonl",
    **route(
        "exportAnchors", "A line per anchor, in order; only ever grows",
        ok={200: content(JSONL, "The anchors.", {"type": "string"})},
    ),
)  # fmt: skip
def anchors(services: Svc, request: Request) -> Response:
    tag, pieces = export.anchors(services.store)
    return streamed(request, tag, pieces, JSONL, "ask")


@router.get(
    "/anchors/{number}.json",
    **route(
        "exportAnchor", "One anchor's line, and its batches' leaves: what status evidence is made of", "not-found",
        ok={200: content(JSON, "The anchor.", _OBJECT)},
    ),
)  # fmt: skip
def anchor(services: Svc, request: Request, number: Annotated[str, Path(pattern="^[0-9]{8,16}$")]) -> Response:
    return _serve(services, request, f"anchors/{number}.json", JSON, "forever")


@router.get(
    "/batches/{number}.json",
    **route(
        "exportBatch", "The leaves of an anchored batch, and the issuer's signature", "not-found",
        ok={200: content(JSON, "The batch.", _OBJECT)},
    ),
)  # fmt: skip
def batch(services: Svc, request: Request, number: Annotated[str, Path(pattern="^[0-9]{8,16}$")]) -> Response:
    return _serve(services, request, f"batches/{number}.json", JSON, "forever")


@router.get(
    "/lists/{digest}.json",
    **route(
        "exportList", "One version of a status list that an anchor names", "not-found",
        ok={200: content(JSON, "The signed list.", _OBJECT)},
    ),
)  # fmt: skip
def list_(services: Svc, request: Request, digest: Annotated[str, Path(pattern="^[0-9a-f]{64}$")]) -> Response:
    return _serve(services, request, f"lists/{digest}.json", JSON, "forever")


def _serve(services: Svc, request: Request, path: str, media_type: str, keep: Keep) -> Response:
    return cached(request, export.public_file(services.store, path), media_type, keep)
