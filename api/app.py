"""The application: routes, errors, the edge around them, and the OpenAPI description at /openapi.json."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import Any

from fastapi import FastAPI, Request
from fastapi.openapi.utils import get_openapi
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Match

from api import problems
from api.edge import Edge
from api.openapi import PROBLEM_SCHEMA, problem_examples
from api.pages import assets, explorer, home, learner, portfolio
from api.pages import routes as pages
from api.routes import (
    achievements,
    anchors,
    apikeys,
    batches,
    credentials,
    dids,
    export,
    health,
    issuers,
    jwtkeys,
    keys,
    links,
    log,
    making,
    receipts,
    status,
    vcapi,
    verify,
)
from api.routes import problems as problem_routes
from api.services import Services

ROUTERS = (
    issuers.router,
    keys.router,
    jwtkeys.router,
    dids.router,
    achievements.router,
    batches.router,
    making.router,
    receipts.router,
    credentials.router,
    links.router,
    status.router,
    anchors.router,
    export.router,
    log.router,
    verify.router,
    apikeys.router,
    health.router,
    problem_routes.router,
    explorer.twins,
    explorer.router,
    home.router,
    learner.router,
    portfolio.router,
    pages.router,
)

_DESCRIPTION = """Issue micro-credentials in batches, anchor them on Ethereum, revoke, verify and audit them.

Every error is `application/problem+json` (RFC 9457). Every POST that creates or revokes needs an `Idempotency-Key`."""

_TAGS = [
    {"name": "public", "description": "For everybody, without a key."},
    {"name": "private", "description": "With an API key that has one of the scopes in `x-scopes`."},
]


def create_app(services: Services) -> FastAPI:
    """The ASGI application on `services`, which it closes when it shuts down."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        services.close()

    app = FastAPI(
        title="Credanchor",
        version=version("credanchor"),
        description=_DESCRIPTION,
        openapi_tags=_TAGS,
        lifespan=lifespan,
        docs_url=None,  # FastAPI's pages load scripts from a CDN
        redoc_url=None,
        redirect_slashes=False,  # a redirect would lead a POST astray; a wrong path is a 404
        separate_input_output_schemas=False,
    )
    app.state.services = services
    for router in ROUTERS:
        app.include_router(router)
    if services.settings.vc_api_issuer:
        app.include_router(vcapi.router)
    app.mount("/static", assets.static)
    problems.install(app)
    app.add_exception_handler(405, _method_not_allowed)
    app.add_middleware(Edge)
    app.openapi = lambda: _openapi(app)  # type: ignore[method-assign]
    return app


def _method_not_allowed(request: Request, error: Exception) -> Response:
    """405 with every method the path knows; the framework's own Allow has those of the first route only."""
    assert isinstance(error, HTTPException)  # noqa: S101
    known: set[str] = set()
    for method in ("GET", "POST", "DELETE"):
        scope = {**request.scope, "method": method}
        if any(route.matches(scope)[0] is Match.FULL for route in request.app.routes):
            known |= {method, "HEAD"} if method == "GET" else {method}
    allow = ", ".join(sorted(known))
    detail = f"{request.method} is not possible here; {allow} would be."
    return problems.Problem("method-not-allowed", detail, headers={"Allow": allow}).response(
        problems.request_id(request)
    )


def _openapi(app: FastAPI) -> dict[str, Any]:
    if app.openapi_schema is None:
        schema = get_openapi(
            title=app.title, version=app.version, description=app.description, tags=app.openapi_tags, routes=app.routes
        )
        schema["components"]["schemas"]["Problem"] = PROBLEM_SCHEMA
        schema["components"]["examples"] = problem_examples()
        app.openapi_schema = schema
    return app.openapi_schema
