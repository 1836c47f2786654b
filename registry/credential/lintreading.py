"""How the lint reads a credential that may be anybody's, and how it notes what is wrong."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from registry.credential.achievement import vocabulary
from registry.credential.words import IRI
from registry.format.strictjson import pointer

Kind = Literal["missing", "malformed"]
Path = tuple[str | int, ...]

ACHIEVEMENT: Path = ("credentialSubject", "achievement")
ALIGNMENT: Path = (*ACHIEVEMENT, "alignment")

_FIELDS = {
    1: "name in the roster",
    2: "title",
    3: "awarding_body.country",
    4: "awarding_body.name",
    5: "awarded_on in the roster",
    6: "[[learning_outcomes]]",
    7: "[workload]",
    8: "[level]",
    9: "[assessment]",
    10: "[participation]",
    11: "[quality_assurance]",
    14: "[grading]",
    15: "[stacking]",
}


@dataclass(frozen=True)
class Finding:
    """One element that is missing or not as it should be. `pointer` says where it is, or where it belongs."""

    element: int
    kind: Kind
    pointer: str
    problem: str
    remedy: str

    @property
    def mandatory(self) -> bool:
        """Whether the Recommendation demands the element."""
        return self.element in vocabulary.MANDATORY

    @property
    def code(self) -> str:
        return f"lint.{self.kind}"

    @property
    def sentence(self) -> str:
        """In the words of the Recommendation."""
        return f"EU element {vocabulary.element(self.element)}: {self.problem}"

    def to_json(self) -> dict[str, Any]:
        return {
            "element": self.element,
            "name": vocabulary.ELEMENTS[self.element],
            "mandatory": self.mandatory,
            "code": self.code,
            "pointer": self.pointer,
            "problem": self.problem,
            "remedy": self.remedy,
        }


class Findings:
    """The credential's parts, each of the type it should have or empty, and what is wrong with them."""

    def __init__(self, credential: Mapping[str, Any], now: datetime) -> None:
        self.list: list[Finding] = []
        self.now = now
        self.credential = credential
        self.subject = object_(credential.get("credentialSubject"))
        self.achievement = object_(self.subject.get("achievement"))
        self.issuer = object_(credential.get("issuer"))
        self.criteria = object_(self.achievement.get("criteria"))
        self.alignments = [(index, item) for index, item in enumerate(items(self.achievement.get("alignment"))) if item]

    def add(self, element: int, kind: Kind, place: Path, problem: str, remedy: str) -> None:
        if field := _FIELDS.get(element):
            remedy = f"{remedy} (in a definition of this registry: {field})"
        self.list.append(Finding(element, kind, pointer(*place), problem, remedy))

    def wrong(self, element: int, place: Path, problem: str, remedy: str) -> None:
        self.add(element, "malformed", place, problem, remedy)

    def aligned(self, element: int, *types: str) -> list[tuple[Path, Mapping[str, Any]]]:
        """The alignments of one of these types. One without a name or an address is noted."""
        chosen = []
        for index, item in self.alignments:
            if item.get("targetType") in types:
                place = (*ALIGNMENT, index)
                chosen.append((place, item))
                if not text(item.get("targetName")):
                    self.wrong(element, (*place, "targetName"), "it has no name", "Give targetName")
                if not iri(item.get("targetUrl")):
                    remedy = "Give targetUrl, an absolute URL of a vocabulary or of your own"
                    self.wrong(element, (*place, "targetUrl"), "it has no address", remedy)
        return chosen


def time_of(value: Any) -> datetime | None:
    try:
        time = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return time if time is not None and time.tzinfo is not None else None


def europa(value: Any) -> str:
    """The European vocabularies name themselves with http; https is the same address."""
    return re.sub("^https://data.europa.eu/", "http://data.europa.eu/", str(value))


def text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def iri(value: Any) -> bool:
    return isinstance(value, str) and bool(IRI.fullmatch(value))


def object_(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def items(value: Any) -> list[Mapping[str, Any]]:
    """A list's objects in their places; JSON-LD writes a list of one without brackets."""
    values = value if isinstance(value, list) else [] if value is None else [value]
    return [object_(item) for item in values]


def strings(value: Any) -> list[str]:
    values = value if isinstance(value, list) else [value]
    return [item for item in values if isinstance(item, str)]
