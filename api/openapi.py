"""What a route says about itself in OpenAPI: name, scopes, bodies, problems with examples."""

from collections.abc import Iterable
from typing import Any

from api.problem_types import TYPES, ProblemType
from api.problems import MEDIA_TYPE

PROBLEM_SCHEMA: dict[str, Any] = {
    "type": "object",
    "description": "An error, after RFC 9457.",
    "required": ["type", "code", "title", "status", "detail", "request_id"],
    "properties": {
        "type": {"type": "string", "description": "Reference to the explanation, on this server."},
        "code": {"type": "string", "enum": sorted(TYPES)},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "request_id": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["code", "detail"],
                "properties": {
                    "code": {"type": "string"},
                    "detail": {"type": "string"},
                    "remedy": {"type": "string"},
                    "pointer": {"type": "string", "description": "JSON Pointer into the body or the row."},
                    "row": {"type": "integer", "description": "Line of the uploaded file, counted from 1."},
                    "column": {"type": "string"},
                    "parameter": {"type": "string"},
                },
                "additionalProperties": False,
            },
        },
    },
}

EVERYWHERE = ("bad-request", "invalid-request", "internal", "store-unavailable", "store-full")
KEYED = ("unauthenticated", "invalid-token", "expired-token", "insufficient-scope", "other-issuer")
BODIED = (
    "invalid-json", "body-timeout", "body-too-large", "unsupported-media-type", "unsupported-encoding",
)  # fmt: skip
ONCE = ("idempotency-key-missing", "idempotency-key-reused", "erased", *BODIED)


def route(
    name: str,
    summary: str,
    *problems: str | Iterable[str],
    scopes: Iterable[str] = (),
    body: dict[str, Any] | None = None,
    ok: dict[int | str, dict[str, Any]] | None = None,
) -> dict[str, Any]:
    """Keyword arguments for the route decorator.

    `problems` are codes or groups of them; `scopes` None means public; `body` is {media type: {schema, example}}.
    """
    scopes = tuple(scopes)
    codes = list(EVERYWHERE) + (list(KEYED) if scopes else [])
    for one in problems:
        codes += [one] if isinstance(one, str) else list(one)
    extra: dict[str, Any] = {"x-scopes": list(scopes)} if scopes else {"security": []}
    if body is not None:
        extra["requestBody"] = {"required": True, "content": body}
    tag = {"tags": ["private" if scopes else "public"]}
    responses: dict[int | str, dict[str, Any]] = _problems(dict.fromkeys(codes))
    responses.update(ok or {})
    return {"operation_id": name, "summary": summary, "responses": responses, "openapi_extra": extra, **tag}


def content(media_type: str, description: str, schema: dict[str, Any], example: Any = None) -> dict[str, Any]:
    """One answer that is not `application/json` of a response model."""
    entry: dict[str, Any] = {"schema": schema}
    if example is not None:
        entry["example"] = example
    return {"description": description, "content": {media_type: entry}}


def json_body(model: Any, example: Any) -> dict[str, Any]:
    """The request body of a pydantic model; what `api.bodies.fields` reads."""
    return {"application/json": {"schema": model.model_json_schema(), "example": example}}


def _problems(codes: Iterable[str]) -> dict[int | str, dict[str, Any]]:
    by_status: dict[int | str, list[str]] = {}
    for code in codes:
        by_status.setdefault(TYPES[code].status, []).append(code)
    return {status: _answer(found) for status, found in sorted(by_status.items(), key=lambda item: str(item[0]))}


def _answer(codes: list[str]) -> dict[str, Any]:
    examples = {code: {"$ref": f"#/components/examples/{code}"} for code in codes}
    schema = {"$ref": "#/components/schemas/Problem"}
    description = "; ".join(TYPES[code].title for code in codes) + "."
    return {"description": description, "content": {MEDIA_TYPE: {"schema": schema, "examples": examples}}}


def problem_examples() -> dict[str, Any]:
    """One example per problem type, which the answers refer to."""
    return {code: {"summary": one.title, "value": _example(one)} for code, one in TYPES.items()}


def _example(one: ProblemType) -> dict[str, Any]:
    return {
        "type": one.uri,
        "code": one.code,
        "title": one.title,
        "status": one.status,
        "detail": one.explanation,
        "request_id": "5f0c2a9b7d3e4f61",
    }
