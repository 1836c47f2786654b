"""Rules of stacks that nobody can ever meet are refused with the definition, as far as the registry can know."""

from typing import Any

import pytest

from registry.errors import RowErrors
from registry.store import achievements
from tests.support.badges import MINIMAL, parse
from tests.support.registered import Registered

HERE = "https://registry.example/v1/achievements/"
SOIL = HERE + "uni.soil-science.1"
"""What the fixture's achievement, of 2.5 credits and without an `id`, is called in its badges."""


def add(registered: Registered, requires: Any, **changes: Any) -> None:
    whole = {**MINIMAL, "stacking": {"stand_alone": True, "requires": requires}, **changes}
    achievements.add_achievement(registered.store, "uni", parse(whole))


def refused(registered: Registered, requires: Any, **changes: Any) -> tuple[str | None, str]:
    with pytest.raises(RowErrors) as caught:
        add(registered, requires, **changes)
    (error,) = caught.value.errors
    assert error.remedy
    return error.pointer, error.problem


def test_credits_that_the_listed_achievements_cannot_bring_are_refused_once_all_of_them_are_known(
    registered: Registered,
) -> None:
    named = "https://u.example/achievements/b/v1"
    rule = {"min_credits": {"credits": 4, "of": [SOIL, named]}}
    add(registered, rule)  # who knows what the other will bring
    achievements.add_achievement(
        registered.store, "uni", parse({**MINIMAL, "slug": "b", "id": named, "workload": {"ects": 1.25}})
    )
    place, problem = refused(registered, rule, version="2")
    assert place == "/stacking/requires/min_credits/credits"
    assert "at most 3.75 credits, less than 4" in problem
    add(registered, {"min_credits": {"credits": 3.75, "of": [SOIL, named]}}, version="2")


def test_components_that_are_counted_in_hours_bring_no_credits(registered: Registered) -> None:
    achievements.add_achievement(registered.store, "uni", parse({**MINIMAL, "slug": "hours"}))
    place, _ = refused(registered, {"min_credits": {"credits": 0.5, "of": [HERE + "uni.hours.1"]}})
    assert place == "/stacking/requires/min_credits/credits"


@pytest.mark.parametrize(
    ("requires", "place"),
    [
        ({"all_of": [SOIL, HERE + "uni.x.1"]}, "/stacking/requires/all_of/1"),
        ({"n_of": {"count": 1, "of": [HERE + "uni.x.1", SOIL]}}, "/stacking/requires/n_of/of/0"),
    ],
)
def test_an_achievement_is_no_component_of_itself_by_the_address_that_it_gets_here(
    registered: Registered, requires: Any, place: str
) -> None:
    assert refused(registered, requires)[0] == place
    add(registered, requires, version="2")  # a later version may count the earlier one
