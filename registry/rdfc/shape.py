"""A document with slots, compiled: fills in texts and answers canonical N-Quads, without JSON-LD.

The credentials of a batch differ in some texts only. One of them is walked with a mark in the place of each text; the
statements that come out are split at the marks. What remains for each credential: put the texts in, hash the blank
nodes whose statements hold one, number the blank nodes, sort.
"""

import re
from collections.abc import Iterable, Sequence
from hashlib import sha256

from registry.rdfc.labels import Quad, views

Line = tuple[str, tuple[tuple[int, str], ...]]
"""A text with slots: how it begins, then each slot's index and what follows it."""


def fill(line: Line, terms: Sequence[str]) -> str:
    """The text with its slots filled in."""
    text, rest = line
    for index, after in rest:
        text += terms[index] + after
    return text


class Lines:
    """Lines of which some have slots; they come out in order, each once."""

    def __init__(self, lines: Iterable[Line]) -> None:
        # Ordered by what precedes their first slot; that is their order for good unless one beginning begins another.
        every = sorted(lines)
        self._texts = [text for text, _ in every]
        self.slotted = [(place, line) for place, line in enumerate(every) if line[1]]
        self._ordered = not any(
            other.startswith(text)
            for place, (text, _) in self.slotted
            for other in (*self._texts[:place], *self._texts[place + 1 :])
        )
        self._digest = "" if self.slotted else _sha256(self._texts)

    def fill(self, terms: Sequence[str]) -> list[str]:
        """All of them, their slots filled in."""
        if not self.slotted:
            return self._texts
        texts = self._texts.copy()
        for place, line in self.slotted:
            texts[place] = fill(line, terms)
        return texts if self._ordered else sorted(set(texts))

    def digest(self, terms: Sequence[str]) -> str:
        """SHA-256 of all of them, in hexadecimal."""
        return self._digest or _sha256(self.fill(terms))


def _sha256(lines: list[str]) -> str:
    return sha256("".join(lines).encode()).hexdigest()


class Splitter:
    """Makes lines of texts that hold marks; a slot's index is that of its mark."""

    def __init__(self, marks: Sequence[str]) -> None:
        self._index = {mark: index for index, mark in enumerate(marks)}
        self._any = re.compile("|".join(map(re.escape, marks)) or r"(?!)")

    def line(self, text: str) -> Line:
        """The text, split at its marks."""
        parts = self._any.split(text)
        marks = self._any.findall(text)
        return parts[0], tuple((self._index[mark], after) for mark, after in zip(marks, parts[1:], strict=True))


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
        split = Splitter([*marks, *(f"\x00{number}\x00" for number in range(len(seen)))])
        places = {node: f"\x00{number}\x00" for number, node in enumerate(seen)}
        blocks: dict[str, list[str]] = {}
        for subject, predicate, object_, graph in dataset:
            tail = f" {predicate} {places.get(object_, object_)}{' ' + places.get(graph, graph) if graph else ''} .\n"
            blocks.setdefault(places.get(subject, subject), []).append(tail)
        self._views = [Lines([split.line(text) for text in texts]) for texts in seen.values()]
        self._fixed: list[bytes] = []  # whole blocks: all statements about one thing
        self._renamed: list[
            tuple[int, str, dict[str, bytes]]
        ] = []  # those that change with their blank node's name only
        self._filled: list[tuple[Line, Lines]] = []
        self._names: set[str] = set()  # of things without slots
        for subject, tails in blocks.items():
            head, lines = split.line(subject), Lines([split.line(tail) for tail in tails])
            if not head[1]:
                self._names.add(subject)
            if not head[1] and not lines.slotted:
                self._fixed.append((subject + subject.join(lines.fill(()))).encode())
            elif subject.startswith("\x00") and not lines.slotted:
                self._renamed.append((head[1][0][0], "\x00".join(["", *lines.fill(())]), {}))
            else:
                self._filled.append((head, lines))

    def hashes(self, texts: Sequence[str], known: Sequence[str] = ()) -> list[str]:
        """The first-degree hash of every blank node, in the order of the walk; the first ones may be known already."""
        return [*known, *[view.digest(texts) for view in self._views[len(known) :]]]

    def canonical(self, texts: Sequence[str], hashes: Sequence[str]) -> bytes | None:
        """Canonical N-Quads in UTF-8. None where texts make blank nodes alike or give two things the same name."""
        if len(set(hashes)) != len(hashes):
            return None
        terms = [*texts, *hashes]
        for number, place in enumerate(sorted(range(len(texts), len(terms)), key=terms.__getitem__)):
            terms[place] = f"_:c14n{number}"
        blocks = self._fixed.copy()
        for place, tails, made in self._renamed:
            name = terms[place]
            if name not in made:  # as many names as there are blank nodes
                made[name] = tails.replace("\x00", name).encode()
            blocks.append(made[name])
        names = self._names.copy()
        for head, lines in self._filled:
            subject = fill(head, terms)
            if subject[0] != "_":
                if subject in names and head[1]:
                    return None
                names.add(subject)
            # Block by block, since text beyond ASCII makes encoding slow; UTF-8 sorts as Unicode does.
            blocks.append((subject + subject.join(lines.fill(terms))).encode())
        blocks.sort()
        return b"".join(blocks)
