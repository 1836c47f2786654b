"""Issuers: the organisations whose credentials this registry keeps. Reading is public: they stand in the contract."""

import json
from typing import Annotated, Any

from fastapi import APIRouter, Request, Response

from api import times
from api.bodies import Parsed, fields
from api.caching import PUBLIC_HEADERS, cached_json
from api.idempotency import Post, posting
from api.openapi import ONCE, json_body, route
from api.paging import PageQuery
from api.routes.common import Id, Nothing, Svc
from api.schemas import answers
from api.schemas.requests import Empty, IssuerSettings, NewIssuer
from api.services import Services
from registry.format.entries import issuer_id
from registry.store import identity, issuers
from registry.store.tables import Issuer

router = APIRouter(prefix="/v1/issuers")
Admin = Annotated[Post, posting("admin", unbound=True)]

OWN_KEY = "did:key"
"""Instead of a DID: make a key, whose did:key it becomes."""

EXAMPLE = {
    "id": "example-university",
    "did": "did:web:university.example",
    "profile": {"name": "Example University", "url": "https://university.example"},
}


def show(issuer: Issuer) -> dict[str, Any]:
    """An issuer as the API shows it."""
    return {
        "id": issuer.id,
        "did": issuer.did,
        "issuer_id": issuer_id(issuer.did).hex(),
        "profile": json.loads(issuer.profile),
        "created_at": times.shown(issuer.created_at),
        "suspended": issuer.suspended,
        "lint": issuer.lint,
        "chain": {"added_at": times.shown(issuer.chain_added_at), "suspended": issuer.chain_suspended},
    }


@router.post(
    "",
    status_code=201,
    response_model=answers.Issuer,
    **route(
        "createIssuer", "Add an issuer; the registrar then writes it to the contract",
        ONCE, "conflict", "invalid-document", "wrong-state", "secrets-unavailable",
        scopes=["admin"], body=json_body(NewIssuer, EXAMPLE),
    ),
)  # fmt: skip
def create(post: Admin, wanted: Annotated[Parsed[NewIssuer], fields(NewIssuer)]) -> Response:
    new = wanted.fields
    return post.once(
        wanted.sha256,
        lambda: show(_add(post.services, new)),
        location=lambda answer: f"/v1/issuers/{answer['id']}",
    )


@router.get("", response_model=answers.Items[answers.Issuer], **route("listIssuers", "All issuers", "invalid-cursor"))
def list_(services: Svc, page: PageQuery, response: Response) -> Any:
    found = issuers.list_issuers(services.store, limit=page.limit + 1, after=page.after)
    response.headers.update(PUBLIC_HEADERS)
    return page.answer(response, found, show, lambda issuer: (issuer.created_at, issuer.id))


@router.get("/{issuer}", response_model=answers.Issuer, **route("getIssuer", "One issuer", "not-found"))
def get(services: Svc, request: Request, issuer: Id) -> Response:
    return cached_json(request, show(issuers.get_issuer(services.store, issuer)), "ask")


@router.post(
    "/{issuer}/suspend",
    response_model=answers.Issuer,
    **route("suspendIssuer", "Stop an issuer; what it issued before stays valid",
            ONCE, "not-found", scopes=["admin"], body=json_body(Empty, {})),
)  # fmt: skip
def suspend(post: Admin, wanted: Nothing, issuer: Id) -> Response:
    return _set(post, wanted, issuer, True)


@router.post(
    "/{issuer}/reinstate",
    response_model=answers.Issuer,
    **route("reinstateIssuer", "Lift a suspension", ONCE, "not-found", scopes=["admin"], body=json_body(Empty, {})),
)
def reinstate(post: Admin, wanted: Nothing, issuer: Id) -> Response:
    return _set(post, wanted, issuer, False)


def _add(services: Services, new: NewIssuer) -> Issuer:
    if new.did == OWN_KEY:
        return identity.add_issuer_with_key(services.store, services.vault, new.id, new.profile)
    identity.check_place(services.store, new.id, new.did)
    return issuers.add_issuer(services.store, new.id, new.did, new.profile)


@router.post(
    "/{issuer}/settings",
    response_model=answers.Issuer,
    **route(
        "setIssuer", "What happens to credentials signed elsewhere that lack elements of a micro-credential",
        ONCE, "not-found", scopes=["admin"], body=json_body(IssuerSettings, {"lint": "require"}),
    ),
)  # fmt: skip
def settings(post: Admin, wanted: Annotated[Parsed[IssuerSettings], fields(IssuerSettings)], issuer: Id) -> Response:
    store, level = post.services.store, wanted.fields.lint
    return post.once(wanted.sha256, lambda: show(issuers.set_lint(store, issuer, level)), status=200)


def _set(post: Post, wanted: Parsed[Empty], issuer: str, suspended: bool) -> Response:
    store = post.services.store
    return post.once(wanted.sha256, lambda: show(issuers.set_suspended(store, issuer, suspended)), status=200)
