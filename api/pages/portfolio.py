"""A portfolio: several credentials of a learner behind one link, each checked here, and their ECTS credits by level.

    POST /c/CODE/portfolio   made on a learner's page, from the claim links of the others
    /p/CODE                  the portfolio, to whoever has the link; without scripts

Only a credential whose verdict is valid counts. One that a larger one on the page was awarded for counts with that one.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, Response

from api.pages.browser import content_security_policy
from api.pages.failing import PageRoute
from api.pages.frame import Frame, Framed
from api.pages.learner import PRIVATE, Code, Form, claim, fields, file_of, last_day, opened
from api.pages.sameorigin import require_same_origin
from api.pages.view import MAX_ITEMS, alignments, view
from api.routes.common import Svc
from api.routes.links import address
from api.services import Services
from registry.credential.achievement import vocabulary
from registry.credential.lintreading import items, object_
from registry.credential.stack import Component
from registry.errors import NotFound, StateError
from registry.store import credentials as stored
from registry.store import links
from registry.verify.document import CredentialFile, read
from registry.verify.verify import verify

router = APIRouter(include_in_schema=False, route_class=PageRoute)

COUNTED = frozenset({"valid", "valid_test"})
"""Verdicts with which a credential counts."""

_ROWS = ("row.learner", "row.issuer", "row.awarded", "row.level", "row.workload")


@dataclass(frozen=True)
class Item:
    """One credential of a portfolio. `found` and `seen` (api.pages.view) are None before it is signed."""

    found: CredentialFile | None
    seen: Mapping[str, Any] | None

    @property
    def counts(self) -> bool:
        return self.seen is not None and self.seen["verdict"] in COUNTED

    @property
    def credits(self) -> Decimal:
        """ECTS credits earned, as stacks count them; 0 where it says none."""
        if self.found is None:
            return Decimal(0)
        return Decimal(str(Component(self.found.document, self.found.d_jcs).credits))

    @property
    def level(self) -> int | None:
        """EQF level, 1 to 8; None where it says none, or several."""
        if self.found is None:
            return None
        achievement = object_(self.found.document["credentialSubject"].get("achievement"))
        aligned = items(achievement.get("alignment"))[:MAX_ITEMS]
        codes = {_eqf(one) for one in aligned if one.get("targetType") in alignments()["row.level"]}
        (code,) = codes if len(codes) == 1 else ("",)
        return int(code) if re.fullmatch("[1-8]", code) else None

    @property
    def components(self) -> set[str]:
        """Ids of the credentials that this one was awarded for or holds."""
        if self.found is None:
            return set()
        document = self.found.document
        parts = items(document.get("relatedResource"))
        parts += items(document["credentialSubject"].get("verifiableCredential"))
        return {part["id"] for part in parts if isinstance(part.get("id"), str)}


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
    whole = {id for one in shown if one.counts and one.credits for id in one.components}
    counted = [one for one in shown if one.counts and one.found and one.found.document["id"] not in whole]
    catalogue = frame.catalogue
    html = frame.render(
        "portfolio.html",
        test=services.settings.test_network or any(one.seen and one.seen["verdict"] == "valid_test" for one in shown),
        names=len({one.found.learner_name.casefold() for one in shown if one.found}) > 1,
        totals=_totals(counted),
        cards=[
            {
                "title": one.found.title or catalogue.text("ui.nobody"),
                "seen": one.seen,
                "rows": [row for row in one.seen["rows"] if row["row"] in _ROWS],
                "credits": _plain(one.credits) if one.credits else "",
                "left": "" if one in counted else "within" if one.counts else "left",
            }
            if one.found and one.seen
            else None
            for one in shown
        ],
    )
    return HTMLResponse(html, headers={**PRIVATE, **frame.headers(content_security_policy())})


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
            made.append(Item(None, None))
            continue
        found = read(data)
        report = verify(data, trust=trust, chain=chain, status=status, now=now)
        made.append(Item(found, view(report, found, frame.catalogue)))
    return made


def _eqf(aligned: Mapping[str, Any]) -> str:
    return str(aligned.get("targetCode") or str(aligned.get("targetUrl")).removeprefix(vocabulary.EQF))


def _totals(counted: Sequence[Item]) -> list[dict[str, Any]]:
    """A line for each level, the lowest first, those without one last, and one for all: `level` is 0 there."""
    levels = sorted({one.level for one in counted}, key=lambda level: level or 9)
    lines = [(level, [one for one in counted if one.level == level]) for level in levels]
    if len(lines) != 1:
        lines.append((0, list(counted)))
    return [
        {"level": level, "count": len(some), "credits": _plain(sum((one.credits for one in some), Decimal(0)))}
        for level, some in lines
    ]


def _plain(value: Decimal) -> str:
    """Without exponent, and without zeros that say nothing."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
