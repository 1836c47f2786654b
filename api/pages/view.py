"""A report in a reader's language: what the page shows, as plain texts. The browser's static/view.js says the same."""

import json
import re
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from api.pages.catalogue import Catalogue, time_text
from registry.credential.lintreading import items, object_
from registry.verify.document import CredentialFile, shown
from registry.verify.outcome import CHECK_IDS, Check
from registry.verify.report import Report

MAX_TEXT = 4000
"""Characters of one text of a credential that are shown."""

DAY_SECONDS = 86_400

MAX_ITEMS = 50
"""Items of one list that are shown."""

_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}")
_MARKS = re.compile(r"\*\*([^*\n]+)\*\*|^#{1,6} +", re.MULTILINE)
_OWN = ("row.learner", "row.issuer", "row.awarded", "row.valid-until", "row.language")


@cache
def alignments() -> Mapping[str, list[str]]:
    """Which alignments of an achievement stand in which row; shared with the browser."""
    found: Mapping[str, list[str]] = json.loads(files("api.pages").joinpath("rows.json").read_text("utf-8"))
    return found


def view(report: Report, catalogue: Catalogue, bundle: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Verdict, sentence, seven lines and what the credential says; every value is a text without markup.

    `bundle` is what anchor.bundle.offline.described says of the bundle that the credential came in.
    """
    lines, sentence = explain(report, catalogue, bundle)
    return {
        "verdict": report.verdict,
        "title": catalogue.text(f"verdict.{report.verdict}"),
        "sentence": f"{sentence} {_as_of(report, catalogue, bundle)}".strip(),
        "checks": lines,
        "rows": rows(report.found, catalogue) if report.found is not None else [],
    }


def explain(
    report: Report, catalogue: Catalogue, bundle: Mapping[str, Any] | None = None
) -> tuple[list[dict[str, str]], str]:
    """The seven lines, and the verdict's sentence."""
    common: dict[str, Any] = {"network": report.network, **(bundle or {})}
    if report.found is not None:
        common |= _summary(report.found, catalogue)
    lines = [_line(check, common, catalogue) for check in report.checks]
    ids = [f"sentence.{report.verdict}.{check.code}" for check in report.checks] + [f"sentence.{report.verdict}"]
    params = common | _params(report.check("status")) | {"cause": _cause(report, lines)}
    return lines, catalogue.text(ids, params)


def rows(found: CredentialFile, catalogue: Catalogue) -> list[dict[str, Any]]:
    """What a credential says, without any verdict: row id, label, texts and their language."""
    common = _summary(found, catalogue)
    subject = found.document["credentialSubject"]
    achievement = object_(subject.get("achievement"))
    aligned = _some(achievement.get("alignment"))
    rows: list[tuple[str, list[str]]] = [
        ("row.title", [common["title"]]),
        ("row.learner", [common["learner"]]),
        ("row.issuer", [common["issuer"]]),
        ("row.awarded", [common["awarded"]]),
        ("row.valid-until", [time_text(common["valid_until"] or "")]),
        ("row.description", [_long(achievement.get("description"))]),
    ]
    for row, types in alignments().items():
        rows.append((row, [_alignment(item) for item in aligned if item.get("targetType") in types]))
    rows += [
        ("row.criteria", [_narrative(object_(achievement.get("criteria")).get("narrative"))]),
        ("row.result", [shown(item.get("value")) for item in _some(subject.get("result"))]),
        ("row.language", [shown(achievement.get("inLanguage"))]),
    ]
    language = achievement.get("inLanguage")
    known = language if isinstance(language, str) and _LANGUAGE.fullmatch(language) else ""
    kept = [(row, [text for text in texts if text]) for row, texts in rows]
    return [
        {"row": row, "label": catalogue.text(row), "texts": texts, "lang": "" if row in _OWN else known}
        for row, texts in kept
        if texts
    ]


def _summary(found: CredentialFile, catalogue: Catalogue) -> dict[str, Any]:
    return {
        "issuer": found.issuer_shown,
        "learner": found.learner_name or catalogue.text("ui.nobody"),
        "title": found.title,
        "awarded": found.awarded,
        "valid_from": found.document["validFrom"],
        "valid_until": found.document.get("validUntil"),
    }


def _as_of(report: Report, catalogue: Catalogue, bundle: Mapping[str, Any] | None) -> str:
    """Of which block a bundle speaks and how old that is, where it was looked at."""
    if bundle is None or "seen_block" not in report.check("anchor").detail:
        return ""
    days = bundle["age_seconds"] // DAY_SECONDS
    id = "bundle.future" if days < 0 else ("bundle.today", "bundle.one-day", "bundle.days")[min(days, 2)]
    return catalogue.text("bundle.as-of", {**bundle, "age": catalogue.text(id, {"days": days})})


def _params(check: Check) -> dict[str, Any]:
    params = dict(check.detail)
    if "index" in params:
        params["place"] = params["index"] + 1
    params.pop("issuer", None)  # a detail has the bare id; sentences name the issuer with it
    return params


def _line(check: Check, common: Mapping[str, Any], catalogue: Catalogue) -> dict[str, str]:
    """One of the seven: what came out, what that means, what to do next."""
    line = {"id": check.id, "outcome": check.outcome, "word": catalogue.text(f"outcome.{check.outcome}")}
    kind, _, plain = check.code.partition(".")
    if "needs" in check.detail:
        needed = check.detail["needs"]
        names = {"number": CHECK_IDS.index(needed) + 1, "name": catalogue.text(f"check.{needed}")}
        after = catalogue.text("next.unknown") if check.outcome == "unknown" else ""
        return line | {"sentence": catalogue.text(f"needs.{check.outcome}", names), "next": after}
    variants = []
    if check.code == "status.ok" and check.detail.get("stale") and not check.detail.get("registry_closed"):
        variants.append("status.ok.stale")
    if check.code == "validity.ok" and not check.detail.get("valid_until"):
        variants.append("validity.ok.endless")
    sentence = catalogue.text([*variants, check.code, plain, f"{kind}.*"], {**common, **_params(check)})
    step = "next.format" if check.id == "format" else f"next.{check.outcome}"
    after = "" if check.outcome == "pass" else catalogue.text([f"next.{check.code}", f"next.{plain}", step])
    return line | {"sentence": sentence, "next": after}


def _cause(report: Report, lines: Iterable[Mapping[str, str]]) -> str:
    """The sentence of the check that decided, not of those that only wait for it."""
    decisive = "unknown" if report.verdict == "unconfirmed" else "fail"
    pairs = zip(report.checks, lines, strict=True)
    return next((line["sentence"] for check, line in pairs if check.outcome == decisive and not check.waits), "")


def _alignment(item: Mapping[str, Any]) -> str:
    return "\n".join(filter(None, [shown(item.get("targetName")), _long(item.get("targetDescription"))]))


def _some(value: Any) -> list[Mapping[str, Any]]:
    return items(value)[:MAX_ITEMS]


def _narrative(value: Any) -> str:
    """The same of a text that may be Markdown (Open Badges 3.0, Criteria), without its marks for bold and headings."""
    return _MARKS.sub(lambda found: found[1] or "", _long(value))


def _long(value: Any) -> str:
    """A text that may be long, its lines kept, without controls or direction marks."""
    if not isinstance(value, str):
        return ""
    lines = (shown(part, MAX_TEXT) for part in value[:MAX_TEXT].split("\n"))
    return "\n".join(lines).strip()
