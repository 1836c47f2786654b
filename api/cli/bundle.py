"""Put a credential and everything that proves it into one file: credential, block header, storage proofs, status lists.

Whoever has the file, a trust profile and the hash of the block needs no node, no registry and no network for it:
credanchor verify --offline --block-hash HASH. The hash must come from elsewhere: a node of one's own, a block
explorer, or wherever the holder published it. The same block gives the same bytes.
"""

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from api.cli import options
from api.cli.failures import NOT_KNOWN, CliError
from api.cli.output import Progress, emit
from api.cli.verify import status_source, trust_profile, with_trust

if TYPE_CHECKING:
    from anchor.bundle.make import Made

SUFFIX = ".bundle.json"


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of `credanchor bundle`."""
    says = "a credential file, or a picture or document with one in it"
    parser.add_argument("file", type=Path, metavar="FILE", help=says)
    says = f"where the bundle goes (else beside FILE: x{SUFFIX} for x.json, x.png{SUFFIX} for x.png)"
    parser.add_argument("--out", type=Path, metavar="FILE", help=says)
    with_trust(parser)
    says = "a node to ask instead of the trust profile's; it must have eth_getProof at the finalized block"
    parser.add_argument("--rpc", action="append", default=[], metavar="URL", help=says)
    says = "where the status lists come from: saved evidence, or a registry's address (else the trust profile's)"
    parser.add_argument("--status", action="append", default=[], metavar="FILE|URL", help=says)
    options.with_contexts(parser)
    options.with_data(parser)
    options.with_json(parser)
    options.example(
        parser,
        "credanchor bundle diploma.json --trust trust.toml",
        "credanchor bundle diploma.png --out diploma.bundle.json --rpc https://node.example",
        "credanchor verify --offline --block-hash 0x5f… diploma.bundle.json --trust trust.toml",
    )


def run(arguments: argparse.Namespace) -> int:
    """Write the file, and say of which block it is. Raises CliError where there is nothing to prove yet."""
    options.use_contexts(arguments, NOT_KNOWN)
    made = _made(arguments)
    data = made.bundle.to_bytes()
    out = arguments.out or options.beside(arguments.file, SUFFIX)
    options.write(out, data)
    seen = made.report.check("anchor").detail
    hash = "0x" + made.block_hash.hex()
    found = {
        "file": str(out),
        "bytes": len(data),
        "verdict": made.report.verdict,
        "block_number": made.block_number,
        "block_hash": hash,
        "block_time": seen["seen_time"],
    }
    text = [
        f"{out}: {len(data):,} bytes. {made.report.sentence}",
        f"Block {made.block_number} of {seen['seen_time']}, hash {hash}",
        f"To check it: credanchor verify --offline --block-hash {hash} {out}",
        "Whoever checks it should have the hash from elsewhere: a node of their own, or an explorer.",
    ]
    emit(arguments.json, found, "\n".join(text))
    return 0


def _made(arguments: argparse.Namespace) -> "Made":
    from anchor.bundle.file import MAX_CREDENTIAL_BYTES
    from anchor.bundle.make import Made, make
    from anchor.verifier import Verifier
    from registry.verify.token import is_token

    file = options.read(arguments.file, MAX_CREDENTIAL_BYTES)
    if is_token(file):
        raise CliError(f"{arguments.file} holds a JWT.", "Bundle the credential's JSON file: only that has its proof.")
    verifier = Verifier(trust_profile(arguments, NOT_KNOWN), status_source(arguments.status))
    progress = Progress(quiet=not sys.stderr.isatty())
    progress("asking for proofs")
    try:
        made = make(file, trust=verifier.trust, status=verifier.status, now=datetime.now(UTC), rpc=arguments.rpc)
    finally:
        progress.done()
    if isinstance(made, Made):
        unknown = next((check for check in made.report.checks if check.outcome == "unknown"), None)
        if unknown is None:
            return made
        raise CliError(f"Nothing was written. {unknown.sentence}", f"{unknown.next_step}.", NOT_KNOWN)
    reason = next((check for check in made.checks if check.outcome != "pass"), made.checks[0])
    exit_code = made.exit_code or NOT_KNOWN
    raise CliError(
        f"Nothing was written. {reason.sentence}", f"{reason.next_step}." if reason.next_step else "", exit_code
    )
