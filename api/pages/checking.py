"""A file checked by this server, for browsers that cannot: what its form and its report are made of."""

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

from anchor.bundle import offline
from anchor.bundle.file import Bundle
from api.problems import Problem
from api.services import Services
from registry.errors import FormatError
from registry.verify.document import show_time
from registry.verify.outcome import CHECK_IDS, Check, Component, Endorsement, after
from registry.verify.report import Report, report


class Checked(NamedTuple):
    """The report on a file, and of a bundle what it says of its block."""

    report: Report
    bundle: dict[str, Any] | None = None

    def to_json(self) -> dict[str, Any]:
        """As static/view.js and static/beside.js take it."""
        return _to_json(self.report) | {"bundle": self.bundle}


def _to_json(report: Report) -> dict[str, Any]:
    return {
        "verdict": report.verdict,
        "checks": [check.to_json() for check in report.checks],
        "document": report.found.document if report.found else None,
        "issuerId": report.found.issuer_id if report.found else None,
        "network": report.network,
        "endorsements": _lines(report.endorsements),
        "components": _lines(report.components),
    }


def _lines(lines: Sequence[Endorsement] | Sequence[Component] | None) -> list[dict[str, Any]] | None:
    if lines is None:
        return None
    return [line.to_json() | {"report": _to_json(line.report) if line.report else None} for line in lines]


def check_bundle(services: Services, data: bytes, block_hash: bytes | None) -> Checked:
    """Check a bundle by its proofs, and ask nobody. `block_hash` (32 bytes) is what its sender calls a final block."""
    now = services.now()
    try:
        bundle = Bundle.parse(data)
    except FormatError as flaw:
        return Checked(_damaged(flaw, show_time(now)))
    made = offline.check(bundle.credential, bundle, trust=services.trust, block_hash=block_hash, now=now)
    return Checked(made, offline.described(bundle, block_hash, now))


def block_hash_of(text: str) -> bytes | None:
    """The block hash (32 bytes) that was typed, None for none. Raises Problem."""
    digits = text.strip().lower().removeprefix("0x")
    if digits and not re.fullmatch("[0-9a-f]{64}", digits):
        raise Problem("bad-request", "The block hash is not 64 hexadecimal digits")
    return bytes.fromhex(digits) or None


def _damaged(flaw: FormatError, now: str) -> Report:
    """A file that means to be a bundle and is none says nothing about the credential in it."""
    step = "Have it made again, or ask for the credential's own file"
    first = Check("format", "unknown", "format.bundle", f"The bundle is damaged: {flaw}", step, {"code": flaw.code})
    done = {"format": first} | {id: after(id, first) for id in CHECK_IDS[1:]}
    return report(done, embedded_proof=None, found=None, registry=None, checked_at=now)
