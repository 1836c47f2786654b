"""Status evidence for a verifier: from files at hand, or from the origins that the trust profile allows.

An origin is a registry's server, or a static copy of its public export: an address that answers and keeps no evidence
is asked for the copy's files next.
"""

from collections.abc import Iterable
from pathlib import Path
from urllib.parse import quote

from anchor import fetch
from anchor.audit.source import HttpSource
from anchor.errors import Unreachable
from anchor.exported import ExportStatus
from anchor.kept import Kept
from registry.errors import FormatError
from registry.limits import MAX_STATUS_EVIDENCE_BYTES
from registry.verify.evidence import StatusEvidence

HTTP_TIMEOUT_SECONDS = 10.0
"""For one list pair; evidence is a few kilobytes."""

KEPT = 256
"""Answers remembered: one per list pair and anchor, so that a thousand files of a batch ask once."""


def evidence_path(list_id: str, anchor_number: int) -> str:
    """Where a registry's server has the evidence for the pair that the list with this URL belongs to."""
    name = quote(list_id.rsplit("/", 1)[-1], safe="")  # not taken apart as a URL: readers differ in that
    return f"/v1/status-lists/{name}/evidence?anchor={anchor_number}"


class HttpStatus:
    """Asks each allowed origin in turn. The file being checked never decides which host is asked."""

    def __init__(self, origins: Iterable[str], *, timeout: float = HTTP_TIMEOUT_SECONDS) -> None:
        self._origins = tuple(origin.rstrip("/") for origin in origins)
        self._timeout = timeout
        self._kept: Kept[tuple[str, int], bytes] = Kept(KEPT)
        self._copies: dict[str, ExportStatus] = {}

    def fetch(self, list_id: str, anchor_number: int) -> bytes:
        """Evidence for the pair that `list_id` belongs to, as of an anchor. Raises Unreachable."""
        kept = self._kept.get((list_id, anchor_number))
        if kept is not None:
            return kept
        if not self._origins:
            raise Unreachable("status", "the trust profile names no source of status lists; --status FILE gives one")
        problems = []
        for origin in self._origins:
            try:
                answer = self._ask(origin, list_id, anchor_number)
            except Unreachable as problem:
                problems.append(problem)
                continue
            self._kept.put((list_id, anchor_number), answer)
            return answer
        raise problems[-1]

    def _ask(self, origin: str, list_id: str, anchor_number: int) -> bytes:
        try:
            url = origin + evidence_path(list_id, anchor_number)
            return fetch.get(url, timeout=self._timeout, max_bytes=MAX_STATUS_EVIDENCE_BYTES)
        except fetch.Declined as refusal:
            copy = self._copies.setdefault(origin, ExportStatus(HttpSource(origin, timeout=self._timeout)))
            if not copy.exists():
                raise refusal from None
        return copy.fetch(list_id, anchor_number)


class FileStatus:
    """Evidence saved earlier (GET /v1/status-lists/{name}/evidence). Nothing is asked of anyone."""

    def __init__(self, paths: Iterable[Path]) -> None:
        self._paths = tuple(paths)
        self._contents: dict[Path, bytes] = {}
        self._found: Kept[str, Path] = Kept(KEPT)

    def fetch(self, list_id: str, anchor_number: int) -> bytes:  # noqa: ARG002
        """The first file that speaks of `list_id`; each is read once.

        Raises Unreachable; whether it is current is for check 6 to say.
        """
        known = self._found.get(list_id)
        if known is not None:
            return self._contents[known]
        for path in self._paths:
            content = self._read(path)
            if len(self._paths) == 1 or _speaks_of(content, list_id):
                self._found.put(list_id, path)
                return content
        raise Unreachable(", ".join(map(str, self._paths)) or "status", f"no status file speaks of {list_id}")

    def _read(self, path: Path) -> bytes:
        if path not in self._contents:
            try:
                with path.open("rb") as file:
                    self._contents[path] = file.read(MAX_STATUS_EVIDENCE_BYTES + 1)
            except OSError as problem:
                raise Unreachable(str(path), problem.strerror or "it cannot be read") from None
        return self._contents[path]


def _speaks_of(content: bytes, list_id: str) -> bool:
    try:
        return any(item.id == list_id for item in StatusEvidence.parse(content).lists)
    except FormatError:
        return False
