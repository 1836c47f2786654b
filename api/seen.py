"""The signed checkpoints that an auditor was ever served, in a directory: what a registry cannot take back.

    DIR/<size>-<root>.note      19 decimal and 64 hex digits; the note as it was served, the first of each head

Whoever shows two histories has to sign a checkpoint of each. The second may come years later.
"""

from pathlib import Path

from anchor.audit.checkpoint import Served
from api import datadir
from registry.errors import FormatError
from registry.format.note import MAX_NOTE_BYTES

MAX_SEEN = 20_000
"""Checkpoints that are read again, the largest first: a new one a day for fifty years. None is ever deleted."""


class Seen:
    """Those in `folder`, which is made with the first one."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self) -> tuple[Served, ...]:
        """All, or the MAX_SEEN largest. A file that is no checkpoint any more is passed over. Raises OSError."""
        found = []
        for path in sorted(self._folder.glob("*.note"), reverse=True)[:MAX_SEEN]:
            with path.open("rb") as file:
                content = file.read(MAX_NOTE_BYTES + 1)
            try:
                found.append(Served.parse(content))
            except FormatError:
                continue
        return tuple(found)

    def keep(self, served: Served) -> None:
        """Write it down, if its head is new. Raises OSError."""
        path = self._folder / f"{served.checkpoint.size:019d}-{served.checkpoint.root.hex()}.note"
        if not path.exists():
            self._folder.mkdir(parents=True, exist_ok=True)
            datadir.write(path, served.content.decode())
