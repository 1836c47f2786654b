"""What one tick did, and the alarms it found; for logs, metrics, health and tests."""

from dataclasses import dataclass, field
from typing import Any

from anchor.worker.counting import Counts

STANDBY = "standby"
DONE = "done"
STOPPED = "stopped"


@dataclass
class TickReport:
    """`outcome`: done; standby (another worker holds the lease); stopped (see `problem`; nothing more was done)."""

    outcome: str = DONE
    problem: str = ""
    latest: int | None = None
    final: int | None = None
    anchors: int | None = None  # on the chain, at the newest block
    created: int | None = None  # number of the anchor that this tick decided on
    signed: list[str] = field(default_factory=list)  # transactions signed for the first time: what they do
    alarms: dict[str, str] = field(default_factory=dict)
    events: list[tuple[str, dict[str, Any]]] = field(default_factory=list)  # for the log: what happened, with its ids
    counts: Counts = field(default_factory=Counts)
    reorg_depth: int = 0  # blocks; more than 0 when an anchor was taken out of its block

    def note(self, what: str, **ids: Any) -> None:
        """Something that the log shall tell; `ids` are numbers and hashes, bytes are shown in hex."""
        self.events.append(
            (what, {name: "0x" + value.hex() if isinstance(value, bytes) else value for name, value in ids.items()})
        )

    @property
    def busy(self) -> bool:
        """Something was set in motion: the next look is worth taking soon."""
        return bool(self.signed)
