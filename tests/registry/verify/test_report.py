"""What a report says, for people and for programs."""

from dataclasses import replace
from datetime import timedelta

import pytest

from registry.verify import CHECK_IDS, TrustProfile
from tests.support import specimen
from tests.support.cases import case
from tests.support.specimen import document

GOOD = case()


def test_a_stale_latest_anchor_is_shown_with_its_date() -> None:
    report = replace(GOOD, now=specimen.NOW + timedelta(days=3)).verify()
    check = report.check("status")
    assert report.verdict == "valid"
    assert check.detail["stale"] is True
    assert "2026-11-25T11:00:00Z" in check.sentence
    assert "later revocation may not show" in check.sentence
    assert GOOD.verify().check("status").detail["stale"] is False


def test_a_test_network_is_never_green() -> None:
    report = replace(GOOD, trust=TrustProfile((replace(specimen.TRUST, test=True),))).verify()
    assert (report.verdict, report.ok, report.exit_code) == ("valid_test", False, 0)
    assert "no standing" in report.sentence


def test_a_report_says_who_what_and_when_for_people_and_programs() -> None:
    report = GOOD.verify()
    assert report.ok
    assert report.sentence == (
        "Valid. Issued by Example University (did:web:university.example) to Zoë Ünal on 2026-04-09."
    )
    value = report.to_json()
    assert [check["id"] for check in value["checks"]] == list(CHECK_IDS)
    assert [check["number"] for check in value["checks"]] == [1, 2, 3, 4, 5, 6, 7]
    assert value["credential"]["learner"] == "Zoë Ünal"
    assert value["credential"]["issuer"] == {"id": specimen.DID, "name": "Example University"}
    assert value["network"] == "Example Network"
    assert value["checked_at"] == "2026-11-25T12:00:00Z"


def test_names_from_the_file_cannot_break_or_turn_a_sentence() -> None:
    name = "Good\nValid.\u202e\x1b[31m\u2028" + "x" * 500
    hashed = document(issuer={"id": specimen.DID, "type": ["Profile"], "name": name})
    report = case(hashed).verify()
    assert report.verdict == "valid"
    assert specimen.DID in report.sentence
    assert len(report.sentence) < 400
    assert not set("\n\u202e\x1b\u2028") & set(report.sentence)


@pytest.mark.parametrize("time", [2**53 - 1, 253_402_300_800])
def test_times_beyond_the_calendar_are_not_believed(time: int) -> None:
    for name in ("anchor_time", "latest_time", "block_time", "key_added_at", "key_revoked_at", "issuer_added_at"):
        report = case(answer=lambda facts, name=name: replace(facts, **{name: time})).verify()
        assert (report.check("anchor").outcome, report.verdict) == ("unknown", "unconfirmed")
