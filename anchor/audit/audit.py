"""The audit: the whole log from the chain, the whole export from wherever it is served, and every promise between them.

It needs no database, no account and no help from the operator; it believes the trust profile and the finalized chain.
"""

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import replace

from anchor.audit.properties.a01_identity import IDENTITY
from anchor.audit.properties.a02_canonical import CANONICAL
from anchor.audit.properties.a03_complete import COMPLETE
from anchor.audit.properties.a04_append_only import APPEND_ONLY
from anchor.audit.properties.a05_data import DATA
from anchor.audit.properties.a06_leaves import LEAVES
from anchor.audit.properties.a07_serving import SERVING
from anchor.audit.properties.a08_admission import ADMISSION
from anchor.audit.properties.a09_time import TIME
from anchor.audit.properties.a10_authority import AUTHORITY
from anchor.audit.properties.a11_orphans import ORPHANS
from anchor.audit.properties.a12_status import STATUS
from anchor.audit.properties.a13_eyes import EYES
from anchor.audit.properties.a14_continuity import CONTINUITY
from anchor.audit.report import AuditReport
from anchor.audit.source import ExportSource
from anchor.audit.view import Given, Progress, View
from registry.verify.trust import RegistryTrust

PROPERTIES = (
    IDENTITY, CANONICAL, COMPLETE, APPEND_ONLY, DATA, LEAVES, SERVING, ADMISSION, TIME, AUTHORITY, ORPHANS, STATUS,
    EYES, CONTINUITY,
)  # fmt: skip
"""A1 to A14, looked at in this order: what is identified first, what is derived from it later."""


def audit(
    export: ExportSource,
    rpc_urls: Sequence[str],
    trust: RegistryTrust,
    *,
    block: int | None = None,
    given: Given | None = None,
    progress: Progress = lambda _: None,
    evidence: Callable[[str, bytes], None] | None = None,
) -> AuditReport:
    """Audit the registry that `trust` names, at `block` (default: the newest finalized one).

    `given.previous` must be a report in our format, else FormatError.
    `rpc_urls`: the first that answers is read, the others are asked whether they see the same.
    `evidence` takes name and bytes of each file that proves a finding; with it, the report names them.
    Raises Unreachable or WrongChain when something needed did not answer: that is no finding.
    """
    with closing(View.open(export, rpc_urls, trust, block, given or Given(), progress)) as view:
        reasons = {one.id: one.check(view) for one in PROPERTIES}
        report = report_of(view, {name: reason for name, reason in reasons.items() if reason})
        if evidence is None or report.clean:
            return report
        from anchor.audit.evidence.collect import collect  # storage proofs are needed where something is wrong only

        return replace(report, evidence=collect(view, report, evidence))


def report_of(view: View, reasons: dict[str, str]) -> AuditReport:
    """What was found, in order."""
    block, history, walk = view.chain.block, view.history, view.walk
    return AuditReport(
        registry={
            "chain_id": view.trust.chain_id,
            "contract": "0x" + view.trust.contract.hex(),
            "registry_id": view.registry.hex(),
        },
        head={
            "block_number": block.number,
            "block_hash": "0x" + block.hash.hex(),
            "block_time": block.time,
            "log_size": len(view.entries),
            "log_head": view.head.hex() if view.complete else "",
            "anchors": len(history.anchors),
            "witnesses": sum(one.agrees for one in view.witnesses),
        },
        counts={
            "log entries": len(view.entries),
            "anchors": len(history.anchors),
            "batches": len(walk.batches.numbers),
            "credentials": walk.batches.leaf_count,
            "status lists": walk.lists.count,
            "issuers": len(history.issuers),
            "keys": len(history.keys),
        },
        checked=dict(view.book.checked),
        findings=tuple(sorted(view.book.findings)),
        notes=tuple(sorted(view.book.notes)),
        properties=PROPERTIES,
        reasons=reasons,
        previous=view.previous.to_json() if view.previous else None,
    )
