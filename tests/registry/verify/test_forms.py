"""Forms are a short cut: whatever a file holds, it is read as the long way reads it, and gets the same report."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from registry.credential import integrity
from registry.errors import FormatError, RegistryError
from registry.format import anchorproof
from registry.verify import document, forms
from registry.verify.document import CredentialFile
from registry.verify.forms import Forms
from tests.support import badges, specimen

PLACES: list[tuple[Any, ...]] = [
    ("id",),
    ("name",),
    ("validFrom",),
    ("awardedDate",),
    ("type", 0),
    ("@context", 1),
    ("issuer", "id"),
    ("issuer", "name"),
    ("credentialStatus", "id"),
    ("credentialStatus", "statusListIndex"),
    ("credentialSubject", "identifier", 0, "identityHash"),
    ("credentialSubject", "achievement", "id"),
    ("credentialSubject", "achievement", "achievementType"),
    ("credentialSubject", "achievement", "inLanguage"),
    ("proof", 0, "created"),
    ("proof", 0, "proofValue"),
]
"""Where texts are put: literals, IRIs, types, contexts, and what the long way reads closely."""


def badge() -> dict[str, Any]:
    unsigned = badges.unsigned()
    return integrity.add_proof(unsigned, badges.KEY, badges.METHOD, badges.NOW)


BADGE = badge()
ODD = [
    *(
        "urn:a",
        "urn:b",
        "urn:x-slot:1:",
        "did:x:1",
        "https://a.example/é",
        "tel:1",
        "a:b",
        "Profile",
        "Achievement",
        "en",
    ),
    *('q"', "back\\slash", "\x7f", "\n", "e\u0301", "😀", "\u202e", "", "@id", "_:b0", "%s", "\x000\x00"),
    *("2026-07-01T12:00:00Z", "identityHash", BADGE["id"], BADGE["issuer"]["id"]),
]
TEXT = st.text(max_size=8) | st.sampled_from(ODD)
TEXTS = st.dictionaries(st.sampled_from(PLACES), TEXT, max_size=4)


def changed(texts: dict[tuple[Any, ...], str], *, ascii_only: bool = False) -> bytes:
    """The badge's file with other texts in some places."""
    made = json.loads(json.dumps(BADGE))
    for place, text in texts.items():
        at = made
        for name in place[:-1]:
            at = at[name]
        at[place[-1]] = text
    whole = anchorproof.attach(made, specimen.prove(made), "2026-07-02T00:00:00Z", "https://r.example/#anchor")
    return json.dumps(whole, ensure_ascii=ascii_only, indent=2).encode("utf-8", "surrogatepass")


def read(data: bytes, known: Forms | None) -> tuple[Any, ...]:
    """All that comes of a file: what was read and both digests, or what is wrong with it."""
    try:
        found = document.read(data, known)
    except FormatError as error:
        return error.code, error.pointer, error.problem
    return found, digests(found)


def digests(found: CredentialFile) -> tuple[Any, ...]:
    try:
        return found.digests().whole, found.digests().unsecured
    except RegistryError as error:
        return type(error), str(error)


def taught(*files: bytes) -> Forms:
    known = Forms()
    for data in files:
        if known.find(data) is None:
            known.learn(data)
    return known


NAME, ID = ("credentialSubject", "identifier", 0, "identityHash"), ("id",)
ONE, TWO = changed({}), changed({NAME: "Zoë", ID: "urn:uuid:1", ("proof", 0, "proofValue"): "z2"})


def test_the_third_of_files_alike_is_read_by_the_form_that_two_of_them_make() -> None:
    known = taught(ONE, TWO)
    found = document.read(changed({NAME: "Ana", ID: "urn:uuid:2"}), known)
    assert found.filled is not None
    assert found.filled.digests is not None
    assert found.document["id"] == "urn:uuid:2"
    assert document.read(ONE, known) == document.read(ONE)


def test_each_language_of_a_batch_gets_a_form_where_the_descriptions_have_paragraphs() -> None:
    known = Forms()
    for learner in range(6):
        text = ("About soil.\n\nIn English.", "Über Böden.\n\nAuf Deutsch.")[learner % 2]
        data = changed({NAME: f"Learner {learner}", ("credentialSubject", "achievement", "description"): text})
        found = document.read(data, known)
        assert (found.filled is not None) == (learner >= 4), learner
        if found.filled is None:
            known.learn(data)


def test_a_form_that_is_used_stays_however_many_others_come(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forms, "MAX_FORMS", 2)
    known = taught(ONE, TWO)
    for count in range(5):
        known.learn(b'{"n":%d}' % count)
        assert known.find(ONE) is not None


@settings(max_examples=100, deadline=None)
@given(st.lists(TEXTS, min_size=1, max_size=2), TEXTS, st.booleans())
def test_any_file_is_read_as_by_the_long_way_whatever_was_learnt(
    before: list[dict[tuple[Any, ...], str]], texts: dict[tuple[Any, ...], str], ascii_only: bool
) -> None:
    known = taught(ONE, TWO, *map(changed, before))
    # The same places again, so that what was learnt is asked.
    for data in (
        changed(texts, ascii_only=ascii_only),
        changed(before[0] | texts),
        changed(dict(before[0]) | {NAME: "N"}),
    ):
        assert read(data, known) == read(data, None)


@settings(max_examples=200, deadline=None)
@given(st.integers(0, len(TWO) - 1), st.binary(max_size=2), st.integers(0, 2))
def test_a_file_with_other_bytes_is_read_as_by_the_long_way(place: int, added: bytes, removed: int) -> None:
    data = TWO[:place] + added + TWO[place + removed :]
    assert read(data, KNOWN) == read(data, None)


KNOWN = taught(ONE, TWO)


def test_a_character_in_two_halves_in_two_texts_is_no_utf_8() -> None:
    data = TWO.replace(b"urn:uuid:1", b"urn:uuid:1\xc3").replace("Zoë".encode(), b"\xa9")
    assert data.count(b"\xc3") == data.count(b"\xa9") == 1
    assert KNOWN.find(data) is None
    assert read(data, KNOWN) == read(data, None)


def test_a_text_that_becomes_a_type_or_a_context_is_never_put_in() -> None:
    for place in (("type", 0), ("@context", 1)):
        known = taught(ONE, changed({place: "urn:b"}))
        found = document.read(changed({place: "urn:c"}), known) if place[0] == "@context" else None
        assert found is None or found.filled is None or found.filled.digests is None


def test_only_so_many_forms_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forms, "MAX_FORMS", 2)
    known = Forms()
    for count in range(5):
        known.learn(b'{"n":%d}' % count)
    assert len(known._seen) == 2


def form_of(known: Forms, data: bytes) -> Any:
    found = known.find(data)
    assert found is not None
    return found


def test_an_iri_that_a_context_could_change_takes_the_long_way_for_its_digests() -> None:
    known = taught(ONE, TWO)
    assert form_of(known, changed({ID: "urn:uuid:3"})).digests is not None
    for other in ("tel:1", "a:b", "no iri", ""):
        assert form_of(known, changed({ID: other})).digests is None


def test_what_stands_for_a_type_is_never_just_filled_in() -> None:
    types = [changed({("type", 1): name}) for name in ("OpenBadgeCredential", "AchievementCredential")]
    assert form_of(taught(*types), types[0]).digests is None


@pytest.mark.parametrize("rest", [b" ", b"\n", b"x", b"}", b'"', b"{}"])
def test_a_file_that_goes_on_where_the_form_ends_fits_no_form(rest: bytes) -> None:
    known = taught(ONE, TWO)
    assert known.find(TWO) is not None
    assert known.find(TWO + rest) is None
    assert known.find(TWO[:-1]) is None


def test_a_mark_that_is_hidden_by_an_escape_makes_no_form() -> None:
    hidden = [one.replace(b"Example University", b"\\u0075rn:x-slot:0:") for one in (ONE, TWO)]
    assert json.loads(hidden[0])["issuer"]["name"].startswith("urn:x-slot:0:")
    assert taught(*hidden).find(hidden[0]) is None
