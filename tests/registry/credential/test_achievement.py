"""Definitions: the 16 elements of the European Recommendation, and everything that is wrong told at once."""

import copy
import tomllib
from typing import Any

import pytest

from registry.credential.achievement import MAX_DEFINITION_BYTES, Achievement, Grading
from registry.credential.achievement.vocabulary import ELEMENTS, MANDATORY
from registry.errors import FormatError, RowError, RowErrors
from tests.support.badges import DEMO_DATA, MINIMAL, achievement, parse

TOML = (DEMO_DATA / "achievement.toml").read_text(encoding="utf-8")
FULL = tomllib.loads(TOML)


def problems(value: Any) -> list[RowError]:
    with pytest.raises(RowErrors) as caught:
        parse(value)
    return caught.value.errors


def changed(path: str, value: Any) -> dict[str, Any]:
    """The full definition with one member replaced; None removes it."""
    definition = copy.deepcopy(FULL)
    place: Any = definition
    *parents, last = [int(key) if key.isdecimal() else key for key in path.split("/")[1:]]
    for key in parents:
        place = place[key]
    if value is None:
        del place[last]
    else:
        place[last] = value
    return definition


def test_the_demonstrations_definition_holds_all_16_elements() -> None:
    found = achievement()
    kinds = {item["targetType"] for item in found.to_open_badge("https://a.example/x")["alignment"]}
    assert kinds == {
        "ext:LearningOutcome", "ext:Workload", "ext:EQFLevel", "ext:AssessmentType", "ext:ParticipationMode",
        "ext:QualityAssurance", "ext:Supervision", "ext:StackableTo", "ext:ISCEDF", "ext:Skill",
    }  # fmt: skip
    assert found.languages == ("en", "de", "nl")
    assert (found.slug, found.version, found.credits) == ("applied-data-ethics", "1", 5)


def test_a_definition_comes_back_from_its_canonical_form() -> None:
    for definition in (achievement(), parse(MINIMAL), parse({**MINIMAL, "workload": {"ects": 2.5}})):
        assert Achievement.parse(definition.canonical(), "json") == definition


def test_toml_and_json_say_the_same() -> None:
    assert parse(FULL) == achievement()


REMOVED = {
    "/title": 2,
    "/awarding_body/country": 3,
    "/awarding_body/name": 4,
    "/learning_outcomes": 6,
    "/workload": 7,
    "/level": 8,
    "/assessment": 9,
    "/participation": 10,
    "/quality_assurance": 11,
}


@pytest.mark.parametrize(("path", "number"), REMOVED.items())
def test_a_missing_mandatory_element_is_named_with_its_place(path: str, number: int) -> None:
    (error,) = problems(changed(path, None))
    assert error.pointer == path
    assert error.code == "achievement.missing"
    assert error.problem.startswith(f"EU element {number} ({ELEMENTS[number]}): ")
    assert error.remedy


def test_every_mandatory_element_is_either_demanded_here_or_of_each_learner() -> None:
    assert {*REMOVED.values(), 1, 5} == set(MANDATORY)


def test_an_empty_definition_is_told_everything_at_once() -> None:
    errors = problems({})
    told = " ".join(error.problem for error in errors)
    for number in set(MANDATORY) - {1, 5}:
        assert f"EU element {number} " in told
    assert {"/slug", "/version", "/language", "/description", "/criteria"} <= {error.pointer for error in errors}


@pytest.mark.parametrize("optional", [12, 13, 14, 15, 16])
def test_the_optional_elements_may_be_left_out(optional: int) -> None:
    names = {12: "prerequisites", 13: "supervision", 14: "grading", 15: "stacking", 16: "further_information"}
    assert parse(changed(f"/{names[optional]}", None)).slug == "applied-data-ethics"


WRONG = [
    ("/slug", "Applied Data Ethics", "/slug", "a-z"),
    ("/version", "", "/version", "quotes"),
    ("/language", "english", "/language", "en or pt-BR"),
    ("/title", {"de": "Nur deutsch"}, "/title/en", "main language"),
    ("/title", {"en": "x", "Deutsch": "y"}, "/title/Deutsch", "en or pt-BR"),
    ("/title", "\u202egnp.exe", "/title", "Remove"),
    ("/description", 5, "/description", "quotes"),
    ("/id", "applied-data-ethics", "/id", "https://"),
    ("/tags", "ethics", "/tags", "tags"),
    ("/tags", [""], "/tags/0", "quotes"),
    ("/titel", "x", "/titel", "Did you mean title?"),
    ("/workload/credits", 5, "/workload/credits", "Possible are: hours, ects"),
    ("/workload/ects", 0, "/workload/ects", ""),
    ("/workload/ects", "5", "/workload/ects", ""),
    ("/workload/ects", True, "/workload/ects", ""),
    ("/workload/hours", 1e9, "/workload/hours", ""),
    ("/workload", {}, "/workload/ects", "ects, hours or both"),
    ("/workload", 5, "/workload", "[workload]"),
    ("/level/eqf", 9, "/level/eqf", "1 to 8"),
    ("/level/eqf", "6", "/level/eqf", "1 to 8"),
    ("/level/eqf", 7, "/level/cycle", ""),
    ("/level/not_applicable", "no", "/level/not_applicable", ""),
    ("/assessment/type", "writen", "/assessment/type", "Did you mean written?"),
    ("/assessment", {"name": "Oral examination"}, "/assessment/url", "url"),
    ("/participation/mode", "at home", "/participation/mode", "online, blended, onsite"),
    ("/quality_assurance/url", "quality", "/quality_assurance/url", "https://"),
    ("/quality_assurance/url", "https://a b.example", "/quality_assurance/url", "https://"),
    ("/awarding_body/country", "Netherlands", "/awarding_body/country", "NL"),
    ("/supervision/kind", "yes", "/supervision/kind", "supervised-onsite"),
    ("/grading", {"name": "Grade"}, "/grading", "one of the two"),
    ("/grading", {"min": 10, "max": 1}, "/grading", "one of the two"),
    ("/grading/required", 11, "/grading/required", ""),
    ("/grading/values", ["pass", "pass"], "/grading/values", "low to high"),
    ("/stacking", {}, "/stacking", "stand_alone"),
    ("/stacking/stand_alone", True, "/stacking", "stand_alone"),
    ("/stacking/towards/0/url", None, "/stacking/towards/0/url", "target"),
    ("/learning_outcomes/1/title", None, "/learning_outcomes/1/title", "can do"),
    ("/learning_outcomes", "many", "/learning_outcomes", "[[learning_outcomes]]"),
    ("/learning_outcomes", [{"title": "x"}] * 101, "/learning_outcomes", ""),
    ("/skills/0/framework", "ESCO", "/skills/0/url", "data.europa.eu/esco"),
    ("/isced_f/code", "22.3", "/isced_f/code", "0223"),
]


@pytest.mark.parametrize(("path", "value", "pointer", "remedy"), WRONG)
def test_a_wrong_value_is_told_with_place_and_remedy(path: str, value: Any, pointer: str, remedy: str) -> None:
    errors = problems(changed(path, value))
    assert [error.pointer for error in errors] == [pointer]
    assert remedy in errors[0].remedy


def test_several_wrong_values_are_told_together() -> None:
    definition = changed("/workload/ects", -1)
    definition["assessment"]["type"] = "oral"
    definition["colour"] = "blue"
    assert [error.pointer for error in problems(definition)] == ["/colour", "/workload/ects", "/assessment/type"]


@pytest.mark.parametrize(
    ("data", "kind", "code"),
    [
        (b"title = ", "toml", "achievement.not-toml"),
        (b'title = "Th\xe9or\xe8me"', "toml", "format.encoding"),
        (b"a=" + b"[" * 100_000, "toml", "achievement.not-toml"),
        (b"a=" + b"[" * 200 + b"]" * 200, "toml", "format.too-deep"),
        (b"[" + b"a." * 50_000 + b"a]\nb=1", "toml", "format.too-deep"),
        (b"[level]\neqf." + b"a." * 50_000 + b"a=1", "toml", "format.too-deep"),
        (b"x = {" + b'"a \\" b" . ' * 20_000 + b"a=1}", "toml", "format.too-deep"),
        (b"a" * 250_000, "toml", "achievement.not-toml"),
        (b'"' * 250_001, "toml", "achievement.not-toml"),
        (b"'\"" * 125_001, "toml", "achievement.not-toml"),
        (b"{", "json", "format.not-json"),
        (b'{"slug":"a","slug":"b"}', "json", "format.duplicate-key"),
        (b"[]", "json", "achievement.table"),
        (b" " * (MAX_DEFINITION_BYTES + 1), "toml", "format.too-large"),
        (b" " * (MAX_DEFINITION_BYTES + 1), "json", "format.too-large"),
    ],
)
def test_what_cannot_be_read_is_refused(data: bytes, kind: str, code: str) -> None:
    with pytest.raises(FormatError) as caught:
        Achievement.parse(data, kind)
    assert caught.value.code == code


def test_a_byte_order_mark_and_windows_line_ends_do_no_harm() -> None:
    data = b"\xef\xbb\xbf" + TOML.replace("\n", "\r\n").encode()
    assert Achievement.parse(data, "toml").slug == achievement().slug


def test_texts_come_in_the_wanted_language_or_else_in_the_main_one() -> None:
    found = achievement()
    german = found.to_open_badge("https://a.example/x", "de")
    assert (german["name"], german["inLanguage"]) == ("Angewandte Datenethik", "de")
    assert "**Voraussetzungen**" in german["criteria"]["narrative"]
    assert found.to_open_badge("https://a.example/x", "fr") == found.to_open_badge("https://a.example/x", "en")
    assert german["alignment"][2].get("targetDescription", "").startswith("Chooses")


def test_a_minimal_definition_says_hours_and_why_there_is_no_level() -> None:
    badge = parse(MINIMAL).to_open_badge("https://a.example/x")
    by_kind = {item["targetType"]: item for item in badge["alignment"]}
    assert by_kind["ext:Workload"]["targetFramework"] == "hours"
    assert by_kind["ext:EQFLevel"]["targetDescription"] == "A course for the public"
    assert "creditsAvailable" not in badge


@pytest.mark.parametrize(
    ("grading", "good", "bad"),
    [
        (
            Grading(least=1, most=10, required="5.5"),
            ["5.5", "10", "7.25"],
            ["5", "11", "8,5", "A", "", "-7", "1e1", "٧"],
        ),
        (Grading(values=("F", "E", "D", "C"), required="E"), ["E", "C"], ["F", "B", "e"]),
        (Grading(values=("fail", "pass")), ["fail", "pass"], ["passed"]),
    ],
)
def test_a_grade_belongs_to_its_scale_and_is_a_pass(grading: Grading, good: list[str], bad: list[str]) -> None:
    assert all(grading.problem(grade) is None for grade in good)
    assert all(grading.problem(grade) for grade in bad)
