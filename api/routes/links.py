"""Claim links: what an issuer gives to learners, so that each opens the own credential without an account.

Whoever has one can fetch the file, so making them needs the scope that fetching needs. What learners do with a link is
in `api/pages/learner.py`.
"""

from typing import Annotated, Any

from fastapi import APIRouter, Response

from api import times
from api.auth import needs, see
from api.idempotency import Post, posting
from api.openapi import ONCE, json_body, route
from api.routes.batches import owned
from api.routes.common import Id, Nothing, Svc
from api.schemas import answers
from api.schemas.requests import Empty
from api.services import Services
from registry.store import credentials as stored
from registry.store import links
from registry.store.apikeys import Caller
from registry.store.tables import Link

router = APIRouter(prefix="/v1")
Poster = Annotated[Post, posting("credentials:read")]
Reader = Annotated[Caller, needs("credentials:read")]
_SCOPES = ["credentials:read"]
_NOTHING = json_body(Empty, {})


def show(link: Link, handle: str) -> dict[str, Any]:
    """A claim link as the API shows it."""
    return {"id": link.id, "credential": handle, "created_at": times.shown(link.created_at)}


def address(services: Services, kind: str, code: str) -> str:
    """Where a link leads; `kind` is the first letter of its own."""
    return f"{services.settings.public_url.rstrip('/')}/{kind}/{code}"


@router.post(
    "/batches/{batch}/claim-links",
    status_code=201,
    response_model=answers.BatchLinks,
    **route(
        "createClaimLinks",
        "One more claim link for each credential of a batch, in order; they are in this answer and never again",
        ONCE, "not-found", "wrong-state", scopes=_SCOPES, body=_NOTHING,
    ),
)  # fmt: skip
def create_all(post: Poster, wanted: Nothing, batch: Id) -> Response:
    services = post.services
    owned(services, post.caller, batch)

    def work() -> dict[str, Any]:
        items = [
            {"id": one.id, "credential": one.handle, "index": one.index, "url": address(services, "c", one.code)}
            for one in links.claim_links(services.store, batch)
        ]
        return {"batch": batch, "count": len(items), "items": items}

    # The links are not remembered: a database that leaks must not hold them.
    return post.once(wanted.sha256, work, forget=frozenset({"items"}))


@router.post(
    "/batches/{batch}/claim-links/revoke",
    response_model=answers.EndedLinks,
    **route(
        "revokeClaimLinks", "End all claim links of a batch at once; share links go on",
        ONCE, "not-found", scopes=_SCOPES, body=_NOTHING,
    ),
)  # fmt: skip
def revoke_all(post: Poster, wanted: Nothing, batch: Id) -> Response:
    services = post.services
    owned(services, post.caller, batch)
    work = lambda: {"batch": batch, "ended": links.end_claim_links(services.store, batch)}  # noqa: E731
    return post.once(wanted.sha256, work, status=200)


@router.post(
    "/credentials/{handle}/claim-links",
    status_code=201,
    response_model=answers.NewClaimLink,
    **route(
        "createClaimLink", "One more claim link for a credential; it is in this answer and never again",
        ONCE, "not-found", "wrong-state", scopes=_SCOPES, body=_NOTHING,
    ),
)  # fmt: skip
def create(post: Poster, wanted: Nothing, handle: Id) -> Response:
    services = post.services
    _owned(services, post.caller, handle)

    def work() -> dict[str, Any]:
        made = links.claim_link(services.store, handle)
        now = times.shown(services.store.now())
        return {"id": made.id, "credential": handle, "created_at": now, "url": address(services, "c", made.code)}

    return post.once(wanted.sha256, work, forget=frozenset({"url"}))


@router.get(
    "/credentials/{handle}/claim-links",
    response_model=answers.ClaimLinks,
    **route(
        "listClaimLinks", "The claim links of a credential that have not ended, without their secrets",
        "not-found", scopes=_SCOPES,
    ),
)  # fmt: skip
def list_(services: Svc, caller: Reader, handle: Id) -> Any:
    _owned(services, caller, handle)
    return {"items": [show(link, handle) for link in links.list_links(services.store, handle, ("claim",))]}


@router.post(
    "/credentials/{handle}/claim-links/{id}/revoke",
    response_model=answers.ClaimLink,
    **route("revokeClaimLink", "End a claim link at once", ONCE, "not-found", scopes=_SCOPES, body=_NOTHING),
)
def revoke(post: Poster, wanted: Nothing, handle: Id, id: Id) -> Response:
    services = post.services
    _owned(services, post.caller, handle)
    work = lambda: show(links.end_link(services.store, handle, id, ("claim",)), handle)  # noqa: E731
    return post.once(wanted.sha256, work, status=200)


def _owned(services: Services, caller: Caller, handle: str) -> None:
    see(caller, stored.owner(services.store, handle), "credential", handle)
