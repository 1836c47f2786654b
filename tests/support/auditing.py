"""Auditing a history made by hand, and altering its export."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from anchor.audit.audit import audit
from anchor.audit.report import AuditReport
from anchor.audit.source import open_source
from tests.support.history import History

Honest = tuple[History, Path]
"""A history without fault, and where its export is."""


def look(history: History, export: Path | str, url: str | None = None) -> AuditReport:
    return audit(open_source(str(export)), [url or history.sender.url], history.trust)


def found(report: AuditReport) -> set[tuple[str, str]]:
    """What was found, without the sentences."""
    return {(finding.subject, finding.code) for finding in report.findings}


def outcomes(report: AuditReport) -> dict[str, str]:
    """Outcome of each property, by its id."""
    return {item["id"]: item["outcome"] for item in report.to_json()["properties"]}


def broken(report: AuditReport) -> set[str]:
    """Ids of the properties that were found broken."""
    return {name for name, outcome in outcomes(report).items() if outcome == "broken"}


def change(path: Path, edit: Callable[[Any], None]) -> None:
    """Edit a JSON file, or the lines of a JSON Lines file as a list."""
    lines = path.suffix == ".jsonl"
    value = [json.loads(line) for line in path.read_text().splitlines()] if lines else json.loads(path.read_text())
    edit(value)
    path.write_text("".join(json.dumps(line) + "\n" for line in value) if lines else json.dumps(value))


def other(hexadecimal: str) -> str:
    """The same with its last digit changed."""
    return hexadecimal[:-1] + ("0" if hexadecimal[-1] != "0" else "1")
