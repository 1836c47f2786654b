"""Makes achievements, rows and badges for tests, and finds the shared conformance data."""

import json
from pathlib import Path
from typing import Any

import pytest

from registry.credential import badge
from registry.credential.achievement import Achievement
from registry.credential.keys import IssuerKey
from registry.credential.roster import RosterRow

ROOT = Path(__file__).parents[2]
DEMO_DATA = ROOT / "scripts" / "demo_data"
SHARED = ROOT.parent / "shared" / "vectors"

KEY = IssuerKey(bytes(range(32)))
DID = "did:web:university.example"
METHOD = f"{DID}#{KEY.multibase}"
NOW = "2026-07-01T12:00:00Z"
CREDENTIAL_ID = "urn:uuid:7c9e6679-7425-40de-944b-e07fc1f90ae7"
LIST_URL = "https://registry.example/v1/status-lists/u-1-revocation"
PROFILE = {
    "id": DID,
    "type": ["Profile"],
    "name": "Example University of Applied Sciences",
    "url": "https://www.university.example/",
}

MINIMAL = {
    "slug": "x",
    "version": "1",
    "language": "en",
    "title": "Title",
    "description": "Description",
    "criteria": {"narrative": "Pass"},
    "learning_outcomes": [{"title": "Can do it"}],
    "awarding_body": {"name": "University", "country": "NL"},
    "workload": {"hours": 28},
    "level": {"not_applicable": "A course for the public"},
    "assessment": {"type": "written"},
    "participation": {"mode": "online"},
    "quality_assurance": {"name": "Review", "url": "https://quality.example/"},
}
"""A definition with the mandatory elements only."""


def parse(definition: Any) -> Achievement:
    """The achievement that a JSON value defines."""
    return Achievement.parse(json.dumps(definition).encode(), "json")


def shared(*parts: str) -> Path:
    """A file or folder of the conformance data beside the checkout; skips the test where it is absent."""
    path = SHARED.joinpath(*parts)
    if not path.exists():
        pytest.skip("the shared conformance data are not beside this checkout")
    return path


def shared_json(*parts: str) -> Any:
    return json.loads(shared(*parts).read_bytes())


def achievement() -> Achievement:
    """The demonstration's micro-credential, with all 16 elements."""
    return Achievement.parse((DEMO_DATA / "achievement.toml").read_bytes(), "toml")


def row(**changes: Any) -> RosterRow:
    given = {"name": "Ana Andromeda", "awarded_on": "2026-06-24", "email": "ana@learner.example", "grade": "8.5"}
    return RosterRow(**{**given, **changes})


def unsigned(row_: RosterRow | None = None, achievement_: Achievement | None = None) -> dict[str, Any]:
    """A badge without proof, the same every time."""
    status = badge.StatusRef(LIST_URL, 94567)
    return badge.build(row_ or row(), achievement_ or achievement(), PROFILE, CREDENTIAL_ID, status, NOW, salt="0f9a")
