"""Issuers' signing keys: hosted here or held elsewhere, with the windows the contract gives them."""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Request, Response

from api import times
from api.bodies import Parsed, fields
from api.caching import cached_json
from api.idempotency import Post, posting
from api.openapi import ONCE, json_body, route
from api.problems import Problem
from api.routes.common import Id, Nothing, Svc, hash_of
from api.schemas import answers
from api.schemas.requests import Compromise, Empty, NewKey
from api.services import Services
from registry.errors import NotFound
from registry.format.multibase import decode_multikey, encode_multikey
from registry.store import keys
from registry.store.tables import IssuerKey

router = APIRouter(prefix="/v1/issuers/{issuer}/keys")
Admin = Annotated[Post, posting("admin")]


def show(key: IssuerKey, active: bytes | None) -> dict[str, Any]:
    """A key as the API shows it; `active` is the id of the issuer's signing key."""
    return {
        "key_id": key.key_id.hex(),
        "multibase": encode_multikey(key.multikey),
        "verification_method": key.verification_method,
        "custody": "external" if key.secret is None else "hosted",
        "created_at": times.shown(key.created_at),
        "active": key.key_id == active,
        "revoke_requested": key.revoke,
        "compromised_since": times.shown(key.compromised_since),
        "chain": {
            "added_at": times.shown(key.chain_added_at),
            "revoked_at": times.shown(key.chain_revoked_at),
            "compromised_at": times.shown(key.chain_compromised_at),
        },
    }


@router.get(
    "", response_model=answers.Items[answers.Key], **route("listKeys", "All keys an issuer ever had", "not-found")
)
def list_(services: Svc, request: Request, issuer: Id) -> Response:
    found = keys.key_history(services.store, issuer)
    active = _active(services, issuer)
    return cached_json(request, {"items": [show(key, active) for key in found], "next_cursor": None}, "ask")


@router.post(
    "",
    status_code=201,
    response_model=answers.Key,
    **route(
        "addKey", "Make a hosted key, or add the public half of one held elsewhere",
        ONCE, "not-found", "conflict", "wrong-state", "invalid-document", "secrets-unavailable",
        scopes=["admin"], body=json_body(NewKey, {"custody": "hosted"}),
    ),
)  # fmt: skip
def add(post: Admin, wanted: Annotated[Parsed[NewKey], fields(NewKey)], issuer: Id) -> Response:
    return post.once(
        wanted.sha256,
        lambda: _shown(post.services, _add(post.services, issuer, wanted.fields)),
        location=lambda _: f"/v1/issuers/{issuer}/keys",
    )


@router.post(
    "/{key_id}/revoke",
    response_model=answers.Key,
    **route(
        "revokeKey", "End a key's use from now on; what was anchored before stays valid",
        ONCE, "not-found", "wrong-state", "secrets-unavailable", scopes=["admin"], body=json_body(Empty, {}),
    ),
)  # fmt: skip
def revoke(post: Admin, wanted: Nothing, issuer: Id, key_id: Id) -> Response:
    services = post.services
    work = _own(services, issuer, key_id, lambda id_: keys.revoke_key(services.store, services.vault, id_))
    return post.once(wanted.sha256, work, status=200)


@router.post(
    "/{key_id}/compromise",
    response_model=answers.Key,
    **route(
        "markKeyCompromised", "Say since when a key was in other hands; what was anchored since is not authentic",
        ONCE, "not-found", "conflict", "wrong-state", "invalid-document", "secrets-unavailable",
        scopes=["admin"], body=json_body(Compromise, {"since": "2026-11-25T10:00:00Z"}),
    ),
)  # fmt: skip
def compromise(
    post: Admin, wanted: Annotated[Parsed[Compromise], fields(Compromise)], issuer: Id, key_id: Id
) -> Response:
    services, since = post.services, times.read(wanted.fields.since)
    work = _own(services, issuer, key_id, lambda id_: keys.mark_compromised(services.store, services.vault, id_, since))
    return post.once(wanted.sha256, work, status=200)


def _own(
    services: Services, issuer: str, text: str, action: Callable[[bytes], IssuerKey]
) -> Callable[[], dict[str, Any]]:
    """`action` on the key, if it is one of the issuer in the path."""
    key_id = hash_of("key", text)

    def work() -> dict[str, Any]:
        if keys.get_key(services.store, key_id).issuer_id != issuer:
            raise NotFound("key", text)
        return _shown(services, action(key_id))

    return work


def _add(services: Services, issuer: str, new: NewKey) -> IssuerKey:
    method = new.verification_method
    if new.custody == "hosted":
        if new.multibase is not None:
            raise _misplaced("A hosted key is made here", "Leave multibase out")
        return keys.add_hosted_key(services.store, services.vault, issuer, verification_method=method)
    if new.multibase is None:
        raise _misplaced("An external key needs its public half", "Give multibase, 'z6Mk…'")
    return keys.add_external_key(services.store, issuer, decode_multikey(new.multibase), verification_method=method)


def _misplaced(problem: str, remedy: str) -> Problem:
    entry = {"code": "field.custody", "pointer": "/multibase", "detail": problem, "remedy": remedy}
    return Problem("invalid-request", f"{problem}.", errors=[entry])


def _shown(services: Services, key: IssuerKey) -> dict[str, Any]:
    return show(key, _active(services, key.issuer_id))


def _active(services: Services, issuer: str) -> bytes | None:
    with services.store.read() as session:
        found = keys.find_active(session, issuer)
    return found.key_id if found else None
