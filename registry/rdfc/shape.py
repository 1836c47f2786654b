"""A document with slots, compiled: fills in texts and answers canonical N-Quads, without JSON-LD.

The credentials of a batch differ in some texts only. One of them is walked with a mark in the place of each text; the
statements that come out are split at the marks. What remains for each credential: put the texts in, hash the blank
nodes whose statements hold one, number the blank nodes, sort. All in UTF-8, which sorts as Unicode does: putting bytes
together is ten times as fast as putting texts together that are then encoded.
"""

import itertools
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from hashlib import sha256
from operator import itemgetter

from registry.rdfc.labels import Quad, views

FILLABLE_IRI = re.compile(r'(did|https?|urn):[^\x00-\x20\x7f<>"{}|\\^`]+')
"""What may be put in for an IRI: no shipped context gives these beginnings a meaning of its own (a test looks)."""


class Text:
    """A text in UTF-8 with slots, each of which takes the term of some index."""

    def __init__(self, parts: Sequence[bytes], indexes: Sequence[int]) -> None:
        self.parts = tuple(parts)  # what stands before, between and after the slots
        self.indexes = tuple(indexes)
        self._format = b"%b".join(part.replace(b"%", b"%%") for part in parts)
        self._pick: Callable[[Sequence[bytes]], object] = itemgetter(*indexes) if indexes else lambda _: ()

    def fill(self, terms: Sequence[bytes]) -> bytes:
        """The text with its slots filled in."""
        return self._format % self._pick(terms)

    @staticmethod
    def join(texts: Iterable["Text"]) -> "Text":
        """One text after the other."""
        parts: list[bytes] = [b""]
        indexes: list[int] = []
        for text in texts:
            parts[-1:] = [parts[-1] + text.parts[0], *text.parts[1:]]
            indexes += text.indexes
        return Text(parts, indexes)


NOTHING = Text([b""], [])
_END = Text([b"\xff"], [])  # does not occur in UTF-8


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
        self.parts: list[tuple[Text, bool]] = []  # whether its lines are to be sorted
        for ordered, group in itertools.groupby(runs, lambda run: len(run) == 1):
            together = list(group)
            if ordered:
                together = [list(itertools.chain.from_iterable(together))]
            self.parts += [(Text.join(lines), not ordered) for lines in together]

    def fill(self, terms: Sequence[bytes]) -> bytes:
        """All of them, their slots filled in."""
        return b"".join(
            [_sorted(part.fill(terms)) if unordered else part.fill(terms) for part, unordered in self.parts]
        )


def _sorted(lines: bytes) -> bytes:
    return b"".join(sorted(set(lines.splitlines(keepends=True))))


class _Blocks:
    """All statements about one thing, each time; their texts are one, so that one call fills them in."""

    def __init__(self, blocks: Iterable[tuple[Text, Lines]]) -> None:
        pieces: list[Text] = []
        self._heads: list[int] = []
        self._parts: list[list[tuple[int, bool]]] = []
        for head, lines in blocks:
            self._heads.append(len(pieces))
            self._parts.append([(len(pieces) + 1 + n, unordered) for n, (_, unordered) in enumerate(lines.parts)])
            pieces += [head, *(part for part, _ in lines.parts)]
        self._text = Text.join(itertools.chain.from_iterable((piece, _END) for piece in pieces))

    def fill(self, terms: Sequence[bytes]) -> tuple[list[bytes], list[bytes]]:
        """The names of the things, and the statements about each."""
        pieces = self._text.fill(terms).split(_END.parts[0])
        blocks = [
            b"".join([_sorted(pieces[place]) if unordered else pieces[place] for place, unordered in parts])
            for parts in self._parts
        ]
        return [pieces[place] for place in self._heads], blocks


class Splitter:
    """Makes texts with slots of texts that hold marks; a slot's index is that of its mark."""

    def __init__(self, marks: Sequence[str]) -> None:
        self._index = {mark.encode(): index for index, mark in enumerate(marks)}
        self._any = re.compile(b"|".join(map(re.escape, self._index)) or rb"(?!)")

    def text(self, marked: bytes) -> Text:
        """The text, split at its marks."""
        return Text(self._any.split(marked), [self._index[mark] for mark in self._any.findall(marked)])

    def texts(self, marked: Iterable[str]) -> Iterator[Text]:
        """Several of them."""
        return (self.text(each.encode()) for each in marked)


class Shape:
    """The statements of a document, with slots.

    `marks` stand for the texts: words that occur nowhere else, alike inside an IRI and inside a literal. Texts come in
    the same order, in UTF-8, escaped as N-Quads want them; one that stands in an IRI must be as an IRI needs it.
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
        self._views = [_View(Lines(split.texts(texts))) for texts in seen.values()]
        blocks: dict[str, list[str]] = {}
        for subject, predicate, object_, graph in dataset:
            tail = f" {predicate} {places.get(object_, object_)}{' ' + places.get(graph, graph) if graph else ''} .\n"
            blocks.setdefault(places.get(subject, subject), []).append(tail)
        self._labels = [b"_:c14n%d" % number for number in range(len(seen))]
        self._fixed: list[bytes] = []  # whole blocks: all statements about one thing
        self._renamed: list[tuple[int, Lines, dict[bytes, bytes]]] = []  # change with their blank node's name only
        self._names: set[bytes] = set()  # of what these blocks are about
        filled: list[tuple[Text, Lines]] = []
        for name, tails in blocks.items():
            head = split.text(name.encode())
            lines = Lines(split.texts(tails), head)
            if not head.indexes and not lines.indexes:
                self._fixed.append(lines.fill(()))
                self._names.add(name.encode())
            elif name in places.values() and not lines.indexes:
                self._renamed.append((head.indexes[0], lines, {}))
            else:
                filled.append((head, lines))
        self._filled = _Blocks(filled)

    def hashes(self, texts: Sequence[bytes], known: Sequence[bytes] = ()) -> list[bytes]:
        """The first-degree hash of every blank node, 32 bytes, in the order of the walk; the first may be known."""
        return [*known, *[view.hash(texts) for view in self._views[len(known) :]]]

    def canonical(self, texts: Sequence[bytes], hashes: Sequence[bytes]) -> bytes | None:
        """Canonical N-Quads in UTF-8. None where texts make blank nodes alike or give two things the same name."""
        if len(set(hashes)) != len(hashes):
            return None
        terms = [*texts, *hashes]
        order = sorted(range(len(texts), len(terms)), key=terms.__getitem__)
        for place, name in zip(order, self._labels, strict=True):
            terms[place] = name
        blocks = self._fixed.copy()
        for place, lines, made in self._renamed:
            name = terms[place]
            if name not in made:  # as many names as there are blank nodes
                made[name] = lines.fill(terms)
            blocks.append(made[name])
        names, filled = self._filled.fill(terms)
        if len(self._names.union(names)) != len(self._names) + len(names):
            return None
        blocks += filled
        blocks.sort()
        return b"".join(blocks)


class _View:
    """The statements that mention a blank node, as RDFC-1.0 hashes them (section 4.6)."""

    def __init__(self, lines: Lines) -> None:
        self._lines = lines
        self._known = b"" if lines.indexes else sha256(lines.fill(())).digest()

    def hash(self, texts: Sequence[bytes]) -> bytes:
        return self._known or sha256(self._lines.fill(texts)).digest()
