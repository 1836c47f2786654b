"""Reads an achievement definition (TOML or JSON) and answers with all that is wrong with it at once.

Standard: Council Recommendation 2022/C 243/02, Annex I. Each error names the element and a JSON Pointer, which serves
for TOML as well: `/workload/ects` is `ects` below `[workload]`.
"""

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from registry.credential.achievement import elements, openbadge
from registry.credential.achievement.endorsed import MAX_EMBEDDED, check_embeddable
from registry.credential.achievement.problems import Problems, Table
from registry.credential.achievement.vocabulary import element
from registry.credential.words import LANGUAGE
from registry.errors import FormatError, RowErrors
from registry.format import strictjson
from registry.limits import MAX_DEPTH

MAX_DEFINITION_BYTES = 256 * 1024
"""A definition is copied into every credential, so far less is sensible; this bounds the parsing."""

_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
# The parser takes quadratic time for a key of many parts: minutes for one that fills the file.
_KEY = r"""(?:[A-Za-z0-9_-]+|"(?:[^"\\\n]|\\.)*"|'[^'\n]*')"""
_LONG_KEY = re.compile(rf"(?<![A-Za-z0-9_-])(?:{_KEY}[ \t]*\.[ \t]*){{{MAX_DEPTH}}}")
_VERSION = re.compile(r"[a-z0-9]+([.-][a-z0-9]+)*")
_FIELDS = (
    "slug",
    "version",
    "language",
    "id",
    "human_code",
    "tags",
    "title",
    "description",
    "criteria",
    "learning_outcomes",
    "awarding_body",
    "workload",
    "level",
    "assessment",
    "participation",
    "quality_assurance",
    "prerequisites",
    "supervision",
    "grading",
    "stacking",
    "further_information",
    "skills",
    "isced_f",
    "endorsements",
)


@dataclass(frozen=True)
class Grading:
    """The grade scale: either an ordered list of values, low to high, or numbers from `least` to `most`."""

    values: tuple[str, ...] = ()
    least: float | None = None
    most: float | None = None
    required: str | None = None

    def problem(self, grade: str) -> str | None:
        """Why `grade` is not a passing grade of this scale; None when it is."""
        if self.values:
            if grade not in self.values:
                return f"the grade {grade!r} is none of {', '.join(self.values)}"
            if self.required and self.values.index(grade) < self.values.index(self.required):
                return f"the grade {grade!r} is below the required {self.required}"
            return None
        if not re.fullmatch(r"\d{1,6}(\.\d{1,4})?", grade, re.ASCII):
            return f"the grade {grade!r} is not a number like 8.5"
        assert self.least is not None and self.most is not None  # noqa: S101, PT018 - the reader demands both
        if not self.least <= float(grade) <= self.most:
            return f"the grade {grade} is not from {self.least:g} to {self.most:g}"
        if self.required and float(grade) < float(self.required):
            return f"the grade {grade} is below the required {self.required}"
        return None


@dataclass(frozen=True)
class Achievement:
    """A checked definition. `data` is its normal form: every text per language, nothing superfluous."""

    data: dict[str, Any]

    @classmethod
    def parse(cls, data: bytes, kind: str) -> "Achievement":
        """Read a definition; `kind` is "toml" or "json".

        Raises FormatError where it cannot be read at all, RowErrors with everything that is wrong or missing.
        """
        problems = Problems()
        normal = _read(Table(_load(data, kind), (), problems))
        if problems.errors:
            raise RowErrors(problems.errors)
        return cls({name: value for name, value in normal.items() if value not in (None, [], {})})

    def canonical(self) -> bytes:
        """The canonical JSON (RFC 8785) of the normal form; parsing it gives an equal achievement."""
        return strictjson.canonical(self.data)

    @property
    def slug(self) -> str:
        """Short name for URLs: lower-case letters, digits, hyphens."""
        return str(self.data["slug"])

    @property
    def version(self) -> str:
        """Version as the issuer counts them."""
        return str(self.data["version"])

    @property
    def language(self) -> str:
        """Main language; every text exists in it."""
        return str(self.data["language"])

    @property
    def languages(self) -> tuple[str, ...]:
        """Languages that a badge can be in: those of the title, the main one first."""
        others = sorted(tag for tag in self.data["title"] if tag != self.language)
        return (self.language, *others)

    @property
    def credits(self) -> int | float | None:
        """ECTS credits, None where the workload is in hours only."""
        value: int | float | None = self.data["workload"].get("ects")
        return value

    @property
    def grading(self) -> Grading | None:
        """The grade scale, None where there are no grades."""
        found = self.data.get("grading")
        if found is None:
            return None
        required = found.get("required")
        return Grading(
            values=tuple(found.get("values", ())),
            least=found.get("min"),
            most=found.get("max"),
            required=None if required is None else str(required),
        )

    def text(self, name: str, language: str | None = None) -> str | None:
        """One of the texts per language, in `language` or else the main one."""
        return elements.choose(self.data.get(name), language or self.language, self.language)

    def to_open_badge(self, achievement_url: str, language: str | None = None) -> dict[str, Any]:
        """The Achievement object of Open Badges 3.0 (section B.1.1), in `language` where there is text in it."""
        return openbadge.achievement(self.data, self.data.get("id") or achievement_url, language or self.language)


def _load(data: bytes, kind: str) -> dict[str, Any]:
    if len(data) > MAX_DEFINITION_BYTES:
        problem = f"The definition has {len(data)} bytes, more than {MAX_DEFINITION_BYTES}"
        raise FormatError("format.too-large", "", problem)
    if kind == "json":
        value = strictjson.parse(data, max_bytes=MAX_DEFINITION_BYTES)
    elif kind == "toml":
        value = _load_toml(data)
    else:
        raise ValueError(f"kind is toml or json, not {kind!r}")
    if not isinstance(value, dict):
        raise FormatError("achievement.table", "", "The definition is not a JSON object")
    return value


def _load_toml(data: bytes) -> Any:
    try:
        text = data.removeprefix(b"\xef\xbb\xbf").decode()
    except UnicodeDecodeError as error:
        problem = f"Byte {error.start} is not UTF-8"
        raise FormatError("format.encoding", "", problem, "Save the definition as UTF-8") from None
    if _LONG_KEY.search(text):
        raise FormatError("format.too-deep", "", f"A dotted key has more than {MAX_DEPTH} parts")
    try:
        value = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise FormatError("achievement.not-toml", "", f"This is not TOML: {error}") from None
    # Level by level, not by recursion: brackets, headers and dotted keys can nest some hundred thousand deep.
    level: list[Any] = [value]
    for _ in range(MAX_DEPTH):
        level = [member for item in level for member in _members(item)]
        if not level:
            return value
    raise FormatError("format.too-deep", "", f"Values are nested deeper than {MAX_DEPTH} levels")


def _members(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def _read(top: Table) -> dict[str, Any]:
    top.only(*_FIELDS)
    language = top.text("language", "Name the main language, like en", required=True, limit=35)
    if language is not None and not LANGUAGE.fullmatch(language):
        top.wrong(
            "language", "achievement.language", f"{language!r} is not a language tag", "Write it like en or pt-BR"
        )
        language = None
    main = language or "en"
    title = Table(top.data, (), top.problems, element(2))
    return {
        "slug": _name(top, "slug", _SLUG, 64),
        "version": _name(top, "version", _VERSION, 32),
        "language": language,
        "id": top.url("id"),
        "human_code": top.text("human_code", limit=64),
        "tags": _tags(top),
        "title": title.texts("title", main, 'Write title = "…"', required=True),
        "description": top.texts("description", main, "Open Badges demand one", required=True),
        **elements.mandatory(top, main),
        **elements.optional(top, main),
        "endorsements": _endorsements(top),
    }


def _endorsements(top: Table) -> list[dict[str, Any]]:
    """Endorsements of this achievement, whole and as they are: they are signed."""
    found = top.tables("endorsements")
    if len(found) > MAX_EMBEDDED:
        top.wrong("endorsements", "achievement.too-many", f"there are more than {MAX_EMBEDDED}", "Keep the weightiest")
        return []
    url = top.data.get("id")
    if found and not isinstance(url, str):
        top.missing("id", "Endorsements name the achievement by its address; `credanchor endorse` writes it")
        return []
    for table in found:
        try:
            check_embeddable(table.data, str(url))
        except FormatError as error:
            place = (*table.path, *error.pointer.removeprefix("/").split("/")) if error.pointer else table.path
            top.problems.add(place, error.code, error.problem, error.remedy)
    return [dict(table.data) for table in found]


def _name(top: Table, name: str, pattern: re.Pattern[str], limit: int) -> str | None:
    value = top.text(name, "It is part of the address of the definition", required=True, limit=limit)
    if value is not None and not pattern.fullmatch(value):
        top.wrong(name, "achievement.name", f"{name} {value!r} is not a name for addresses", "Use a-z, 0-9 and hyphens")
        return None
    return value


def _tags(top: Table) -> list[str] | None:
    value = top.data.get("tags")
    if value is None:
        return None
    if not isinstance(value, list) or len(value) > 50:
        top.wrong("tags", "achievement.table", "tags is not a list of up to 50 words", 'Write tags = ["…", "…"]')
        return None
    place = Table({str(index): tag or "" for index, tag in enumerate(value)}, (*top.path, "tags"), top.problems)
    return [tag for index in place.data if (tag := place.text(index, limit=100))]
