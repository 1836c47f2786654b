"""Verifies as anyone would: the files, the chain's RPC, the status lists; no database and no key of the registry."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from anchor.verifier import Verifier
from api.demo.screen import Screen
from registry.verify.report import Report
from registry.verify.trust import TrustProfile


def verify_all(trust: Path, files: Sequence[Path], screen: Screen) -> dict[str, str]:
    """File name -> verdict, for every file."""
    verifier, verdicts = _verifier(trust), {}
    for number, file in enumerate(files):
        report = verifier.check(file.read_bytes(), now=datetime.now(UTC))
        verdicts[file.name] = str(report.verdict)
        screen.progress(f"verified {number:,} of {len(files):,}")
    return verdicts


def verify_one(trust: Path, file: Path) -> Report:
    """A fresh look at one file: nothing is remembered from earlier ones."""
    return _verifier(trust).check(file.read_bytes(), now=datetime.now(UTC))


def _verifier(trust: Path) -> Verifier:
    return Verifier(TrustProfile.parse(trust.read_text("utf-8")))
