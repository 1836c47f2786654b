"""Checks the values of one learner's row; each answer names the column, what is wrong and what to write instead."""

import re
import sys
import unicodedata
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from registry.credential import words
from registry.credential.achievement import Achievement
from registry.limits import MAX_URL_CHARS

REQUIRED = ("name", "awarded_on")
COLUMNS = (
    "name",
    "email",
    "learner_id",
    "awarded_on",
    "valid_until",
    "grade",
    "credits",
    "evidence_url",
    "evidence_name",
    "activity_start",
    "activity_end",
    "language",
)

_MAX_CHARS = {"name": 200, "email": 254, "learner_id": MAX_URL_CHARS, "evidence_url": MAX_URL_CHARS}
_OTHER_CHARS = 500
_DATES = ("awarded_on", "valid_until", "activity_start", "activity_end")
_SHARED = {*_DATES, "grade", "language"}
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_EMAIL = re.compile(r"[^@\s,;<>\"]+@[^@\s,;<>\"]+\.[^@\s,;<>\".]+")
_NUMBER = re.compile(r"\d{1,4}(\.\d{1,3})?", re.ASCII)
_SPACES = re.compile(r"\s+")

_MANY_DAYS = timedelta(days=1)

Flaw = tuple[str, str, str, str]
"""Column, code, problem, remedy."""


class RowChecker:
    """Checks rows against one achievement. `today` is the date in UTC; tomorrow counts as today further east."""

    def __init__(self, achievement: Achievement, today: date) -> None:
        self._latest = today + _MANY_DAYS
        self._today = today
        self._grading = achievement.grading
        self._credits = achievement.credits
        self._languages = achievement.languages

    def check(self, cells: Mapping[str, Any]) -> tuple[dict[str, Any], list[Flaw]]:
        """The clean values that are given, and everything that is wrong with the row."""
        flaws: list[Flaw] = []
        values: dict[str, Any] = {}
        for column, cell in cells.items():
            text = _text(column, cell, flaws)
            if text:
                # A hundred thousand rows share a handful of days, grades and languages: one copy of each is kept.
                values[column] = sys.intern(text) if column in _SHARED else text
        for column in REQUIRED:
            if column not in values and not any(flaw[0] == column for flaw in flaws):
                remedy = "Every credential names its learner" if column == "name" else "Write the day like 2026-06-28"
                flaws.append((column, "roster.missing", f"{column} is empty", remedy))
        dates = {column: _date(column, values[column], flaws) for column in _DATES if column in values}
        self._check_dates({column: day for column, day in dates.items() if day}, flaws)
        self._check_person(values, flaws)
        self._check_result(values, flaws)
        return values, flaws

    def _check_dates(self, days: Mapping[str, date], flaws: list[Flaw]) -> None:
        awarded, until = days.get("awarded_on"), days.get("valid_until")
        start, end = days.get("activity_start"), days.get("activity_end")
        if awarded and awarded > self._latest:
            flaws.append(("awarded_on", "roster.date", f"{awarded} is in the future", "Issue it when it is awarded"))
        if until and awarded and until <= awarded:
            flaws.append(("valid_until", "roster.date", f"{until} is not after the award", "Leave it empty for ever"))
        elif until and until < self._today:
            flaws.append(("valid_until", "roster.date", f"{until} is in the past", "Leave it empty for ever"))
        if start and end and end < start:
            flaws.append(("activity_end", "roster.date", f"{end} is before activity_start", "Exchange the two"))
        if awarded and (last := end or start) and awarded < last:
            problem = f"{awarded} is before the activity ended ({last})"
            flaws.append(("awarded_on", "roster.date", problem, "Correct one of the two"))

    def _check_person(self, values: dict[str, Any], flaws: list[Flaw]) -> None:
        email = values.get("email")
        if email is not None:
            if not _EMAIL.fullmatch(email):
                problem = f"{email[:60]!r} is not a mail address"
                flaws.append(("email", "roster.email", problem, "Write one address like ana@example.org"))
            # The hash in the badge must not depend on how somebody likes to capitalise an address.
            values["email"] = email.lower()
        learner = values.get("learner_id")
        if learner is not None and (":" in learner or len(learner) > 128) and not words.IRI.fullmatch(learner):
            problem = f"{learner[:60]!r} is neither a number or name at the issuer nor a DID or URL"
            flaws.append(("learner_id", "roster.learner-id", problem, "Write it like 4711 or did:key:z6Mk…"))
        language = values.get("language")
        if language is not None and language not in self._languages:
            problem = f"the achievement has no texts in {language[:20]!r}"
            flaws.append(("language", "roster.language", problem, words.did_you_mean(language, self._languages)))

    def _check_result(self, values: dict[str, Any], flaws: list[Flaw]) -> None:
        grade = values.get("grade")
        if grade is not None:
            if self._grading is None:
                remedy = "Leave it empty, or add [grading] to the definition"
                flaws.append(("grade", "roster.grade", "the achievement has no grade scale", remedy))
            elif problem := self._grading.problem(grade):
                comma = grade.replace(",", ".", 1)
                better = self._grading.problem(comma) is None
                remedy = f"Write {comma}" if better else "Only what was passed can be awarded"
                flaws.append(("grade", "roster.grade", problem, remedy))
        self._check_credits(values, flaws)
        url = values.get("evidence_url")
        if url is not None and not words.WEB_URL.fullmatch(url):
            problem = f"{url[:60]!r} is not an absolute web address"
            flaws.append(("evidence_url", "roster.url", problem, "Write it like https://…, spaces as %20"))
        if "evidence_name" in values and url is None:
            flaws.append(("evidence_name", "roster.evidence", "there is no evidence_url to this name", "Add it"))

    def _check_credits(self, values: dict[str, Any], flaws: list[Flaw]) -> None:
        text = values.get("credits")
        if text is None:
            return
        if not _NUMBER.fullmatch(text) or float(text) <= 0:
            comma = text.replace(",", ".", 1)
            remedy = f"Write {comma}" if _NUMBER.fullmatch(comma) else "Write it like 5 or 2.5, or leave it empty"
            flaws.append(("credits", "roster.credits", f"{text[:20]!r} is not a number of credits", remedy))
            return
        number = float(text)
        values["credits"] = int(number) if number.is_integer() else number
        if self._credits is None:
            problem = "the achievement counts hours, so credits would have no unit"
            flaws.append(("credits", "roster.credits", problem, "Leave it empty, or give the definition its ects"))
        elif number > self._credits:
            problem = f"{text} credits are more than the {self._credits} of the achievement"
            flaws.append(("credits", "roster.credits", problem, "Leave it empty to give all of them"))


def _text(column: str, cell: Any, flaws: list[Flaw]) -> str | None:
    """The cell without superfluous white space, in Unicode form NFC; None where it is empty or wrong."""
    if cell is None:
        return None
    if isinstance(cell, int | float) and not isinstance(cell, bool) and column in ("grade", "credits", "learner_id"):
        cell = str(cell)
    if not isinstance(cell, str):
        flaws.append((column, "roster.type", f"{column} is not text", "Write it in quotes"))
        return None
    # NFC: macOS writes é as two characters, which would hash and compare as another name.
    text = unicodedata.normalize("NFC", _SPACES.sub(" ", cell).strip())
    limit = _MAX_CHARS.get(column, _OTHER_CHARS)
    if words.FORBIDDEN.search(text):
        problem = f"{column} holds control characters or marks that reverse text"
        flaws.append((column, "roster.characters", problem, "Type it again"))
    elif len(text) > limit:
        flaws.append((column, "roster.too-long", f"{column} has {len(text)} characters", f"The most is {limit}"))
    else:
        return text
    return None


def _date(column: str, text: str, flaws: list[Flaw]) -> date | None:
    if _DATE.fullmatch(text):
        try:
            return date.fromisoformat(text)
        except ValueError:
            flaws.append((column, "roster.date", f"there is no day {text}", "Look it up in the calendar"))
            return None
    problem = f"{text[:30]!r} is not a date of the form year-month-day"
    flaws.append(
        (column, "roster.date", problem, "Write it like 2026-06-28; other forms mean different days to people")
    )
    return None
