"""The verification page: `/verify` in the browser, the same by form for browsers without scripts."""

import json
from collections.abc import AsyncGenerator, Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Query
from markupsafe import Markup
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.responses import HTMLResponse, JSONResponse, Response

from anchor.bundle.file import is_bundle
from api.bodies import Body, body
from api.limits import MAX_PAGE_BODY
from api.pages.beside import beside
from api.pages.browser import content_security_policy, trust_for_browsers
from api.pages.catalogue import Catalogue
from api.pages.checking import Checked, block_hash_of, check_bundle
from api.pages.frame import Frame, Framed
from api.pages.view import alignments, view
from api.problems import Problem
from api.routes.common import Svc
from api.services import Services
from registry.verify.outcome import CHECK_IDS
from registry.verify.verify import verify

router = APIRouter(include_in_schema=False)

FORM, BYTES = "multipart/form-data", "application/octet-stream"


@router.get("/verify")
def page(services: Svc, frame: Framed) -> Response:
    """The empty page."""
    return page_with(services, frame)


@router.post("/verify")
async def check_form(services: Svc, received: Annotated[Body, body(MAX_PAGE_BODY, FORM)], frame: Framed) -> Response:
    """The page with a result; for browsers without scripts."""
    data, named = await _posted(received)
    # It asks nodes, and others are served meanwhile.
    made = await run_in_threadpool(_checked, services, data, block_hash_of(named))
    return page_with(services, frame, seen(made, frame.catalogue))


@router.post("/verify/report")
def check_bytes(
    services: Svc,
    received: Annotated[Body, body(MAX_PAGE_BODY, BYTES)],
    block_hash: Annotated[str, Query(max_length=80)] = "",
) -> Response:
    """For a browser with scripts that cannot check by itself: the report, as static/view.js takes it."""
    made = _checked(services, received.data, block_hash_of(block_hash))
    return JSONResponse(made.to_json(), headers={"Cache-Control": "no-store"})


def _checked(services: Services, data: bytes, block_hash: bytes | None) -> Checked:
    return check_bundle(services, data, block_hash) if is_bundle(data) else check(services, data)


def check(services: Services, data: bytes) -> Checked:
    """What this server says of a file that is no bundle."""
    trust, status = services.trust, services.status
    return Checked(verify(data, trust=trust, chain=services.chains(), status=status, now=services.now()))


def seen(made: Checked, catalogue: Catalogue) -> dict[str, Any]:
    """What the page shows of it."""
    return view(made.report, catalogue, made.bundle) | beside(made.report, catalogue)


async def _posted(received: Body) -> tuple[bytes, str]:
    """The file of the form, else its text; and the block hash."""

    async def stream() -> AsyncGenerator[bytes, None]:
        yield received.data

    headers = Headers({"content-type": received.content_type})
    parser = MultiPartParser(headers, stream(), max_files=1, max_fields=3, max_part_size=MAX_PAGE_BODY)
    parser.spool_max_size = MAX_PAGE_BODY  # what a person brings is never written to a disk
    try:
        form = await parser.parse()
    except (MultiPartException, KeyError) as error:
        raise Problem("bad-request", f"The form cannot be read: {error}") from None
    try:
        file, text, named = form.get("file"), form.get("text"), form.get("block_hash")
        data = await file.read() if isinstance(file, UploadFile) else b""
        data = data or (text.encode() if isinstance(text, str) else b"")
        return data, named if isinstance(named, str) else ""
    finally:
        await form.close()


def page_with(
    services: Services,
    frame: Frame,
    seen: dict[str, Any] | None = None,
    *,
    template: str = "verify.html",
    given: str | None = None,
) -> Response:
    """The page with what this server `seen`, or with a file `given` that the browser checks at once."""
    trust = trust_for_browsers(services)
    messages = _of_this_page(frame.catalogue.messages)
    data: dict[str, Any] = {"messages": messages, "rows": alignments(), "trust": trust}
    if given is not None and seen is None:
        data["given"] = given
    html = frame.render(
        template,
        registries=trust["registry"],
        check_ids=CHECK_IDS,
        view=seen,
        by=frame.catalogue.text("ui.by-server") if seen else "",
        given=given,
        data=Markup(json.dumps(data, ensure_ascii=False).replace("<", "\\u003c")),  # noqa: S704 (no tag can begin in it)
    )
    headers = {"Cache-Control": "no-store", **frame.headers(content_security_policy(trust))}
    return HTMLResponse(html, headers=headers)


def _of_this_page(messages: Mapping[str, str]) -> dict[str, str]:
    return {id_: message for id_, message in messages.items() if not id_.startswith(("explorer.", "home.", "learner."))}
