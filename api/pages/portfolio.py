"""A portfolio: several credentials of a learner behind one link, each checked here, and their ECTS credits by level.

    POST /c/CODE/portfolio   made on a learner's page, from the claim links of the others
    /p/CODE                  the portfolio, to whoever has the link; without scripts

Only a credential whose verdict is valid counts, and each award once (counting.py).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, Response

from api.pages.browser import content_security_policy
from api.pages.catalogue import Catalogue
from api.pages.counting import Award, Fate, count
from api.pages.failing import PageRoute
from api.pages.frame import Frame, Framed
from api.pages.learner import PRIVATE, Code, Form, claim, fields, file_of, last_day, opened
from api.pages.sameorigin import require_same_origin
from api.pages.view import view
from api.routes.common import Svc
from api.routes.links import address
from api.services import Services
from registry.credential.lintreading import items
from registry.errors import NotFound, StateError
from registry.store import credentials as stored
from registry.store import links
from registry.verify.document import CredentialFile
from registry.verify.report import Report
from registry.verify.verify import verify

router = APIRouter(include_in_schema=False, route_class=PageRoute)

COUNTED = frozenset({"valid", "valid_test"})
"""Verdicts with which a credential counts."""

_ROWS = ("row.learner", "row.issuer", "row.awarded", "row.level", "row.workload")


@dataclass(frozen=True)
class Item:
    """A credential of a portfolio. `seen` (api.pages.view) is None before it is signed, `award` unless it is valid."""

    found: CredentialFile | None = None
    seen: Mapping[str, Any] | None = None
    award: Award | None = None


@router.post("/c/{code}/portfolio")
def make(services: Svc, request: Request, received: Form, frame: Framed, code: Code) -> Response:
    """Make a portfolio of this credential and those whose claim links are in the form, in that order."""
    require_same_origin(request, services.settings)
    handle = opened(services, "claim", code)
    sent = fields(received.data)
    text = sent.get("links", "")

    def refuse(trouble: str, status: int = 422, **facts: Any) -> Response:
        back = {"links": text, "facts": facts}
        return claim(services, frame, code, handle, trouble=trouble, status=status, portfolio=back)

    lines = [(number, line.strip()) for number, line in enumerate(text.split("\n"), 1) if line.strip()]
    if len(lines) >= links.MAX_IN_PORTFOLIO:
        return refuse("learner.portfolio-long", most=links.MAX_IN_PORTFOLIO - 1)
    named = [(number, _named(services, line)) for number, line in lines]
    if wrong := [str(number) for number, one in named if one is None]:
        return refuse("learner.portfolio-line", lines=", ".join(wrong))
    until, trouble = last_day(services, sent.get("until", ""))
    if trouble:
        return refuse(trouble)
    try:
        made = links.portfolio_link(services.store, [handle, *(one for _, one in named if one)], until)
    except StateError as error:
        if error.state == stored.ERASED:
            raise
        return refuse("learner.portfolio-full", 409)
    return claim(services, frame, code, handle, portfolio={"address": address(services, "p", made.code)})


@router.get("/p/{code}")
def portfolio_page(services: Svc, frame: Framed, code: Code) -> Response:
    """The portfolio, every credential checked now."""
    shown = _checked(services, frame, links.open_link(services.store, "portfolio", code).handles)
    fates = count([one.award for one in shown if one.award])
    html = frame.render(
        "portfolio.html",
        test=services.test_network or any(one.seen and one.seen["verdict"] == "valid_test" for one in shown),
        names=len({one.found.learner_name.casefold() for one in shown if one.found}) > 1,
        totals=_totals([award for award, fate in fates.values() if fate == "counts"]),
        cards=[_card(one, fates, frame.catalogue) for one in shown],
    )
    return HTMLResponse(html, headers={**PRIVATE, **frame.headers(content_security_policy())})


def _card(one: Item, fates: Mapping[str, tuple[Award, Fate]], catalogue: Catalogue) -> dict[str, Any] | None:
    """What is shown of one credential; None before it is signed."""
    if one.found is None or one.seen is None:
        return None
    left, credits = "left", Award(one.found).credits
    counted: list[Award] = []
    if one.award and one.award.parts:
        counted = [part for part in one.award.parts if fates[part.id][1] == "counts"]
        left, credits = "held" if counted else "within", _sum(counted)
    elif one.award:
        left = fates[one.award.id][1]
    return {
        "title": one.found.title or catalogue.text("ui.nobody"),
        "seen": one.seen,
        "rows": [row for row in one.seen["rows"] if row["row"] in _ROWS],
        "credits": _plain(credits) if credits else "",
        "left": "" if left == "counts" else left,
        "facts": {"all": len(_in_record(one.found)), "counted": len(counted)},
    }


def _named(services: Services, line: str) -> str | None:
    """The handle that a claim link of this registry opens; None where it is none, or has ended."""
    begin = address(services, "c", "")
    path = line.partition("#")[0].partition("?")[0]  # copied from a page in another language, or with an anchor
    if not path.startswith(begin):
        return None
    try:
        return opened(services, "claim", path.removeprefix(begin).rstrip("/"))
    except (NotFound, links.LinkEnded):
        return None


def _checked(services: Services, frame: Frame, handles: Iterable[str]) -> list[Item]:
    """At most MAX_IN_PORTFOLIO, as many as a link holds; the contract is opened once for all."""
    trust, chain, status, now = services.trust, services.chains(), services.status, services.now()
    made = []
    for handle in handles:
        try:
            data, _ = file_of(services, handle)
        except (NotFound, StateError):  # erased since the link was opened
            continue
        if data is None:
            made.append(Item())
            continue
        report = verify(data, trust=trust, chain=chain, status=status, now=now)
        found = report.found
        award = Award(found, _held(report)) if found and report.verdict in COUNTED else None
        made.append(Item(found, view(report, frame.catalogue), award))
    return made


def _held(report: Report) -> tuple[Award, ...]:
    """The credentials that a record holds, those of them whose checks passed; what has no place in it is elsewhere."""
    passed = (line.report for line in report.components or () if line.outcome == "pass" and line.pointer)
    return tuple(Award(one.found) for one in passed if one and one.found)


def _in_record(found: CredentialFile) -> list[Mapping[str, Any]]:
    return items(found.document["credentialSubject"].get("verifiableCredential"))


def _totals(counted: Sequence[Award]) -> list[dict[str, Any]]:
    """A line for each level, the lowest first, those without one last, and one for all: `level` is 0 there."""
    levels = sorted({one.level for one in counted}, key=lambda level: level or 9)
    lines = [(level, [one for one in counted if one.level == level]) for level in levels]
    if len(lines) != 1:
        lines.append((0, list(counted)))
    return [{"level": level, "count": len(some), "credits": _plain(_sum(some))} for level, some in lines]


def _sum(some: Iterable[Award]) -> Decimal:
    return sum((one.credits for one in some), Decimal(0))


def _plain(value: Decimal) -> str:
    """Without exponent, and without zeros that say nothing."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
