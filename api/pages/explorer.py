"""The explorer: every anchor, anchored batch and issuer as a page for people, each with a twin for programs.

Only what the contract and the public export tell anyway is here: numbers, sizes, roots, keys, issuers. A twin (`.json`)
is what /v1 answers, by the same functions.
"""

import json
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Response

from anchor.devnode.limits import DEVELOPMENT_CHAIN_ID
from anchor.profiles import ANVIL, profile
from api import chains, times
from api.caching import Keep, cached
from api.pages.browser import content_security_policy
from api.pages.failing import ExactRoute, PageRoute
from api.pages.frame import Frame, Framed
from api.pages.timeline import compromised_at, short, state, timeline
from api.paging import PageQuery
from api.routes import anchors as anchors_api
from api.routes import export as export_api
from api.routes import issuers as issuers_api
from api.routes.common import Id, Svc
from api.schemas import answers
from api.services import Services
from registry.errors import StateError
from registry.format.multibase import encode_multikey
from registry.limits import MAX_INTEGER
from registry.store import anchors, issuers, keys, standing
from registry.store.tables import Issuer, IssuerKey
from registry.verify.document import shown

twins = APIRouter(include_in_schema=False, route_class=ExactRoute)
"""To be included first: its paths are more exact."""

router = APIRouter(include_in_schema=False, route_class=PageRoute)

Number = Annotated[int, Path(ge=1, le=MAX_INTEGER)]

SHOWN = 100
"""Rows of a table that is not paged: more is for programs, and the page says where it is."""

NEWEST = 20
"""Of an issuer's batches, and of the anchors at whose time it was suspended."""

twins.get("/anchors.json", response_model=answers.Items[answers.Anchor])(anchors_api.list_)
twins.get("/anchors/{number}.json", response_model=answers.Anchor)(anchors_api.get)
twins.get("/issuers.json", response_model=answers.Items[answers.Issuer])(issuers_api.list_)
twins.get("/issuers/{issuer}.json", response_model=answers.Issuer)(issuers_api.get)


@twins.get("/batches/{number}.json")
def batch_twin(services: Svc, request: Request, number: Number) -> Response:
    """As the public export has it."""
    return export_api.batch(services, request, export_name(number))


@router.get("/anchors")
def anchors_page(services: Svc, request: Request, frame: Framed, page: PageQuery) -> Response:
    """Anchors, newest first."""
    before = page.after[0] if page.after else None
    found = anchors.list_anchors(services.store, limit=page.limit + 1, before=before)
    listed = page.answer(Response(), found, _anchor, lambda facts: (facts.anchor.number, ""))
    return public_page(
        services, request, frame, "ask", "anchors.html",
        chain=chain_of(services), first=before is None, **listed,
    )  # fmt: skip


@router.get("/anchors/{number}")
def anchor_page(services: Svc, request: Request, frame: Framed, number: Number) -> Response:
    """One anchor: where it is on the chain, and what it commits to."""
    facts = anchors.get_anchor(services.store, number)
    count, lists = anchors.lists_in(services.store, number, limit=SHOWN)
    batches = anchors.batches_in(services.store, number, limit=SHOWN)
    newer = _exists(services, number + 1)
    settled = facts.anchored is not None and facts.anchored.final and newer  # the next one adds a link
    return public_page(
        services, request, frame, "hour" if settled else "ask", "anchor.html",
        chain=chain_of(services),
        anchor=_anchor(facts),
        newer=newer,
        batches=[_batch(one) for one in batches],
        batch_count=facts.anchor.size - 1,
        lists=[
            {"url": one.url, "purpose": one.purpose, "version": one.version, "digest": one.digest.hex()}
            | {"issuer": _named(one.issuer)}
            for one in lists
        ],
        list_count=count,
    )  # fmt: skip


@router.get("/batches/{number}")
def batch_page(services: Svc, request: Request, frame: Framed, number: Number) -> Response:
    """One anchored batch: who signed it, and whether that counted then."""
    then = anchors.get_batch(services.store, number)
    trouble = standing.key_trouble(then.batch.key, then.anchored.block_time) if then.anchored else None
    key_known = then.anchored is not None and then.batch.key.chain_added_at is not None
    return public_page(
        services, request, frame, "ask", "batch.html",
        chain=chain_of(services),
        batch=_batch(then.batch),
        anchor=_anchor(anchors.get_anchor(services.store, then.anchor_number)),
        key_then=trouble[0] if trouble else "counts" if key_known else "unknown",
        key_since=times.shown(trouble[1]) if trouble else None,
        issuer_then=_standing(then),
        leaves=f"/v1/export/batches/{export_name(number)}.json",
    )  # fmt: skip


@router.get("/issuers")
def issuers_page(services: Svc, request: Request, frame: Framed, page: PageQuery) -> Response:
    """Issuers, newest first."""
    found = issuers.list_issuers(services.store, limit=page.limit + 1, after=page.after)
    listed = page.answer(Response(), found, _issuer, lambda issuer: (issuer.created_at, issuer.id))
    return public_page(
        services, request, frame, "ask", "issuers.html",
        chain=chain_of(services), first=page.after is None, **listed,
    )  # fmt: skip


@router.get("/issuers/{issuer}")
def issuer_page(services: Svc, request: Request, frame: Framed, issuer: Id) -> Response:
    """One issuer: its standing, its keys and when each counted, and how much of it is anchored."""
    row = issuers.get_issuer(services.store, issuer)
    history = keys.key_history(services.store, issuer)
    return public_page(
        services, request, frame, "ask", "issuer.html",
        chain=chain_of(services),
        issuer=_issuer(row),
        keys=[_key(key) for key in history[-SHOWN:]],
        key_count=len(history),
        timeline=timeline(history, int(services.now().timestamp())),
        tally=anchors.tally(services.store, issuer, limit=NEWEST),
        suspensions=[
            {"number": seen.number, "time": times.shown(seen.block_time)}
            for seen in anchors.suspensions(services.store, issuer, limit=NEWEST)
        ],
    )  # fmt: skip


def export_name(number: int) -> str:
    """A batch's number as the export's file names have it."""
    return f"{number:08}"


def public_page(
    services: Services, request: Request, frame: Frame, keep: Keep, template: str,
    *, twin: str | None = None, **values: Any,
) -> Response:  # fmt: skip
    """A page of public facts alone. `twin`: the same for programs, by default at its own path and .json; "": none."""
    twin = f"{request.url.path}.json" if twin is None else twin
    twin_link = frame.plain(twin, frame.carried if "items" in values else [])  # the same part of a list
    html = frame.render(template, twin=twin, twin_link=twin_link, test=services.test_network, **values)
    return cached(request, html.encode(), "text/html", keep, frame.headers(content_security_policy()))


def chain_of(services: Services) -> dict[str, Any] | None:
    """The chain and the contract, with links where a website shows them; None before there is a contract."""
    try:
        bound = services.bound()
    except StateError:
        return None
    known = profile(bound.chain_id)
    website = chains.explorer(services.settings, bound.chain_id)
    return {
        "name": known.name,
        "id": bound.chain_id,
        "development": bound.chain_id in (DEVELOPMENT_CHAIN_ID, ANVIL),
        "contract": "0x" + bound.contract.hex(),
        "contract_link": website and website.address_link(bound.contract),
        "website": website,
        "registry": bound.public_url,
    }


def _anchor(facts: anchors.AnchorFacts) -> dict[str, Any]:
    seen = facts.anchored
    return {
        "number": facts.anchor.number,
        "root": facts.anchor.root.hex(),
        "state": "sealed" if seen is None else "final" if seen.final else "included",
        "created_at": times.shown(facts.anchor.created_at),
        "batches": facts.batches,
        "seen": seen,
        "time": times.shown(seen.block_time) if seen else None,
    }


def _batch(one: anchors.BatchFacts) -> dict[str, Any]:
    key = {"short": short(one.key), "id": one.key.key_id.hex(), "multibase": encode_multikey(one.key.multikey)}
    return {"number": one.number, "size": one.size, "root": one.root.hex(), "issuer": _named(one.issuer), "key": key}


def _issuer(row: Issuer) -> dict[str, Any]:
    if row.chain_suspended:
        condition = "suspended" if row.suspended else "returning"
    else:
        condition = "leaving" if row.suspended else "waiting" if row.chain_added_at is None else "working"
    return _named(row) | {"did": shown(row.did), "state": condition, "added_at": times.shown(row.chain_added_at)}


def _named(row: Issuer) -> dict[str, Any]:
    return {"id": row.id, "name": shown(json.loads(row.profile)["name"]) or row.id}


def _key(key: IssuerKey) -> dict[str, Any]:
    told = key.chain_compromised_at is None and key.compromised_since is not None
    return {
        "short": short(key),
        "multibase": encode_multikey(key.multikey),
        "state": state(key),
        "added_at": times.shown(key.chain_added_at),
        "revoked_at": times.shown(key.chain_revoked_at),
        "compromised_at": times.shown(compromised_at(key)),
        "on_its_way": told or (key.revoke and key.chain_revoked_at is None),
    }


def _standing(then: anchors.BatchThen) -> str:
    if then.suspended is not None:
        return "suspended" if then.suspended else "working"
    issuer = then.batch.issuer
    doubtful = then.anchored is None or issuer.suspended or issuer.chain_suspended
    return "unknown" if doubtful else "working"


def _exists(services: Services, number: int) -> bool:
    found = anchors.list_anchors(services.store, limit=1)
    return bool(found) and found[0].anchor.number >= number
