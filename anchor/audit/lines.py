"""`anchors.jsonl` by the numbers of its anchors: read once from front to back, and a line again whenever it is needed.

What is remembered is where each line begins, so memory does not grow with what the lines hold.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from io import BytesIO
from typing import IO

from anchor.audit.manifest import AnchorLine
from anchor.audit.source import ExportSource, Missing, line_at, lines
from anchor.errors import Unreachable
from registry.errors import FormatError

ANCHORS = "anchors.jsonl"

MAX_OTHER_LINES = 100_000
"""Lines beside those of the anchors asked for: blank, wrong, or of later anchors, 30 a day for nine years. Each takes
30 microseconds, and 8 GiB hold billions."""


class AnchorLines:
    """Lines of anchors 1 to `last`; of two lines with one number the first counts.

    `told` hears of every line once, in the file's order: its place from 1 on, and the line or what is wrong with it.
    Raises Unreachable where the export does not answer, a line is too long, or there are too many.
    """

    def __init__(self, export: ExportSource, last: int, told: Callable[[int, AnchorLine | FormatError], None]) -> None:
        self._export = export
        self._file: IO[bytes] = BytesIO()
        self._name = f"{export.name}/{ANCHORS}"
        self._told = told
        self._last = last
        self._begins: dict[int, int] = {}
        self._unread = self._read()

    def get(self, number: int) -> AnchorLine | None:
        """The line of this anchor; None when the file has none. Reads on until it comes: in its order each once."""
        if (begin := self._begins.get(number)) is None:
            return next((line for line in self._unread if line.number == number), None)
        with suppress(FormatError):
            line = AnchorLine.parse(line_at(self._file, begin, self._name))
            if line.number == number:
                return line
        raise Unreachable(self._name, "it was changed while it was read")

    def finish(self) -> None:
        """Read what nobody asked for: lines of anchors that are not final yet, or not there."""
        for _ in self._unread:
            pass

    def close(self) -> None:
        """No line can be read again."""
        self._file.close()

    def _read(self) -> Iterator[AnchorLine]:
        try:
            self._file = self._export.open(ANCHORS)
        except Missing:
            return  # each anchor of the chain will be found missing
        for place, (begin, raw) in enumerate(lines(self._file, self._name, self._last + MAX_OTHER_LINES), 1):
            try:
                line = AnchorLine.parse(raw)
            except FormatError as flaw:
                self._told(place, flaw)
                continue
            self._told(place, line)
            if line.number <= self._last:
                self._begins.setdefault(line.number, begin)
            yield line
