"""Anchors: the roots this registry wrote to the chain, for auditors and the curious."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Response

from api import times
from api.caching import PUBLIC_HEADERS, cached_json
from api.openapi import route
from api.paging import PageQuery
from api.routes.common import Svc, hash0x
from api.schemas import answers
from registry.limits import MAX_INTEGER
from registry.store import anchors

router = APIRouter(prefix="/v1/anchors")


def show(facts: anchors.AnchorFacts) -> dict[str, Any]:
    """An anchor as the API shows it."""
    anchor, seen = facts.anchor, facts.anchored
    return {
        "number": anchor.number,
        "root": anchor.root.hex(),
        "status_root": anchor.status_root.hex(),
        "size": anchor.size,
        "created_at": times.shown(anchor.created_at),
        "batches": list(facts.batches),
        "chain": seen and {
            "position": seen.position,
            "tx_hash": hash0x(seen.tx_hash),
            "block_number": seen.block_number,
            "block_hash": hash0x(seen.block_hash),
            "block_time": times.shown(seen.block_time),
            "final": seen.final,
        },
    }  # fmt: skip


@router.get(
    "", response_model=answers.Items[answers.Anchor], **route("listAnchors", "Anchors, newest first", "invalid-cursor")
)
def list_(services: Svc, page: PageQuery, response: Response) -> Any:
    before = page.after[0] if page.after else None
    found = anchors.list_anchors(services.store, limit=page.limit + 1, before=before)
    response.headers.update(PUBLIC_HEADERS)
    return page.answer(response, found, show, lambda facts: (facts.anchor.number, ""))


@router.get("/{number}", response_model=answers.Anchor, **route("getAnchor", "One anchor", "not-found"))
def get(services: Svc, request: Request, number: Annotated[int, Path(ge=1, le=MAX_INTEGER)]) -> Response:
    facts = anchors.get_anchor(services.store, number)
    final = facts.anchored is not None and facts.anchored.final
    return cached_json(request, show(facts), "forever" if final else "ask")
