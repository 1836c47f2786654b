"""The rule of a larger achievement: which others a learner must have, in one of three forms, as a badge shows it."""

from typing import Any

import pytest

from registry.credential import badge, schema
from registry.credential.achievement import Achievement
from registry.credential.achievement.components import MAX_COMPONENTS
from registry.credential.integrity import sign_and_digest
from registry.credential.roster import RosterRow
from registry.errors import RowError, RowErrors
from tests.support.badges import CREDENTIAL_ID, KEY, LIST_URL, METHOD, MINIMAL, NOW, PROFILE, parse

OWN = "https://u.example/achievements/certificate/v1"
A, B = "https://u.example/achievements/a/v1", "urn:uuid:7c9e6679-7425-50de-944b-e07fc1f90ae7"
RULES = [
    ({"all_of": [A, B]}, "One of 2 components: all are required"),
    ({"n_of": {"count": 1, "of": [A, B]}}, "One of 2 components: at least 1 required"),
    ({"min_credits": {"credits": 7.5, "of": [A, B]}}, "One of 2 components: at least 7.5 credits of them required"),
]


def definition(requires: Any, **stacking: Any) -> dict[str, Any]:
    return {**MINIMAL, "id": OWN, "stacking": {"requires": requires, **(stacking or {"stand_alone": True})}}


def problems(value: Any) -> list[RowError]:
    with pytest.raises(RowErrors) as caught:
        parse(value)
    return caught.value.errors


@pytest.mark.parametrize(("requires", "demand"), RULES)
def test_every_component_is_in_the_badge_with_what_the_rule_asks(requires: dict[str, Any], demand: str) -> None:
    row = RosterRow(name="Ana", awarded_on="2026-06-30")
    made = badge.build(row, parse(definition(requires)), PROFILE, CREDENTIAL_ID, badge.StatusRef(LIST_URL, 1), NOW)
    schema.validate(made)
    sign_and_digest(made, KEY, METHOD, NOW)  # every member has its term
    found = [
        (item["targetUrl"], item["targetDescription"])
        for item in made["credentialSubject"]["achievement"]["alignment"]
        if item["targetType"] == "ext:ComponentAchievement"
    ]
    assert found == [(A, demand), (B, demand)]


@pytest.mark.parametrize(("requires", "demand"), RULES)
def test_the_rule_is_part_of_the_definition_and_so_of_its_version(requires: dict[str, Any], demand: str) -> None:
    made = parse(definition(requires))
    assert made.data["stacking"]["requires"] == requires
    assert Achievement.parse(made.canonical(), "json") == made
    others = {**requires, "issuers": ["did:web:other.example"]}
    assert parse(definition(others)).data["stacking"]["requires"] == others


def test_a_component_may_itself_count_towards_something_larger() -> None:
    towards = [{"name": "Degree", "url": "https://u.example/degree"}]
    assert parse(definition({"all_of": [A]}, towards=towards)).data["stacking"]["towards"] == towards


def test_the_rule_in_toml_reads_as_the_readme_writes_it() -> None:
    start = "\n".join(
        [
            'slug = "x"', 'version = "1"', 'language = "en"', 'title = "T"', 'description = "D"',
            'criteria = {narrative = "Pass"}', 'learning_outcomes = [{title = "Can"}]',
            'awarding_body = {name = "U", country = "NL"}', "workload = {hours = 28}",
            'level = {not_applicable = "A course for the public"}', 'assessment = {type = "written"}',
            'participation = {mode = "online"}', 'quality_assurance = {name = "R", url = "https://q.example/"}',
        ]
    )  # fmt: skip
    rule = f'\n[stacking]\nstand_alone = true\n[stacking.requires]\nn_of = {{count = 2, of = ["{A}", "{B}"]}}\n'
    made = Achievement.parse((start + rule).encode(), "toml")
    assert made.data["stacking"]["requires"] == {"n_of": {"count": 2, "of": [A, B]}}


WRONG = [
    ({}, ""),
    ("all", ""),
    ({"all_of": [A], "n_of": {"count": 1, "of": [A]}}, ""),
    ({"all_of": []}, "/all_of"),
    ({"all_of": A}, "/all_of"),
    ({"all_of": [f"{A}{number}" for number in range(MAX_COMPONENTS + 1)]}, "/all_of"),
    ({"all_of": [A] * 1000}, "/all_of"),
    ({"all_of": [A, A]}, "/all_of/1"),
    ({"all_of": [A, f" {A} "]}, "/all_of/1"),
    ({"all_of": [A, OWN]}, "/all_of/1"),
    ({"all_of": [A, None]}, "/all_of/1"),
    ({"all_of": [["nested"]]}, "/all_of/0"),
    ({"all_of": ["data-ethics"]}, "/all_of/0"),
    ({"n_of": [A]}, "/n_of"),
    ({"n_of": None}, "/n_of"),
    ({"n_of": {"of": [A]}}, "/n_of/count"),
    ({"n_of": {"count": 1}}, "/n_of/of"),
    ({"n_of": {"count": 0, "of": [A]}}, "/n_of/count"),
    ({"n_of": {"count": 2, "of": [A]}}, "/n_of/count"),
    ({"n_of": {"count": 1.5, "of": [A, B]}}, "/n_of/count"),
    ({"n_of": {"count": True, "of": [A]}}, "/n_of/count"),
    ({"n_of": {"count": None, "of": [A]}}, "/n_of/count"),
    ({"min_credits": {"credits": -5, "of": [A]}}, "/min_credits/credits"),
    ({"min_credits": {"credits": 5, "of": [A], "from": [B]}}, "/min_credits/from"),
    ({"min_credits": {"credits": 601, "of": [A]}}, "/min_credits/credits"),
    ({"all_of": [A], "issuers": []}, "/issuers"),
    ({"all_of": [A], "issuers": ["did:web:u.example", "University"]}, "/issuers/1"),
    ({"all_of": [A], "issuers": ["did:web:u.example", "did:web:u.example"]}, "/issuers/1"),
    ({"issuers": ["did:web:u.example"]}, ""),
]


@pytest.mark.parametrize(("requires", "place"), WRONG)
def test_a_rule_that_nobody_can_apply_is_refused_with_its_place(requires: Any, place: str) -> None:
    assert [error.pointer for error in problems(definition(requires))] == [f"/stacking/requires{place}"]
