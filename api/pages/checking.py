"""A file checked by this server, for browsers that cannot: what its form and its report are made of."""

import re
from typing import Any, NamedTuple

from anchor.bundle import offline
from anchor.bundle.file import Bundle
from api.problems import Problem
from api.services import Services
from registry.credential.baking import credential_in
from registry.errors import FormatError
from registry.verify.document import CredentialFile, read, show_time
from registry.verify.outcome import CHECK_IDS, Check, after
from registry.verify.report import Report, report


class Checked(NamedTuple):
    """The report on a file, the file where it can be read, and of a bundle what it says of its block."""

    report: Report
    found: CredentialFile | None
    bundle: dict[str, Any] | None = None

    def to_json(self) -> dict[str, Any]:
        """As static/view.js takes it."""
        return {
            "verdict": self.report.verdict,
            "checks": [check.to_json() for check in self.report.checks],
            "document": self.found.document if self.found else None,
            "issuerId": self.found.issuer_id if self.found else None,
            "network": self.report.network,
            "bundle": self.bundle,
        }


def check_bundle(services: Services, data: bytes, block_hash: bytes | None) -> Checked:
    """Check a bundle by its proofs, and ask nobody. `block_hash` (32 bytes) is what its sender calls a final block."""
    now = services.now()
    try:
        bundle = Bundle.parse(data)
    except FormatError as flaw:
        return Checked(_damaged(flaw, show_time(now)), None)
    made = offline.check(bundle.credential, bundle, trust=services.trust, block_hash=block_hash, now=now)
    block = offline.described(bundle, block_hash, now)
    try:
        return Checked(made, read(credential_in(bundle.credential)), block)
    except FormatError:
        return Checked(made, None, block)


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
