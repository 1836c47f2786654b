"""Each kind of mistake in a roster, with its row, column and remedy."""

import codecs
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from registry.credential import roster
from registry.credential.roster import RosterRow
from registry.errors import RowErrors
from scripts.demo_data import make_roster
from tests.support.badges import DEMO_DATA, row
from tests.support.rosters import GOOD, HEADER, JSON_ROW, only, parse, problems

# What is wrong


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        ("", "text/csv"),
        ("\n\n", "text/csv"),
        (HEADER, "text/csv"),
        ("[]", "application/json"),
        ("", "application/jsonl"),
    ],
)
def test_an_empty_roster_is_refused(data: str, kind: str) -> None:
    error = only(data, kind)
    assert error.code == "roster.empty"
    assert error.remedy


def test_one_bad_row_in_ten_thousand_is_found_and_named() -> None:
    text = make_roster.write(10_000)
    assert text.count("\n") > 10_500  # line ends inside quotes are there, and do not count
    address = next(word for word in text.split(",") if word.endswith(".7654@learner.example"))
    error = only(text.replace(address, "7654"))
    assert (error.row, error.column, error.code) == (7655, "email", "roster.email")
    assert "ana@example.org" in error.remedy


def test_every_bad_row_is_told_not_only_the_first() -> None:
    bad = "\n".join(f"Learner {number},,2026-02-{number}" for number in range(29, 60))
    errors = problems(f"{HEADER}\n{GOOD}\n{bad}\n,x@learner.example,24.06.2026")
    assert [error.row for error in errors] == [*range(3, 34), 34, 34]


def test_latin_1_is_refused_with_the_byte_the_line_and_what_to_do() -> None:
    data = f"{HEADER}\n{GOOD}\nJosé Núñez,jose@learner.example,2026-06-24\n".encode("latin-1")
    error = only(data)
    place = data.index(b"\xe9")
    assert (error.row, error.code) == (3, "roster.encoding")
    assert f"Byte {place} (0xe9)" in error.problem
    assert "José" in error.problem
    assert "CSV UTF-8" in error.remedy


def test_the_byte_is_counted_as_in_the_file_when_there_is_a_mark() -> None:
    data = codecs.BOM_UTF8 + f"{HEADER}\nJosé,,2026-06-24\n".encode("latin-1")
    assert f"Byte {data.index(bytes([0xE9]))} " in only(data).problem


@pytest.mark.parametrize(
    "data", [b"\xff\xfen\x00\x00\xd8x\x00", b"PK\x03\x04\x14\x00\x06\x00", b"name\x00,awarded_on\n"]
)
def test_what_is_no_text_is_refused(data: bytes) -> None:
    assert only(data).code == "roster.encoding"


def test_unknown_columns_are_refused_with_what_was_probably_meant() -> None:
    errors = problems("naam,e-mail,awarded,grade\nAna,a@learner.example,2026-06-24,8\n")
    told = {error.column: error.remedy for error in errors}
    assert told["naam"] == "Did you mean name?"
    assert told["e-mail"] == "Did you mean email?"
    assert told["awarded"] == "Did you mean awarded_on?"
    assert {"name", "awarded_on"} <= told.keys()
    assert all(error.row == 1 for error in errors)


def test_a_column_that_resembles_none_is_answered_with_all() -> None:
    assert "Possible are: name, email," in only(f"{HEADER},shoe size\n{GOOD},44\n").remedy


def test_unknown_fields_of_json_are_refused_with_their_place() -> None:
    error = only(json.dumps([JSON_ROW, {"name": "Ben", "awarded_on": "2026-06-24", "emial": "b"}]), "application/json")
    assert (error.row, error.column, error.pointer) == (2, "emial", "/1/emial")
    assert error.remedy == "Did you mean email?"


def test_a_column_twice_is_refused() -> None:
    assert only("name,awarded_on,Name\nAna,2026-06-24,Ana\n").column == "name"


@pytest.mark.parametrize(
    ("first", "second", "column"),
    [
        ("Ana,ana@learner.example,2026-06-24,", "Anna,ANA@learner.example,2026-06-25,", "email"),
        ("Ana,,2026-06-24,4711", "Anna,,2026-06-25,4711", "learner_id"),
        ("Ana,,2026-06-24,", "Ana,,2026-06-24,", "name"),
    ],
)
def test_a_learner_twice_is_refused_with_both_rows(first: str, second: str, column: str) -> None:
    error = only(f"{HEADER},learner_id\n{first}\nBen,ben@learner.example,2026-06-24,1\n{second}\n")
    assert (error.row, error.column, error.code) == (4, column, "roster.duplicate")
    assert "row 2" in error.problem


def test_two_learners_may_have_the_same_name() -> None:
    assert len(parse(f"{HEADER}\nAna,a@learner.example,2026-06-24\nAna,b@learner.example,2026-06-24\n")) == 2


CELLS = [
    ("name", "", "roster.missing", "learner"),
    ("name", "A" * 201, "roster.too-long", "200"),
    ("name", "\u202eeillA", "roster.characters", ""),
    ("name", "Ana\x1b[31m", "roster.characters", ""),
    ("awarded_on", "", "roster.missing", "2026-06-28"),
    ("awarded_on", "24.06.2026", "roster.date", "2026-06-28"),
    ("awarded_on", "06/07/2026", "roster.date", "different days"),
    ("awarded_on", "20260624", "roster.date", ""),
    ("awarded_on", "2026-06-31", "roster.date", "calendar"),
    ("awarded_on", "2026-07-03", "roster.date", "when it is awarded"),
    ("valid_until", "2026-06-24", "roster.date", "for ever"),
    ("valid_until", "2026-06-30", "roster.date", "for ever"),
    ("email", "ana", "roster.email", "one address"),
    ("email", "a@x.example, b@x.example", "roster.email", "one address"),
    ("learner_id", "did:key", "roster.learner-id", "did:key"),
    ("learner_id", "https://a b", "roster.learner-id", ""),
    ("grade", "8,5", "roster.grade", "Write 8.5"),
    ("grade", "5", "roster.grade", "passed"),
    ("grade", "11", "roster.grade", ""),
    ("credits", "2,5", "roster.credits", "Write 2.5"),
    ("credits", "0", "roster.credits", ""),
    ("credits", "5.5", "roster.credits", "all of them"),
    ("evidence_url", "portfolio.pdf", "roster.url", "https://"),
    ("evidence_url", "javascript:alert(1)", "roster.url", "https://"),
    ("evidence_name", "Portfolio", "roster.evidence", "Add it"),
    ("language", "fr", "roster.language", "en, de, nl"),
]


@pytest.mark.parametrize(("column", "value", "code", "remedy"), CELLS)
def test_a_wrong_cell_is_told_with_row_column_and_remedy(column: str, value: str, code: str, remedy: str) -> None:
    cells = {"name": "Ana", "awarded_on": "2026-06-24", column: value}
    text = ",".join(cells) + "\n" + ",".join(f'"{cell}"' for cell in cells.values()) + "\n"
    error = only(text)
    assert (error.row, error.column, error.code) == (2, column, code)
    assert remedy in error.remedy
    error = only(json.dumps([cells]), "application/json")
    assert (error.row, error.pointer, error.code) == (1, f"/0/{column}", code)


def test_dates_that_contradict_each_other_are_told() -> None:
    header = f"{HEADER},activity_start,activity_end"
    error = only(f"{header}\n{GOOD},2026-02-01,2026-06-25\n")
    assert (error.column, error.code) == ("awarded_on", "roster.date")
    assert "2026-06-25" in error.problem
    assert only(f"{header}\n{GOOD},2026-06-01,2026-02-01\n").column == "activity_end"
    assert parse(f"{header}\n{GOOD},2026-06-01,2026-06-24\n")


def test_a_name_that_was_not_put_into_quotes_is_recognised() -> None:
    error = only(f"{HEADER}\nDoe, Jane,jane@learner.example,2026-06-24\n")
    assert (error.row, error.code) == (2, "roster.cells")
    assert '"Doe, Jane"' in error.remedy


def test_a_quote_that_is_never_closed_is_told_with_its_row() -> None:
    error = only(f'{HEADER}\n{GOOD}\n"Ben,ben@learner.example,2026-06-24\nCay,,2026-06-24\n')
    assert (error.row, error.code) == (3, "roster.csv")


@pytest.mark.parametrize(
    ("data", "kind", "row_", "code"),
    [
        ('{"name": "Ana"}', "application/json", None, "roster.json"),
        ('["Ana"]', "application/json", 1, "roster.json"),
        ("[", "application/json", None, "format.not-json"),
        ('[{"name": {"first": {"x": 1}}}]', "application/json", None, "format.too-deep"),
        ('{"name": "Ana", "name": "Ben"}', "application/jsonl", 1, "format.duplicate-key"),
        ('{"name": "Ana", "awarded_on": "2026-06-24"}\nnonsense', "application/jsonl", 2, "format.not-json"),
        ('[{"name": 5, "awarded_on": "2026-06-24"}]', "application/json", 1, "roster.type"),
        ("%PDF-1.7", "application/pdf", None, "roster.content-type"),
    ],
)
def test_json_that_is_no_roster_is_refused(data: str, kind: str, row_: int | None, code: str) -> None:
    error = only(data, kind)
    assert (error.row, error.code) == (row_, code)


def test_more_rows_or_bytes_than_allowed_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(roster, "MAX_ROWS", 3)
    lines = [f"Learner {number},,2026-06-24" for number in range(4)]
    assert len(parse("\n".join([HEADER, *lines[:3]]))) == 3
    assert only("\n".join([HEADER, *lines])).code == "roster.too-many"
    monkeypatch.setattr(roster, "MAX_ROSTER_BYTES", 100)
    assert only(" " * 101).code == "roster.too-large"


def test_a_row_comes_back_from_its_json() -> None:
    for row_ in [row(), *parse((DEMO_DATA / "roster.csv").read_bytes())]:
        assert RosterRow.from_json(json.loads(json.dumps(row_.to_json()))) == row_


@settings(max_examples=150)
@given(
    st.binary(max_size=200) | st.text(max_size=200).map(str.encode), st.sampled_from(["text/csv", "application/jsonl"])
)
def test_any_bytes_are_read_or_refused(data: bytes, kind: str) -> None:
    try:
        rows = parse(data, kind)
    except RowErrors:
        return
    assert rows
