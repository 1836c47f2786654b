"""Batches: opened, filled with a roster or with signed credentials, sealed; then watched until final."""

import json
from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from starlette.responses import StreamingResponse

from api import times
from api.auth import needs, see, touch
from api.bodies import CSV, JSON, JSONL, Body, Parsed, body, fields
from api.caching import cached_json
from api.idempotency import Post, posting
from api.limits import MAX_ROSTER_BODY, MAX_SIGNED_BODY, MAX_WARNINGS
from api.openapi import ONCE, content, json_body, route
from api.paging import PageQuery
from api.routes import credentials
from api.routes.common import Id, Nothing, Svc, hash0x
from api.routes.documents import compact, documents_of
from api.schemas import answers
from api.schemas.requests import Empty, NewBatch
from api.services import Services
from registry.credential import roster
from registry.errors import RowError, StateError
from registry.store import achievements, batches, erasure, signed
from registry.store import credentials as stored
from registry.store.apikeys import Caller

router = APIRouter(prefix="/v1/batches")
Writer = Annotated[Post, posting("batches:write")]
Owner = Annotated[Caller, needs("batches:write")]
Reader = Annotated[Caller, needs("credentials:read")]
Watcher = Annotated[Caller, needs("batches:write", "credentials:read")]

_LINES = {"type": "string", "description": "JSON Lines."}
_ROWS = {
    CSV: {
        "schema": {"type": "string"},
        "example": "name,awarded_on\nAda Lovelace,2026-11-20\n",
    },
    JSONL: {"schema": _LINES, "example": '{"name":"Ada Lovelace","awarded_on":"2026-11-20"}\n'},
    JSON: {"schema": {"type": "array", "items": {"type": "object"}}, "example": [{"name": "Ada Lovelace"}]},
}
_SIGNED = {JSONL: {"schema": _LINES}, JSON: {"schema": {"type": "array", "items": {"type": "object"}}}}


def show(state: dict[str, Any]) -> dict[str, Any]:
    """A batch as the API shows it, from what the store says of it."""
    anchor = state["anchor"]
    return {
        "id": state["id"],
        "issuer": state["issuer_id"],
        "achievement": state["achievement_id"],
        "state": state["state"],
        "size": state["size"],
        "progress": {"done": state["done"], "total": state["size"]},
        "failure": state["failure"],
        "problem": state["problem"],
        "number": state["number"],
        "root": state["root"],
        "key_id": state["key_id"],
        "created_at": times.shown(state["created_at"]),
        "seal_requested_at": times.shown(state["seal_requested_at"]),
        "sealed_at": times.shown(state["sealed_at"]),
        "receipt": f"/v1/batches/{state['id']}/receipt" if state["anchor_by"] else None,
        "anchor": anchor and {
            "number": anchor["number"],
            "index": anchor["index"],
            "root": anchor["root"],
            "position": anchor["position"],
            "tx_hash": anchor["tx_hash"] and hash0x(anchor["tx_hash"]),
            "block_number": anchor["block_number"],
            "block_hash": anchor["block_hash"] and hash0x(anchor["block_hash"]),
            "block_time": times.shown(anchor["time"]),
            "final": anchor["final"],
        },
    }  # fmt: skip


@router.post(
    "",
    status_code=201,
    response_model=answers.Batch,
    **route(
        "createBatch", "Open an empty batch", ONCE, "not-found", "wrong-state", scopes=["batches:write"],
        body=json_body(NewBatch, {"issuer": "example-university", "achievement": "example-university.data-ethics.1"}),
    ),
)  # fmt: skip
def create(post: Writer, wanted: Annotated[Parsed[NewBatch], fields(NewBatch)]) -> Response:
    new, services = wanted.fields, post.services
    touch(post.caller, new.issuer)

    def work() -> dict[str, Any]:
        made = batches.open_batch(services.store, new.issuer, new.achievement, unsigned=new.unsigned)
        return _shown(services, made.id)

    return post.once(wanted.sha256, work, location=_place)


@router.get(
    "",
    response_model=answers.Items[answers.Batch],
    **route("listBatches", "Batches, newest first", "invalid-cursor", scopes=["batches:write", "credentials:read"]),
)
def list_(services: Svc, caller: Watcher, page: PageQuery, response: Response, issuer: str | None = None) -> Any:
    if issuer is not None:
        touch(caller, issuer)
    found = batches.list_batches(
        services.store, issuer_id=issuer or caller.issuer_id, limit=page.limit + 1, after=page.after
    )
    return page.answer(response, found, show, lambda state: (state["created_at"], state["id"]))


@router.get(
    "/{batch}",
    response_model=answers.Batch,
    **route("getBatch", "Where a batch stands", "not-found", scopes=["batches:write", "credentials:read"]),
)
def get(services: Svc, request: Request, caller: Watcher, batch: Id) -> Response:
    # Asked for again also when final: a key found compromised later takes its batches with it.
    return cached_json(request, show(owned(services, caller, batch)), "ask-private")


@router.delete(
    "/{batch}",
    status_code=204,
    **route(
        "deleteBatch", "Give up a batch that is not sealed, with all its rows; nothing stays, so again it is not found",
        "not-found", "wrong-state", scopes=["batches:write"],
    ),
)  # fmt: skip
def delete(services: Svc, caller: Owner, batch: Id) -> Response:
    owned(services, caller, batch)
    erasure.discard(services.store, batch)
    return Response(None, 204)


@router.post(
    "/{batch}/credentials",
    status_code=201,
    response_model=answers.Added,
    **route(
        "addRows", "Add a roster: every row is checked before any is written",
        ONCE, "not-found", "wrong-state", "invalid-rows", "invalid-document", "secrets-unavailable",
        scopes=["batches:write"], body=_ROWS,
    ),
)  # fmt: skip
def add_rows(post: Writer, received: Annotated[Body, body(MAX_ROSTER_BODY, CSV, JSONL, JSON)], batch: Id) -> Response:
    services = post.services
    achievement_id = owned(services, post.caller, batch)["achievement_id"]
    if achievement_id is None:
        raise StateError(f"Batch {batch!r}", "for credentials signed elsewhere", "one with an achievement")
    if answered := post.seen(received.sha256):
        return answered
    definition = achievements.definition(achievements.get_achievement(services.store, achievement_id))
    rows = roster.parse(received.data, received.content_type, definition)
    return upload(post, received.sha256, batch, lambda: batches.add_rows(services.store, services.vault, batch, rows))


@router.post(
    "/{batch}/signed",
    status_code=201,
    response_model=answers.Added,
    **route(
        "addSigned", "Add credentials that the issuer signed itself, into a batch without achievement",
        ONCE, "not-found", "wrong-state", "invalid-rows", "invalid-document", scopes=["batches:write"], body=_SIGNED,
    ),
)  # fmt: skip
def add_signed(post: Writer, received: Annotated[Body, body(MAX_SIGNED_BODY, JSONL, JSON)], batch: Id) -> Response:
    store = post.services.store
    owned(post.services, post.caller, batch)
    if answered := post.seen(received.sha256):
        return answered
    # Checked before the transaction: nobody should wait for a thousand signatures.
    checked = signed.check_signed(store, batch, documents_of(received))
    warnings = [_warned(one) for item in checked for one in item.warnings]
    return upload(post, received.sha256, batch, lambda: signed.add_checked(store, batch, checked), warnings)


@router.post(
    "/{batch}/seal",
    status_code=202,
    response_model=answers.Batch,
    **route(
        "sealBatch",
        "Close the batch for changes; it is then signed, which gives it a `receipt`, and anchored by the worker",
        ONCE, "not-found", "wrong-state", scopes=["batches:write"], body=json_body(Empty, {}),
    ),
)  # fmt: skip
def seal(post: Writer, wanted: Nothing, batch: Id) -> Response:
    services = post.services
    owned(services, post.caller, batch)

    def work() -> dict[str, Any]:
        batches.request_seal(services.store, batch)
        return _shown(services, batch)

    return post.once(wanted.sha256, work, status=202, location=_place)


@router.get(
    "/{batch}/credentials",
    response_model=answers.Items[answers.Credential],
    **route(
        "listCredentials",
        "Credentials of a batch, in order",
        "not-found",
        "invalid-cursor",
        scopes=["credentials:read"],
    ),
)  # fmt: skip
def list_credentials(services: Svc, caller: Reader, page: PageQuery, response: Response, batch: Id) -> Any:
    state = owned(services, caller, batch)["state"]
    after = page.after[0] if page.after else -1
    found = stored.list_credentials(services.store, batch, limit=page.limit + 1, after_index=after)
    return page.answer(response, found, lambda row: credentials.show(row, state), lambda row: (row.index, ""))


@router.get(
    "/{batch}/files",
    response_class=StreamingResponse,
    **route(
        "getFiles", "All files of a final batch, one JSON object per line, without the erased ones",
        "not-found", "not-final", scopes=["credentials:read"],
        ok={200: content(JSONL, "Lines of {handle, index, credential}.", {"type": "string"})},
    ),
)  # fmt: skip
def files(services: Svc, caller: Reader, batch: Id) -> StreamingResponse:
    owned(services, caller, batch)
    found = stored.files(services.store, batch)
    # The first file is made before the answer begins, so that "not final" can still be said.
    first = next(found, None)
    lines = (_line(*item) for item in chain([first] if first else [], found))
    return StreamingResponse(_closing(lines, found), media_type=JSONL, headers={"Cache-Control": "private, no-cache"})


def _line(handle: str, index: int, file: bytes) -> bytes:
    return compact({"handle": handle, "index": index, "credential": json.loads(file)})


def _closing(lines: Iterator[bytes], found: Any) -> Iterator[bytes]:
    """`lines`, and an end to the database's snapshot when the client goes away."""
    try:
        yield from lines
    finally:
        found.close()


def upload(
    post: Post, sha256: bytes, batch: str, add: Callable[[], list[str]], warnings: Sequence[dict[str, Any]] = ()
) -> Response:
    """Put something into a batch, once; answers how much, and how many it holds now."""

    def work() -> dict[str, Any]:
        added = len(add())
        size = batches.get_batch(post.services.store, batch).size
        return {"batch": batch, "added": added, "size": size, "warnings": list(warnings[:MAX_WARNINGS])}

    return post.once(sha256, work, location=lambda _: f"/v1/batches/{batch}/credentials")


def _warned(error: RowError) -> dict[str, Any]:
    said = {"row": error.row, "code": error.code, "pointer": error.pointer}
    return said | {"detail": error.problem, "remedy": error.remedy}


def owned(services: Services, caller: Caller, batch: str) -> dict[str, Any]:
    """The state of a batch that the caller may see. Raises NotFound."""
    state = batches.state_of(services.store, batch)
    see(caller, state["issuer_id"], "batch", batch)
    return state


def _shown(services: Services, batch: str) -> dict[str, Any]:
    return show(batches.state_of(services.store, batch))


def _place(answer: dict[str, Any]) -> str:
    return f"/v1/batches/{answer['id']}"
