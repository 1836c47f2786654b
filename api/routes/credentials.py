"""Single credentials: their state, file and proof; revoking, suspending, reinstating, erasing."""

import json
from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from api import times
from api.auth import needs, see
from api.bodies import Parsed, fields
from api.caching import cached, cached_json
from api.idempotency import Post, posting
from api.openapi import ONCE, content, json_body, route
from api.pages.catalogue import choose
from api.paper import PaperError, make
from api.problems import Problem
from api.routes.common import Id, Svc
from api.schemas import answers
from api.schemas.requests import StatusChange
from api.services import Services
from registry.credential import vcjwt
from registry.store import batches, erasure, jwtkeys, statusactions
from registry.store import credentials as stored
from registry.store.apikeys import Caller
from registry.store.tables import Credential

router = APIRouter(prefix="/v1/credentials/{handle}")
Reader = Annotated[Caller, needs("credentials:read")]
Revoker = Annotated[Post, posting("credentials:revoke")]
Eraser = Annotated[Caller, needs("credentials:revoke")]
Change = Annotated[Parsed[StatusChange], fields(StatusChange)]

FILE_TYPES = ("application/vc", "application/vc+ld+json", "application/json")
"""What the file may be called; the bytes are the same."""

_EXAMPLE = json_body(StatusChange, {"reason": "issued-in-error", "note": "Wrong course in the roster."})
_FILE = {"type": "object", "description": "An Open Badges 3.0 credential with its proofs."}
_PDF = {"type": "string", "format": "binary", "description": "PDF/A-3a and PDF/UA-1 with that file attached."}
Lang = Annotated[str | None, Query(max_length=20, description="Of the page; else as Accept-Language says.")]


def show(row: Credential, state: str) -> dict[str, Any]:
    """A credential as the API shows it; `state` is its batch's."""
    base = f"/v1/credentials/{row.handle}"
    return {
        "handle": row.handle,
        "batch": row.batch_id,
        "index": row.index,
        "state": state,
        "status": row.status,
        "erased_at": times.shown(row.erased_at),
        "links": {"file": f"{base}/file", "pdf": f"{base}/pdf", "jwt": f"{base}/jwt", "proof": f"{base}/proof"},
    }


@router.get(
    "",
    response_model=answers.Credential,
    **route("getCredential", "A credential without its content", "not-found", scopes=["credentials:read"]),
)
def get(services: Svc, request: Request, caller: Reader, handle: Id) -> Response:
    _owned(services, caller, handle)
    return cached_json(request, _shown(services, handle), "ask-private")


@router.get(
    "/file",
    **route(
        "getFile", "The file for the learner: standard credential with anchor proof; final ones only",
        "not-found", "not-acceptable", "not-final", "erased", scopes=["credentials:read"],
        ok={200: content("application/vc", "The file.", _FILE)},
    ),
)  # fmt: skip
def file(services: Svc, request: Request, caller: Reader, handle: Id) -> Response:
    media_type = _media_type(request.headers.get("accept", "*/*"))
    _owned(services, caller, handle)
    data = stored.file(services.store, handle)
    return cached(request, data, media_type, "forever-private", {"Vary": "Accept, Authorization"})


@router.get(
    "/pdf",
    **route(
        "getPdf", "The file on a page to print and frame, with a QR code that leads to its check; final ones only",
        "not-found", "not-final", "erased", "pdf-unavailable", scopes=["credentials:read"],
        ok={200: content("application/pdf", "The page, with the file attached.", _PDF)},
    ),
)  # fmt: skip
def pdf(services: Svc, request: Request, caller: Reader, handle: Id, lang: Lang = None) -> Response:
    _owned(services, caller, handle)
    data = stored.file(services.store, handle)
    language = choose(lang, request.headers.get("accept-language", "")).language
    registry, test = services.bound().public_url, services.test_network
    try:
        made = make(data, language, registry=registry, test=test)
    except PaperError as error:
        raise Problem("pdf-unavailable", str(error)) from error
    return cached(request, made, "application/pdf", "ask-private", {"Vary": "Accept-Language, Authorization"})


@router.get(
    "/jwt",
    **route(
        "getJwt", "The file as a JWT (vc+jwt), signed with the issuer's newest hosted key for JWTs; final ones only",
        "not-found", "not-final", "erased", "wrong-state", "invalid-document", "secrets-unavailable",
        scopes=["credentials:read"],
        ok={200: content(vcjwt.MEDIA_TYPE, "The token, in compact form.", {"type": "string"})},
    ),
)  # fmt: skip
def jwt(services: Svc, request: Request, caller: Reader, handle: Id) -> Response:
    _owned(services, caller, handle)
    token = jwtkeys.token(services.store, services.vault, handle)
    return cached(request, token.encode(), vcjwt.MEDIA_TYPE, "ask-private", {"Vary": "Authorization"})


@router.get(
    "/proof",
    **route(
        "getProof", "The anchor proof alone, as the file has it",
        "not-found", "not-final", "erased", scopes=["credentials:read"],
        ok={200: content("application/json", "The member of `proof`.", {"type": "object"})},
    ),
)  # fmt: skip
def proof(services: Svc, request: Request, caller: Reader, handle: Id) -> Response:
    _owned(services, caller, handle)
    return cached_json(request, json.loads(stored.file(services.store, handle))["proof"][-1], "forever-private")


@router.post(
    "/revoke",
    response_model=answers.Credential,
    **route(
        "revokeCredential", "Revoke for good; verifiers see it with the next anchor",
        ONCE, "not-found", "wrong-state", "secrets-unavailable", scopes=["credentials:revoke"], body=_EXAMPLE,
    ),
)  # fmt: skip
def revoke(post: Revoker, wanted: Change, handle: Id) -> Response:
    return _change(post, wanted, handle, statusactions.revoke)


@router.post(
    "/suspend",
    response_model=answers.Credential,
    **route(
        "suspendCredential", "Suspend for the time being",
        ONCE, "not-found", "wrong-state", "secrets-unavailable", scopes=["credentials:revoke"], body=_EXAMPLE,
    ),
)  # fmt: skip
def suspend(post: Revoker, wanted: Change, handle: Id) -> Response:
    return _change(post, wanted, handle, statusactions.suspend)


@router.post(
    "/reinstate",
    response_model=answers.Credential,
    **route(
        "reinstateCredential", "Lift a suspension; a revocation stays",
        ONCE, "not-found", "wrong-state", "secrets-unavailable", scopes=["credentials:revoke"], body=_EXAMPLE,
    ),
)  # fmt: skip
def reinstate(post: Revoker, wanted: Change, handle: Id) -> Response:
    return _change(post, wanted, handle, statusactions.reinstate)


@router.delete(
    "",
    status_code=204,
    **route(
        "eraseCredential",
        "Remove the learner's data for good; copies that the learner holds still verify. "
        "Again it does nothing, but of a row in an open batch nothing stays: again it is not found",
        "not-found", "wrong-state", scopes=["credentials:revoke"],
    ),
)  # fmt: skip
def erase(services: Svc, caller: Eraser, handle: Id) -> Response:
    _owned(services, caller, handle)
    erasure.erase(services.store, handle, caller.id)
    return Response(None, 204)


def _change(post: Post, wanted: Parsed[StatusChange], handle: str, action: Callable[..., Any]) -> Response:
    services, new = post.services, wanted.fields
    _owned(services, post.caller, handle)

    def work() -> dict[str, Any]:
        action(services.store, services.vault, handle, new.reason, new.note, post.caller.id)
        return _shown(services, handle)

    return post.once(wanted.sha256, work, status=200)


def _owned(services: Services, caller: Caller, handle: str) -> None:
    see(caller, stored.owner(services.store, handle), "credential", handle)


def _shown(services: Services, handle: str) -> dict[str, Any]:
    row = stored.get_credential(services.store, handle)
    return show(row, batches.state_of(services.store, row.batch_id)["state"])


def _media_type(accept: str) -> str:
    """The first of FILE_TYPES that the client accepts; what it prefers among them does not change a byte."""
    wanted = {part.partition(";")[0].strip().lower() for part in accept.split(",")}
    if wanted & {"*/*", "application/*", ""}:
        return FILE_TYPES[0]
    for media_type in FILE_TYPES:
        if media_type in wanted:
            return media_type
    raise Problem("not-acceptable", f"The file can be given as: {', '.join(FILE_TYPES)}.")
