"""What a check says: one of four outcomes, a stable code, a sentence for people, and what to do next."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from registry.verify.report import Report

Outcome = Literal["pass", "fail", "unknown", "not_run"]

CHECK_IDS = ("format", "signature", "issuer", "inclusion", "anchor", "status", "validity")
"""The seven checks in reading order; a check's number is its place here, from 1. FORMAT.md has a section for each."""

NAMES = {
    "format": "the file's form",
    "signature": "the issuer's signature",
    "issuer": "whose key it is",
    "inclusion": "its place in the batch",
    "anchor": "the record on the chain",
    "status": "revocation",
    "validity": "the dates",
}


@dataclass(frozen=True)
class Check:
    """The result of one check. `detail` holds the facts behind the sentence, JSON values only."""

    id: str
    outcome: Outcome
    code: str
    sentence: str
    next_step: str = ""
    detail: Mapping[str, Any] = field(default_factory=dict)

    @property
    def number(self) -> int:
        """1 to 7; 0 for the line about embedded proofs, which is not one of the seven."""
        return CHECK_IDS.index(self.id) + 1 if self.id in CHECK_IDS else 0

    @property
    def waits(self) -> bool:
        """Whether it was not made only because another check did not pass."""
        return self.code.startswith(f"{self.id}.needs-")

    def to_json(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "number": self.number,
            "outcome": self.outcome,
            "code": self.code,
            "sentence": self.sentence,
            "next_step": self.next_step,
            "detail": dict(self.detail),
        }


@dataclass(frozen=True)
class Endorsement:
    """What became of one endorsement inside the credential: a line beside the verdict, which it never changes.

    `pointer` is its place; empty for the line that counts what was left out. Names and comment are the file's, made fit
    to be shown. `verdict` is that of the endorsement as a credential, None where it was not checked. `detail` has what
    the sentence counts: `left_out` and `most`; `deeper` where it holds endorsements that were not looked at.
    `report` is the one on it, for who says it in other words.
    """

    pointer: str
    outcome: Outcome
    code: str
    sentence: str
    endorser_id: str = ""
    endorser_name: str = ""
    comment: str = ""
    verdict: str | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)
    report: "Report | None" = field(default=None, repr=False, compare=False)

    def to_json(self) -> dict[str, Any]:
        return {
            "pointer": self.pointer,
            "outcome": self.outcome,
            "code": self.code,
            "sentence": self.sentence,
            "endorser": {"id": self.endorser_id, "name": self.endorser_name},
            "comment": self.comment,
            "verdict": self.verdict,
            "detail": dict(self.detail),
        }


@dataclass(frozen=True)
class Component:
    """What became of one component of a stack, or of a file that is none: a line beside the verdict.

    `id` is the component's, made fit to be shown; `sha256` the digest that the credential commits to, in hexadecimal;
    `file` what the given file is called, `verdict` and `title` its own: empty or None where none was verified.
    `pointer` is the place of one that the credential itself holds, else empty. `detail` and `report` are as for an
    endorsement.
    """

    id: str
    outcome: Outcome
    code: str
    sentence: str
    sha256: str = ""
    file: str = ""
    title: str = ""
    verdict: str | None = None
    pointer: str = ""
    detail: Mapping[str, Any] = field(default_factory=dict)
    report: "Report | None" = field(default=None, repr=False, compare=False)

    @property
    def required(self) -> bool:
        """Whether it is about something that the credential names, not about a file that is none of its components."""
        return self.code not in ("component.not-named", "component.unreadable")

    def to_json(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "outcome": self.outcome,
            "code": self.code,
            "sentence": self.sentence,
            "sha256": self.sha256,
            "file": self.file,
            "title": self.title,
            "verdict": self.verdict,
            "pointer": self.pointer,
            "detail": dict(self.detail),
        }


def after(id: str, needed: Check) -> Check:
    """The result of a check whose input, `needed`, did not pass: unknown where that is unknown, otherwise not run."""
    place = f"check {needed.number} ({NAMES[needed.id]})"
    detail = {"needs": needed.id}
    if needed.outcome == "unknown":
        sentence = f"This cannot be known as long as {place} is not."
        return Check(id, "unknown", f"{id}.needs-{needed.id}", sentence, needed.next_step, detail)
    return Check(id, "not_run", f"{id}.needs-{needed.id}", f"Not checked, because {place} did not pass.", "", detail)
