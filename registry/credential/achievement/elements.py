"""The 16 elements of Annex I as they stand in a definition: how each is read, and what it must say."""

import re
from collections.abc import Mapping
from typing import Any

from registry.credential.achievement import components, vocabulary
from registry.credential.achievement.problems import MAX_ECTS, Table
from registry.credential.achievement.vocabulary import element

MAX_HOURS = 20_000
"""Ten years of full-time study: anything above is a slip of the keyboard."""

_COUNTRY = re.compile(r"[A-Z]{2}")
_ISCED = re.compile(r"\d{2,4}", re.ASCII)


def mandatory(top: Table, language: str) -> dict[str, Any]:
    """Elements 3, 4 and 6 to 11 (2 is the title; 1 and 5 come with the learner)."""
    return {
        "awarding_body": _awarding_body(top),
        "criteria": _criteria(top, language),
        "learning_outcomes": _outcomes(top, language),
        "workload": _workload(top),
        "level": _level(top),
        "assessment": _coded(top, "assessment", "type", vocabulary.ASSESSMENTS, 9),
        "participation": _coded(top, "participation", "mode", vocabulary.PARTICIPATION, 10),
        "quality_assurance": _quality(top),
    }


def optional(top: Table, language: str) -> dict[str, Any]:
    """Elements 12 to 16, and what goes beyond Annex I: skills and the field of education."""
    return {
        "prerequisites": Table(top.data, (), top.problems, element(12)).texts("prerequisites", language),
        "supervision": _supervision(top),
        "grading": _grading(top),
        "stacking": _stacking(top),
        "further_information": _further(top, language),
        "skills": [_skill(table) for table in top.tables("skills")],
        "isced_f": _isced(top),
    }


def choose(texts: Mapping[str, str] | None, language: str, main: str) -> str | None:
    """The text in `language`, else in the main one."""
    return None if texts is None else texts.get(language) or texts.get(main)


def _awarding_body(top: Table) -> dict[str, Any] | None:
    remedy = "Add [awarding_body] with name and country"
    table = top.table("awarding_body", remedy, required=True, element=element(4))
    if table is None:
        nowhere = Table({}, ("awarding_body",), top.problems, element(3))
        nowhere.missing("country", 'Write country = "NL" below [awarding_body]')
        return None
    table.only("name", "id", "url", "country", "region")
    where = Table(table.data, table.path, top.problems, element(3))
    country = where.text("country", 'Write country = "NL"', required=True)
    if country is not None and not _COUNTRY.fullmatch(country):
        where.wrong("country", "achievement.country", f"{country!r} is not an ISO 3166 code", "Write two capitals: NL")
    return _some(
        name=table.text("name", "Name the body that awards", required=True, limit=500),
        id=table.url("id"),
        url=table.url("url"),
        country=country,
        region=where.text("region", limit=200),
    )


def _criteria(top: Table, language: str) -> dict[str, Any] | None:
    table = top.table("criteria", "Add [criteria] with a narrative", required=True)
    if table is None:
        return None
    table.only("narrative", "url")
    narrative = table.texts("narrative", language, "Say what a learner must do", required=True)
    return _some(narrative=narrative, url=table.url("url"))


def _outcomes(top: Table, language: str) -> list[dict[str, Any]]:
    remedy = "Add [[learning_outcomes]] with a title for each"
    outcomes = []
    for table in top.tables("learning_outcomes", remedy, required=True, element=element(6)):
        table.only("code", "title", "description", "url")
        outcomes.append(
            _some(
                code=table.text("code", limit=64),
                title=table.texts("title", language, "Name what the learner can do", required=True),
                description=table.texts("description", language),
                url=table.url("url"),
            )
        )
    return outcomes


def _workload(top: Table) -> dict[str, Any] | None:
    table = top.table("workload", "Add [workload] with ects or hours", required=True, element=element(7))
    if table is None:
        return None
    table.only("hours", "ects")
    if not {"hours", "ects"} & table.data.keys():
        table.missing("ects", "Give ects, hours or both; the unit is never guessed")
    return _some(hours=table.number("hours", 0, MAX_HOURS), ects=table.number("ects", 0, MAX_ECTS))


def _level(top: Table) -> dict[str, Any] | None:
    remedy = "Add [level] with eqf = 1 to 8, cycle, or not_applicable = a reason"
    table = top.table("level", remedy, required=True, element=element(8))
    if table is None:
        return None
    table.only("eqf", "cycle", "not_applicable")
    eqf = table.data.get("eqf")
    if eqf is not None and (type(eqf) is not int or not 1 <= eqf <= 8):
        table.wrong("eqf", "achievement.number", f"eqf is {eqf!r}", "The European Qualifications Framework has 1 to 8")
        eqf = None
    cycle = table.choice("cycle", vocabulary.CYCLES)
    reason = table.text("not_applicable", limit=1000)
    if not {"eqf", "cycle", "not_applicable"} & table.data.keys():
        table.missing("eqf", remedy)
    if reason and (eqf or cycle):
        table.wrong("not_applicable", "achievement.contradiction", "a level is given and called not applicable")
    if eqf and cycle and vocabulary.CYCLES[cycle] != eqf:
        problem = f"the {cycle} cycle corresponds to EQF level {vocabulary.CYCLES[cycle]}, not {eqf}"
        table.wrong("cycle", "achievement.contradiction", problem)
    return _some(eqf=eqf, cycle=cycle, not_applicable=reason)


def _coded(
    top: Table, name: str, key: str, choices: Mapping[str, tuple[str, str]], number: int
) -> dict[str, Any] | None:
    """A value of a European vocabulary, or one of another, with its own name and address."""
    known = ", ".join(choices)
    remedy = f"Add [{name}] with {key} = one of {known}; or name and url of another"
    table = top.table(name, remedy, required=True, element=element(number))
    if table is None:
        return None
    table.only(key, "name", "url")
    if key in table.data:
        return _some(**{key: table.choice(key, choices), "name": table.text("name", limit=500)})
    if not {"name", "url"} & table.data.keys():
        table.missing(key, remedy)
        return None
    return _some(name=table.text("name", remedy, required=True), url=table.url("url", remedy, required=True))


def _quality(top: Table) -> dict[str, Any] | None:
    remedy = "Add [quality_assurance] with name and url of the accreditation or procedure"
    table = top.table("quality_assurance", remedy, required=True, element=element(11))
    if table is None:
        return None
    table.only("name", "url", "code", "framework")
    return _some(
        name=table.text("name", remedy, required=True, limit=500),
        url=table.url("url", remedy, required=True),
        code=table.text("code", limit=100),
        framework=table.text("framework", limit=200),
    )


def _supervision(top: Table) -> dict[str, Any] | None:
    table = top.table("supervision", element=element(13))
    if table is None:
        return None
    table.only("kind")
    return _some(kind=table.choice("kind", vocabulary.SUPERVISION, "Say which", required=True))


def _grading(top: Table) -> dict[str, Any] | None:
    table = top.table("grading", element=element(14))
    if table is None:
        return None
    table.only("name", "min", "max", "values", "required")
    name = table.text("name", limit=200)
    values = table.data.get("values")
    if values is not None:
        return _listed_grades(table, name, values)
    least, most = table.number("min", -1, 1e6), table.number("max", -1, 1e6)
    if least is None or most is None or least >= most:
        table.wrong("", "achievement.grading", "the scale has neither values nor min below max", "Give one of the two")
        return None
    required = table.number("required", -1, 1e6)
    if required is not None and not least <= required <= most:
        table.wrong("required", "achievement.grading", f"required {required} is not from {least} to {most}")
    return _some(name=name, min=least, max=most, required=required)


def _listed_grades(table: Table, name: str | None, values: Any) -> dict[str, Any] | None:
    good = isinstance(values, list) and all(isinstance(value, str) and 0 < len(value) <= 40 for value in values)
    if not good or not 2 <= len(values) <= 100 or len(set(values)) != len(values):
        problem = "values is not a list of 2 to 100 different short texts"
        table.wrong("values", "achievement.grading", problem, 'List them from low to high: ["fail", "pass"]')
        return None
    required = table.choice("required", values)
    return _some(name=name, values=values, required=required)


def _stacking(top: Table) -> dict[str, Any] | None:
    table = top.table("stacking", element=element(15))
    if table is None:
        return None
    table.only("stand_alone", "towards", "requires")
    requires = components.read(table, top.data.get("id"))
    alone = table.data.get("stand_alone")
    towards = [_target(target) for target in table.tables("towards", element=element(15))]
    if alone not in (None, True, False) or bool(alone) == bool(towards):
        remedy = "Write stand_alone = true, or name the target with [[stacking.towards]]"
        table.wrong("", "achievement.stacking", "it is neither stand-alone nor stackable, or both", remedy)
    return _some(stand_alone=alone or None, towards=towards or None, requires=requires)


def _target(table: Table) -> dict[str, Any]:
    table.only("name", "url", "code", "description")
    return _some(
        name=table.text("name", "Name what it counts towards", required=True, limit=500),
        url=table.url("url", "Give the address of the target achievement", required=True),
        code=table.text("code", limit=64),
        description=table.text("description", limit=2000),
    )


def _further(top: Table, language: str) -> dict[str, Any] | None:
    table = top.table("further_information", element=element(16))
    if table is None:
        return None
    table.only("text", "url")
    return _some(text=table.texts("text", language), url=table.url("url"))


def _skill(table: Table) -> dict[str, Any]:
    table.only("name", "url", "framework", "code")
    url = table.url("url", f"Give its address, {vocabulary.ESCO}skill/… for ESCO", required=True)
    framework = table.text("framework", limit=200)
    if url and framework in (None, "ESCO") and not url.startswith(vocabulary.ESCO):
        remedy = f"ESCO addresses begin with {vocabulary.ESCO}; name the framework otherwise"
        table.wrong("url", "achievement.skill", "this is not an address of ESCO", remedy)
    name = table.text("name", "Name the skill", required=True, limit=500)
    return _some(name=name, url=url, framework=framework, code=table.text("code", limit=100))


def _isced(top: Table) -> dict[str, Any] | None:
    table = top.table("isced_f")
    if table is None:
        return None
    table.only("code", "name")
    code = table.text("code", "Give the ISCED-F 2013 code", required=True)
    if code and not _ISCED.fullmatch(code):
        table.wrong("code", "achievement.isced", f"{code!r} is not an ISCED-F 2013 code", 'Write it like "0223"')
    return _some(code=code, name=table.text("name", "Name the field", required=True, limit=500))


def _some(**members: Any) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value is not None}
