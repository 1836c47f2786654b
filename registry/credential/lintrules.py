"""One rule for each element of the European Recommendation: is it in the credential, and what is wrong with it?"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from registry.credential.achievement import vocabulary
from registry.credential.lintreading import (
    ACHIEVEMENT,
    ALIGNMENT,
    Findings,
    Path,
    europa,
    iri,
    items,
    object_,
    text,
    time_of,
)

_OUTCOMES = ("ext:LearningOutcome", "CFItem", "ceasn:Competency", "ext:ESCOSkill", "ext:Skill")
_EQF = re.compile(re.escape(vocabulary.EQF) + "[1-8]")
_COUNTRY = re.compile("[A-Z]{2}")
_NUMBER = re.compile(r"[0-9]{1,9}(\.[0-9]{1,6})?")
_HASH = re.compile(r"sha256\$[0-9a-fA-F]{64}|md5\$[0-9a-fA-F]{32}")


def _learner(found: Findings) -> bool:
    place: Path = ("credentialSubject", "identifier")
    identifiers = items(found.subject.get("identifier"))
    for index, item in enumerate(identifiers):
        value = item.get("identityHash")
        if not text(value):
            found.wrong(1, (*place, index, "identityHash"), "an identifier is empty", "Give its value, or remove it")
        elif item.get("hashed") is True and not _HASH.fullmatch(str(value)):
            remedy = "Write sha256$ and 64 hexadecimal digits"
            found.wrong(1, (*place, index, "identityHash"), "it is called hashed and is no hash", remedy)
    if "id" in found.subject and not iri(found.subject["id"]):
        found.wrong(1, ("credentialSubject", "id"), "the learner's id is not an absolute URL or DID", "Correct it")
    return bool(identifiers) or "id" in found.subject


def _title(found: Findings) -> bool:
    return text(found.achievement.get("name"))


def _country(found: Findings) -> bool:
    creator = object_(found.achievement.get("creator"))
    parent = object_(found.issuer.get("parentOrg"))
    owners: list[tuple[Path, Mapping[str, Any]]] = [
        (("issuer",), found.issuer),
        (("issuer", "parentOrg"), parent),
        ((*ACHIEVEMENT, "creator"), creator),
    ]
    for place, owner in owners:
        address = object_(owner.get("address"))
        code = address.get("addressCountryCode")
        if code is not None and not (isinstance(code, str) and _COUNTRY.fullmatch(code)):
            where = (*place, "address", "addressCountryCode")
            found.wrong(3, where, "the country code is not one of ISO 3166-1", "Write two capitals, like NL")
        if code is not None or text(address.get("addressCountry")) or text(address.get("addressRegion")):
            return True
    return False


def _body(found: Findings) -> bool:
    return text(found.issuer.get("name")) or text(object_(found.achievement.get("creator")).get("name"))


def _date(found: Findings) -> bool:
    name = next((name for name in ("awardedDate", "validFrom") if name in found.credential), None)
    if name is None:
        return False
    time, ended = time_of(found.credential[name]), time_of(found.subject.get("activityEndDate"))
    if time is None:
        found.wrong(5, (name,), "this is not a time with offset", "Write it like 2026-06-28T10:00:00Z")
    elif time > found.now:
        found.wrong(5, (name,), "the date of issuing lies in the future", "Give the day of the award")
    elif ended is not None and time.date() < ended.date():
        found.wrong(5, (name,), "it was awarded before the learning had ended", "Correct it, or activityEndDate")
    return True


def _outcome(found: Findings) -> bool:
    outcomes = found.aligned(6, *_OUTCOMES)
    for place, item in outcomes:
        esco = item.get("targetType") == "ext:ESCOSkill"
        if esco and iri(item.get("targetUrl")) and not europa(item["targetUrl"]).startswith(vocabulary.ESCO):
            where = (*place, "targetUrl")
            found.wrong(6, where, "this is not an address of ESCO", f"ESCO addresses begin with {vocabulary.ESCO}")
    return bool(outcomes)


def _workload(found: Findings) -> bool:
    units = found.aligned(7, "ext:Workload")
    credits = [(ACHIEVEMENT, "creditsAvailable"), (("credentialSubject",), "creditsEarned")]
    given = [
        ((*place, name), owner[name])
        for (place, name), owner in zip(credits, (found.achievement, found.subject), strict=True)
        if name in owner
    ]
    for where, amount in given:
        if isinstance(amount, bool) or not isinstance(amount, int | float) or amount <= 0:
            found.wrong(7, where, "the workload is not a number above 0", "Correct it")
    for place, item in units:
        known = {"ects", "hours"}.intersection(re.findall("[a-z]+", str(item.get("targetFramework")).lower()))
        if not known and item.get("targetUrl") != vocabulary.ECTS:
            where = (*place, "targetFramework")
            found.wrong(7, where, "the workload has no unit", 'Write targetFramework "ECTS" or "hours"')
        code = item.get("targetCode")
        if (code is None and not given) or (code is not None and not _positive(code)):
            found.wrong(7, (*place, "targetCode"), "the workload is not a number above 0", "Write it like 2.5")
    if given and not units:
        remedy = 'Add an alignment ext:Workload with targetFramework "ECTS"; Open Badges have no unit of credits'
        found.wrong(7, given[0][0], "the workload has no unit", remedy)
    return bool(given or units)


def _level(found: Findings) -> bool:
    levels = found.aligned(8, "ext:EQFLevel")
    for place, item in levels:
        by_url = bool(_EQF.fullmatch(europa(item.get("targetUrl"))))
        explained = "targetCode" not in item and text(item.get("targetDescription"))
        if not by_url and item.get("targetCode") not in tuple("12345678") and not explained:
            remedy = (
                f"Give targetUrl {vocabulary.EQF} and 1 to 8; where none applies, targetDescription with the reason"
            )
            found.wrong(8, (*place, "targetUrl"), "this is not a level from 1 to 8", remedy)
    return bool(levels)


def _quality(found: Findings) -> bool:
    endorsed = [*items(found.achievement.get("endorsement")), *items(found.issuer.get("endorsement"))]
    return bool(found.aligned(11, "ext:QualityAssurance")) or any(endorsed)


def _prerequisites(found: Findings) -> bool:
    narrative = str(found.criteria.get("narrative", "")).casefold()
    return any(heading.casefold() in narrative for heading in vocabulary.PREREQUISITES.values())


def _grade(found: Findings) -> bool:
    scales = {
        item.get("id"): item for item in items(found.achievement.get("resultDescription")) if text(item.get("id"))
    }
    results = items(found.subject.get("result"))
    for index, result in enumerate(results):
        place: Path = ("credentialSubject", "result", index)
        named = result.get("resultDescription")
        scale = scales.get(named) if isinstance(named, str) else None
        if scale is None:
            remedy = "Add a resultDescription to the achievement, and name its id here"
            found.wrong(14, (*place, "resultDescription"), "the grade has no scheme", remedy)
        elif "value" in result and not _fits(result["value"], scale):
            found.wrong(14, (*place, "value"), "the grade is not one of its scheme", "Correct the grade or the scheme")
    return bool(results)


RULES: dict[int, Callable[[Findings], bool]] = {
    1: _learner,
    2: _title,
    3: _country,
    4: _body,
    5: _date,
    6: _outcome,
    7: _workload,
    8: _level,
    9: lambda found: bool(found.aligned(9, "ext:AssessmentType")),
    10: lambda found: bool(found.aligned(10, "ext:ParticipationMode")),
    11: _quality,
    12: _prerequisites,
    13: lambda found: bool(found.aligned(13, "ext:Supervision")),
    14: _grade,
    15: lambda found: bool(found.aligned(15, "ext:StackableTo", "ext:StandAlone")),
    16: lambda found: text(found.achievement.get("description")) or bool(items(found.credential.get("evidence"))),
}

MISSING: dict[int, tuple[Path, str]] = {
    1: (("credentialSubject", "identifier"), "Add an IdentityObject with the name, or a credentialSubject.id"),
    2: ((*ACHIEVEMENT, "name"), "Name the achievement"),
    3: (("issuer", "address"), "Add an Address with addressCountryCode, like NL, or addressRegion"),
    4: (("issuer", "name"), "Write the issuer as a Profile with its name"),
    5: (("awardedDate",), "Add the day of the award, like 2026-06-28T00:00:00Z"),
    6: (ALIGNMENT, "Add an alignment ext:LearningOutcome for each; a narrative cannot be compared"),
    7: (ALIGNMENT, 'Add creditsAvailable, and an alignment ext:Workload with targetFramework "ECTS" or "hours"'),
    8: (ALIGNMENT, f"Add an alignment ext:EQFLevel with targetUrl {vocabulary.EQF} and 1 to 8"),
    9: (ALIGNMENT, "Add an alignment ext:AssessmentType, like http://data.europa.eu/snb/assessment/6e6cb2cc78"),
    10: (ALIGNMENT, "Add an alignment ext:ParticipationMode, like online, blended or on site"),
    11: (ALIGNMENT, "Add an alignment ext:QualityAssurance, or the endorsement of an agency"),
}


def _fits(value: Any, scale: Mapping[str, Any]) -> bool:
    allowed = scale.get("allowedValue")
    if isinstance(allowed, list):
        return value in allowed
    bounds = [scale.get("valueMin"), scale.get("valueMax")]
    if not all(isinstance(text, str) and _NUMBER.fullmatch(text) for text in [value, *bounds]):
        return all(bound is None for bound in bounds)
    return float(str(bounds[0])) <= float(value) <= float(str(bounds[1]))


def _positive(value: Any) -> bool:
    return isinstance(value, str) and bool(_NUMBER.fullmatch(value)) and float(value) > 0
