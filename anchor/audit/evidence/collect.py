"""Evidence files from an audit that found something: for each code of a finding the material that proves it.

What is written was read back and proves its finding, with the block that was audited; everything else is a reason.
"""

from collections.abc import Callable, Iterator, Mapping

from anchor.audit.evidence.file import MAX_EVIDENCE_BYTES, Evidence
from anchor.audit.evidence.kinds import BY_CODE, KINDS
from anchor.audit.evidence.materials import MATERIALS
from anchor.audit.evidence.parts import NotThere
from anchor.audit.evidence.reasons import reason_for
from anchor.audit.evidence.verify import verify_evidence
from anchor.audit.proof import Proof
from anchor.audit.report import AuditReport, Finding
from anchor.audit.view import View
from anchor.bundle.make import Collector
from anchor.errors import AnchorError
from registry.errors import FormatError
from registry.verify.trust import TrustProfile

Write = Callable[[str, bytes], None]
"""Takes the name and the bytes of a file."""

MAX_TRIES = 8
"""Findings of one code that are tried; one file for each code is enough to disbelieve a registry."""


def collect(view: View, report: AuditReport, write: Write) -> Mapping[str, tuple[Proof, ...]]:
    """One file for each broken property and code; by the property's id what was written, or why nothing could be."""
    found: dict[str, tuple[Proof, ...]] = {}
    for one in report.properties:
        by_code: dict[str, list[Finding]] = {}
        for finding in report.findings:
            if finding.invariant in one.invariants:
                by_code.setdefault(finding.code, []).append(finding)
        if by_code:
            view.progress(f"evidence of {one.name}")
            found[one.id] = tuple(_proof(view, code, findings, write) for code, findings in sorted(by_code.items()))
    return found


def _proof(view: View, code: str, findings: list[Finding], write: Write) -> Proof:
    kind = BY_CODE.get(code)
    if kind is None:
        return Proof(code, reason=reason_for(code))
    reason = ""
    for finding in findings[:MAX_TRIES]:
        try:
            for evidence in _candidates(view, kind, finding):
                if not (reason := _flaw(view, evidence)):
                    content = evidence.to_bytes()
                    write(evidence.name, content)
                    return Proof.of(code, finding.subject, evidence.name, content)
        except NotThere as gone:
            reason = str(gone)
        except (AnchorError, FormatError) as problem:
            reason = f"the material cannot be had: {problem}"
    return Proof(code, reason=reason or "nothing that was read proves it")


def _candidates(view: View, kind: str, finding: Finding) -> Iterator[Evidence]:
    def open_() -> Collector:
        chain = Collector(view.chain.rpc, view.trust, hex(view.chain.block.number))
        if chain.header.hash != view.chain.block.hash:
            raise NotThere("the node shows another header than that of the block it was audited at")
        return chain

    for material in MATERIALS[kind](view, finding, open_):
        yield Evidence(
            kind, KINDS[kind].codes[finding.code], finding.code, view.trust.chain_id, view.trust.contract, material
        )


def _flaw(view: View, evidence: Evidence) -> str:
    """Why this would convince nobody; "" when it proves its finding to whoever sees what the auditor saw."""
    content = evidence.to_bytes()
    if len(content) > MAX_EVIDENCE_BYTES:
        return f"it would have {len(content)} bytes, more than the {MAX_EVIDENCE_BYTES} that are read"
    verdict = verify_evidence(content, TrustProfile((view.trust,)), lambda _: view.chain.block.hash, view.export)
    return "" if verdict.outcome == "proved" else f"{verdict.sentence} {verdict.needed}".strip()
