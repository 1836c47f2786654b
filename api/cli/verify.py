"""Check credential files against the chain yourself. Needs no registry, no account, no database.

Which contracts you believe, and which nodes you ask, comes from your trust profile, never from the file.
A bundle (see `credanchor bundle`) is checked with --offline and the hash of its block, and nobody is asked; without
--offline it is unpacked, and its credential checked like any.
Exit code: 0 valid (or valid on a test network), 1 not valid, 2 not known or not yet; of several files the worst.
"""

import argparse
import os
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from api.cli import failures, options
from api.cli.failures import NOT_KNOWN, USAGE, CliError
from api.cli.output import Progress

if TYPE_CHECKING:
    from registry.verify import StatusSource, TrustProfile

MAX_LOG_BYTES = 256 * 1024 * 1024
"""Half a million entries, which is an anchor an hour for as long as credentials are to last."""

TRUST_VARIABLE = "CREDANCHOR_TRUST"
MAX_TRUST_BYTES = 1024 * 1024


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
        metavar="FILE|DIR|URL",
        help="where revocation status comes from: saved evidence, a copy made by `credanchor export`, or the address of"
        " a registry or such a copy (else the trust profile's)",
    )
    says = "the log of a closed registry, asked instead of its chain where your trust profile pins its end"
    parser.add_argument("--log", action="append", type=Path, default=[], metavar="FILE", help=says)
    says = "the files are bundles: believe their proofs under --block-hash, and ask nobody"
    parser.add_argument("--offline", action="store_true", help=says)
    says = "hash of the bundle's block, from a source you trust to know a final block of the profile's chain"
    parser.add_argument("--block-hash", metavar="0x…", help=says)
    options.with_contexts(parser)
    says = "a credential that the file commits to, or a directory of such; repeat it for each"
    parser.add_argument("--component", action="append", type=Path, default=[], metavar="FILE|DIR", help=says)
    says = "exit code 1 or 2 also where a component is not given or does not count, or is not confirmed"
    parser.add_argument("--require-components", action="store_true", help=says)
    options.with_data(parser)
    options.with_json(parser)
    options.example(
        parser,
        "credanchor verify diploma.json --trust trust.toml",
        "credanchor verify certificate.json --component courses/ --require-components",
        "credanchor verify diploma.json --status ./export",
        "credanchor verify files/*.json --json | jq .verdict",
        "credanchor verify --offline --block-hash 0x5f… diploma.bundle.json --trust trust.toml",
    )


def with_trust(parser: argparse.ArgumentParser) -> None:
    """--trust."""
    says = f"your trust profile (else ${TRUST_VARIABLE}, else trust.toml in the data directory)"
    parser.add_argument("--trust", type=Path, metavar="FILE", help=says)


def run(arguments: argparse.Namespace) -> int:
    """Check every file; with --json one report a line."""
    from anchor.verifier import Verifier
    from api.cli.checking import check_all
    from api.cli.components import gather
    from registry.verify.components import Given

    options.use_contexts(arguments, NOT_KNOWN)
    block_hash = _block_hash(arguments)
    verifier = Verifier(
        trust_profile(arguments, NOT_KNOWN), status_source(arguments.status), logs=_logs(arguments.log)
    )  # fmt: skip
    # Only where somebody watches and the reports go elsewhere.
    progress = Progress(quiet=not sys.stderr.isatty() or sys.stdout.isatty())
    components = [Given.read(str(path), data) for path, data in gather(arguments.component)]
    documents = _did_documents(arguments.did_document)
    worst = 0
    checking = check_all(
        arguments.files, verifier, documents, as_json=arguments.json,
        components=components, require_components=arguments.require_components,
        offline=arguments.offline, block_hash=block_hash,
    )  # fmt: skip
    with closing(checking) as checked:
        for number, found in enumerate(checked, 1):
            if found.problem is not None:
                failures.report(found.problem, as_json=arguments.json)  # the other files are checked all the same
            else:
                print(found.text)
            # 1, not valid, outranks 2, not known: one forged file must not hide behind an unreachable node.
            worst = min(filter(None, (worst, found.exit_code)), default=0)
            progress(f"verified {number:,} of {len(arguments.files):,}")
    progress.done()
    return worst


def _block_hash(arguments: argparse.Namespace) -> bytes | None:
    """The 32 bytes of --block-hash. Raises CliError where options do not go together."""
    if not arguments.offline:
        if arguments.block_hash is not None:
            raise CliError("--block-hash goes with --offline; online the node is asked.", exit_code=USAGE)
        return None
    if arguments.status or arguments.log:
        raise CliError("--offline believes the bundle's own proofs: --status and --log do not go with it.", "", USAGE)
    if arguments.block_hash is None:
        return None
    digits = arguments.block_hash.lower().removeprefix("0x")
    if len(digits) != 64 or not set(digits) <= set("0123456789abcdef"):
        raise CliError("--block-hash takes 32 bytes in hex: 0x and 64 digits.", exit_code=USAGE)
    return bytes.fromhex(digits)


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


def status_source(places: list[str]) -> "StatusSource | None":
    """What --status names; None: the trust profile's. Raises CliError."""
    from anchor.audit.source import open_source
    from anchor.exported import ExportStatus
    from anchor.status import FileStatus, HttpStatus

    urls = [place for place in places if place.startswith(("http://", "https://"))]
    if urls and len(urls) < len(places):
        raise CliError("--status takes files or addresses, not both.", exit_code=NOT_KNOWN)
    if urls:
        return HttpStatus(urls)
    copies = [place for place in places if Path(place).is_dir()]
    if copies and len(places) > 1:
        raise CliError("--status takes one directory alone.", exit_code=NOT_KNOWN)
    if copies:
        return ExportStatus(open_source(copies[0]))
    return FileStatus(map(Path, places)) if places else None


def _logs(paths: list[Path]) -> dict[str, bytes]:
    """Contents by name. Raises CliError: without them nothing is known, which says nothing about the credential."""
    try:
        return {str(path): options.read(path, MAX_LOG_BYTES) for path in paths}
    except CliError as problem:
        raise CliError(f"The log cannot be used: {problem}", exit_code=NOT_KNOWN) from None


def _did_documents(paths: list[Path]) -> dict[str, dict[str, Any]]:
    """DID documents by DID. Raises CliError."""
    from registry.errors import FormatError
    from registry.format import strictjson

    found: dict[str, dict[str, Any]] = {}
    for path in paths:
        try:
            document = strictjson.parse(options.content(path))
        except FormatError as problem:
            raise CliError(f"{path} is not a DID document: {problem}", exit_code=NOT_KNOWN) from None
        if not isinstance(document, dict) or not isinstance(document.get("id"), str):
            raise CliError(f"{path} is not a DID document: it has no id.", exit_code=NOT_KNOWN)
        found[document["id"]] = document
    return found
