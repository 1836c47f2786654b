"""An audit again and again: each report follows the one before, and what changes is told.

    DIR/latest.json                   the last report whose log can be followed: what the next audit starts from
    DIR/found-<block>-<digest>.json   every report with a finding; no later one is written over it
    DIR/checkpoints/                  every signed checkpoint that was served: see seen.py
    DIR/evidence/                     a file for each breach, also for two checkpoints that were served years apart

A finding never moves the start past it where the log itself is in question: who rewrites history must go on explaining
the last log that was seen whole. What could not be looked at is told after a while, and is never told as a finding.

    {"type": "audit.broken",                     or audit.clean, audit.unreachable
     "id": "6f1c...", "timestamp": "2026-11-25T14:02:00Z",
     "data": {"chain_id": 1, "contract": "0x...", "block": 120, "report": "<SHA-256>", "findings": 1,
              "first": [{"property": "A6", "subject": "batch 3", "code": "batch.root", "sentence": ...}], "reason": ""}}

An id stays the same until the message was taken. After a restart what is wrong is told again, under the id that it had
if it was the first. See webhook.py for the signature.
"""

import hashlib
import logging
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from anchor.audit.report import AuditReport
from anchor.errors import AnchorError
from api import datadir, times
from api.seen import Seen
from api.webhook import Undelivered
from registry.format.strictjson import canonical

log = logging.getLogger("credanchor.audit")

LATEST = "latest.json"

FOLLOWED = ("RegistryIsTheOneTrusted", "BlockIsCanonical", "LogIsComplete", "LogOnlyGrows", "ReportsFollow")
"""Invariants of the log itself: while one of them is broken, the next audit starts where this one did."""

PATIENCE = 3
"""Rounds in a row that could not look before that is told: one may fall into a restart."""

FIRST = 20
"""Findings that a message carries; the report has them all."""

Outcome = Literal["clean", "broken", "unreachable"]
OUTCOMES: tuple[Outcome, ...] = ("clean", "broken", "unreachable")

CHECKPOINTS, EVIDENCE = "checkpoints", "evidence"

Look = Callable[[bytes | None, Seen], AuditReport]
"""Audits once, following the report with these bytes and the checkpoints seen before, to which it adds the one that is
served. Raises AnchorError where something did not answer."""

Tell = Callable[[str, int, dict[str, Any]], None]
"""Sends a message under an id at a time in Unix seconds. Raises Undelivered."""


@dataclass(frozen=True)
class Round:
    """One audit: `report` is None where it could not look, and `reason` says why."""

    outcome: Outcome
    report: AuditReport | None = None
    reason: str = ""
    seconds: float = 0.0


class Follower:
    """Audits into `folder`, which it makes. `tell` is None where nobody wants to know."""

    def __init__(self, look: Look, folder: Path, tell: Tell | None = None) -> None:
        self.rounds: Counter[Outcome] = Counter()
        self.last: Round | None = None
        self.report: AuditReport | None = None
        """The last one that there was."""
        self.looked_at = 0
        """When that was, Unix seconds; 0 for never."""
        self.untold = False
        """Whether there is a message that nobody has taken yet; the next round tries again."""
        self._look, self._folder, self._tell = look, folder, tell
        self._seen = Seen(folder / CHECKPOINTS)
        self._state = ""
        self._uid = ""
        self._missed = 0
        folder.mkdir(parents=True, exist_ok=True)

    def round(self) -> Round:
        """Audit once. Raises FormatError where latest.json is no report, OSError where none can be written."""
        begun = time.monotonic()
        latest = self._folder / LATEST
        previous = latest.read_bytes() if latest.exists() else None
        try:
            report = self._look(previous, self._seen)
        except AnchorError as problem:
            done = Round("unreachable", None, str(problem), time.monotonic() - begun)
        else:
            done = Round("clean" if report.clean else "broken", report, "", time.monotonic() - begun)
            self._keep(report)
            self.report, self.looked_at = report, int(time.time())
        self.last = done
        self.rounds[done.outcome] += 1
        self._missed = self._missed + 1 if done.report is None else 0
        self._news(done)
        return done

    def _keep(self, report: AuditReport) -> None:
        content = report.to_bytes().decode()
        if not report.clean:
            digest = hashlib.sha256(content.encode()).hexdigest()[:16]  # the export may change under the same block
            datadir.write(self._folder / f"found-{report.head['block_number']:010d}-{digest}.json", content)
        if not any(report.invariant(name) == "broken" for name in FOLLOWED) and report.head["log_head"]:
            datadir.write(self._folder / LATEST, content)

    def _news(self, done: Round) -> None:
        """Tell a state that is not the one last told. A clean start is no news, and neither is one missed round."""
        if self._tell is None or (done.report is None and self._missed < PATIENCE):
            return
        state = _state(done)
        if state == self._state or (not self._state and done.outcome == "clean"):
            self.untold = False
            return
        uid = hashlib.sha256(f"{self._uid} {state}".encode()).hexdigest()[:32]
        now = int(time.time())
        try:
            self._tell(uid, now, _message(done, uid, now))
        except Undelivered as problem:
            self.untold = True
            log.warning("message not delivered", extra={"outcome": done.outcome, "reason": str(problem)})
        else:
            self._state, self._uid, self.untold = state, uid, False


def _state(done: Round) -> str:
    """The outcome and what was found, not the block at which it was seen again."""
    findings = done.report.findings if done.report else ()
    found = canonical([one.to_json() for one in findings])
    return f"{done.outcome} {hashlib.sha256(found).hexdigest()}"


def _message(done: Round, uid: str, now: int) -> dict[str, Any]:
    data: dict[str, Any] = {"reason": done.reason}
    if report := done.report:
        found = [{"property": report.owner(one)} | one.to_json() for one in report.findings]
        data |= {
            "chain_id": report.registry["chain_id"],
            "contract": report.registry["contract"],
            "block": report.head["block_number"],
            "report": hashlib.sha256(report.to_bytes()).hexdigest(),
            "findings": len(found),
            "first": found[:FIRST],
        }
    return {"type": f"audit.{done.outcome}", "id": uid, "timestamp": times.shown(now), "data": data}
