"""Admission receipts as files: `*.receipt`, beside credentials or in a directory that an auditor keeps.

They are JSON, but not named so: `credanchor verify DIR/*.json` is for credentials.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from api.cli import options
from api.cli.failures import CliError

if TYPE_CHECKING:
    from api.client import Client

SUFFIX = ".receipt"

MAX_RECEIPTS = 10_000
"""Files of one directory: 4 kB each at most, and a signature to verify."""


def read_receipts(places: Sequence[Path]) -> dict[str, bytes]:
    """By name all that `places`, files or directories, hold. Raises CliError; also for a directory without any."""
    from registry.format.receipt import MAX_RECEIPT_BYTES

    found: dict[str, bytes] = {}
    for place in places:
        paths = sorted(place.glob(f"*{SUFFIX}")) if place.is_dir() else [place]
        if not 0 < len(paths) <= MAX_RECEIPTS:
            raise CliError(f"{place} has {len(paths)} files *{SUFFIX}; an audit takes 1 to {MAX_RECEIPTS}.")
        found |= {str(path): options.read(path, MAX_RECEIPT_BYTES) for path in paths}
    return found


def write_receipt(client: "Client", batch: dict[str, Any], directory: Path) -> Path:
    """Write the receipt of a sealed batch as <batch>.receipt.

    Raises CliError, ApiError, ApiUnreachable, FormatError.
    """
    from registry.format.receipt import Receipt
    from registry.format.strictjson import canonical

    receipt = Receipt.parse(canonical(client.get(f"/v1/batches/{options.segment(batch['id'])}/receipt")))
    path = directory / f"{options.segment(batch['id'])}{SUFFIX}"
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise CliError(f"{directory} cannot be made: {problem.strerror}.") from None
    options.write(path, receipt.to_bytes())
    return path
