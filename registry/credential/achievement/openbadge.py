"""An achievement definition as the Achievement object of Open Badges 3.0, with specification terms only.

Where each EU element goes: `registry/credential/README.md`. What Open Badges has no member for becomes an `alignment`
with a `targetType` of ours behind `ext:`, which the specification allows; no JSON-LD term is invented.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from registry.credential.achievement import components, vocabulary
from registry.credential.achievement.elements import choose

_Data = Mapping[str, Any]


def achievement(data: _Data, url: str, language: str) -> dict[str, Any]:
    """The Achievement object with `url` as its id, in `language` where the definition has text in it."""
    main = data["language"]
    language = language if language in data["title"] else main
    members = {
        "id": url,
        "type": ["Achievement"],
        "achievementType": "MicroCredential",
        "name": choose(data["title"], language, main),
        "description": _description(data, language, main),
        "criteria": _criteria(data, language, main),
        "inLanguage": language,
        "version": data["version"],
        "humanCode": data.get("human_code"),
        "fieldOfStudy": data.get("isced_f", {}).get("code"),
        "creditsAvailable": data["workload"].get("ects"),
        "tag": data.get("tags"),
        "alignment": list(_alignments(data, url, language, main)),
        "resultDescription": _result_description(data, url),
        "endorsement": data.get("endorsements"),
    }
    return {name: value for name, value in members.items() if value is not None}


def grade_id(achievement_url: str) -> str:
    """Id of the grade scale, which results refer to."""
    return f"{achievement_url}#grade"


def _description(data: _Data, language: str, main: str) -> str:
    further = data.get("further_information", {})
    parts = [choose(data["description"], language, main), choose(further.get("text"), language, main)]
    return "\n\n".join(part for part in [*parts, further.get("url")] if part)


def _criteria(data: _Data, language: str, main: str) -> dict[str, Any]:
    narrative = choose(data["criteria"]["narrative"], language, main) or ""
    prerequisites = choose(data.get("prerequisites"), language, main)
    if prerequisites:
        heading = vocabulary.PREREQUISITES.get(language.partition("-")[0], vocabulary.PREREQUISITES["en"])
        narrative += f"\n\n**{heading}**: {prerequisites}"
    url = data["criteria"].get("url")
    return {"id": url, "narrative": narrative} if url else {"narrative": narrative}


def _alignments(data: _Data, url: str, language: str, main: str) -> Iterator[dict[str, Any]]:
    for number, outcome in enumerate(data["learning_outcomes"], 1):
        yield _alignment(
            "LearningOutcome",
            choose(outcome["title"], language, main),
            outcome.get("url") or f"{url}#outcome-{number}",
            code=outcome.get("code"),
            description=choose(outcome.get("description"), language, main),
        )
    for skill in data.get("skills", []):
        framework = skill.get("framework", "ESCO")
        kind = "ESCOSkill" if framework == "ESCO" else "Skill"
        yield _alignment(kind, skill["name"], skill["url"], code=skill.get("code"), framework=framework)
    yield _workload(data["workload"], url)
    yield from _level(data["level"], url)
    if isced := data.get("isced_f"):
        address = vocabulary.ISCED_F + isced["code"]
        yield _alignment("ISCEDF", isced["name"], address, code=isced["code"], framework="ISCED-F 2013")
    yield _coded("AssessmentType", data["assessment"], "type", vocabulary.ASSESSMENTS)
    yield _coded("ParticipationMode", data["participation"], "mode", vocabulary.PARTICIPATION)
    quality = data["quality_assurance"]
    yield _alignment(
        "QualityAssurance",
        quality["name"],
        quality["url"],
        code=quality.get("code"),
        framework=quality.get("framework"),
    )
    if supervision := data.get("supervision"):
        kind = supervision["kind"]
        yield _alignment("Supervision", vocabulary.SUPERVISION[kind], f"{url}#{kind}", code=kind)
    yield from _stacking(data.get("stacking", {}), url)


def _workload(workload: _Data, url: str) -> dict[str, Any]:
    ects, hours = workload.get("ects"), workload.get("hours")
    parts = [f"{ects} ECTS" if ects else "", f"{hours} hours" if hours else ""]
    name = " / ".join(part for part in parts if part)
    if ects:
        return _alignment("Workload", name, vocabulary.ECTS, code=str(ects), framework="ECTS")
    return _alignment("Workload", name, f"{url}#workload", code=str(hours), framework="hours")


def _level(level: _Data, url: str) -> Iterator[dict[str, Any]]:
    if reason := level.get("not_applicable"):
        yield _alignment("EQFLevel", "Not applicable", f"{url}#level", description=reason)
    cycle = level.get("cycle")
    if eqf := level.get("eqf") or vocabulary.CYCLES.get(cycle or ""):
        name = f"EQF level {eqf}" + (f", QF-EHEA {cycle} cycle" if cycle else "")
        framework = "European Qualifications Framework"
        yield _alignment("EQFLevel", name, f"{vocabulary.EQF}{eqf}", code=str(eqf), framework=framework)


def _coded(kind: str, value: _Data, key: str, choices: Mapping[str, tuple[str, str]]) -> dict[str, Any]:
    if key not in value:
        return _alignment(kind, value["name"], value["url"])
    name, address = choices[value[key]]
    return _alignment(kind, value.get("name", name), address, code=value[key])


def _stacking(stacking: _Data, url: str) -> Iterator[dict[str, Any]]:
    if stacking.get("stand_alone"):
        yield _alignment("StandAlone", "Stand-alone micro-credential", f"{url}#stand-alone")
    for target in stacking.get("towards", []):
        yield _alignment(
            "StackableTo",
            target["name"],
            target["url"],
            code=target.get("code"),
            description=target.get("description"),
        )
    if requires := stacking.get("requires"):
        for id_, demand in components.named(requires):
            yield _alignment("ComponentAchievement", id_, id_, description=demand)  # a rule knows ids, not titles


def _result_description(data: _Data, url: str) -> list[dict[str, Any]] | None:
    grading = data.get("grading")
    if grading is None:
        return None
    scale: dict[str, Any] = {
        "id": grade_id(url),
        "type": ["ResultDescription"],
        "name": grading.get("name", "Grade"),
        "resultType": "LetterGrade" if "values" in grading else "RawScore",
    }
    if "values" in grading:
        scale["allowedValue"] = grading["values"]
    else:
        scale |= {"valueMin": str(grading["min"]), "valueMax": str(grading["max"])}
    if "required" in grading:
        scale["requiredValue"] = str(grading["required"])
    return [scale]


def _alignment(
    kind: str,
    name: str | None,
    url: str,
    *,
    code: str | None = None,
    framework: str | None = None,
    description: str | None = None,
) -> dict[str, Any]:
    members = {
        "type": ["Alignment"],
        "targetType": f"ext:{kind}",
        "targetName": name,
        "targetUrl": url,
        "targetCode": code,
        "targetFramework": framework,
        "targetDescription": description,
    }
    return {member: value for member, value in members.items() if value is not None}
