"""The micro-credential lint: complete badges pass, each missing or malformed element is named with its place."""

from collections.abc import Callable
from copy import deepcopy
from datetime import UTC, datetime
from typing import Any

import pytest

from registry.credential.lint import lint
from registry.errors import FormatError
from tests.support import badges
from tests.support.badges import shared_json, unsigned

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
Change = Callable[[dict[str, Any]], Any]


def alignment(document: dict[str, Any], kind: str) -> dict[str, Any]:
    """The alignment with this type behind ext:."""
    items = document["credentialSubject"]["achievement"]["alignment"]
    return next(item for item in items if item["targetType"] == f"ext:{kind}")


def without(kind: str) -> Change:
    return lambda document: document["credentialSubject"]["achievement"]["alignment"].remove(alignment(document, kind))


def aligned(kind: str, **members: Any) -> Change:
    return lambda document: alignment(document, kind).update(members)


def achievement(**members: Any) -> Change:
    return lambda document: document["credentialSubject"]["achievement"].update(members)


def subject(**members: Any) -> Change:
    return lambda document: document["credentialSubject"].update(members)


def test_our_definitions_give_complete_badges_with_all_elements_or_only_the_mandatory_ones() -> None:
    whole = lint(unsigned(), NOW)
    assert (whole.findings, whole.present) == ((), frozenset(range(1, 17)))
    least = lint(unsigned(badges.row(grade=None), badges.parse(badges.MINIMAL)), NOW)
    assert least.findings == ()
    assert least.present >= frozenset(range(1, 12))


def test_a_foreign_badge_that_writes_them_as_the_model_does_is_complete() -> None:
    found = lint(shared_json("models", "micro_full.json"), NOW)
    assert (found.findings, found.present) == ((), frozenset(range(1, 17)))


def test_an_ordinary_badge_is_told_the_mandatory_elements_it_lacks_and_no_optional_ones() -> None:
    found = lint(shared_json("obspec", "basicOpenBadgeCredential.json"), NOW)
    assert [(one.element, one.kind) for one in found.errors] == [(n, "missing") for n in (3, 6, 7, 8, 9, 10, 11)]
    assert found.findings == found.errors
    assert found.errors[0].sentence == "EU element 3 (country or region of the issuer): it is missing"
    assert all(one.remedy for one in found.errors)


A = "/credentialSubject/achievement"
CASES: dict[str, tuple[Change, int, str, str]] = {
    "nobody": (subject(identifier=[]), 1, "missing", "/credentialSubject/identifier"),
    "a hash that is none": (
        lambda d: d["credentialSubject"]["identifier"][1].update(identityHash="ana@learner.example"),
        1, "malformed", "/credentialSubject/identifier/1/identityHash",
    ),
    "a learner without a URL": (subject(id="ana"), 1, "malformed", "/credentialSubject/id"),
    "no title": (achievement(name=" "), 2, "missing", f"{A}/name"),
    "no address": (lambda d: d["issuer"].pop("address"), 3, "missing", "/issuer/address"),
    "a country by name": (
        lambda d: d["issuer"]["address"].update(addressCountryCode="Netherlands"),
        3, "malformed", "/issuer/address/addressCountryCode",
    ),
    "a nameless body": (lambda d: d["issuer"].pop("name"), 4, "missing", "/issuer/name"),
    "a future award": (lambda d: d.update(awardedDate="2026-07-02T00:00:00Z"), 5, "malformed", "/awardedDate"),
    "an award before the end": (
        subject(activityEndDate="2026-06-25T00:00:00Z"), 5, "malformed", "/awardedDate",
    ),
    "a day without offset": (lambda d: d.update(awardedDate="2026-06-24T00:00:00"), 5, "malformed", "/awardedDate"),
    "a level 9": (
        aligned("EQFLevel", targetUrl="http://data.europa.eu/snb/eqf/9", targetCode="9"),
        8, "malformed", f"{A}/alignment/5/targetUrl",
    ),
    "no level": (without("EQFLevel"), 8, "missing", f"{A}/alignment"),
    "no assessment": (without("AssessmentType"), 9, "missing", f"{A}/alignment"),
    "an assessment without address": (
        aligned("AssessmentType", targetUrl="written"), 9, "malformed", f"{A}/alignment/7/targetUrl",
    ),
    "no participation": (without("ParticipationMode"), 10, "missing", f"{A}/alignment"),
    "no quality assurance": (without("QualityAssurance"), 11, "missing", f"{A}/alignment"),
    "credits without unit": (without("Workload"), 7, "malformed", f"{A}/creditsAvailable"),
    "no credits": (achievement(creditsAvailable=0), 7, "malformed", f"{A}/creditsAvailable"),
    "credits in another unit": (
        aligned("Workload", targetFramework="points", targetUrl="https://points.example/"),
        7, "malformed", f"{A}/alignment/4/targetFramework",
    ),
    "a workload of nothing": (aligned("Workload", targetCode="0"), 7, "malformed", f"{A}/alignment/4/targetCode"),
    "a grade without scheme": (
        achievement(resultDescription=[]), 14, "malformed", "/credentialSubject/result/0/resultDescription",
    ),
    "a grade above its scheme": (
        lambda d: d["credentialSubject"]["result"][0].update(value="11"),
        14, "malformed", "/credentialSubject/result/0/value",
    ),
    "a target without address": (
        aligned("StackableTo", targetUrl=None), 15, "malformed", f"{A}/alignment/11/targetUrl",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("change", "element", "kind", "place"), CASES.values(), ids=CASES)
def test_each_flaw_is_named_with_its_element_and_place(change: Change, element: int, kind: str, place: str) -> None:
    document = deepcopy(unsigned())
    change(document)
    (finding,) = lint(document, NOW).findings
    assert (finding.element, finding.kind, finding.pointer) == (element, kind, place)
    assert finding.mandatory == (element <= 11)


def test_an_endorsement_by_an_agency_is_a_quality_assurance() -> None:
    document = deepcopy(unsigned())
    without("QualityAssurance")(document)
    achievement(endorsement=[shared_json("models", "endorsement.json")])(document)
    assert lint(document, NOW).findings == ()


def test_a_skill_of_esco_is_found_by_its_address() -> None:
    document = deepcopy(unsigned())
    aligned("Skill", targetType="ext:ESCOSkill")(document)
    assert [one.element for one in lint(document, NOW).findings] == [6]
    aligned("ESCOSkill", targetUrl="https://data.europa.eu/esco/skill/1")(document)
    assert lint(document, NOW).findings == ()


@pytest.mark.parametrize("junk", [None, 7, "x", [], [[]], {}, [None, 7, "x", {}], {"id": 7, "name": []}, True])
def test_nothing_anybody_writes_breaks_the_lint(junk: Any) -> None:
    document = unsigned()
    places: list[tuple[str, ...]] = [(name,) for name in document if name != "type"]
    places += [("credentialSubject", name) for name in document["credentialSubject"]]
    places += [("credentialSubject", "achievement", name) for name in document["credentialSubject"]["achievement"]]
    for *path, name in places:
        changed = deepcopy(document)
        owner = changed
        for step in path:
            owner = owner[step]
        owner[name] = junk
        assert isinstance(lint(changed, NOW).to_json()["complete"], bool)


def test_what_is_no_badge_is_refused() -> None:
    with pytest.raises(FormatError, match="not an Open Badge"):
        lint(shared_json("models", "endorsement.json"), NOW)
