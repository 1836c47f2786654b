"""`/`: what this registry is, where it is recorded, how much is in it, and the way to everything else. No scripts."""

from fastapi import APIRouter, Request, Response

from api import times
from api.pages.explorer import chain_of, public_page
from api.pages.failing import PageRoute
from api.pages.frame import Framed
from api.routes.common import Svc
from registry.store.figures import totals

router = APIRouter(include_in_schema=False, route_class=PageRoute)


@router.get("/")
def home(services: Svc, request: Request, frame: Framed) -> Response:
    """The first page. Late is what verifiers call late: nothing final for a whole heartbeat."""
    chain, held = chain_of(services), totals(services.store)
    age = services.now().timestamp() - held.latest.block_time if held.latest else 0
    return public_page(
        services, request, frame, "ask", "front.html",
        twin="",  # /v1/registry has other facts, and is linked to
        chain=chain,
        held=held,
        time=times.shown(held.latest.block_time) if held.latest else None,
        late=age > services.settings.heartbeat_seconds and not held.closed,
    )  # fmt: skip
