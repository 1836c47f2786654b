"""What `credanchor verify` prints of one file: a line of JSON, or the verdict with a line for each check."""

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from api.cli.failures import NOT_KNOWN, REFUSED
from api.cli.output import BOLD, DIM, GREEN, RED, YELLOW, colour
from registry.verify import Check, Report
from registry.verify.token import TokenReport

if TYPE_CHECKING:
    from anchor.bundle.file import Bundle

MARKS = {"pass": ("✓", GREEN), "fail": ("✗", RED), "unknown": ("?", YELLOW), "not_run": ("-", DIM)}


@dataclass(frozen=True)
class Bundled:
    """What is said of the bundle that a file came in: its block, as the bundle has it, and whether that was asked."""

    json: dict[str, Any]
    sentence: str

    @classmethod
    def of(cls, bundle: "Bundle", block_hash: bytes | None, now: datetime) -> "Bundled":
        """`block_hash` (32 bytes) is the verifier's; None where it named none."""
        from anchor.bundle.offline import described

        found = described(bundle, block_hash, now)
        if found["block_number"] is None:
            return cls(found, "The bundle's header is not one, so nothing is known of its block.")
        whose = "as you named it" if found["confirmed"] else "as the bundle names it"
        return cls(found, "Block {block_number} of {block_time}, {whose}: {block_hash}".format(**found, whose=whose))


def render(path: Path, report: Report | TokenReport, bundled: Bundled | None = None, *, as_json: bool) -> str:
    """The text, without a line's end."""
    if as_json:
        more = {"bundle": bundled.json} if bundled else {}
        return json.dumps({"file": str(path)} | more | report.to_json(), ensure_ascii=False)
    shade = {0: GREEN if report.verdict == "valid" else YELLOW, REFUSED: RED, NOT_KNOWN: YELLOW}[report.exit_code]
    lines = [f"{colour(str(path), BOLD)}: {colour(report.verdict, shade)}. {report.sentence}"]
    for check in _checks(report):
        mark, tint = MARKS[check.outcome]
        number = f"{check.number}" if check.number else " "
        lines.append(f"  {colour(mark, tint)} {number} {check.id:<10} {check.sentence}")
        if check.next_step and check.outcome != "pass":
            lines.append(f"      {'':<10} {check.next_step}")
    inner = report.report if isinstance(report, TokenReport) else report
    beside = [("component", each.outcome, each.sentence) for each in (inner.components if inner else None) or ()]
    for each in (inner.endorsements if inner else None) or ():
        beside.append(("endorsed" if each.outcome == "pass" else "endorsement", each.outcome, each.sentence))
    for word, outcome, sentence in beside:
        mark, tint = MARKS[outcome]
        lines.append(f"  {colour(mark, tint)}   {word:<10} {sentence}")
    if bundled:
        lines.append(f"      {'bundle':<10} {bundled.sentence}")
    return "\n".join(lines)


def _checks(report: Report | TokenReport) -> list[Check]:
    """Every check in the order it is read: the token's before those of the credential in it."""
    if isinstance(report, TokenReport):
        return [*report.checks, *(_checks(report.report) if report.report else [])]
    return [*report.checks, *([report.embedded_proof] if report.embedded_proof else [])]
