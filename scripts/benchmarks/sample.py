"""What the benchmarks issue: the demonstration's micro-credential to learners with accents in their names."""

from pathlib import Path
from typing import Any

from registry.credential.achievement import Achievement
from registry.credential.badge import StatusRef
from registry.credential.batchsigner import BatchSigner
from registry.credential.keys import IssuerKey
from registry.credential.roster import RosterRow, parse

ROOT = Path(__file__).resolve().parents[2]
DID = "did:web:university.example"
PROFILE: dict[str, Any] = {"id": DID, "type": ["Profile"], "name": "Example University of Applied Sciences"}
CREATED = "2026-07-01T12:00:00Z"
STATUS = StatusRef("https://registry.example/v1/status-lists/uni-1-revocation", 94567)
SECRET = bytes(range(32))
METHOD = f"{DID}#{IssuerKey(SECRET).multibase}"


def key() -> IssuerKey:
    """The issuer's key."""
    return IssuerKey(SECRET)


def achievement() -> Achievement:
    """The definition that is issued."""
    return Achievement.parse((ROOT / "scripts" / "demo_data" / "achievement.toml").read_bytes(), "toml")


def roster(count: int) -> bytes:
    """A CSV roster of `count` learners."""
    lines = ["name,email,awarded_on,grade"]
    lines += [f"Ana Ñandú-{number},learner{number}@university.example,2026-06-24,8.5" for number in range(count)]
    return "\n".join(lines).encode()


def rows(count: int) -> list[RosterRow]:
    """The same, read."""
    return parse(roster(count), "text/csv", achievement())


def badge_signer() -> BatchSigner:
    """Signs them."""
    return BatchSigner(achievement(), PROFILE, key(), verification_method=METHOD, created=CREATED)
