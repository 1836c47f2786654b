"""The auditor's part: replay the chain and hold the public export against it."""

from pathlib import Path
from typing import Any

from anchor.audit.audit import audit as run_audit
from anchor.audit.source import open_source
from registry.verify.trust import TrustProfile


def audit(url: str, trust: Path) -> dict[str, Any]:
    """Exit code, counts, findings and a one-line summary of an audit of the registry served at `url`."""
    registry = TrustProfile.parse(trust.read_text("utf-8")).registries[0]
    report = run_audit(open_source(f"{url}/v1/export"), registry.rpc, registry)
    return {
        "exit_code": report.exit_code,
        "counts": report.counts,
        "findings": [finding.to_json() for finding in report.findings],
        "summary": f"{'clean' if report.clean else 'NOT CLEAN'}: {report.looked_at}",
    }
