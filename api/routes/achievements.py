"""Achievement definitions: what a micro-credential says it is for. Given as JSON or TOML, checked as a whole."""

import json
from typing import Annotated, Any

from fastapi import APIRouter, Request, Response

from api import times
from api.auth import needs, touch
from api.bodies import JSON, TOML, Body, body
from api.caching import cached_json
from api.idempotency import Post, posting
from api.limits import MAX_ACHIEVEMENT_BODY
from api.openapi import ONCE, route
from api.paging import PageQuery
from api.routes.common import Id, Svc
from api.schemas import answers
from registry.credential.achievement import Achievement
from registry.store import achievements
from registry.store.apikeys import Caller
from registry.store.tables import Achievement as Row

router = APIRouter(prefix="/v1")
Writer = Annotated[Caller, needs("batches:write")]
Poster = Annotated[Post, posting("batches:write")]

_BODY = {
    JSON: {"schema": {"type": "object", "description": "An achievement definition, as registry/credential describes."}},
    TOML: {"schema": {"type": "string", "description": "The same in TOML."}},
}


def show(row: Row) -> dict[str, Any]:
    """A definition as the API shows it."""
    return {
        "id": row.id,
        "issuer": row.issuer_id,
        "slug": row.slug,
        "version": row.version,
        "definition": json.loads(row.definition),
        "used": row.used,
        "created_at": times.shown(row.created_at),
    }


@router.post(
    "/issuers/{issuer}/achievements",
    status_code=201,
    response_model=answers.Achievement,
    **route(
        "addAchievement", "Add a version of a definition, or replace one that no batch uses yet",
        ONCE, "not-found", "conflict", "invalid-document", "invalid-rows", scopes=["batches:write"], body=_BODY,
    ),
)  # fmt: skip
def add(post: Poster, received: Annotated[Body, body(MAX_ACHIEVEMENT_BODY, JSON, TOML)], issuer: Id) -> Response:
    touch(post.caller, issuer)
    if answered := post.seen(received.sha256):
        return answered
    if received.media_type == JSON:
        received.json()  # says what is wrong as JSON before what is wrong as a definition
    achievement = Achievement.parse(received.data, "json" if received.media_type == JSON else "toml")
    return post.once(
        received.sha256,
        lambda: show(achievements.add_achievement(post.services.store, issuer, achievement)),
        location=lambda answer: f"/v1/achievements/{answer['id']}",
    )


@router.get(
    "/issuers/{issuer}/achievements",
    response_model=answers.Items[answers.Achievement],
    **route("listAchievements", "An issuer's definitions", "invalid-cursor", scopes=["batches:write"]),
)
def list_(services: Svc, caller: Writer, page: PageQuery, response: Response, issuer: Id) -> Any:
    touch(caller, issuer)
    found = achievements.list_achievements(services.store, issuer_id=issuer, limit=page.limit + 1, after=page.after)
    return page.answer(response, found, show, lambda row: (row.created_at, row.id))


@router.get(
    "/achievements/{achievement}",
    response_model=answers.Achievement,
    **route("getAchievement", "One version of a definition; credentials name it by this address", "not-found"),
)
def get(services: Svc, request: Request, achievement: Id) -> Response:
    row = achievements.get_achievement(services.store, achievement)
    return cached_json(request, show(row), "ask")
