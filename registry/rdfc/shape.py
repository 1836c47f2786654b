"""A document with slots, compiled: fills in texts and answers canonical N-Quads, without JSON-LD.

The credentials of a batch differ in some texts only. One of them is walked with a mark in the place of each text; the
statements that come out are split at the marks. What remains for each credential: put the texts in, hash the blank
nodes whose statements hold one, number the blank nodes, sort.
"""

import itertools
import re
from collections.abc import Callable, Iterable, Sequence
from operator import itemgetter

from registry.rdfc.labels import Quad, sha256, views

FILLABLE_IRI = re.compile(r'(did|https?|urn):[^\x00-\x20\x7f<>"{}|\\^`]+')
"""What may be put in for an IRI: no shipped context gives these beginnings a meaning of its own (a test looks)."""


class Text:
    """A text with slots, each of which takes the term of some index."""

    def __init__(self, parts: Sequence[str], indexes: Sequence[int]) -> None:
        self.parts = tuple(parts)  # what stands before, between and after the slots
        self.indexes = tuple(indexes)
        self._format = "%s".join(part.replace("%", "%%") for part in parts)
        self._pick: Callable[[Sequence[str]], object] = itemgetter(*indexes) if indexes else lambda _: ()

    def fill(self, terms: Sequence[str]) -> str:
        """The text with its slots filled in."""
        return self._format % self._pick(terms)

    @staticmethod
    def join(texts: Iterable["Text"]) -> "Text":
        """One text after the other."""
        parts: list[str] = [""]
        indexes: list[int] = []
        for text in texts:
            parts[-1:] = [parts[-1] + text.parts[0], *text.parts[1:]]
            indexes += text.indexes
        return Text(parts, indexes)


NOTHING = Text([""], [])


class Lines:
    """Lines of which some have slots, all with the same beginning; they come out in order, each once."""

    def __init__(self, lines: Iterable[Text], beginning: Text = NOTHING) -> None:
        self.indexes: set[int] = set()
        # Ordered by what precedes their first slot. That is their order for good, unless one start is another's start.
        runs: list[list[Text]] = []
        start = None
        for line in sorted(lines, key=lambda line: line.parts):
            self.indexes.update(line.indexes)
            if start is None or not line.parts[0].startswith(start):
                runs.append([])
                start = line.parts[0] if line.indexes else None
            runs[-1].append(Text.join([beginning, line]))
        self._parts: list[Text | list[Text]] = []
        for ordered, group in itertools.groupby(runs, lambda run: len(run) == 1):
            if ordered:
                self._parts.append(Text.join(line for run in group for line in run))
            else:
                self._parts += group

    def fill(self, terms: Sequence[str]) -> str:
        """All of them, their slots filled in."""
        return "".join([part.fill(terms) if isinstance(part, Text) else _sorted(part, terms) for part in self._parts])


def _sorted(lines: list[Text], terms: Sequence[str]) -> str:
    return "".join(sorted({line.fill(terms) for line in lines}))


class Splitter:
    """Makes texts with slots of texts that hold marks; a slot's index is that of its mark."""

    def __init__(self, marks: Sequence[str]) -> None:
        self._index = {mark: index for index, mark in enumerate(marks)}
        self._any = re.compile("|".join(map(re.escape, marks)) or r"(?!)")

    def text(self, marked: str) -> Text:
        """The text, split at its marks."""
        return Text(self._any.split(marked), [self._index[mark] for mark in self._any.findall(marked)])


class Shape:
    """The statements of a document, with slots.

    `marks` stand for the texts: words that occur nowhere else, alike inside an IRI and inside a literal. Texts come in
    the same order, escaped as N-Quads want them; one that stands in an IRI must be as an IRI needs it.
    """

    def __init__(self, quads: Iterable[Quad], marks: Sequence[str]) -> None:
        dataset = list(dict.fromkeys(quads))
        seen: dict[str, list[str]] = {}
        for quad in dataset:
            for node, text in views(quad):
                seen.setdefault(node, []).append(text)
        # Terms to fill in: the texts first, then the blank nodes' names.
        places = {node: f"\x00{number}\x00" for number, node in enumerate(seen)}
        split = Splitter([*marks, *places.values()])
        self._views = [_View(Lines(map(split.text, texts))) for texts in seen.values()]
        blocks: dict[str, list[str]] = {}
        for subject, predicate, object_, graph in dataset:
            tail = f" {predicate} {places.get(object_, object_)}{' ' + places.get(graph, graph) if graph else ''} .\n"
            blocks.setdefault(places.get(subject, subject), []).append(tail)
        self._fixed: list[bytes] = []  # whole blocks: all statements about one thing
        self._renamed: list[tuple[int, Lines, dict[str, bytes]]] = []  # change with their blank node's name only
        self._filled: list[tuple[Text, Lines]] = []
        self._names: set[str] = set()  # of things, without slots
        for name, tails in blocks.items():
            head = split.text(name)
            lines = Lines(map(split.text, tails), head)
            if not head.indexes:
                self._names.add(name)
            if not head.indexes and not lines.indexes:
                self._fixed.append(lines.fill(()).encode())
            elif name in places.values() and not lines.indexes:
                self._renamed.append((head.indexes[0], lines, {}))
            else:
                self._filled.append((head, lines))

    def hashes(self, texts: Sequence[str], known: Sequence[str] = ()) -> list[str]:
        """The first-degree hash of every blank node, in the order of the walk; the first ones may be known already."""
        return [*known, *[view.hash(texts) for view in self._views[len(known) :]]]

    def canonical(self, texts: Sequence[str], hashes: Sequence[str]) -> bytes | None:
        """Canonical N-Quads in UTF-8. None where texts make blank nodes alike or give two things the same name."""
        if len(set(hashes)) != len(hashes):
            return None
        terms = [*texts, *hashes]
        for number, place in enumerate(sorted(range(len(texts), len(terms)), key=terms.__getitem__)):
            terms[place] = f"_:c14n{number}"
        blocks = self._fixed.copy()
        for place, lines, made in self._renamed:
            name = terms[place]
            if name not in made:  # as many names as there are blank nodes
                made[name] = lines.fill(terms).encode()
            blocks.append(made[name])
        names = self._names.copy()
        for head, lines in self._filled:
            if head.indexes:
                name = head.fill(terms)
                if name in names:
                    return None
                names.add(name)
            # Block by block, since text beyond ASCII makes encoding slow; UTF-8 sorts as Unicode does.
            blocks.append(lines.fill(terms).encode())
        blocks.sort()
        return b"".join(blocks)


class _View:
    """The statements that mention a blank node, as RDFC-1.0 hashes them (section 4.6)."""

    def __init__(self, lines: Lines) -> None:
        self._lines = lines
        self._known = "" if lines.indexes else self._sha256(())

    def hash(self, texts: Sequence[str]) -> str:
        return self._known or self._sha256(texts)

    def _sha256(self, texts: Sequence[str]) -> str:
        return sha256(self._lines.fill(texts))
