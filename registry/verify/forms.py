"""Files alike in everything but some texts, as those of one batch are: what is alike in them is read once.

A form is a file with marks in the place of its texts, read by the long way; what came out is split at the marks. It is
used only after it gave, for the file that it was made of, what the long way gives, and only for texts that JSON and RDF
write as they are. All else goes the long way, so what is read never depends on which way was taken.
"""

import re
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from registry.errors import RegistryError
from registry.format import anchorproof, strictjson
from registry.rdfc.canonizer import default
from registry.rdfc.labels import Quad
from registry.rdfc.literals import RDF, is_plain
from registry.rdfc.shape import FILLABLE_IRI, Shape, Splitter

MAX_FORMS = 64
"""Kept at most, some 200 kB each; a batch has one for every combination of optional values."""

MAX_BYTES = 64 * 1024
"""Files from which a form is made; a badge has 6 kB."""

MAX_SLOTS = 64
MAX_ATTEMPTS = 32
"""Texts that may differ, and how often a form is made again because one more does; each takes some milliseconds."""

_STRING = re.compile(rb'"((?:[^"\\]|\\.)*)"')
_MARK = "urn:x-slot:"
_WHOLE = re.compile(rf"{_MARK}\d+:")
_TYPE = f"<{RDF}type>"


@dataclass(frozen=True)
class Digests:
    """SHA-256 of a document's canonical N-Quads: as it is, D_rdf of FORMAT.md; and without its proofs."""

    whole: bytes
    unsecured: bytes


class Filled:
    """A file that fits a form."""

    def __init__(self, form: "Form", texts: Sequence[bytes]) -> None:
        self._form = form
        self._texts = texts

    @property
    def credential(self) -> dict[str, Any]:
        """What the file holds."""
        return self._form.fill(self._texts)

    @property
    def document(self) -> bytes:
        """The canonical form of the credential without its anchor proof."""
        return self._form.json.fill(self._texts)

    @property
    def digests(self) -> Digests | None:
        """Of the same document. None where they must be worked out the long way."""
        return self._form.digests(self._texts)


class Form:
    """`pieces` is a file split at its texts, every second piece being one; those with an index in `slots` may differ.

    Raises RegistryError where nothing comes of it.
    """

    def __init__(self, pieces: Sequence[bytes], slots: Sequence[int]) -> None:
        marks = [f"{_MARK}{number}:" for number in range(len(slots))]
        marked = list(pieces)
        for slot, mark in zip(slots, marks, strict=True):
            marked[slot] = mark.encode()
        text = b'"'.join(marked)
        self._split = re.split(b"|".join(re.escape(mark.encode()) for mark in marks), text)
        self.credential: dict[str, Any] = strictjson.parse(text)
        self.places = _places(self.credential, {mark: number for number, mark in enumerate(marks)})
        document, _ = anchorproof.detach(self.credential)
        self.json = Splitter(marks).text(strictjson.canonical(document))
        self._shapes: tuple[Shape, Shape] | None = None
        self._iris: frozenset[int] = frozenset()
        self._learn_rdf(document, marks)

    def fit(self, data: bytes) -> Filled | None:
        """The file `data`, if it is one of these."""
        first, *others = self._split
        if not data.startswith(first):
            return None
        texts = []
        place = len(first)
        for part in others:
            end = data.find(b'"', place)
            if end < 0 or not data.startswith(part, end):
                return None
            texts.append(data[place:end])
            place = end + len(part)
        if place != len(data):
            return None
        try:
            plain = is_plain(b" ".join(texts).decode())  # between them: each must be UTF-8 by itself
        except UnicodeDecodeError:
            return None
        return Filled(self, texts) if plain else None

    def fill(self, texts: Sequence[bytes]) -> dict[str, Any]:
        made: dict[str, Any] = _put(self.credential, self.places, texts)
        return made

    def digests(self, texts: Sequence[bytes]) -> Digests | None:
        if self._shapes is None or not all(FILLABLE_IRI.fullmatch(texts[slot].decode()) for slot in self._iris):
            return None
        unsecured, whole = self._shapes
        hashes = unsecured.hashes(texts)
        without = unsecured.canonical(texts, hashes)
        # Blank nodes are counted in the order of the walk, so the proofs' come last, and they change no other's hash.
        everything = whole.canonical(texts, whole.hashes(texts, known=hashes))
        if without is None or everything is None:
            return None
        return Digests(sha256(everything).digest(), sha256(without).digest())

    def _learn_rdf(self, document: Mapping[str, Any], marks: Sequence[str]) -> None:
        unsecured = {name: value for name, value in document.items() if name != "proof"}
        proofs = {"proof": document["proof"]} if "proof" in document else {}
        try:
            quads = default().quads(unsecured), default().quads(unsecured | proofs)
        except RegistryError:
            return  # such as a mark that stands for a type
        found = _roles(quads[1])
        inside = {mark for mark in marks if mark in strictjson.canonical(document).decode()}
        if found is None or found.keys() != inside:
            return
        self._iris = frozenset(number for number, mark in enumerate(marks) if found.get(mark))
        self._shapes = Shape(quads[0], marks), Shape(quads[1], marks)


class Forms:
    """The forms of the files seen so far. Not for several threads at once."""

    def __init__(self) -> None:
        self._seen: OrderedDict[bytes, _Seen] = OrderedDict()

    def find(self, data: bytes) -> Filled | None:
        """What the file holds, without parsing it; None if it fits no form."""
        if len(data) > MAX_BYTES:
            return None
        for kind, seen in reversed(self._seen.items()):
            found = seen.form.fit(data) if seen.form else None
            if found is not None:
                self._seen.move_to_end(kind)  # what is not used goes first
                return found
        return None

    def learn(self, data: bytes) -> None:
        """Take a file that fits no form into account. It must have been read, and its signature checked."""
        if len(data) > MAX_BYTES or not data.startswith(b"{") or _MARK.encode() in data:
            return
        pieces = _STRING.split(data)
        kind = _kind(pieces)
        seen = self._seen.get(kind)
        if seen is None:
            self._seen[kind] = _Seen(pieces)
            if len(self._seen) > MAX_FORMS:
                self._seen.popitem(last=False)
            return
        differing = {place for place in range(1, len(pieces), 2) if pieces[place] != seen.pieces[place]}
        if differing <= seen.slots or seen.attempts == MAX_ATTEMPTS:
            return
        seen.slots |= differing
        seen.attempts += 1
        seen.form = _proved(pieces, sorted(seen.slots), data) if len(seen.slots) <= MAX_SLOTS else None


@dataclass
class _Seen:
    """An example of files alike, and which of its texts have differed so far."""

    pieces: list[bytes]
    slots: set[int]
    form: Form | None = None
    attempts: int = 0

    def __init__(self, pieces: list[bytes]) -> None:
        self.pieces = pieces
        self.slots = set()


def _proved(pieces: list[bytes], slots: list[int], data: bytes) -> Form | None:
    """The form, if it gives for its own file what the long way gives."""
    try:
        form = Form(pieces, slots)
        made = form.fit(data)
        if made is None:
            return None
        credential = strictjson.parse(data)
        document, _ = anchorproof.detach(credential)
        same = (made.credential, made.document) == (credential, strictjson.canonical(document))
        return form if same and made.digests in (None, digests_of(document)) else None
    except RegistryError:
        return None


def digests_of(document: Mapping[str, Any]) -> Digests:
    """The long way. Raises FormatError rdf.*."""
    whole = default().canonize(document)
    unsecured = {name: value for name, value in document.items() if name != "proof"}
    return Digests(sha256(whole).digest(), sha256(default().canonize(unsecured)).digest())


def _kind(pieces: Sequence[bytes]) -> bytes:
    """What a file is without the texts that may be put in: structure, names of members, numbers, white space.

    Texts that must not be put in stay: a description of two paragraphs, say, differs between the languages of a batch.
    """
    between, texts = pieces[::2], pieces[1::2]
    fixed = [
        text if after.lstrip().startswith(b":") or not is_plain(text.decode()) else b""
        for text, after in zip(texts, between[1:], strict=True)
    ]
    return sha256(b'"'.join([*between, *fixed])).digest() + len(pieces).to_bytes(4, "big")


_Places = dict[Any, Any]
"""Members that hold slots: a slot's number, or again members."""


def _places(value: Any, numbers: Mapping[str, int]) -> _Places:
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    found: _Places = {}
    for name, member in members:
        if isinstance(member, str):
            if member in numbers:
                found[name] = numbers[member]
        elif inner := _places(member, numbers):
            found[name] = inner
    return found


def _put(value: Any, places: _Places, texts: Sequence[bytes]) -> Any:
    made = value.copy()
    for name, inner in places.items():
        made[name] = texts[inner].decode() if type(inner) is int else _put(value[name], inner, texts)
    return made


def _roles(quads: Sequence[Quad]) -> dict[str, bool] | None:
    """Each mark, and whether it stands for an IRI somewhere; None if one is not a whole IRI or literal, or a type."""
    found: dict[str, bool] = {}
    for quad in quads:
        for position, term in enumerate(quad):
            if _MARK not in term:
                continue
            mark, _, rest = term[1:].partition(">" if term[0] == "<" else '"')
            meaning = position == 1 or (position == 2 and quad[1] == _TYPE)
            if meaning or _MARK in rest or not _WHOLE.fullmatch(mark):
                return None
            found[mark] = found.get(mark, False) or term[0] == "<"
    return found
