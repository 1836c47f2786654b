"""Admission receipts: the registry's signed promise to anchor what was sealed, before the chain shows it."""

from typing import Annotated

from fastapi import APIRouter, Request, Response

from api.auth import needs, see
from api.caching import cached_json
from api.openapi import route
from api.routes.batches import Watcher, owned
from api.routes.common import Id, Svc
from api.schemas import answers
from registry.store import admission
from registry.store import credentials as stored
from registry.store.apikeys import Caller

router = APIRouter(prefix="/v1")
Reader = Annotated[Caller, needs("credentials:read")]


@router.get(
    "/batches/{batch}/receipt",
    response_model=answers.Receipt,
    **route(
        "getBatchReceipt", "The signed promise to anchor a batch, from the moment on when it is sealed",
        "not-found", "wrong-state", "secrets-unavailable", scopes=["batches:write", "credentials:read"],
    ),
)  # fmt: skip
def of_batch(services: Svc, request: Request, caller: Watcher, batch: Id) -> Response:
    owned(services, caller, batch)
    receipt = admission.receipt_of_batch(services.store, services.vault, batch)
    return cached_json(request, receipt.to_json(), "forever-private")


@router.get(
    "/credentials/{handle}/receipt",
    response_model=answers.CredentialReceipt,
    **route(
        "getCredentialReceipt", "The same for one credential: for its holder, before there is a proof",
        "not-found", "wrong-state", "secrets-unavailable", scopes=["credentials:read"],
    ),
)  # fmt: skip
def of_credential(services: Svc, request: Request, caller: Reader, handle: Id) -> Response:
    see(caller, stored.owner(services.store, handle), "credential", handle)
    receipt = admission.receipt_of_credential(services.store, services.vault, handle)
    return cached_json(request, receipt.to_json(), "forever-private")
