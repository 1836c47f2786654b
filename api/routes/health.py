"""Is the process alive, is it ready, how does the registry do. Public, and says nothing about learners or issuers."""

from importlib.metadata import version
from typing import Annotated, Any
from urllib.parse import urlsplit

from fastapi import APIRouter, Response

from api import readiness, times, workerstatus
from api.auth import needs
from api.exposition import MEDIA_TYPE
from api.metrics import render
from api.openapi import content, route
from api.problems import Problem
from api.routes.common import Svc, hash0x
from api.schemas import operating
from api.services import Services
from registry.credential import blockcerts
from registry.errors import StateError
from registry.store import anchors, logkey
from registry.store.apikeys import Caller
from registry.store.health import facts

router = APIRouter()

Operator = Annotated[Caller, needs("operations:read", unbound=True)]

_NO_STORE = {"Cache-Control": "no-store"}


@router.get("/livez", response_model=operating.Alive, **route("livez", "The process answers and works", "not-ready"))
def livez(services: Svc, response: Response) -> Any:
    _require(readiness.alive(services))
    response.headers.update(_NO_STORE)
    return {"status": "ok"}


@router.get(
    "/readyz", response_model=operating.Ready, **route("readyz", "All parts answer as they should", "not-ready")
)
def readyz(services: Svc, response: Response) -> Any:
    shown = _require(readiness.checks(services))
    response.headers.update(_NO_STORE)
    return {"status": "ok", "checks": shown}


@router.get("/v1/health", response_model=operating.Health, **route("health", "How the registry does"))
def health(services: Svc, response: Response) -> Any:
    response.headers.update(_NO_STORE)
    seen = facts(services.store)
    latest = anchors.latest_final(services.store)
    age = None if seen.tick_at is None else max(0, services.store.now() - seen.tick_at)
    stale = age is None or age > services.settings.worker_stale_seconds
    return {
        "status": "attention" if stale or seen.alarms or seen.failed else "ok",
        "version": version("credanchor"),
        "registry": _registry(services),
        "batches": seen.batches,
        "last_final_anchor": latest and {"number": latest.number, "block_time": times.shown(latest.block_time)},
        "worker": seen.tick_at and {"tick_at": times.shown(seen.tick_at), "age_seconds": age},
        "alarms": [code for code, _ in seen.alarms],
    }


@router.get(
    "/v1/worker",
    response_model=operating.WorkerStatus,
    **route("getWorker", "What the worker waits for, and which alarms stand", scopes=["operations:read"]),
)
def worker(_caller: Operator, services: Svc, response: Response) -> Any:
    response.headers.update(_NO_STORE)
    return workerstatus.look(services.store, services.settings.worker_stale_seconds)


@router.get(
    "/metrics",
    response_class=Response,
    **route(
        "metrics", "Metrics for Prometheus", scopes=["operations:read"],
        ok={200: content("text/plain", "Families of samples, text format 0.0.4.", {"type": "string"})},
    ),
)  # fmt: skip
def metrics(_caller: Operator, services: Svc) -> Response:
    text = render(services.store, services.work)
    return Response(text, media_type=MEDIA_TYPE, headers=_NO_STORE)


@router.get(
    "/v1/registry",
    response_model=operating.Registry,
    **route("getRegistry", "The contract that this registry writes to; anchor proofs name this address", "wrong-state"),
)
def registry(services: Svc) -> Any:
    row = services.bound()
    with services.store.read() as session:
        key, earlier = logkey.public(session), [one.to_json() for one in logkey.earlier(session)]
    url = f"{row.public_url}/v1/registry"
    return {
        **blockcerts.profile(url, urlsplit(row.public_url).netloc, anchors.senders(services.store)),
        "chain_id": row.chain_id,
        "contract": hash0x(row.contract),
        "registry_id": row.registry_id.hex(),
        "code_sha256": row.code_sha256.hex(),
        "deploy_block": row.deploy_block,
        "deploy_block_hash": hash0x(row.deploy_block_hash),
        "public_url": row.public_url,
        "log_key": key and {"vkey": key.vkey, "multikey": key.multikey},
        "earlier_log_keys": earlier,
        "test_network": services.test_network,
    }


def _require(found: dict[str, operating.Check]) -> dict[str, Any]:
    """The checks as they are shown. Raises Problem when one says no."""
    failed = [name for name, check in found.items() if check.ok is False]
    shown = {name: check.model_dump() for name, check in found.items()}
    if failed:
        raise Problem("not-ready", f"Not as it should be: {', '.join(failed)}.", checks=shown)
    return shown


def _registry(services: Services) -> dict[str, Any] | None:
    try:
        row = services.bound()
    except StateError:
        return None
    return {
        "chain_id": row.chain_id,
        "contract": hash0x(row.contract),
        "registry_id": row.registry_id.hex(),
        "test_network": services.test_network,
    }
