"""Reading rosters, good and bad, for the achievement of the tests."""

from datetime import date

import pytest

from registry.credential import roster
from registry.credential.roster import RosterRow
from registry.errors import RowError, RowErrors
from tests.support.badges import achievement

ACHIEVEMENT = achievement()
TODAY = date(2026, 7, 1)
HEADER = "name,email,awarded_on"
GOOD = "Ana Andromeda,ana@learner.example,2026-06-24"
JSON_ROW = {"name": "Ana", "awarded_on": "2026-06-24", "grade": 8.5, "credits": 2.5, "learner_id": 4711}


def parse(data: str | bytes, kind: str = "text/csv") -> list[RosterRow]:
    return roster.parse(data.encode() if isinstance(data, str) else data, kind, ACHIEVEMENT, TODAY)


def problems(data: str | bytes, kind: str = "text/csv") -> list[RowError]:
    with pytest.raises(RowErrors) as caught:
        parse(data, kind)
    return caught.value.errors


def only(data: str | bytes, kind: str = "text/csv") -> RowError:
    (error,) = problems(data, kind)
    return error
