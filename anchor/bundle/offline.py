"""Check a bundle without asking anybody: the same seven checks as ever, with proofs instead of a node."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from anchor.bundle.file import Bundle
from anchor.bundle.header import Header
from anchor.bundle.proved import ProvedChain
from registry.errors import FormatError
from registry.format.anchorproof import rfc3339
from registry.verify.components import Given
from registry.verify.evidence import ChainView, StatusEvidence, Unproved
from registry.verify.report import Report
from registry.verify.trust import RegistryTrust, TrustProfile
from registry.verify.verify import verify

_DAY, _HOUR, _MINUTE = 86_400, 3600, 60


class BundledStatus:
    """The status evidence in a bundle, as a `StatusSource`. Not trusted, like any."""

    def __init__(self, bundle: Bundle) -> None:
        self._pieces = bundle.status

    def fetch(self, list_id: str, anchor_number: int) -> bytes:  # noqa: ARG002
        """The piece that speaks of `list_id`, or the only one. Raises Unproved; check 6 says whether it is current."""
        for piece in self._pieces:
            if len(self._pieces) == 1 or _speaks_of(piece, list_id):
                return piece
        raise Unproved("not-in-bundle", "The bundle holds no such status list.", "Have the bundle made again")


def check(
    data: bytes,
    bundle: Bundle,
    *,
    trust: TrustProfile,
    block_hash: bytes | None,
    now: datetime,
    components: Sequence[Given] = (),
) -> Report:
    """The report on `data` (the bundle's credential, or what a token there holds), as of the block of the bundle.

    `block_hash` (32 bytes) is of a final block and comes from the verifier, never from the bundle; None is `unknown`.
    """
    views: dict[RegistryTrust, ChainView] = {}

    def chain(registry: RegistryTrust) -> ChainView:
        return views.setdefault(registry, ProvedChain(bundle, registry, block_hash))

    made = verify(data, trust=trust, chain=chain, status=BundledStatus(bundle), now=now, components=components)
    return dated(made, now)


def dated(report: Report, now: datetime) -> Report:
    """The report with its block and that block's age in the sentence, where a block was looked at."""
    detail = report.check("anchor").detail
    if "seen_block" not in detail:
        return report
    number, time = detail["seen_block"], detail["seen_time"]
    age = int(now.timestamp() - datetime.fromisoformat(time).timestamp())
    said = (
        f"As of block {number} at {time}, {_ago(age)}: what happened since, such as a revocation, does not show here."
    )
    return replace(report, sentence=f"{report.sentence} {said}")


def described(bundle: Bundle, block_hash: bytes | None, now: datetime) -> dict[str, Any]:
    """The bundle's block by its own words, its age, and whether it is the one that the verifier named (32 bytes)."""
    try:
        header = Header.read(bundle.header)
    except Unproved:
        return {"block_number": None, "block_hash": None, "block_time": None, "confirmed": False}
    return {
        "block_number": header.number,
        "block_hash": f"0x{header.hash.hex()}",
        "block_time": rfc3339(header.time),
        "age_seconds": int(now.timestamp()) - header.time,
        "confirmed": block_hash == header.hash,
    }


def _ago(seconds: int) -> str:
    """An age, rounded down."""
    for unit, name in ((_DAY, "day"), (_HOUR, "hour"), (_MINUTE, "minute")):
        if seconds >= unit:
            count = seconds // unit
            return f"{count} {name}{'s' if count > 1 else ''} ago"
    return "less than a minute ago" if seconds >= 0 else "which is in the future by your clock"


def _speaks_of(piece: bytes, list_id: str) -> bool:
    try:
        return any(item.id == list_id for item in StatusEvidence.parse(piece).lists)
    except FormatError:
        return False
