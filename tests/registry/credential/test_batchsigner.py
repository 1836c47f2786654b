"""Templates are a short cut: every badge is, to the byte, what the long way makes, and fit for the schema."""

import json
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from registry.credential import batchsigner, schema
from registry.credential.badge import StatusRef
from registry.credential.batchsigner import BatchSigner
from registry.credential.integrity import verify_proof
from registry.credential.roster import RosterRow
from registry.credential.rowcheck import RowChecker
from registry.errors import FormatError
from registry.rdfc.canonizer import rdf_digest
from tests.support import badges

STATUS = StatusRef(badges.LIST_URL, 7)
ACHIEVEMENT = badges.achievement()


def signer(definition: Any = ACHIEVEMENT) -> BatchSigner:
    return BatchSigner(
        definition,
        badges.PROFILE,
        badges.KEY,
        verification_method=badges.METHOD,
        created=badges.NOW,
        achievement_url=None,
    )


SHARED = signer()

TEXT = st.text(min_size=1, max_size=12).filter(lambda text: text.strip() == text and text.isprintable())
TEXT |= st.sampled_from(['"', "\\", "Ana\u202eM", "é", "e\u0301", "😀", "@id", "_:b0", "urn:x", "true"])
DAY = st.dates(date(2000, 1, 1), date(2026, 6, 1)).map(str)
URL = st.sampled_from(["https://a.example/é?x=%22", "http://b.example/", "https://r.example/1"])
ROWS = st.fixed_dictionaries(
    {"name": TEXT, "awarded_on": DAY},
    optional={
        "email": st.sampled_from(["a@b.example", "ö@b.example", "x@y.example"]),
        "learner_id": st.sampled_from(
            ["s-1", 's"2', "did:key:z6Mk", "https://a.example/me", "urn:uuid:1", "tel:+31", "a:b"]
        ),
        "valid_until": st.sampled_from(["2031-01-01", "2040-12-31"]),
        "grade": st.sampled_from(["8.5", "10", "6"]),
        "credits": st.sampled_from([1, 2.5, 3.0]),
        "evidence_url": URL,
        "evidence_name": TEXT,
        "activity_start": st.just("2000-01-01"),
        "activity_end": st.just("2000-02-01"),
        "language": st.just("en"),
    },
)


@settings(max_examples=150)
@given(ROWS, st.uuids(version=4), st.integers(0, 10**6))
def test_any_row_gives_what_the_long_way_gives(row: dict[str, Any], uuid: Any, index: int) -> None:
    status = StatusRef(badges.LIST_URL, index)
    one, again = RosterRow(**row), RosterRow(**{**row, "name": row["name"] + "2"})
    for given_row in (one, again):
        made = SHARED.sign(given_row, f"urn:uuid:{uuid}", status)
        assert made == SHARED._build(given_row, f"urn:uuid:{uuid}", status)
        document = json.loads(made.document)
        assert rdf_digest(document) == made.d_rdf
        assert verify_proof(document, document["proof"][0], badges.KEY.multikey)


@settings(max_examples=150)
@given(ROWS)
def test_a_row_that_passes_the_checks_gives_a_badge_that_is_fit_for_the_schema(row: dict[str, Any]) -> None:
    # The short cut checks the schema for the first badge of a kind only.
    values, flaws = RowChecker(ACHIEVEMENT, date(2026, 7, 1)).check(row)
    if not flaws:
        unsigned = SHARED._unsigned(RosterRow(**values), badges.CREDENTIAL_ID, STATUS, "0f")
        schema.validate(unsigned)


def ways(rows: list[RosterRow], made: BatchSigner, monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """For each row whether it went the long way."""
    taken = []
    build = made._build
    monkeypatch.setattr(made, "_build", lambda *given: (taken.append(True), build(*given))[1])
    found = []
    for row in rows:
        before = len(taken)
        made.sign(row, badges.CREDENTIAL_ID, STATUS)
        found.append(len(taken) > before)
    return found


def test_the_short_cut_is_taken_from_the_second_badge_of_a_kind_on(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [badges.row(), badges.row(name="B"), badges.row(email=None), badges.row(name="C", email=None)]
    rows += [badges.row(credits=2), badges.row(credits=2, grade="6"), badges.row(name='C"\\')]
    assert ways(rows, signer(), monkeypatch) == [True, False, True, False, True, False, False]


def test_an_iri_that_a_context_could_change_goes_the_long_way(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [badges.row(learner_id="did:key:z6Mk"), badges.row(learner_id="tel:+31"), badges.row(learner_id="urn:x:1")]
    assert ways(rows, signer(), monkeypatch) == [True, True, False]


def test_a_title_that_looks_like_a_mark_only_costs_the_short_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    made = signer(badges.parse({**badges.MINIMAL, "title": f"A {batchsigner._INDEX} B"}))
    rows = [badges.row(grade=None), badges.row(grade=None, name="B")]
    assert ways(rows, made, monkeypatch) == [True, True]
    assert f"A {batchsigner._INDEX} B" in made.sign(rows[1], badges.CREDENTIAL_ID, STATUS).document


def test_only_so_many_templates_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batchsigner, "MAX_TEMPLATES", 2)
    rows = [badges.row(credits=credits) for credits in (1, 2, 3, 3, 1)]
    assert ways(rows, signer(), monkeypatch) == [True, True, True, True, False]


def test_half_a_surrogate_pair_is_refused_on_both_ways() -> None:
    made = signer()
    made.sign(badges.row(), badges.CREDENTIAL_ID, STATUS)
    with pytest.raises(FormatError) as caught:
        made.sign(replace(badges.row(), name="\ud800"), badges.CREDENTIAL_ID, STATUS)
    assert caught.value.code == "format.surrogate"
