"""Status lists and their evidence: public, whole, and cached shortly, so that checking tells nobody who was checked."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from api.caching import cached, cached_json
from api.openapi import content, route
from api.routes.common import Id, Svc
from registry.limits import MAX_INTEGER
from registry.store import status

router = APIRouter(prefix="/v1/status-lists")

_LIST = {"type": "object", "description": "A BitstringStatusListCredential of the issuer."}
_EVIDENCE = {
    "type": "object",
    "description": "credanchor-status/1: a pair of lists and their way to the anchor.",
}


@router.get(
    "/{list_id}",
    **route(
        "getStatusList", "The newest version of a status list", "not-found",
        ok={200: content("application/vc", "The list.", _LIST)},
    ),
)  # fmt: skip
def get(services: Svc, request: Request, list_id: Id) -> Response:
    return cached(request, status.list_credential(services.store, list_id), "application/vc", "short")


@router.get(
    "/{list_id}/evidence",
    **route(
        "getStatusEvidence", "The list and its twin with their proof, under the latest final anchor or the one named",
        "not-found", "wrong-state", "not-final",
        ok={200: content("application/json", "The evidence.", _EVIDENCE)},
    ),
)  # fmt: skip
def evidence(
    services: Svc, request: Request, list_id: Id,
    anchor: Annotated[int | None, Query(ge=1, le=MAX_INTEGER, description="Number of the anchor.")] = None,
) -> Response:  # fmt: skip
    return cached_json(request, status.status_evidence(services.store, list_id, anchor), "short")
