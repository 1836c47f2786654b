"""Rosters as people really save them: dialects, encodings, JSON."""

import codecs
import json
from typing import Any

import pytest

from registry.credential.roster import RosterRow
from scripts.demo_data import make_roster
from tests.support.badges import DEMO_DATA
from tests.support.rosters import GOOD, HEADER, JSON_ROW, only, parse

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


@pytest.mark.parametrize("kind", ["application/json", "application/jsonl", "application/x-ndjson; charset=utf-8"])
def test_json_and_json_lines_give_the_same_rows(kind: str) -> None:
    items = [JSON_ROW, {"name": "Ben", "awarded_on": "2026-06-24", "email": None}]
    text = json.dumps(items) if kind == "application/json" else "\n".join(map(json.dumps, items)) + "\n\n"
    assert parse(text, kind) == [
        RosterRow("Ana", "2026-06-24", grade="8.5", credits=2.5, learner_id="4711"),
        RosterRow("Ben", "2026-06-24"),
    ]
