"""Lines beside the verdict, which none of them changes: endorsements and components. static/beside.js says the same."""

from collections.abc import Sequence
from typing import Any

from api.pages.catalogue import Catalogue
from api.pages.view import explain
from registry.verify import components, endorsements
from registry.verify.document import shown
from registry.verify.outcome import Component, Endorsement
from registry.verify.report import Report

Line = dict[str, str]
"""`name`, `outcome`, the outcome's `word` and a `sentence`, all of them texts without markup."""


def beside(report: Report, catalogue: Catalogue) -> dict[str, list[Line]]:
    """The lines about endorsements and about components; where nothing was looked at, one that counts them."""
    document = report.found.document if report.found else None
    inside: dict[str, tuple[Sequence[Endorsement] | Sequence[Component] | None, Any]] = {
        "endorsements": (report.endorsements, endorsements.inside),
        "components": (report.components, components.inside),
    }
    return {
        kind: [_line(each, catalogue) for each in lines]
        if lines is not None
        else _unlooked(sum(1 for _ in named(document)) if document else 0, catalogue)
        for kind, (lines, named) in inside.items()
    }


def _unlooked(count: int, catalogue: Catalogue) -> list[Line]:
    name = catalogue.text("ui.inside", {"count": count})
    return [_said(name, "not_run", catalogue.text("ui.not-looked"), catalogue)] if count else []


def _line(line: Endorsement | Component, catalogue: Catalogue) -> Line:
    kind = line.code.partition(".")[0]
    params = {**line.detail, "cause": ""}
    if isinstance(line, Endorsement):
        name = f"{line.endorser_name} ({line.endorser_id})" if line.endorser_name else line.endorser_id
        params["comment"] = line.comment
        bare = [] if line.comment else [f"{line.code}.bare"]
    else:
        name = line.title or line.id or shown(line.file)
        bare = []
    if line.report is not None:
        params["cause"] = _cause(line, line.report, catalogue)
    more = catalogue.text("ui.more", line.detail) if "left_out" in line.detail else ""
    said = catalogue.text([*bare, line.code, f"{kind}.{line.outcome}"], params)
    if "deeper" in line.detail:
        said = f"{said} {catalogue.text('endorsement.deeper')}"
    return _said(more or name or shown(line.pointer), line.outcome, said, catalogue)


def _cause(line: Endorsement | Component, report: Report, catalogue: Catalogue) -> str:
    """Why it counts or not: what is said of the whole, or of the check that decided."""
    lines, sentence = explain(report, catalogue)
    pairs = zip(report.checks, lines, strict=True)
    decided = (said["sentence"] for check, said in pairs if check.outcome != "pass" and not check.waits)
    return sentence if line.outcome == "pass" else next(decided, "")


def _said(name: str, outcome: str, sentence: str, catalogue: Catalogue) -> Line:
    word = catalogue.text(f"outcome.{outcome}")
    return {"name": name, "outcome": outcome, "word": word, "sentence": sentence}
