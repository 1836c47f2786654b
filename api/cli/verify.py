"""Check credential files against the chain yourself. Needs no registry, no account, no database.

Which contracts you believe, and which nodes you ask, comes from your trust profile, never from the file.
Exit code: 0 valid (or valid on a test network), 1 not valid, 2 not known or not yet; of several files the worst.
"""

import argparse
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from api.cli import options
from api.cli.failures import NOT_KNOWN, REFUSED, CliError
from api.cli.output import BOLD, DIM, GREEN, RED, YELLOW, colour

if TYPE_CHECKING:
    from registry.verify import Check, Report, StatusSource, TrustProfile
    from registry.verify.token import TokenReport

TRUST_VARIABLE = "CREDANCHOR_TRUST"
MARKS = {"pass": ("✓", GREEN), "fail": ("✗", RED), "unknown": ("?", YELLOW), "not_run": ("-", DIM)}
MAX_TRUST_BYTES = 1024 * 1024
STDIN = Path("-")


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of `credanchor verify`."""
    says = "a credential file, or a PNG or SVG with one baked into it; - reads one from stdin"
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help=says)
    with_trust(parser)
    parser.add_argument(
        "--did-document",
        action="append",
        type=Path,
        default=[],
        metavar="FILE",
        help="an issuer's DID document, to check the signature of a JWT (others need none)",
    )
    parser.add_argument(
        "--status",
        action="append",
        default=[],
        metavar="FILE|URL",
        help="where revocation status comes from: saved evidence, or a registry's address (else the trust profile's)",
    )
    options.with_data(parser)
    options.with_json(parser)
    options.example(
        parser,
        "credanchor verify diploma.json --trust trust.toml",
        "credanchor verify files/*.json --json | jq .verdict",
    )


def with_trust(parser: argparse.ArgumentParser) -> None:
    """--trust."""
    says = f"your trust profile (else ${TRUST_VARIABLE}, else trust.toml in the data directory)"
    parser.add_argument("--trust", type=Path, metavar="FILE", help=says)


def run(arguments: argparse.Namespace) -> int:
    """Check every file; with --json one report a line."""
    from datetime import UTC, datetime

    from anchor.verifier import Verifier
    from registry.verify.token import is_token, verify_token

    verifier = Verifier(trust_profile(arguments, NOT_KNOWN), _status(arguments.status))
    documents = _did_documents(arguments.did_document)

    def check(data: bytes) -> "Report":
        return verifier.check(data, now=datetime.now(UTC))

    worst = 0
    for path in arguments.files:
        data = content(path)
        report = verify_token(data, documents=documents, check=check) if is_token(data) else check(data)
        _print(path, report, arguments)
        # 1, not valid, outranks 2, not known: one forged file must not hide behind an unreachable node.
        worst = min(filter(None, (worst, report.exit_code)), default=0)
    return worst


def trust_profile(arguments: argparse.Namespace, exit_code: int) -> "TrustProfile":
    """The profile that the options name. Raises CliError with `exit_code`: without one nothing can be said."""
    from registry.errors import FormatError
    from registry.verify import TrustProfile

    named = arguments.trust or os.environ.get(TRUST_VARIABLE)
    path = Path(named) if named else options.data_dir(arguments) / "trust.toml"
    if not named and not path.exists():
        remedy = "Name your trust profile with --trust; the registry's operator publishes its entry."
        raise CliError(f"Whom do you trust? There is no {path}.", remedy, exit_code)
    try:
        return TrustProfile.parse(options.read(path, MAX_TRUST_BYTES).decode())
    except (UnicodeDecodeError, FormatError, CliError) as problem:
        raise CliError(f"The trust profile cannot be used: {problem}", exit_code=exit_code) from None


def _status(places: list[str]) -> "StatusSource | None":
    from anchor.status import FileStatus, HttpStatus

    urls = [place for place in places if place.startswith(("http://", "https://"))]
    if urls and len(urls) < len(places):
        raise CliError("--status takes files or addresses, not both.", exit_code=NOT_KNOWN)
    if urls:
        return HttpStatus(urls)
    return FileStatus(map(Path, places)) if places else None


def _did_documents(paths: list[Path]) -> dict[str, dict[str, Any]]:
    """DID documents by DID. Raises CliError."""
    from registry.errors import FormatError
    from registry.format import strictjson

    found: dict[str, dict[str, Any]] = {}
    for path in paths:
        try:
            document = strictjson.parse(content(path))
        except FormatError as problem:
            raise CliError(f"{path} is not a DID document: {problem}", exit_code=NOT_KNOWN) from None
        if not isinstance(document, dict) or not isinstance(document.get("id"), str):
            raise CliError(f"{path} is not a DID document: it has no id.", exit_code=NOT_KNOWN)
        found[document["id"]] = document
    return found


def content(path: Path) -> bytes:
    """A file, or what comes on stdin for -; one byte more than an image may have is enough. Raises CliError."""
    from registry.credential.baking import MAX_IMAGE_BYTES

    try:
        if path == STDIN:
            return sys.stdin.buffer.read(MAX_IMAGE_BYTES + 1)
        with path.open("rb") as file:
            return file.read(MAX_IMAGE_BYTES + 1)  # too long by one byte is an outcome of check 1
    except OSError as problem:
        raise CliError(f"{path} cannot be read: {problem.strerror}.", exit_code=NOT_KNOWN) from None


def _print(path: Path, report: "Report | TokenReport", arguments: argparse.Namespace) -> None:
    if arguments.json:
        print(json.dumps({"file": str(path)} | report.to_json(), ensure_ascii=False))
        return
    shade = {0: GREEN if report.verdict == "valid" else YELLOW, REFUSED: RED, NOT_KNOWN: YELLOW}[report.exit_code]
    print(f"{colour(str(path), BOLD)}: {colour(report.verdict, shade)}. {report.sentence}")
    for check in _lines(report):
        mark, tint = MARKS[check.outcome]
        number = f"{check.number}" if check.number else " "
        print(f"  {colour(mark, tint)} {number} {check.id:<10} {check.sentence}")
        if check.next_step and check.outcome != "pass":
            print(f"      {'':<10} {check.next_step}")
    inner = getattr(report, "report", report)  # of a token: the credential in it
    for line in getattr(inner, "endorsements", None) or ():
        mark, tint = MARKS[line.outcome]
        print(f"  {colour(mark, tint)}   {'endorsed' if line.outcome == 'pass' else 'endorsement':<10} {line.sentence}")


def _lines(report: "Report | TokenReport") -> "list[Check]":
    """Every check in the order it is read: the token's before those of the credential in it."""
    from registry.verify.token import TokenReport

    if isinstance(report, TokenReport):
        return [*report.checks, *(_lines(report.report) if report.report else [])]
    return [*report.checks, *([report.embedded_proof] if report.embedded_proof else [])]
