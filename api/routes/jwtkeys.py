"""Issuers' keys for JWTs (ES256): hosted here or held elsewhere. No contract knows them; the DID document does."""

import json
from typing import Annotated, Any

from fastapi import APIRouter, Request, Response

from api import times
from api.bodies import Parsed, fields
from api.caching import cached_json
from api.idempotency import Post, posting
from api.openapi import ONCE, json_body, route
from api.routes.common import Id, Nothing, Svc, hash_of
from api.schemas import answers
from api.schemas.requests import Empty, NewJwtKey
from api.services import Services
from registry.store import jwtkeys
from registry.store.tables import JwtKey

router = APIRouter(prefix="/v1/issuers/{issuer}/jwt-keys")
Admin = Annotated[Post, posting("admin")]


def show(key: JwtKey) -> dict[str, Any]:
    """A key as the API shows it."""
    return {
        "key_id": key.key_id.hex(),
        "jwk": json.loads(key.jwk),
        "verification_method": key.verification_method,
        "custody": "external" if key.secret is None else "hosted",
        "created_at": times.shown(key.created_at),
        "revoked_at": times.shown(key.revoked_at),
    }


@router.get(
    "",
    response_model=answers.Items[answers.JwtKey],
    **route("listJwtKeys", "All keys for JWTs an issuer ever had", "not-found"),
)
def list_(services: Svc, request: Request, issuer: Id) -> Response:
    found = jwtkeys.key_history(services.store, issuer)
    return cached_json(request, {"items": [show(key) for key in found], "next_cursor": None}, "ask")


@router.post(
    "",
    status_code=201,
    response_model=answers.JwtKey,
    **route(
        "addJwtKey", "Make a hosted key for JWTs, or add the public half (JWK) of one held elsewhere",
        ONCE, "not-found", "conflict", "invalid-document", "secrets-unavailable",
        scopes=["admin"], body=json_body(NewJwtKey, {}),
    ),
)  # fmt: skip
def add(post: Admin, wanted: Annotated[Parsed[NewJwtKey], fields(NewJwtKey)], issuer: Id) -> Response:
    return post.once(
        wanted.sha256,
        lambda: show(_add(post.services, issuer, wanted.fields)),
        location=lambda _: f"/v1/issuers/{issuer}/jwt-keys",
    )


@router.post(
    "/{key_id}/revoke",
    response_model=answers.JwtKey,
    **route(
        "revokeJwtKey", "End a key for JWTs: it stays in the DID document, and tokens signed with it fail from now on",
        ONCE, "not-found", scopes=["admin"], body=json_body(Empty, {}),
    ),
)  # fmt: skip
def revoke(post: Admin, wanted: Nothing, issuer: Id, key_id: Id) -> Response:
    id_ = hash_of("key", key_id)
    return post.once(wanted.sha256, lambda: show(jwtkeys.revoke_key(post.services.store, issuer, id_)), status=200)


def _add(services: Services, issuer: str, new: NewJwtKey) -> JwtKey:
    store, method = services.store, new.verification_method
    if new.jwk is None:
        return jwtkeys.add_hosted_key(store, services.vault, issuer, verification_method=method)
    return jwtkeys.add_external_key(store, issuer, new.jwk, verification_method=method)
