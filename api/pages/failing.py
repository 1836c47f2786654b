"""Errors on the way to a page: a page for who wants HTML, a problem (RFC 9457) for everybody else."""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.responses import HTMLResponse, Response

from api.pages.browser import content_security_policy
from api.pages.frame import Frame
from api.problems import Problem, invalid_fields, problem_of
from registry.errors import RegistryError

_MAX_ACCEPT = 2000
_NEVER = {"q=0", "q=0.0", "q=0.00", "q=0.000"}


def wants_html(accept: str) -> bool:
    """Whether the header Accept names HTML (RFC 9110, section 12.5.1). `*/*` does not: programs send it."""
    for part in accept[:_MAX_ACCEPT].split(","):
        kind, *parameters = (word.strip().lower() for word in part.split(";"))
        if kind in ("text/html", "application/xhtml+xml") and not _NEVER & set(parameters):
            return True
    return False


class ExactRoute(APIRoute):
    """A route at whose malformed addresses there is nothing: 404 instead of 422."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """As FastAPI calls it."""
        answer = super().get_route_handler()

        async def handler(request: Request) -> Response:
            try:
                return await answer(request)
            except RequestValidationError as error:
                if any(one["loc"][0] != "path" for one in error.errors()):
                    raise
                raise Malformed("not-found", "An address of this form names nothing.") from None

        return handler


class Malformed(Problem):
    """An address of a form that nothing here has."""


class PageRoute(ExactRoute):
    """A route whose errors below 500 are pages; the rest is for `api.problems`, which keeps account of it."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """As FastAPI calls it."""
        answer = super().get_route_handler()
        kind = self.path.split("/")[1]

        async def handler(request: Request) -> Response:
            try:
                return await answer(request)
            except (Problem, RegistryError, RequestValidationError) as error:
                problem = _problem(error)
                if problem.type.status >= 500 or not wants_html(request.headers.get("accept", "")):
                    raise
                return _page(request, problem, kind)

        return handler


def _problem(error: Problem | RegistryError | RequestValidationError) -> Problem:
    if isinstance(error, RequestValidationError):
        return invalid_fields(error, parameters=True)
    return problem_of(error) if isinstance(error, RegistryError) else error


def _page(request: Request, problem: Problem, kind: str) -> Response:
    code = "malformed" if isinstance(problem, Malformed) else problem.type.code
    frame = Frame(request, request.query_params.get("lang"))
    html = frame.render("error.html", status=problem.type.status, code=code, kind=kind)
    headers = {"Cache-Control": "no-store", **frame.headers(content_security_policy())}
    return HTMLResponse(html, problem.type.status, headers)
