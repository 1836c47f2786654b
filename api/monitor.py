"""A listener of its own for probes and Prometheus: /livez, /readyz and /metrics, without a key, on `monitor_port`.

For `credanchor worker`, which has no API, and for whoever keeps metrics off the public port. It listens on the loopback
address unless `monitor_host` says otherwise; who can reach it can read it. Nothing there is personal or secret.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from api import ports, readiness
from api.exposition import MEDIA_TYPE
from api.metrics import render
from api.schemas.operating import Check
from api.services import Services
from api.settings import Settings
from api.supervisor import STOP_SECONDS, Background

MAX_CONNECTIONS = 32
"""Far more than probes need; what comes above gets 503."""


def create_monitor(services: Services) -> Starlette:
    """The application; `services.work` is what it looks at."""

    def livez(_: Request) -> Response:
        return _answer(readiness.alive(services))

    def readyz(_: Request) -> Response:
        return _answer(readiness.checks(services))

    def metrics(_: Request) -> Response:
        return Response(render(services.store, services.work), media_type=MEDIA_TYPE)

    return Starlette(routes=[Route("/livez", livez), Route("/readyz", readyz), Route("/metrics", metrics)])


@contextmanager
def monitoring(settings: Settings, work: Background) -> Iterator[str]:
    """Listen while the block runs, if `monitor_port` says so; gives the address, else the empty text."""
    if not settings.monitor_port:
        yield ""
        return
    services = Services.build(settings)
    services.work = work
    try:
        with listening(settings, create_monitor(services)) as url:
            yield url
    finally:
        services.close()


@contextmanager
def listening(settings: Settings, app: Any) -> Iterator[str]:
    """An application at `monitor_port` while the block runs; gives its address. Raises DataDirError."""
    import uvicorn

    listener = ports.bind(settings.monitor_host, settings.monitor_port, fixed=True)
    config = uvicorn.Config(
        app, access_log=False, log_config=None, lifespan="off", server_header=False, limit_concurrency=MAX_CONNECTIONS
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="monitor", daemon=True)
    thread.start()
    try:
        yield f"http://{settings.monitor_host}:{settings.monitor_port}"
    finally:
        server.should_exit = True
        thread.join(STOP_SECONDS)
        listener.close()


def _answer(found: dict[str, Check]) -> Response:
    failed = any(check.ok is False for check in found.values())
    shown = {name: check.model_dump() for name, check in found.items()}
    return JSONResponse({"status": "failed" if failed else "ok", "checks": shown}, status_code=503 if failed else 200)
