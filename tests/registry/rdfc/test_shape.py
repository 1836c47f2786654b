"""A shape is a short cut: whatever texts are put in, it gives the canonical form of the document with these texts."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.rdfc.contexts import CONTEXTS
from registry.rdfc.labels import Quad, canonical
from registry.rdfc.literals import escaped, literal
from registry.rdfc.shape import FILLABLE_IRI, Shape

MARKS = ["\ue0000\ue001", "\ue0001\ue001", "\ue0002\ue001", "\ue0003\ue001"]
WORDS = st.sampled_from(["a", "ab", "b", "", "x y", 'q"\\\n\x7f', "é😀\u2028", "z"])

TERMS = st.sampled_from([*(f"<urn:x:{mark}>" for mark in MARKS[:2]), "<urn:x:a>", "_:1", "_:2", "_:3"])
OBJECTS = TERMS | st.sampled_from(
    [literal(MARKS[2]), literal(MARKS[3] + "T00"), literal(MARKS[2], "@en"), literal("a")]
)
QUADS = st.lists(
    st.tuples(TERMS, st.sampled_from(["<urn:p:1>", "<urn:p:2>"]), OBJECTS, st.sampled_from(["", "", "_:3", "<urn:g>"])),
    min_size=1,
    max_size=12,
)
TEXTS = st.tuples(st.sampled_from("abc"), st.sampled_from("abc"), WORDS, WORDS)


def put(quads: list[Quad], texts: list[str]) -> list[Quad]:
    filled: list[Any] = quads
    for mark, text in zip(MARKS, texts, strict=True):
        filled = [tuple(term.replace(mark, text) for term in quad) for quad in filled]
    return filled


@given(QUADS, st.lists(TEXTS, min_size=1, max_size=4))
def test_any_texts_in_any_statements_give_the_canonical_form_or_nothing(
    quads: list[Quad], many: list[tuple[str, ...]]
) -> None:
    shape = Shape(quads, MARKS)
    for texts in many:  # more than one: what it remembers from the first must not matter
        terms = [escaped(text) for text in texts]
        encoded = [term.encode() for term in terms]
        made = shape.canonical(encoded, shape.hashes(encoded))
        assert made in (None, canonical(put(quads, terms)))


NAMED: list[Quad] = [
    ("<urn:x:1>", "<urn:p:1>", literal(MARKS[0]), ""),
    ("<urn:x:1>", "<urn:p:2>", "_:1", ""),
    ("_:1", "<urn:p:1>", literal(MARKS[1]), ""),
    (f"<urn:x:{MARKS[2]}>", "<urn:p:1>", "_:2", ""),
    ("_:2", "<urn:p:1>", literal(MARKS[3]), ""),
]


def filled(*texts: str) -> bytes | None:
    shape = Shape(NAMED, MARKS)
    terms = [text.encode() for text in texts]
    return shape.canonical(terms, shape.hashes(terms))


def test_the_short_cut_is_taken() -> None:
    assert filled("a", "b", "2", "d") == canonical(put(NAMED, ["a", "b", "2", "d"]))


def test_two_things_that_get_one_name_go_the_long_way() -> None:
    assert filled("a", "b", "1", "d") is None


def test_blank_nodes_that_become_alike_go_the_long_way() -> None:
    alike: list[Quad] = [("_:1", "<urn:p>", literal(MARKS[0]), ""), ("_:2", "<urn:p>", literal(MARKS[1]), "")]
    shape = Shape(alike, MARKS[:2])
    assert shape.canonical([b"a", b"b"], shape.hashes([b"a", b"b"])) is not None
    assert shape.canonical([b"a", b"a"], shape.hashes([b"a", b"a"])) is None


def test_statements_that_become_the_same_are_written_once() -> None:
    two: list[Quad] = [("<urn:x>", "<urn:p>", literal(mark), "") for mark in MARKS[:2]]
    assert Shape(two, MARKS[:2]).canonical([b"a", b"a"], []) == b'<urn:x> <urn:p> "a" .\n'


def test_hashes_that_are_known_are_taken_over() -> None:
    shape = Shape(NAMED, MARKS)
    hashes = shape.hashes([b"a", b"b", b"2", b"d"])
    assert shape.hashes([b"a", b"other", b"2", b"d"], known=hashes[:1]) == hashes


def test_half_a_surrogate_pair_has_no_utf_8() -> None:
    with pytest.raises(UnicodeEncodeError):
        filled("\ud800", "b", "2", "d")


def test_no_context_gives_the_beginning_of_such_an_iri_a_meaning() -> None:
    text = json.dumps([CONTEXTS[url] for url in CONTEXTS])
    assert '"VerifiableCredential": {' in text
    for scheme in ("did", "http", "https", "urn"):
        assert FILLABLE_IRI.fullmatch(f"{scheme}:x")
        assert f'"{scheme}": ' not in text
        assert f'"{scheme}:' not in text.replace(f'": "{scheme}:', "")
