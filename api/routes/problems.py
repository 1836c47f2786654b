"""What problem types mean: where the `type` of every error answer leads."""

from typing import Any

from fastapi import APIRouter, Request, Response

from api.caching import cached_json
from api.openapi import route
from api.problem_types import TYPES, ProblemType
from api.routes.common import Id
from api.schemas import answers
from registry.errors import NotFound

router = APIRouter(prefix="/problems")


def show(one: ProblemType) -> dict[str, Any]:
    """A type with its explanation."""
    return {
        "type": one.uri, "code": one.code, "status": one.status, "title": one.title,
        "explanation": one.explanation, "remedy": one.remedy,
    }  # fmt: skip


@router.get("", response_model=answers.Items[answers.ProblemTypeAnswer], **route("listProblems", "All problem types"))
def list_(request: Request) -> Response:
    return cached_json(request, {"items": [show(one) for one in TYPES.values()], "next_cursor": None}, "short")


@router.get("/{code}", response_model=answers.ProblemTypeAnswer, **route("getProblem", "One problem type", "not-found"))
def get(request: Request, code: Id) -> Response:
    if code not in TYPES:
        raise NotFound("problem type", code)
    return cached_json(request, show(TYPES[code]), "short")
