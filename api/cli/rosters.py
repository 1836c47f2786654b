"""Rosters as commands are given them: which kind a file is, and its rows."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from api.cli import options
from api.cli.failures import CliError

TYPES = {
    ".csv": "text/csv",
    ".tsv": "text/csv",
    ".txt": "text/csv",
    ".jsonl": "application/jsonl",
    ".ndjson": "application/jsonl",
    ".json": "application/json",
}


def content_type(path: Path) -> str:
    """What is in a roster, by its name. Raises CliError."""
    kind = TYPES.get(path.suffix.lower())
    if kind is None:
        raise CliError(f"{path} is none of {', '.join(TYPES)}.", "Name the file after what is in it.")
    return kind


def rows(path: Path) -> list[Mapping[str, Any]]:
    """The cells of every row, by column; no achievement is needed to read them. Raises CliError."""
    from registry.credential import roster
    from registry.errors import RowErrors

    kind = content_type(path)
    try:
        return roster.cells(options.read(path, roster.MAX_ROSTER_BYTES), kind)
    except RowErrors as problem:
        raise CliError(f"{path} cannot be read: {problem}") from None
