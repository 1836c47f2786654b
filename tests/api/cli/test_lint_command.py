"""`credanchor lint`: needs no registry, ends with 0 only where every mandatory element is there."""

import json
from pathlib import Path

from tests.support.badges import unsigned
from tests.support.commandline import credanchor
from tests.support.httpapi import Api


def test_a_complete_badge_ends_with_0_and_an_incomplete_one_with_1_and_says_what_to_add(tmp_path: Path) -> None:
    whole = tmp_path / "whole.json"
    whole.write_text(json.dumps(unsigned()))
    outcome = credanchor("lint", whole)
    assert (outcome.code, outcome.err) == (0, "")
    assert "complete. All 11 mandatory elements are there." in outcome.out
    lacking = unsigned()
    del lacking["issuer"]["address"]
    part = tmp_path / "part.json"
    part.write_text(json.dumps(lacking))
    outcome = credanchor("lint", whole, part)
    assert outcome.code == 1
    assert "1 of the 11 mandatory elements is missing or malformed." in outcome.out
    assert "at /issuer/address: it is missing. Add an Address with addressCountryCode" in outcome.out
    lines = [json.loads(line) for line in credanchor("lint", whole, part, "--json").out.splitlines()]
    assert [line["complete"] for line in lines] == [True, False]
    assert [(one["element"], one["mandatory"]) for one in lines[1]["findings"]] == [(3, True)]


def test_what_is_no_badge_ends_with_1_and_a_missing_file_with_2(tmp_path: Path) -> None:
    outcome = credanchor("lint", "-", data=b'{"type":["VerifiableCredential"]}')
    assert outcome.code == 1
    assert "not an Open Badge" in outcome.out
    assert credanchor("lint", "-", data=b"{").code == 1
    outcome = credanchor("lint", tmp_path / "nothing.json")
    assert outcome.code == 2
    assert "cannot be read" in outcome.err


def test_an_issuer_chooses_what_happens_to_uploads_that_lack_an_element(listening: tuple[Api, str]) -> None:
    filled, url = listening
    token = filled.key("admin")["Authorization"].removeprefix("Bearer ")

    def issuer(*words: str):
        return credanchor("issuer", *words, "--url", url, "--json", env={"CREDANCHOR_API_KEY": token})

    assert issuer("show", "uni").json["lint"] == "warn"
    assert issuer("set", "uni", "--lint", "require").json["lint"] == "require"
    assert issuer("show", "uni").json["lint"] == "require"
    assert issuer("set", "uni", "--lint", "perhaps").code == 64
