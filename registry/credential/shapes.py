"""Remembers how documents of one shape become RDF: the credentials of a batch differ in their texts only.

The shape of a document is all of it except its texts; types, contexts and other words of a vocabulary belong to it.
Its statements are computed once, with a mark in the place of every text; from then on each document only fills in its
texts. That is exact, because JSON-LD looks at a text only where it stands for an IRI, and there nothing but an absolute
URL, DID or URN is filled in, which no context turns into anything else (a test holds the shipped contexts to that).
All else takes the general way.
"""

import json
import re
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from registry.credential.nquads import Quad, literal
from registry.credential.safemode import RELATIVE, UNDEFINED
from registry.errors import FormatError
from registry.limits import MAX_DEPTH

MAX_SHAPES = 256
"""Shapes remembered, 50 kB each. A batch has one for every combination of optional values: about ten."""

SCHEMES = ("did", "http", "https", "urn")
"""Beginnings of texts that may be filled in for an IRI: no shipped context gives them a meaning of its own."""

_IRI = re.compile(rf'({"|".join(SCHEMES)}):[^\x00-\x20\x7f<>"{{}}|\\^`]+')
_MARK = "urn:x-mark:"

_WORDS = frozenset({"type", "proofPurpose"})
"""Members whose texts are words that the contexts define."""

Texts = list[str]


@dataclass(frozen=True)
class Shape:
    """Statements with marks; `iris` and `literals` say which text each mark stands for, and how literals go on."""

    quads: list[Quad]
    iris: list[tuple[str, int]]
    literals: list[tuple[str, int, str]]

    def fill(self, texts: Texts) -> list[Quad] | None:
        """The statements of the document with these texts; None where one cannot just be filled in."""
        terms: dict[str, str] = {}
        for term, number in self.iris:
            if not _IRI.fullmatch(texts[number]) or texts[number].startswith((UNDEFINED, RELATIVE)):
                return None
            terms[term] = f"<{texts[number]}>"
        for term, number, rest in self.literals:
            terms[term] = literal(texts[number]) + rest
        get = terms.get
        return [(get(s, s), predicate, get(o, o), get(g, g)) for s, predicate, o, g in self.quads]


class Shapes:
    """The shapes seen last. `general` computes the statements of any document. Not for several threads at once."""

    def __init__(self, general: Callable[[Mapping[str, Any]], list[Quad]]) -> None:
        self._general = general
        self._known: OrderedDict[str, Shape | None] = OrderedDict()

    def quads(self, document: Mapping[str, Any]) -> list[Quad]:
        """The same as `general(document)`, up to the names of blank nodes."""
        texts: Texts = []
        marked = _mark(document, texts)
        key = None if marked is None else json.dumps(marked, separators=(",", ":"))
        if key is None:
            return self._general(document)
        if key in self._known:
            self._known.move_to_end(key)
        else:
            self._known[key] = self._learn(marked, len(texts))
            if len(self._known) > MAX_SHAPES:
                self._known.popitem(last=False)
        shape = self._known[key]
        filled = shape.fill(texts) if shape else None
        return self._general(document) if filled is None else filled

    def _learn(self, marked: Any, count: int) -> Shape | None:
        try:
            quads = self._general(marked)
        except FormatError:
            return None
        marks = {f"{_MARK}{number}:": number for number in range(count)}
        iris, literals = [], []
        seen = set()
        for term in {term for subject, _, object_, graph in quads for term in (subject, object_, graph)}:
            text, _, rest = term[1:].partition(">" if term.startswith("<") else '"')
            if text in marks:
                seen.add(text)
                if term.startswith("<"):
                    iris.append((term, marks[text]))
                else:
                    literals.append((term, marks[text], rest))
        # A text that is not there as a whole was used otherwise, as JSON for example.
        return Shape(quads, iris, literals) if len(seen) == count else None


def _mark(value: Any, texts: Texts) -> Any:
    """A copy with marks for texts, which are appended to `texts`; None where marks could be confused."""
    try:
        return _marked(value, texts, MAX_DEPTH)
    except _NoShape:
        return None


class _NoShape(Exception):
    pass


def _marked(value: Any, texts: Texts, depth: int) -> Any:
    if depth < 0:
        # What is too deep is for the general way to refuse, before anything in C recurses into it.
        raise _NoShape
    if isinstance(value, str):
        texts.append(value)
        return f"{_MARK}{len(texts) - 1}:"
    if isinstance(value, list):
        return [_marked(member, texts, depth - 1) for member in value]
    if isinstance(value, dict):
        return {key: _member(key, member, texts, depth - 1) for key, member in value.items()}
    return value


def _member(key: str, member: Any, texts: Texts, depth: int) -> Any:
    if key == "@context":
        # A list of addresses, or else it is refused; it is not compared more deeply.
        if not isinstance(member, list) or not all(isinstance(url, str) for url in member):
            raise _NoShape
        return member
    if key in _WORDS:
        if not isinstance(member, str | list) or _is_marked(member):
            raise _NoShape
        return member
    if key.startswith("@"):
        # Languages and values of other kinds: what they mean depends on the text.
        raise _NoShape
    return _marked(member, texts, depth)


def _is_marked(words: str | list[Any]) -> bool:
    """Whether the words hold a mark, or anything but words."""
    return any(not isinstance(word, str) or _MARK in word for word in ([words] if isinstance(words, str) else words))
