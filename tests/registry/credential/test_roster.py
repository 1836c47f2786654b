"""Rosters as people really save them, and each kind of mistake with its row, column and remedy."""

import codecs
import json
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from registry.credential import roster
from registry.credential.roster import RosterRow
from registry.errors import RowError, RowErrors
from scripts.demo_data import make_roster
from tests.support.badges import DEMO_DATA, achievement, row

ACHIEVEMENT = achievement()
TODAY = date(2026, 7, 1)
HEADER = "name,email,awarded_on"
GOOD = "Ana Andromeda,ana@learner.example,2026-06-24"


def parse(data: str | bytes, kind: str = "text/csv") -> list[RosterRow]:
    return roster.parse(data.encode() if isinstance(data, str) else data, kind, ACHIEVEMENT, TODAY)


def problems(data: str | bytes, kind: str = "text/csv") -> list[RowError]:
    with pytest.raises(RowErrors) as caught:
        parse(data, kind)
    return caught.value.errors


def only(data: str | bytes, kind: str = "text/csv") -> RowError:
    (error,) = problems(data, kind)
    return error


# How it may come

ENCODINGS = {
    "UTF-8": lambda text: text.encode(),
    "UTF-8 with mark": lambda text: codecs.BOM_UTF8 + text.encode(),
    "UTF-16 little endian": lambda text: codecs.BOM_UTF16_LE + text.encode("utf-16-le"),
    "UTF-16 big endian": lambda text: codecs.BOM_UTF16_BE + text.encode("utf-16-be"),
    "UTF-16 without mark": lambda text: text.encode("utf-16-le"),
}
DIALECTS = {"comma": ",", "semicolon": ";", "tab": "\t"}


@pytest.mark.parametrize("encode", ENCODINGS.values(), ids=ENCODINGS)
@pytest.mark.parametrize("delimiter", DIALECTS.values(), ids=DIALECTS)
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_every_dialect_and_encoding_gives_the_same_rows(encode: Any, delimiter: str, line_end: str) -> None:
    lines = [
        ["name", "email", "awarded_on", "evidence_name", "evidence_url"],
        ['"Doe, Jane; Dr.\t"', "jane@learner.example", "2026-06-24", '"Case ""X"", part 2"', "https://a.example/1"],
        ["Søren Żółć 明美", "", "2026-06-25", "", ""],
    ]
    found = parse(encode(line_end.join(delimiter.join(cells) for cells in lines)))
    assert found == [
        RosterRow(
            "Doe, Jane; Dr.",
            "2026-06-24",
            email="jane@learner.example",
            evidence_name='Case "X", part 2',
            evidence_url="https://a.example/1",
        ),
        RosterRow("Søren Żółć 明美", "2026-06-25"),
    ]


def test_the_demonstrations_rosters_are_good() -> None:
    rows = parse((DEMO_DATA / "roster.csv").read_bytes())
    assert len(rows) == 100
    assert any("," in row_.name for row_ in rows)
    assert any(not row_.name.isascii() for row_ in rows)
    assert len(parse((DEMO_DATA / "roster-small.csv").read_bytes())) == 3


def test_the_generator_makes_the_demonstrations_roster_again() -> None:
    text = make_roster.write(100, ";")
    assert codecs.BOM_UTF8 + text.encode() == (DEMO_DATA / "roster.csv").read_bytes()
    assert parse(make_roster.write(100)) == parse(text)
    assert make_roster.write(5) == make_roster.write(100).split("S000006")[0].rpartition("\r\n")[0] + "\r\n"


def test_a_line_end_inside_quotes_belongs_to_the_value_and_begins_no_row() -> None:
    text = f'{HEADER},evidence_name,evidence_url\n{GOOD},"Two\nlines",https://a.example/\n\nBen,ben,2026-06-24,,\n'
    error = only(text)
    assert (error.row, error.column) == (4, "email")


def test_the_separator_line_of_excel_is_understood() -> None:
    assert parse(f"sep=;\r\n{HEADER};grade\r\n{GOOD};8.5".replace(",", ";"))[0].grade == "8.5"
    assert only(f"sep=;\n{HEADER}\nBen,ben,2026-06-24\n".replace(",", ";")).row == 2


def test_headers_may_have_capitals_spaces_and_empty_columns_at_the_end() -> None:
    assert parse("Name,E-mail,Awarded On,,\nAna,a@learner.example,2026-06-24,,\n".replace("E-mail", "Email"))


def test_lines_that_are_empty_are_no_learners() -> None:
    assert len(parse(f"\n{HEADER}\n\n{GOOD}\n,,\n   ,,\n")) == 1


def test_white_space_and_forms_of_accents_are_made_one() -> None:
    (found,) = parse(
        f"{HEADER}\n  Zoe\u0308 \u00a0 van\nDijk ,Zoe@Learner.Example,2026-06-24".replace("\nDijk", " Dijk")
    )
    assert (found.name, found.email) == ("Zoë van Dijk", "zoe@learner.example")


JSON_ROW = {"name": "Ana", "awarded_on": "2026-06-24", "grade": 8.5, "credits": 2.5, "learner_id": 4711}


@pytest.mark.parametrize("kind", ["application/json", "application/jsonl", "application/x-ndjson; charset=utf-8"])
def test_json_and_json_lines_give_the_same_rows(kind: str) -> None:
    items = [JSON_ROW, {"name": "Ben", "awarded_on": "2026-06-24", "email": None}]
    text = json.dumps(items) if kind == "application/json" else "\n".join(map(json.dumps, items)) + "\n\n"
    assert parse(text, kind) == [
        RosterRow("Ana", "2026-06-24", grade="8.5", credits=2.5, learner_id="4711"),
        RosterRow("Ben", "2026-06-24"),
    ]


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
