"""What one tick did, and the alarms it found; for logs, health and tests."""

from dataclasses import dataclass, field

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

    @property
    def busy(self) -> bool:
        """Something was set in motion: the next look is worth taking soon."""
        return bool(self.signed)
