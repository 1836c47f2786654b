"""Checks files in the order they are named: a few in this process, many with all cores.

However many processes check, this one alone asks chains and status sources, so each anchor is read once.
"""

from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from anchor.verifier import Verifier
from api.cli.failures import NOT_KNOWN, CliError
from api.cli.options import STDIN, content
from api.cli.reporting import render
from registry.verify.report import Report
from registry.verify.token import is_token, verify_token

POOL_FROM = 1000
"""Files from which all cores are used: processes take as long to start as one takes to check some hundreds."""

Documents = Mapping[str, Mapping[str, Any]]
"""Issuers' DID documents, by DID."""


@dataclass(frozen=True)
class Checked:
    """What is to be printed about a file, and its exit code; or why it could not be read."""

    text: str
    exit_code: int
    problem: CliError | None = None


def check_all(
    files: Sequence[Path], verifier: Verifier, documents: Documents, *, as_json: bool
) -> Generator[Checked, None, None]:
    """Check every file, as of the moment when its turn comes. Close it early, and no process is left."""
    if len(files) < POOL_FROM or STDIN in files:  # which only this process can read
        checker = Checker(verifier, documents, as_json=as_json)
        yield from map(checker.check, files)
    else:
        yield from _spread(files, verifier, documents, as_json)


class Checker:
    """Checks one file after the other."""

    def __init__(self, verifier: Verifier, documents: Documents, *, as_json: bool) -> None:
        self._verifier = verifier
        self._documents = documents
        self._as_json = as_json

    def check(self, path: Path) -> Checked:
        """Check a file."""
        try:
            data = content(path)
        except CliError as problem:
            return Checked("", problem.exit_code, problem)
        if is_token(data):
            report = verify_token(data, documents=self._documents, check=self._report)
            return Checked(render(path, report, as_json=self._as_json), report.exit_code)
        found = self._report(data)
        return Checked(render(path, found, as_json=self._as_json), found.exit_code)

    def _report(self, data: bytes) -> Report:
        return self._verifier.check(data, now=datetime.now(UTC))


def _spread(files: Sequence[Path], verifier: Verifier, documents: Documents, as_json: bool) -> Iterator[Checked]:
    from concurrent.futures import BrokenExecutor
    from multiprocessing import get_context

    from anchor.relay import relaying
    from api.pool import process_pool, spread

    with (
        relaying(get_context("spawn"), verifier.chain, verifier.status) as line,
        process_pool(0, _prepare, line, verifier.trust, documents, as_json) as pool,
    ):
        try:
            yield from spread(_check, files, pool)
        except BrokenExecutor:
            problem = "A process that was checking files was ended from outside; the files after these were not checked."
            raise CliError(problem, "Check the rest again, fewer at a time if memory was short.", NOT_KNOWN) from None


_checker: Checker
"""Of this process, where it is one of several."""


def _prepare(line: Any, trust: Any, documents: Documents, as_json: bool) -> None:
    global _checker  # noqa: PLW0603  (what a process of a pool begins with has no other place)
    from anchor.relay import Relay

    relay = Relay(line)
    _checker = Checker(Verifier(trust, relay, relay.chain), documents, as_json=as_json)


def _check(path: Path) -> Checked:
    return _checker.check(path)
