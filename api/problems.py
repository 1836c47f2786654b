"""Errors as the API tells them: one table from error classes to problem types, one shape for every answer (RFC 9457).

The shape: type, code, title, status, detail, request_id, and where there is more to say errors[] and extra members.
Answers never repeat input values, and a 500 says nothing of its cause.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from api.limits import MAX_ROW_ERRORS
from api.problem_types import TYPES
from registry.errors import Conflict, FormatError, NotFound, RegistryError, RowErrors, SecretError, StateError
from registry.format.strictjson import pointer
from registry.store.batches import FINAL
from registry.store.credentials import ERASED
from registry.store.engine import StoreFull, StoreUnavailable
from registry.store.links import LinkEnded

MEDIA_TYPE = "application/problem+json"

RETRY_SECONDS = 5
"""`Retry-After` of a problem that passes by itself."""

FINAL_RETRY_SECONDS = 30
"""`Retry-After` of what is not final yet: finality takes minutes on a public chain, seconds on an embedded one."""

TABLE: dict[type[RegistryError], str] = {
    FormatError: "invalid-document",
    RowErrors: "invalid-rows",
    StateError: "wrong-state",
    LinkEnded: "link-ended",
    NotFound: "not-found",
    Conflict: "conflict",
    SecretError: "secrets-unavailable",
    StoreFull: "store-full",
    StoreUnavailable: "store-unavailable",
}
"""Which problem an error of the registry is; a subclass counts as its nearest listed parent."""

_BY_STATUS = {400: "bad-request", 404: "not-found", 405: "method-not-allowed", 413: "body-too-large"}
"""Errors that the framework raises itself."""

_HIDDEN = {"secrets-unavailable", "store-unavailable", "store-full"}
"""Problems whose own sentence is for the operator's log: it may name files and hosts."""


class Problem(Exception):
    """An answer that is an error: `code` names its type, `detail` is one sentence about this case.

    `errors` are entries of errors[], `extra` further members, `headers` go with the answer.
    """

    def __init__(
        self,
        code: str,
        detail: str,
        *,
        errors: Iterable[Mapping[str, Any]] = (),
        headers: Mapping[str, str] | None = None,
        **extra: Any,
    ) -> None:
        super().__init__(code, detail)
        self.type = TYPES[code]
        self.detail = detail
        self.errors = [dict(error) for error in errors]
        self.headers = dict(headers or {})
        self.extra = extra

    def response(self, request_id: str) -> Response:
        """The answer as bytes; never cached."""
        body: dict[str, Any] = {
            "type": self.type.uri,
            "code": self.type.code,
            "title": self.type.title,
            "status": self.type.status,
            "detail": self.detail,
            "request_id": request_id,
            **self.extra,
        }
        if self.errors:
            body["errors"] = self.errors
        text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
        # A detail could quote half a surrogate pair out of somebody's file.
        data = text.encode("utf-8", "replace")
        headers = {"Cache-Control": "no-store", **self.headers}
        return Response(data, self.type.status, headers, MEDIA_TYPE)


def problem_of(error: RegistryError) -> Problem:
    """The problem that an error of the registry or of the anchor side is."""
    code = next((TABLE[parent] for parent in type(error).__mro__ if parent in TABLE), "internal")
    if code == "internal" or code in _HIDDEN:
        retry = {"Retry-After": str(RETRY_SECONDS)} if TYPES[code].status == 503 else {}
        return Problem(code, TYPES[code].explanation, headers=retry)
    if isinstance(error, FormatError):
        return Problem(code, str(error), errors=[_format_entry(error)])
    if isinstance(error, RowErrors):
        return _rows(error)
    if isinstance(error, StateError):
        return _state(error)
    return Problem(code, str(error))


def invalid_json(error: FormatError) -> Problem:
    """The problem of a body that is not strict JSON."""
    return Problem("invalid-json", str(error), errors=[_format_entry(error)])


def invalid_fields(error: ValidationError | RequestValidationError, parameters: bool = False) -> Problem:
    """The problem of a request whose fields or `parameters` are wrong; names and rules only, no values."""
    entries = []
    for one in error.errors():
        # An unknown field's name is the caller's own text, of any length.
        place = [str(part)[:80] for part in one["loc"]]
        where = {"parameter": place[-1]} if parameters else {"pointer": pointer(*place)}
        entries.append({"code": f"field.{one['type'].replace('_', '-')}", "detail": one["msg"], **where})
    count = (
        "1 field is not as it should be" if len(entries) == 1 else f"{len(entries)} fields are not as they should be"
    )
    return Problem("invalid-request", f"{count}.", errors=entries[:MAX_ROW_ERRORS])


def install(app: FastAPI) -> None:
    """Make every error of `app` a problem. What nobody handles becomes a 500 in `api.edge`."""

    def on_problem(request: Request, error: Exception) -> Response:
        assert isinstance(error, Problem)  # noqa: S101  (registered for this class)
        return error.response(request_id(request))

    def on_registry(request: Request, error: Exception) -> Response:
        assert isinstance(error, RegistryError)  # noqa: S101
        problem = problem_of(error)
        if problem.type.status >= 500:
            request.state.failure = type(error).__name__
        return problem.response(request_id(request))

    def on_http(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)  # noqa: S101
        code = _BY_STATUS.get(error.status_code, "internal" if error.status_code >= 500 else "bad-request")
        detail = f"{request.method} is not possible here." if code == "method-not-allowed" else TYPES[code].explanation
        return Problem(code, detail, headers=error.headers).response(request_id(request))

    def on_validation(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)  # noqa: S101
        return invalid_fields(error, parameters=True).response(request_id(request))

    app.add_exception_handler(Problem, on_problem)
    app.add_exception_handler(RegistryError, on_registry)
    app.add_exception_handler(HTTPException, on_http)
    app.add_exception_handler(RequestValidationError, on_validation)


def request_id(request: Request) -> str:
    """The id that `api.edge` gave this request."""
    return str(request.scope.get("credanchor.request_id", ""))


def _state(error: StateError) -> Problem:
    if error.state == ERASED:
        return Problem("erased", TYPES["erased"].explanation)
    if error.needed == FINAL:
        retry = {"Retry-After": str(FINAL_RETRY_SECONDS)}
        return Problem("not-final", str(error), headers=retry, state=error.state, needed=error.needed)
    return Problem("wrong-state", str(error), state=error.state, needed=error.needed)


def _format_entry(error: FormatError) -> dict[str, Any]:
    return _entry(error.code, error.problem, error.remedy, pointer=error.pointer)


def _rows(error: RowErrors) -> Problem:
    entries = [
        _entry(one.code, one.problem, one.remedy, row=one.row, column=one.column, pointer=one.pointer)
        for one in error.errors[:MAX_ROW_ERRORS]
    ]
    count = len(error.errors)
    many = "1 problem was" if count == 1 else f"{count} problems were"
    shown = f" The first {MAX_ROW_ERRORS} are listed." if count > MAX_ROW_ERRORS else ""
    return Problem("invalid-rows", f"{many} found; nothing was written.{shown}", errors=entries, error_count=count)


def _entry(code: str, problem: str, remedy: str, **places: Any) -> dict[str, Any]:
    entry = {"code": code, "detail": problem, **{name: value for name, value in places.items() if value is not None}}
    return {**entry, "remedy": remedy} if remedy else entry
