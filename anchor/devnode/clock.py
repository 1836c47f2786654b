"""The chain's clock: wall time, moved forward by the tools, and the time of the next block.

Block times are whole seconds and must strictly increase, while several blocks a second are normal here. Each of them
is a second further than its parent, so in a burst block time runs ahead of the clock. `ahead` measures it: at
`MAX_AHEAD` seconds the node waits with its next block until the clock has caught up, so the lead is bounded.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from anchor.devnode.errors import invalid
from anchor.devnode.limits import MAX_TIME


@dataclass
class Clock:
    """`offset` seconds are added to the wall clock; `planned` is the time that a tool gave the next block."""

    wall: Callable[[], float]
    offset: int = 0
    planned: int | None = None

    def now(self) -> int:
        """Chain time in whole seconds since 1970."""
        return int(self.wall()) + self.offset

    def next_time(self, parent: int) -> int:
        """Time of the block after one of time `parent`."""
        return self.planned if self.planned is not None else max(parent + 1, self.now())

    def ahead(self, parent: int) -> int:
        """Seconds by which the next block's time would be ahead of the clock; 0 when it would not."""
        return max(0, self.next_time(parent) - self.now())

    def mined(self, timestamp: int) -> None:
        """A block of this time exists; a planned time moves the clock, as on other development nodes."""
        if self.planned is not None:
            self.offset += timestamp - self.now()
            self.planned = None

    def increase(self, seconds: int) -> None:
        """Move forward. Raises Fault when the result is not a usable time."""
        if self.now() + seconds > MAX_TIME:
            raise invalid(f"the clock cannot be moved beyond {MAX_TIME}")
        self.offset += seconds

    def plan(self, timestamp: int, parent: int) -> None:
        """Fix the next block's time. Raises Fault unless it lies after the parent's."""
        if timestamp <= parent:
            raise invalid(f"timestamp {timestamp} is not after the newest block's {parent}")
        if timestamp > MAX_TIME:
            raise invalid(f"timestamp {timestamp} is beyond {MAX_TIME}")
        self.planned = timestamp

    def dump(self) -> str:
        """What has to survive a restart."""
        return json.dumps({"offset": self.offset, "planned": self.planned})

    def load(self, text: str | None) -> None:
        """Take up what `dump` wrote; None is a fresh clock."""
        kept: dict[str, Any] = json.loads(text) if text else {"offset": 0, "planned": None}
        self.offset, self.planned = kept["offset"], kept["planned"]
