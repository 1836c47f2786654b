"""What commands print: the result on stdout (text or JSON), progress on stderr, colours on a terminal only."""

import json
import os
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

NAME = "credanchor"

GREEN, RED, YELLOW, BOLD, DIM = "32", "31", "33", "1", "2"

REPAINT_SECONDS = 0.1
"""A progress line is painted at most ten times a second."""


def emit(as_json: bool, value: Any, text: str) -> None:
    """The result of a command: `value` as JSON if asked, else `text`."""
    print(json.dumps(value, ensure_ascii=False, indent=2) if as_json else text)


def colour(text: str, code: str) -> str:
    """`text` in a colour, on a terminal that wants it (https://no-color.org)."""
    if not sys.stdout.isatty() or os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return text
    return f"\x1b[{code}m{text}\x1b[0m"


def table(rows: Iterable[Mapping[str, Any]], columns: Sequence[str], empty: str) -> str:
    """Rows as aligned columns with a heading; `empty` when there are none."""
    cells = [[_cell(row.get(column)) for column in columns] for row in rows]
    if not cells:
        return empty
    lines = [[column.replace("_", " ").upper() for column in columns], *cells]
    widths = [max(len(line[place]) for line in lines) for place in range(len(columns))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines
    )


def facts(rows: Mapping[str, Any]) -> str:
    """Names and values below each other."""
    width = max(map(len, rows), default=0)
    return "\n".join(f"{name:<{width}}  {_cell(value)}" for name, value in rows.items())


def program() -> str:
    """How to call this program from here: by its name where the shell finds it, else by the shorter path."""
    import shutil
    from shlex import quote

    script = Path(sys.argv[0])
    if script.name != NAME:
        return f"{quote(_shorter(Path(sys.executable)))} -m api.cli.main"
    found = shutil.which(NAME)
    return NAME if found and script.samefile(found) else quote(_shorter(script))


def _shorter(path: Path) -> str:
    """A path as a shell takes it: relative to where we are, or absolute, whichever is shorter."""
    relative = os.path.relpath(path)
    return min(relative if "/" in relative else f"./{relative}", str(path.absolute()), key=len)


class Progress:
    """One line on stderr that is painted over; on anything but a terminal each different message is a line."""

    def __init__(self, quiet: bool = False) -> None:
        self._quiet = quiet
        self._live = sys.stderr.isatty()
        self._last, self._painted = "", 0.0

    def __call__(self, message: str) -> None:
        """Show `message` instead of the one before."""
        now = time.monotonic()
        if self._quiet or message == self._last or (self._live and now - self._painted < REPAINT_SECONDS):
            return
        self._last, self._painted = message, now
        if self._live:
            print(f"\r\x1b[K{message}", end="", file=sys.stderr, flush=True)
        else:
            print(message, file=sys.stderr)

    def done(self) -> None:
        """Leave the line."""
        if self._live and self._last:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)


def _cell(value: Any) -> str:
    if value is None or value == "":
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value)) or "-"
    return str(value)
