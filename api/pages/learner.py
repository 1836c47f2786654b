"""What a learner does with a claim link, without an account: read the credential, fetch it, share it, stop sharing.

    /c/CODE   the learner's own page: whoever has this link may do all of it
    /s/CODE   one credential, as the verification page shows it, to whoever has the link
    /p/CODE   several of them (portfolio.py)

A code is a secret: these pages are not cached, not indexed, and send no referrer; logs have the route's template alone.
Answers to the forms are pages, not redirects: a share link is shown once, and nothing keeps it to show it again.
"""

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from importlib.util import find_spec
from typing import Annotated, Any
from urllib.parse import parse_qs

from fastapi import APIRouter, Path, Request
from starlette.responses import HTMLResponse, Response

from api import times
from api.bodies import Body, body
from api.limits import MAX_SHARE_DAYS, MAX_SMALL_BODY
from api.pages.browser import content_security_policy
from api.pages.failing import PageRoute
from api.pages.fragment import carry
from api.pages.frame import Frame, Framed
from api.pages.linkedin import add_link
from api.pages.routes import check, page_with, seen
from api.pages.sameorigin import require_same_origin
from api.pages.view import rows
from api.paper import PaperError, make
from api.problems import Problem
from api.routes.common import Svc
from api.routes.links import address
from api.services import Services
from registry.errors import StateError
from registry.store import batches, issuers, links
from registry.store import credentials as stored
from registry.verify.document import CredentialFile, read, shown

router = APIRouter(include_in_schema=False, route_class=PageRoute)

Code = Annotated[str, Path(max_length=200)]
FORM = "application/x-www-form-urlencoded"
Form = Annotated[Body, body(MAX_SMALL_BODY, FORM)]
LEARNERS_OWN: tuple[links.Kind, ...] = ("share", "portfolio")
"""Links that a learner makes and ends; claim links are the issuer's."""

MAX_FIELDS = 10
"""Fields of a form: ours have two."""

PRIVATE = {"Cache-Control": "no-store", "X-Robots-Tag": "noindex", "Referrer-Policy": "no-referrer"}


@router.get("/c/{code}")
def claim_page(services: Svc, frame: Framed, code: Code) -> Response:
    """The learner's own page."""
    return claim(services, frame, code, opened(services, "claim", code))


@router.get("/c/{code}/credential.json")
def download(services: Svc, code: Code) -> Response:
    """The file, as far as it is: with its anchor proof once the anchor is final."""
    data, _ = file_of(services, opened(services, "claim", code))
    if data is None:
        raise StateError("The credential", "not signed yet", batches.FINAL)
    headers = {**PRIVATE, "Content-Disposition": 'attachment; filename="credential.json"'}
    return Response(data, headers=headers, media_type="application/vc")


@router.get("/c/{code}/credential.pdf")
def paper(services: Svc, frame: Framed, code: Code) -> Response:
    """The file on a page to print, in the reader's language. Raises Problem pdf-unavailable."""
    data = stored.file(services.store, opened(services, "claim", code))
    registry, test = services.bound().public_url, services.test_network
    try:
        made = make(data, frame.catalogue.language, registry=registry, test=test)
    except PaperError as error:
        raise Problem("pdf-unavailable", str(error)) from error
    headers = {**PRIVATE, "Content-Disposition": 'attachment; filename="credential.pdf"'}
    return Response(made, headers=headers, media_type="application/pdf")


@router.post("/c/{code}")
def act(services: Svc, request: Request, received: Form, frame: Framed, code: Code) -> Response:
    """Make a share link, or end one."""
    require_same_origin(request, services.settings)
    handle = opened(services, "claim", code)
    sent = fields(received.data)
    if "end" in sent:
        ended = links.end_link(services.store, handle, sent["end"], LEARNERS_OWN)
        return claim(services, frame, code, handle, done=f"learner.ended-{ended.kind}")
    until, trouble = last_day(services, sent.get("until", ""))
    if trouble:
        return claim(services, frame, code, handle, trouble=trouble, status=422)
    try:
        made = links.share_link(services.store, handle, until)
    except StateError as error:
        if error.state == stored.ERASED:
            raise
        return claim(services, frame, code, handle, trouble="learner.too-many", status=409)
    return claim(services, frame, code, handle, made=made)


@router.get("/s/{code}")
def shared_page(services: Svc, frame: Framed, code: Code) -> Response:
    """The verification page with this credential in it: the browser checks it as soon as it is there."""
    return _shared(services, frame, opened(services, "share", code))


@router.post("/s/{code}")
def shared_checked(services: Svc, request: Request, frame: Framed, code: Code) -> Response:
    """The same checked by this server, for browsers without scripts."""
    require_same_origin(request, services.settings)
    return _shared(services, frame, opened(services, "share", code), here=True)


def opened(services: Services, kind: links.Kind, code: str) -> str:
    """The handle of the credential that a code opens. Raises NotFound, LinkEnded."""
    return links.open_link(services.store, kind, code).handles[0]


def fields(data: bytes) -> Mapping[str, str]:
    """The fields of a form; of two with one name the first. Raises Problem bad-request for more than MAX_FIELDS."""
    try:
        found = parse_qs(data.decode("utf-8", "replace"), max_num_fields=MAX_FIELDS)
    except ValueError:
        raise Problem("bad-request", f"The form has more than {MAX_FIELDS} fields.") from None
    return {name: values[0] for name, values in found.items()}


def file_of(services: Services, handle: str) -> tuple[bytes | None, bool]:
    """The file and whether it is final; the bare signed document before; None before it is signed."""
    try:
        return stored.file(services.store, handle), True
    except StateError as error:
        if error.state == stored.ERASED:
            raise
    try:
        return stored.document(services.store, handle), False
    except StateError:
        return None, False


def last_day(services: Services, text: str) -> tuple[int | None, str]:
    """The end of the day that the form names, in UTC; else the id of the message for a day that cannot be."""
    if not text:
        return None, ""
    try:
        day = date.fromisoformat(text)
        end = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1)
    except (ValueError, OverflowError):
        return None, "learner.bad-date"
    seconds, now = int(end.timestamp()), services.store.now()
    if not now < seconds <= now + MAX_SHARE_DAYS * 86_400:
        return None, "learner.bad-date"
    return seconds, ""


def claim(
    services: Services, frame: Frame, code: str, handle: str, *,
    made: links.Made | None = None, done: str = "", trouble: str = "", status: int = 200,
    portfolio: Mapping[str, Any] | None = None,
) -> Response:  # fmt: skip
    """The learner's page. `portfolio`: the new one's `address`, or the `links` that were sent, `facts` of trouble."""
    data, final = file_of(services, handle)
    found = read(data) if data is not None else None
    row = stored.get_credential(services.store, handle)
    share = address(services, "s", made.code) if made else None
    html = frame.render(
        "claim.html",
        here=f"/c/{code}",
        state="final" if final else "waiting" if found else "unsigned",
        status=row.status,
        test=services.test_network,
        rows=rows(found, frame.catalogue) if found else [],
        issuer=_issuer(services, row.batch_id),
        host=services.settings.public_url,
        shares=[
            {"id": one.id, "kind": one.kind, "made": times.shown(one.created_at), "until": times.shown(one.expires_at)}
            for one in links.list_links(services.store, handle, LEARNERS_OWN)
        ],
        share=share,
        portfolio=portfolio or {},
        most=links.MAX_IN_PORTFOLIO - 1,
        can_print=find_spec("typst") is not None,  # the extra [pdf]
        linkedin=_linkedin(found, share, made),
        carried=_carried(services, data) if final and data else None,
        done=done,
        trouble=trouble,
    )
    headers = {**PRIVATE, **frame.headers(content_security_policy())}
    return HTMLResponse(html, status, headers)


def _linkedin(found: CredentialFile | None, share: str | None, made: links.Made | None) -> str | None:
    return add_link(found, share, made.id) if found and share and made else None


def _carried(services: Services, data: bytes) -> str | None:
    fragment = carry(data)
    return fragment and f"{services.settings.public_url.rstrip('/')}/verify#{fragment}"


def _issuer(services: Services, batch: str) -> dict[str, str]:
    """Whom to ask: the issuer's name, and its mail and web addresses as plain texts."""
    row = issuers.get_issuer(services.store, batches.get_batch(services.store, batch).issuer_id)
    profile = json.loads(row.profile)
    said = {name: shown(profile.get(name)) for name in ("name", "email", "url")}
    return said | {"name": said["name"] or row.id}


def _shared(services: Services, frame: Frame, handle: str, *, here: bool = False) -> Response:
    data, _ = file_of(services, handle)
    shown_here = None
    if here and data is not None:
        shown_here = seen(check(services, data), frame.catalogue)
    text = data.decode() if data is not None else None
    response = page_with(services, frame, shown_here, template="shared.html", given=text)
    response.headers.update(PRIVATE)
    return response
