"""Replay the registry's whole history from the chain, rebuild every root from its public export, check every promise.

Needs no account and no database: an export (a directory or an address) and your trust profile.
Exit code: 0 clean, 1 findings, 2 could not look (something did not answer; that is never a finding).
"""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from api.cli import options
from api.cli.failures import NOT_KNOWN, CliError
from api.cli.output import Progress
from api.cli.verify import trust_profile, with_trust

if TYPE_CHECKING:
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
    options.with_api(parser)
    options.example(
        parser,
        "credanchor audit https://registry.example --trust trust.toml",
        "credanchor audit ./export --trust trust.toml --rpc https://node-a.example --rpc https://node-b.example",
    )


def run(arguments: argparse.Namespace) -> int:
    """Audit and print the summary, or with --json the report."""
    from anchor.audit.audit import audit
    from anchor.audit.source import open_source

    trust = _entry(trust_profile(arguments, NOT_KNOWN), arguments.registry)
    progress = Progress(quiet=arguments.json)
    report = audit(
        open_source(_export(arguments, trust)),
        arguments.rpc or trust.rpc,
        trust,
        block=arguments.block,
        progress=progress,
    )
    progress.done()
    if arguments.report:
        arguments.report.write_bytes(report.to_bytes())
    print(report.to_bytes().decode().rstrip() if arguments.json else report.summary())
    return report.exit_code


def _entry(profile: "TrustProfile", name: str | None) -> "RegistryTrust":
    entries = [entry for entry in profile.registries if name in (None, entry.name)]
    if len(entries) == 1:
        return entries[0]
    names = ", ".join(entry.name for entry in profile.registries) or "none"
    raise CliError(f"Which registry? The trust profile has: {names}.", "Name one with --registry.", NOT_KNOWN)


def _export(arguments: argparse.Namespace, trust: "RegistryTrust") -> str:
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
