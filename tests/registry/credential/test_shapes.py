"""Shapes are a short cut only: whatever a document says, its statements are those of the general way."""

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from registry.credential import nquads, shapes
from registry.credential.contexts import CONTEXTS
from registry.credential.integrity import add_proof
from registry.credential.rdfc import PyldCanonicalizer
from registry.errors import FormatError
from tests.support import badges

SIGNED = add_proof(badges.unsigned(badges.row(learner_id="did:key:z6MkExample")), badges.KEY, badges.METHOD, badges.NOW)
CANONICALIZER = PyldCanonicalizer()


def general(document: Any) -> bytes | str:
    """The canonical form without short cut, or the code of the error."""
    return answer(lambda: nquads.canonical(CANONICALIZER._general(document)))


def quick(document: Any) -> bytes | str:
    return answer(lambda: CANONICALIZER.canonize(document))


def answer(compute: Any) -> bytes | str:
    try:
        found: bytes = compute()
    except FormatError as error:
        return error.code
    return found


def keys_of(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, member in value.items():
            yield key
            yield from keys_of(member)
    elif isinstance(value, list):
        for member in value:
            yield from keys_of(member)


def test_no_context_gives_the_beginning_of_an_address_a_meaning() -> None:
    keys = {key for url in CONTEXTS for key in keys_of(CONTEXTS[url])}
    assert len(keys) > 100
    assert not keys & set(shapes.SCHEMES)
    assert not [key for key in keys if key.startswith(tuple(f"{scheme}:" for scheme in shapes.SCHEMES))]


def test_the_words_of_vocabularies_are_all_known() -> None:
    def terms(value: Any) -> Iterator[str]:
        if isinstance(value, dict):
            for key, member in value.items():
                if isinstance(member, dict) and member.get("@type") == "@vocab":
                    yield key
                if member == "@type":
                    yield key
                yield from terms(member)

    found = {term for url in CONTEXTS for term in terms(CONTEXTS[url])}
    assert found == shapes._WORDS


def text_paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    if isinstance(value, str):
        return [path]
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else []
    return [found for key, member in items if key != "@context" for found in text_paths(member, (*path, key))]


TEXTS = st.text(max_size=20) | st.sampled_from(
    [
        "",
        "@id",
        "_:b0",
        "relative",
        "assertionMethod",
        "Achievement",
        "ext:x",
        "https://a.example/ü",
        "https://a b",
        "HTTPS://a.example",
        "did:web:university.example",
        "urn:x-mark:0:",
        "urn:x-mark:5:",
        "urn:x-undefined:x",
        "https://relative.invalid/x",
        'a"b\\c\n',
        "cred:id",
        "mailto:a@b.example",
        badges.CREDENTIAL_ID,
        badges.LIST_URL,
    ]
)


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(st.sampled_from(text_paths(SIGNED)), TEXTS, min_size=1, max_size=4))
def test_any_texts_in_a_badge_give_what_the_general_way_gives(changes: dict[tuple[Any, ...], str]) -> None:
    document: Any = copy.deepcopy(SIGNED)
    for path, text in changes.items():
        place = document
        for key in path[:-1]:
            place = place[key]
        place[path[-1]] = text
    quick(SIGNED)
    assert quick(document) == general(document)


def test_every_sample_gives_what_the_general_way_gives_the_first_and_the_second_time() -> None:
    compared = 0
    for folder in [("models",), ("obspec",), ("1edtech-validator", "ob30"), ("w3c", "vcdm2-input")]:
        for path in sorted(badges.shared(*folder).glob("*.json")):
            document = json.loads(path.read_bytes())
            expected = general(document)
            assert quick(document) == expected, path.name
            assert quick(document) == expected, path.name
            compared += isinstance(expected, bytes)
    assert compared >= 20


@pytest.mark.parametrize(("one", "other"), [(1, True), (1, 1.5), (1, 2)])
def test_numbers_and_truth_values_belong_to_the_shape(one: Any, other: Any) -> None:
    document = badges.unsigned()
    for value in (one, other):
        document["credentialSubject"]["creditsEarned"] = value
        assert quick(document) == general(document)


def test_the_short_cut_is_taken() -> None:
    calls = []
    counted = PyldCanonicalizer()
    known = shapes.Shapes(lambda document: calls.append(1) or counted._general(document))  # type: ignore[func-returns-value]
    for number in range(20):
        known.quads(badges.unsigned(badges.row(name=f"Learner {number}")))
    assert len(calls) == 1


def test_only_so_many_shapes_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shapes, "MAX_SHAPES", 2)
    known = shapes.Shapes(lambda _: [])
    for number in range(5):
        known.quads({"@context": [], "n": number})
    assert len(known._known) == 2


@pytest.mark.parametrize("number", [0, 1, 5])
def test_a_type_that_looks_like_a_mark_is_not_filled_in(number: int) -> None:
    document = badges.unsigned()
    document["type"].append(f"urn:x-mark:{number}:")
    for name in ("Ana", "Ben"):
        document["credentialSubject"]["narrative"] = name
        expected = general(document)
        assert isinstance(expected, bytes)
        assert f"<urn:x-mark:{number}:>".encode() in expected
        assert quick(document) == expected
