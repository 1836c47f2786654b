"""Checks files in the order they are named: a few in this process, many with all cores.

However many processes check, this one alone asks chains and status sources, so each anchor is read once.
"""

from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from anchor.verifier import Verifier
from api.cli.failures import NOT_KNOWN, CliError
from api.cli.options import STDIN, content
from api.cli.reporting import Bundled, render
from registry.errors import FormatError
from registry.verify.components import Given
from registry.verify.report import Report
from registry.verify.token import TokenReport, is_token, verify_token

if TYPE_CHECKING:
    from anchor.bundle.file import Bundle

POOL_FROM = 1000
"""Files from which all cores are used: processes take as long to start as one takes to check some hundreds."""

MAX_FILE_BYTES = 24 * 1024 * 1024
"""A bundle at its largest (anchor.bundle.file); every other file has less, which check 1 says."""

BEGINNING = 256
"""Bytes among which a bundle names its format."""

Documents = Mapping[str, Mapping[str, Any]]
"""Issuers' DID documents, by DID."""


@dataclass(frozen=True)
class Asked:
    """What is asked of every file beside the seven checks, and how it is printed."""

    documents: Documents
    as_json: bool
    components: Sequence[Given]
    require_components: bool
    offline: bool = False  # files are bundles, and their proofs are all that is asked
    block_hash: bytes | None = None  # 32 bytes: what the verifier calls a final block, for bundles that are checked so


@dataclass(frozen=True)
class Checked:
    """What is to be printed about a file, and its exit code; or why it could not be read."""

    text: str
    exit_code: int
    problem: CliError | None = None


def check_all(
    files: Sequence[Path],
    verifier: Verifier,
    documents: Documents,
    *,
    as_json: bool,
    components: Sequence[Given] = (),
    require_components: bool = False,
    offline: bool = False,
    block_hash: bytes | None = None,
) -> Generator[Checked, None, None]:
    """Check every file, as of the moment when its turn comes. Close it early, and no process is left.

    `components` are files that the others may commit to; `require_components` lets their lack show in the exit code.
    `offline`: each is a bundle, and is checked under `block_hash` (32 bytes) without asking anybody.
    """
    asked = Asked(documents, as_json, components, require_components, offline, block_hash)
    if len(files) < POOL_FROM or STDIN in files:  # which only this process can read
        checker = Checker(verifier, asked)
        yield from map(checker.check, files)
    else:
        yield from _spread(files, verifier, asked)


class Checker:
    """Checks one file after the other."""

    def __init__(self, verifier: Verifier, asked: Asked) -> None:
        self._verifier = verifier
        self._asked = asked

    def check(self, path: Path) -> Checked:
        """Check a file."""
        try:
            data = content(path, MAX_FILE_BYTES)
            bundle = _bundle(path, data, needed=self._asked.offline)
        except CliError as problem:
            return Checked("", problem.exit_code, problem)
        report: Report | TokenReport
        now, bundled = datetime.now(UTC), None
        if bundle is not None:
            data = bundle.credential
            bundled = Bundled.of(bundle, self._asked.block_hash if self._asked.offline else None, now)

        def check(file: bytes) -> Report:
            return self._report(file, bundle, now)

        if is_token(data):
            report = verify_token(data, document_of=self._asked.documents.get, check=check)
        else:
            report = check(data)
        return Checked(render(path, report, bundled, as_json=self._asked.as_json), self._exit_code(report))

    def _exit_code(self, report: Report | TokenReport) -> int:
        inner = report.report if isinstance(report, TokenReport) else report
        demanded = inner.components_exit_code if inner and self._asked.require_components else 0
        return report.exit_code or demanded

    def _report(self, data: bytes, bundle: "Bundle | None", now: datetime) -> Report:
        if bundle is None or not self._asked.offline:
            return self._verifier.check(data, now=now, components=self._asked.components)
        from anchor.bundle import offline

        return offline.check(
            data, bundle, trust=self._verifier.trust, block_hash=self._asked.block_hash, now=now,
            components=self._asked.components,
        )  # fmt: skip


def _bundle(path: Path, data: bytes, *, needed: bool) -> "Bundle | None":
    """The bundle that a file is. Raises CliError where it cannot be read, or is none though one is `needed`."""
    if b"credanchor-bundle/" in data[:BEGINNING]:
        from anchor.bundle.file import Bundle, is_bundle

        if is_bundle(data):
            try:
                return Bundle.parse(data)
            except FormatError as problem:
                remedy = "Have it made again, or ask for the credential's own file."
                raise CliError(f"The bundle {path} is damaged: {problem}", remedy, NOT_KNOWN) from None
    if needed:
        remedy = "Make one with `credanchor bundle` where there is a network; --offline checks nothing else."
        raise CliError(f"{path} is not a bundle.", remedy, NOT_KNOWN)
    return None


def _spread(files: Sequence[Path], verifier: Verifier, asked: Asked) -> Iterator[Checked]:
    from concurrent.futures import BrokenExecutor
    from multiprocessing import get_context

    from anchor.relay import relaying
    from api.pool import process_pool, spread

    with (
        relaying(get_context("spawn"), verifier.chain, verifier.status) as line,
        process_pool(0, _prepare, line, verifier.trust, asked) as pool,
    ):
        try:
            yield from spread(_check, files, pool)
        except BrokenExecutor:
            problem = (
                "A process that was checking files was ended from outside; the files after these were not checked."
            )
            raise CliError(problem, "Check the rest again, fewer at a time if memory was short.", NOT_KNOWN) from None


_checker: Checker
"""Of this process, where it is one of several."""


def _prepare(line: Any, trust: Any, asked: Asked) -> None:
    global _checker  # noqa: PLW0603  (what a process of a pool begins with has no other place)
    from anchor.relay import Relay

    relay = Relay(line)
    _checker = Checker(Verifier(trust, relay, relay.chain), asked)


def _check(path: Path) -> Checked:
    return _checker.check(path)
