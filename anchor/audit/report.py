"""What an audit found: properties of named invariants, how often each was checked, and each breach in one sentence.

The report holds no wall clock and is sorted, so two audits of one head and one export give the same bytes.
A property or invariant is `holds` (checked at least once, never broken), `broken`, or `not_run`; a check over nothing
never counts as passed. `reason` says what was not looked at, and why.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from anchor.audit.proof import Proof
from registry.format.strictjson import canonical

REPORT_FORMAT = "credanchor-audit/2"

MAX_OF_A_CODE = 1000
"""Findings of one code that are written down, the first ones: who publishes millions of faults shall fill no memory,
and the next audit must be able to read the report (64 MiB)."""

INVARIANTS = {
    "RegistryIsTheOneTrusted": "the contract at the trusted address runs the trusted code, and the export is its own",
    "DeploymentIsWhereItIsSaid": "the contract has its code from the block on in which it is said to be deployed",
    "HeadersAreHashed": "the header of every block that was asked for hashes to the hash that the block goes by",
    "BlockIsCanonical": "the block follows the blocks before it, and is final",
    "EndpointsAgree": "every node that answered shows the same block and the same head",
    "LogIsComplete": "the log has every entry from genesis on, in order, and leads to the head the contract stores",
    "HeadIsProved": "code, size and head of the log are proved by storage proof under the block's hash",
    "LogOnlyGrows": "every earlier head is one that the log had on its way to the newest",
    "TimesNeverGoBack": "entries carry times and blocks in order",
    "TimesAreThoseOfBlocks": "every anchor carries the time of its block",
    "BatchesAreInOrder": "batches are anchored in the order of their numbers, in an anchor and from one to the next",
    "SequenceHasNoGaps": "anchors and batches are numbered 1, 2, 3 without gap or repetition",
    "RootsAreUnique": "no root was anchored twice",
    "StateFollowsTheLog": "keys, issuers and roles are what the log says they must be",
    "RolesWereHeld": "every entry was written by an account that held the role for it",
    "ExportIsWellFormed": "the public files are what the format says",
    "EveryChainRootIsKnown": "every anchor on the chain is in the export, and every batch in it is anchored",
    "EveryAnchoredBatchIsOnChain": "the roots that the export names are the ones on the chain",
    "RootsRecomputeFromLeaves": "every batch root and anchor root follows from the published leaves and lists",
    "NoLeafTwice": "no credential was put into two batches, or twice into one",
    "LeavesAreNoNodes": "no leaf is a node, a root or an entry: none stands for anything but one credential",
    "CredentialsHaveTheirLeaf": "what holders gave has its leaf, recomputed from the file, at the place it names",
    "ServedIsWhatIsPublished": "what the registry answers to anybody follows from the chain and the export",
    "AdmissionsAreKept": "what the registry signed for was anchored in time",
    "IssuerWasAuthorisedAtBlock": "every batch is signed by a key that was in force when it was anchored",
    "StatusListsAreWhatWasAnchored": "every status list is signed, complete and the one the anchor commits to",
    "StatusVersionsNeverGoBack": "a status list is only ever replaced by a newer version",
    "RevokedNeverReturns": "a credential that was revoked stays revoked",
    "OthersSeeTheSame": "nodes on other hosts than the first show the same block and head",
    "ReportsFollow": "the chain shown goes on from the one that the previous report saw",
}
"""Every invariant and what it says; the order is the reading order."""


@dataclass(frozen=True, order=True)
class Finding:
    """One breach. `subject` is like "batch 3"; `code` is stable, like "batch.root"."""

    invariant: str
    subject: str
    code: str
    sentence: str
    expected: str = ""
    found: str = ""

    def to_json(self) -> dict[str, str]:
        """Members without value are left out."""
        members = {"subject": self.subject, "code": self.code, "sentence": self.sentence}
        return members | {name: value for name in ("expected", "found") if (value := getattr(self, name))}


class About(Protocol):
    """What a report needs to know of a property; see `properties.property`."""

    @property
    def id(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def sentence(self) -> str: ...
    @property
    def invariants(self) -> tuple[str, ...]: ...


class Book:
    """Collects checks and findings while the audit runs."""

    def __init__(self) -> None:
        self.checked = dict.fromkeys(INVARIANTS, 0)
        self.findings: set[Finding] = set()
        self._written: dict[tuple[str, str], int] = {}
        self.notes: set[str] = set()

    def expect(  # noqa: PLR0917 (reads as a sentence: this rule held, about what, its code, why not)
        self,
        invariant: str,
        held: bool,
        subject: str,
        code: str,
        sentence: str,
        expected: str = "",
        found: str = "",
    ) -> bool:
        """Count one check of `invariant`; when it did not hold, write down the finding. Returns `held`."""
        self.checked[invariant] += 1
        if not held:
            self._write(Finding(invariant, subject, code, sentence, expected, found))
        return held

    def _write(self, finding: Finding) -> None:
        kind = (finding.invariant, finding.code)
        self._written[kind] = self._written.get(kind, 0) + 1
        if self._written[kind] <= MAX_OF_A_CODE:
            self.findings.add(finding)
        else:
            self.note(f"There are more than {MAX_OF_A_CODE} findings {finding.code}; the first are written down.")

    def held(self, invariant: str, times: int) -> None:
        """Count so many checks of `invariant` that held: for those in millions, of which no sentence is made."""
        self.checked[invariant] += times

    def note(self, sentence: str) -> None:
        """Something a reader should know that breaks no invariant."""
        self.notes.add(sentence)


Outcome = Literal["holds", "broken", "not_run"]
MARKS: dict[Outcome, str] = {"holds": "✓", "broken": "✗", "not_run": "-"}

_ONE = {"log entries": "log entry", "batches": "batch"}
"""One of what is counted; of the others the name without its s."""


@dataclass(frozen=True)
class AuditReport:
    """The outcome; `counts` says how much was looked at, `head` pins the block all of it was read at."""

    registry: dict[str, Any]
    head: dict[str, Any]
    counts: dict[str, int]
    checked: dict[str, int]
    findings: tuple[Finding, ...]
    notes: tuple[str, ...] = field(default=())
    properties: tuple[About, ...] = field(default=())
    reasons: dict[str, str] = field(default_factory=dict)
    """By a property's id: what was not looked at, and why."""
    previous: dict[str, Any] | None = None
    """The report that this one follows: SHA-256 of its bytes, block, size and head of the log."""
    evidence: Mapping[str, tuple[Proof, ...]] | None = None
    """By a broken property's id what proves each code of its findings; None where evidence was not asked for."""

    @property
    def clean(self) -> bool:
        """True when nothing was broken."""
        return not self.findings

    @property
    def exit_code(self) -> int:
        """0 clean, 1 findings. (2, could not look, is an exception and has no report.)"""
        return 0 if self.clean else 1

    @property
    def looked_at(self) -> str:
        """The counts in words."""
        names = {name: _ONE.get(name, name[:-1]) if count == 1 else name for name, count in self.counts.items()}
        return ", ".join(f"{count} {names[name]}" for name, count in self.counts.items())

    def to_json(self) -> dict[str, Any]:
        """Members in the format `credanchor-audit/2`."""
        return {
            "format": REPORT_FORMAT,
            "registry": self.registry,
            "head": self.head,
            "counts": self.counts,
            "clean": self.clean,
            "previous": self.previous,
            "properties": [self._property(one) for one in self.properties],
            "notes": list(self.notes),
        }

    def to_bytes(self) -> bytes:
        """The report as canonical JSON (RFC 8785) and a newline."""
        return canonical(self.to_json()) + b"\n"

    def summary(self) -> str:
        """The report for people: a line for each property, what it is about below it, then each finding."""
        lines = [
            f"Registry {self.registry['contract']} on chain {self.registry['chain_id']}",
            f"Read at block {self.head['block_number']} {self.head['block_hash']}",
            f"Looked at {self.looked_at}.",
            "",
        ]
        for one in self.properties:
            lines.append(
                f"  {MARKS[self.outcome(one)]} {one.id:<4}{one.name:<11}{self._checks(one):>8} checks  {one.sentence}"
            )
            if reason := self.reasons.get(one.id):
                lines.append(f"{'':<34}not looked at: {reason}")
        lines += ["", *(self.told(finding) for finding in self.findings), *(f"Note: {note}" for note in self.notes)]
        count = len(self.findings)
        verdict = "Clean: nothing was found." if self.clean else f"{count} finding{'s' if count > 1 else ''}."
        return "\n".join([*lines, verdict])

    def outcome(self, one: About) -> Outcome:
        """Of a property: broken when one of its invariants is, and never `holds` when nothing was checked."""
        outcomes = {self.invariant(name) for name in one.invariants}
        return "broken" if "broken" in outcomes else "holds" if "holds" in outcomes else "not_run"

    def invariant(self, name: str) -> Outcome:
        """The outcome of one invariant."""
        if any(finding.invariant == name for finding in self.findings):
            return "broken"
        return "holds" if self.checked[name] else "not_run"

    def owner(self, finding: Finding) -> str:
        """The id of the property that it breaks; empty when there is none."""
        return next((one.id for one in self.properties if finding.invariant in one.invariants), "")

    def _checks(self, one: About) -> int:
        return sum(self.checked[name] for name in one.invariants)

    def told(self, finding: Finding) -> str:
        """A finding as a line, what was expected and found below it."""
        more = "".join(
            f"\n    {label}: {value}"
            for label, value in (("expected", finding.expected), ("found", finding.found))
            if value
        )
        proofs = (self.evidence or {}).get(self.owner(finding), ())
        more += "".join(f"\n    {proof.told()}" for proof in proofs if proof.code == finding.code)
        name = f"{self.owner(finding)} {finding.invariant}".lstrip()
        return f"✗ {name}, {finding.subject} ({finding.code}): {finding.sentence}{more}"

    def _property(self, one: About) -> dict[str, Any]:
        proofs = (self.evidence or {}).get(one.id)
        return ({"evidence": [proof.to_json() for proof in proofs]} if proofs else {}) | {
            "id": one.id,
            "name": one.name,
            "sentence": one.sentence,
            "outcome": self.outcome(one),
            "checks": self._checks(one),
            "reason": self.reasons.get(one.id, ""),
            "invariants": [self._invariant(name) for name in one.invariants],
        }

    def _invariant(self, name: str) -> dict[str, Any]:
        return {
            "name": name,
            "sentence": INVARIANTS[name],
            "outcome": self.invariant(name),
            "checks": self.checked[name],
            "findings": [finding.to_json() for finding in self.findings if finding.invariant == name],
        }
