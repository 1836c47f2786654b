"""Replay the registry's whole history from the chain, rebuild every root from its public export, check every promise.

Needs no account and no database: an export (a directory or an address) and your trust profile.
Exit code: 0 clean, 1 findings, 2 could not look (something did not answer; that is never a finding).
"""

import argparse
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from api.cli import follow, options
from api.cli.failures import NOT_KNOWN, CliError
from api.cli.output import Progress
from api.cli.receipts import read_receipts
from api.cli.verify import trust_profile, with_trust

if TYPE_CHECKING:
    from anchor.audit.report import AuditReport
    from anchor.audit.view import Given
    from api.seen import Seen
    from registry.verify import RegistryTrust, TrustProfile


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of `credanchor audit`."""
    parser.add_argument(
        "export", nargs="?", help="a directory, or the address of a registry (else the one that --url is for)"
    )
    with_trust(parser)
    parser.add_argument("--registry", metavar="NAME", help="which entry of the trust profile, if it has several")
    parser.add_argument(
        "--rpc", action="append", default=[], metavar="URL",
        help="nodes to ask, the first for everything, further ones as witnesses (else the trust profile's)",
    )  # fmt: skip
    parser.add_argument("--block", type=int, metavar="N", help="audit as of this block (else the newest final one)")
    parser.add_argument(
        "--report", type=Path, metavar="FILE", help="write the report as canonical JSON: equal heads, equal bytes"
    )
    parser.add_argument(
        "--previous", type=Path, metavar="FILE", help="the report of your last audit: what it saw must still be there"
    )
    parser.add_argument(
        "--credential", type=Path, action="append", default=[], metavar="FILE",
        help="a credential that its holder gave you: its leaf and proof are held against what is published",
    )  # fmt: skip
    parser.add_argument(
        "--receipts", type=Path, action="append", default=[], metavar="FILE|DIR",
        help="an admission receipt, or a directory of *.receipt: what the registry signed for must be anchored in time",
    )  # fmt: skip
    parser.add_argument(
        "--evidence", type=Path, metavar="DIR",
        help="write a file for each breach that others can check with `credanchor verify-evidence`",
    )  # fmt: skip
    follow.configure(parser)
    options.with_api(parser)
    options.example(
        parser,
        "credanchor audit https://registry.example --trust trust.toml",
        "credanchor audit ./export --trust trust.toml --rpc https://node-a.example --rpc https://node-b.example",
        "credanchor audit https://registry.example --trust trust.toml --previous last.json --report this.json",
        "credanchor audit https://registry.example --trust trust.toml --evidence ./evidence",
        "credanchor audit https://registry.example --trust trust.toml --follow --reports ./audits",
    )


def run(arguments: argparse.Namespace) -> int:
    """Audit and print the summary, or with --json the report."""
    from anchor.audit.audit import audit
    from anchor.audit.source import open_export

    trust = audited_entry(trust_profile(arguments, NOT_KNOWN), arguments.registry)
    progress = Progress(quiet=arguments.json or arguments.follow is not None)
    export = audited_export(arguments, trust)

    folder = arguments.evidence or follow.evidence(arguments)

    def look(previous: bytes | None, seen: "Seen | None" = None) -> "AuditReport":
        given = _given(arguments, previous, seen)
        report = audit(
            open_export(export),
            arguments.rpc or trust.rpc,
            trust,
            block=arguments.block,
            given=given,
            progress=progress,
            evidence=partial(_write, folder) if folder else None,
        )
        progress.done()
        return report

    if arguments.follow is not None:
        return follow.run(arguments, look)
    report = look(_previous(arguments))
    if arguments.report:
        arguments.report.write_bytes(report.to_bytes())
    print(report.to_bytes().decode().rstrip() if arguments.json else report.summary())
    return report.exit_code


def audited_entry(profile: "TrustProfile", name: str | None) -> "RegistryTrust":
    entries = [entry for entry in profile.registries if name in (None, entry.name)]
    if len(entries) == 1:
        return entries[0]
    names = ", ".join(entry.name for entry in profile.registries) or "none"
    raise CliError(f"Which registry? The trust profile has: {names}.", "Name one with --registry.", NOT_KNOWN)


def _write(directory: Path, name: str, content: bytes) -> None:
    """Raises CliError."""
    try:
        directory.mkdir(parents=True, exist_ok=True)
        options.write(directory / name, content)
    except OSError as problem:
        raise CliError(f"{directory} cannot be made: {problem.strerror}.", exit_code=NOT_KNOWN) from None
    except CliError as problem:
        raise CliError(str(problem), exit_code=NOT_KNOWN) from None


def _previous(arguments: argparse.Namespace) -> bytes | None:
    """Raises CliError for what cannot be read, or is no report: then nothing is known."""
    from anchor.audit.previous import MAX_REPORT_BYTES, Previous
    from registry.errors import FormatError

    if arguments.previous is None:
        return None
    try:
        previous = options.read(arguments.previous, MAX_REPORT_BYTES)
        Previous.parse(previous)
    except FormatError as problem:
        raise CliError(f"{arguments.previous} cannot be followed: {problem}", exit_code=NOT_KNOWN) from None
    except CliError as problem:
        raise CliError(str(problem), exit_code=NOT_KNOWN) from None
    return previous


def _given(arguments: argparse.Namespace, previous: bytes | None, seen: "Seen | None") -> "Given":
    """Raises CliError for a credential or a receipt that cannot be read: then nothing is known."""
    from anchor.audit.view import Given

    try:
        credentials = {str(path): options.content(path) for path in arguments.credential}
        receipts = read_receipts(arguments.receipts)
    except CliError as problem:
        raise CliError(str(problem), exit_code=NOT_KNOWN) from None
    given = Given(previous=previous, credentials=credentials, receipts=receipts)
    return replace(given, checkpoints=seen.read(), keep=seen.keep) if seen else given


def audited_export(arguments: argparse.Namespace, trust: "RegistryTrust") -> str:
    place = arguments.export or arguments.url
    if not place:
        place = options.known_client(options.data_dir(arguments)).get("url") or next(iter(trust.status), None)
    if not place:
        raise CliError("Whose export? Name a directory or an address.", exit_code=NOT_KNOWN)
    return export_url(place) if place.startswith(("http://", "https://")) else str(place)


def export_url(address: str) -> str:
    """Where the export of the registry at `address` is."""
    base = address.rstrip("/")
    return base if base.endswith("/v1/export") else f"{base}/v1/export"
