"""Reads values out of a definition and collects everything that is wrong with it, so that one upload tells all."""

from collections.abc import Iterable, Mapping
from typing import Any

from registry.credential import words
from registry.credential.words import did_you_mean
from registry.errors import RowError
from registry.format.strictjson import pointer
from registry.limits import MAX_URL_CHARS

MAX_TEXT_CHARS = 20_000
"""One text of a definition: ten printed pages. It is copied into every credential."""

MAX_ITEMS = 100
"""Learning outcomes, skills and the like: each is copied into every credential."""

MAX_ECTS = 600
"""Credits of one achievement, or of a rule: ten years of full-time study; anything above is a slip of the keyboard."""

Path = tuple[str | int, ...]


class Problems:
    """Collects what is wrong. `element` is the EU element concerned, like "9 type of assessment"."""

    def __init__(self) -> None:
        self.errors: list[RowError] = []

    def add(self, path: Path, code: str, problem: str, remedy: str = "", element: str = "") -> None:
        """Note one problem at `path`."""
        named = f"EU element {element}: {problem}" if element else problem
        self.errors.append(RowError(None, None, pointer(*path), code, named, remedy))


class Table:
    """One table of the definition with the place it has; every getter notes what is wrong and answers None."""

    def __init__(self, data: Mapping[str, Any], path: Path, problems: Problems, element: str = "") -> None:
        self.data = data
        self.path = path
        self.problems = problems
        self.element = element

    def wrong(self, name: str, code: str, problem: str, remedy: str = "") -> None:
        """Note a problem with the member `name`; "" is the table itself."""
        path = (*self.path, name) if name else self.path
        self.problems.add(path, code, problem, remedy, self.element)

    def only(self, *known: str) -> None:
        """Refuse members other than `known`, guessing what was meant."""
        for name in self.data:
            if name not in known:
                self.wrong(
                    name, "achievement.unknown-field", f"{name!r} is not a field here", did_you_mean(name, known)
                )

    def missing(self, name: str, remedy: str) -> None:
        """Note that a required member is not there."""
        self.wrong(name, "achievement.missing", f"{name} is missing", remedy)

    def text(self, name: str, remedy: str = "", *, required: bool = False, limit: int = MAX_TEXT_CHARS) -> str | None:
        """A non-empty string without control characters."""
        value = self.data.get(name)
        if value is None:
            if required:
                self.missing(name, remedy)
            return None
        return self._clean(name, value, limit)

    def _clean(self, name: str, value: Any, limit: int) -> str | None:
        if not isinstance(value, str) or not value.strip():
            self.wrong(name, "achievement.text", f"{name} is empty or not text", "Write it in quotes")
        elif len(value) > limit:
            self.wrong(name, "achievement.text", f"{name} has {len(value)} characters, more than {limit}", "Shorten it")
        elif words.FORBIDDEN.search(value):
            self.wrong(name, "achievement.text", f"{name} holds control characters", "Remove them")
        else:
            return value.strip()
        return None

    def texts(self, name: str, language: str, remedy: str = "", *, required: bool = False) -> dict[str, str] | None:
        """Text per language: a table of them, or one string, which is in the main language."""
        value = self.data.get(name)
        if value is None:
            if required:
                self.missing(name, remedy)
            return None
        if not isinstance(value, Mapping):
            cleaned = self._clean(name, value, MAX_TEXT_CHARS)
            return {language: cleaned} if cleaned else None
        table = Table(value, (*self.path, name), self.problems, self.element)
        found = {}
        for tag in value:
            if not words.LANGUAGE.fullmatch(tag):
                table.wrong(tag, "achievement.language", f"{tag!r} is not a language tag", "Write it like en or pt-BR")
            elif text := table.text(tag):
                found[tag] = text
        if language not in value:
            table.missing(language, "Every text is needed in the main language")
        return found or None

    def url(self, name: str, remedy: str = "", *, required: bool = False) -> str | None:
        """An absolute http(s) URL, DID or URN."""
        value = self.text(name, remedy, required=required, limit=MAX_URL_CHARS)
        if value is not None and not words.IRI.fullmatch(value):
            self.wrong(name, "achievement.url", f"{value[:80]!r} is not an absolute URL", "Write it like https://…")
            return None
        return value

    def number(self, name: str, least: float, most: float) -> int | float | None:
        """A number with `least` < number <= `most`, at most three decimals."""
        value = self.data.get(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float) or not least < value <= most:
            self.wrong(name, "achievement.number", f"{name} is not a number above {least:g} and up to {most:g}")
            return None
        rounded = round(value, 3)
        if rounded != value:
            self.wrong(name, "achievement.number", f"{name} has more than three decimals", "Round it")
        return int(rounded) if rounded == int(rounded) else rounded

    def choice(self, name: str, choices: Iterable[str], remedy: str = "", *, required: bool = False) -> str | None:
        """One of `choices`."""
        value = self.text(name, remedy, required=required)
        allowed = list(choices)
        if value is not None and value not in allowed:
            guess = did_you_mean(value, allowed)
            self.wrong(name, "achievement.choice", f"{value[:40]!r} is not a known {name}", guess)
            return None
        return value

    def table(self, name: str, remedy: str = "", *, required: bool = False, element: str = "") -> "Table | None":
        """A nested table; None, and noted where `required`, when it is not there."""
        value = self.data.get(name)
        place = Table(value if isinstance(value, Mapping) else {}, (*self.path, name), self.problems, element)
        if value is None:
            if required:
                place.wrong("", "achievement.missing", f"{name} is missing", remedy)
            return None
        if not isinstance(value, Mapping):
            place.wrong("", "achievement.table", f"{name} is not a table", f"Begin it with [{name}]")
            return None
        return place

    def tables(self, name: str, remedy: str = "", *, required: bool = False, element: str = "") -> list["Table"]:
        """A list of tables."""
        value = self.data.get(name)
        place = Table({}, (*self.path, name), self.problems, element)
        if value is None or value == []:
            if required:
                place.wrong("", "achievement.missing", f"{name} is missing", remedy)
            return []
        if not isinstance(value, list) or not all(isinstance(item, Mapping) for item in value):
            place.wrong("", "achievement.table", f"{name} is not a list of tables", f"Begin each with [[{name}]]")
            return []
        if len(value) > MAX_ITEMS:
            place.wrong("", "achievement.too-many", f"{name} has {len(value)} items, more than {MAX_ITEMS}")
            return []
        return [Table(item, (*self.path, name, index), self.problems, element) for index, item in enumerate(value)]
