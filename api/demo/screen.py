"""What the demo shows while it works: one line per stage, with progress on a terminal; nothing but JSON with --json."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from api.cli.output import Progress

WIDTH = 32  # of the left column, so that results line up


@dataclass
class Screen:
    """Writes to stdout, or to stderr when `quiet`; remembers how long each stage took, in seconds and in order."""

    quiet: bool = False
    seconds: dict[str, float] = field(default_factory=dict)
    _live: Progress = field(default_factory=lambda: Progress(quiet=not sys.stderr.isatty()))

    def line(self, text: str = "") -> None:
        """A line of its own."""
        print(text, file=sys.stderr if self.quiet else sys.stdout, flush=True)

    def progress(self, text: str) -> None:
        """A line that the next one replaces; only where somebody is watching."""
        self._live(f"  … {text}")

    @contextmanager
    def stage(self, name: str) -> Iterator["Stage"]:
        """Time a stage; its result line is written when it ends well."""
        stage, start = Stage(), time.monotonic()
        self.progress(name)
        yield stage
        self.seconds[name] = round(time.monotonic() - start, 3)
        self._live.done()
        self.line(f"  ✓ {name:<{WIDTH}} {stage.result}")


@dataclass
class Stage:
    """Set `result` to what the stage's line should say."""

    result: str = ""
