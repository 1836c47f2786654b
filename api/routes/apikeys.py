"""API keys: made, listed and revoked by administrators. A token is shown once, in the first answer."""

from typing import Annotated, Any

from fastapi import APIRouter, Response

from api import times
from api.auth import needs
from api.bodies import Parsed, fields
from api.idempotency import Post, posting
from api.openapi import ONCE, json_body, route
from api.paging import PageQuery
from api.routes.common import Id, Nothing, Svc
from api.schemas import answers
from api.schemas.requests import Empty, NewApiKey
from registry.errors import FormatError
from registry.store import apikeys
from registry.store.apikeys import Caller
from registry.store.tables import ApiKey

router = APIRouter(prefix="/v1/api-keys")
Admin = Annotated[Caller, needs("admin", unbound=True)]
Poster = Annotated[Post, posting("admin", unbound=True)]

_EXAMPLE = {
    "name": "Student information system",
    "scopes": ["batches:write", "credentials:read"],
    "issuer": "example-university",
    "expires_at": "2027-11-25T00:00:00Z",
}


def show(key: ApiKey) -> dict[str, Any]:
    """A key as the API shows it: without its secret, of which only a hash is kept."""
    return {
        "id": key.id,
        "name": key.name,
        "issuer": key.issuer_id,
        "scopes": key.scopes.split(),
        "created_at": times.shown(key.created_at),
        "expires_at": times.shown(key.expires_at),
        "revoked_at": times.shown(key.revoked_at),
        "last_used_at": times.shown(key.last_used_at),
    }


@router.post(
    "",
    status_code=201,
    response_model=answers.NewApiKey,
    **route(
        "createApiKey", "Make a key; its token is in this answer and never again, also not in a replay",
        ONCE, "not-found", "invalid-document", scopes=["admin"], body=json_body(NewApiKey, _EXAMPLE),
    ),
)  # fmt: skip
def create(post: Poster, wanted: Annotated[Parsed[NewApiKey], fields(NewApiKey)]) -> Response:
    new, services = wanted.fields, post.services
    expires_at = None if new.expires_at is None else times.read(new.expires_at)

    def work() -> dict[str, Any]:
        if expires_at is not None and expires_at <= services.store.now():
            raise FormatError("format.time", "/expires_at", "This time is past", "Give one to come, or null")
        row, token = apikeys.create_api_key(
            services.store, new.name, new.scopes, issuer_id=new.issuer, expires_at=expires_at,
            live=not services.test_network,
        )  # fmt: skip
        return {**show(row), "token": token}

    # The token is not remembered: a database that leaks must not hold it.
    return post.once(wanted.sha256, work, forget=frozenset({"token"}))


@router.get(
    "",
    response_model=answers.Items[answers.ApiKey],
    **route("listApiKeys", "All keys, newest first", "invalid-cursor", scopes=["admin"]),
)
def list_(services: Svc, caller: Admin, page: PageQuery, response: Response) -> Any:  # noqa: ARG001
    found = apikeys.list_api_keys(services.store, limit=page.limit + 1, after=page.after)
    return page.answer(response, found, show, lambda row: (row.created_at, row.id))


@router.post(
    "/{id}/revoke",
    response_model=answers.ApiKey,
    **route("revokeApiKey", "End a key at once", ONCE, "not-found", scopes=["admin"], body=json_body(Empty, {})),
)
def revoke(post: Poster, wanted: Nothing, id: Id) -> Response:
    return post.once(wanted.sha256, lambda: show(apikeys.revoke_api_key(post.services.store, id)), status=200)
