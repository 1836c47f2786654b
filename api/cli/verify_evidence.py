"""Check a file of evidence from an audit: with your own trust profile, and without the auditor.

The accusation is derived again from the bytes in the file. The hash of the block that they speak of comes from you:
with --block-hash, from a node or an explorer of your choice, or from a node of your own with --rpc.
Exit code: 0 proved, 1 not proved, 2 unknown (it says what would be needed), 64 wrong usage.
"""

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

from api.cli import options
from api.cli.failures import NOT_KNOWN, USAGE, CliError
from api.cli.verify import trust_profile, with_trust

if TYPE_CHECKING:
    from anchor.audit.evidence.verdict import Outcome
    from anchor.audit.evidence.verify import BlockHash
    from anchor.audit.source import ExportSource
    from registry.verify import TrustProfile

MARKS: "dict[Outcome, str]" = {"proved": "✓ Proved", "not_proved": "✗ Not proved", "unknown": "- Not known"}


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of `credanchor verify-evidence`."""
    parser.add_argument("file", type=Path, metavar="FILE", help="written by `credanchor audit --evidence DIR`")
    with_trust(parser)
    block = parser.add_mutually_exclusive_group()
    says = "hash of the block that the file speaks of, as you learned it elsewhere"
    block.add_argument("--block-hash", metavar="0x...", help=says)
    block.add_argument("--rpc", metavar="URL", help="a node of your own that is asked for the block's hash")
    parser.add_argument(
        "--export", metavar="DIR|URL",
        help="what the registry publishes, as you got it: its address, or a directory that you copied from it",
    )  # fmt: skip
    options.with_data(parser)
    options.with_json(parser)
    options.example(
        parser,
        "credanchor verify-evidence evidence/A12-list.older-5b1f….json --trust trust.toml --block-hash 0x1c2f…",
        "credanchor verify-evidence A5-batch.root-90ab….json --rpc http://localhost:8545 --export https://registry.example",
    )


def run(arguments: argparse.Namespace) -> int:
    """Say what the file proves, or what would be needed."""
    from anchor.audit.evidence.file import MAX_EVIDENCE_BYTES
    from anchor.audit.evidence.verify import verify_evidence

    profile = trust_profile(arguments, NOT_KNOWN)
    try:
        content = options.content(arguments.file, MAX_EVIDENCE_BYTES)
    except CliError as problem:
        raise CliError(str(problem), exit_code=NOT_KNOWN) from None
    verdict = verify_evidence(content, profile, _block_hash(arguments, profile, content), _export(arguments.export))
    if arguments.json:
        print(json.dumps(verdict.to_json(), ensure_ascii=False))
    else:
        print(f"{MARKS[verdict.outcome]}: {verdict.sentence}")
        if verdict.needed:
            print(f"  Needed: {verdict.needed}")
    return verdict.exit_code


def _block_hash(arguments: argparse.Namespace, profile: "TrustProfile", content: bytes) -> "BlockHash | None":
    if arguments.block_hash is not None:
        digits = arguments.block_hash.lower().removeprefix("0x")
        if len(digits) != 64 or not set(digits) <= set("0123456789abcdef"):
            raise CliError("--block-hash takes 32 bytes in hex: 0x and 64 digits.", exit_code=USAGE)
        return lambda _: bytes.fromhex(digits)
    if arguments.rpc is None:
        return None
    from anchor.audit.evidence.file import Evidence
    from anchor.audit.evidence.verify import asked
    from registry.errors import FormatError

    try:
        evidence = Evidence.parse(content)
    except FormatError:
        return None  # then nothing is asked: the verdict says what is wrong with the file
    trust = profile.find(evidence.chain_id, evidence.contract)
    return asked(arguments.rpc, trust) if trust else None


def _export(place: str | None) -> "ExportSource | None":
    """Raises Unreachable where there is no such directory."""
    from anchor.audit.source import open_source
    from api.cli.audit import export_url

    if place is None:
        return None
    return open_source(export_url(place) if place.startswith(("http://", "https://")) else place)
