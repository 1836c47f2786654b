"""DID documents of issuers with a did:web, so that their embedded proofs verify anywhere."""

from typing import Any

from fastapi import APIRouter, Request, Response

from api.caching import cached_json
from api.openapi import content, route
from api.routes.common import Id, Svc
from registry.credential import dids
from registry.errors import FormatError, NotFound
from registry.store import identity, issuers

router = APIRouter()

_DOCUMENT = {
    "type": "object",
    "description": "A DID document: every key the issuer ever had, and which of them may sign now.",
    "required": ["@context", "id", "verificationMethod", "assertionMethod"],
}
_OK: dict[int | str, dict[str, Any]] = {200: content(dids.MEDIA_TYPE, "The document.", _DOCUMENT)}


@router.get(
    "/v1/issuers/{issuer}/did.json",
    **route("getDidDocument", "The DID document of an issuer with a did:web", "not-found", ok=_OK),
)
def get(services: Svc, request: Request, issuer: Id) -> Response:
    found = identity.did_document(services.store, issuers.get_issuer(services.store, issuer))
    return cached_json(request, found, "ask", dids.MEDIA_TYPE)


# A place that the did:web method names, not one of this API's: it is there only if an issuer is called like this host.
@router.get("/.well-known/did.json", include_in_schema=False)
def get_own(services: Svc, request: Request) -> Response:
    try:
        own = dids.web_did(services.bound().public_url + "/.well-known/did.json")
    except FormatError:  # http, or an IP address: nobody can be called like that
        own = ""
    issuer = issuers.find_by_did(services.store, own)
    if issuer is None:
        raise NotFound("issuer", "of this host itself")
    return cached_json(request, identity.did_document(services.store, issuer), "ask", dids.MEDIA_TYPE)
