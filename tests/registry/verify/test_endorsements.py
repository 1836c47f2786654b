"""Endorsements inside a credential get lines of their own, whatever they are, and the verdict never moves."""

from dataclasses import dataclass, replace
from xml.sax.saxutils import escape

import pytest

from registry.credential.baking import bake
from registry.format import entries
from registry.verify import ChainAnswer, Report, TrustProfile
from registry.verify.endorsements import MAX_CHECKED, MAX_LEVELS, MAX_LINES
from tests.support import specimen
from tests.support.cases import Chain, case
from tests.support.nesting import ACHIEVEMENT, AGENCY, Office, chained
from tests.support.pictures import credential_element, png, svg
from tests.support.specimen import DID, credential, document, facts, prove


@pytest.fixture
def office() -> Office:
    return Office({})


def lines(report: Report) -> list[tuple[str, str]]:
    """Outcome and code of each line; the verdict is that of the credential without them."""
    assert report.verdict == "valid"
    assert report.endorsements is not None
    return [(line.outcome, line.code.removeprefix("endorsement.")) for line in report.endorsements]


def test_an_endorsement_of_the_object_it_sits_in_is_told_with_name_identity_and_comment(office: Office) -> None:
    for place, subject in (("achievement", ACHIEVEMENT), ("issuer", DID), ("", document()["id"])):
        report = office.badge(office.endorse(subject), place=place).verify()
        assert lines(report) == [("pass", "ok")]
        (line,) = report.endorsements or ()
        assert line.sentence == f"Endorsed by Name of {AGENCY} ({AGENCY}): Accredited, AV-4223."
        assert (line.verdict, line.endorser_id) == ("valid", AGENCY)
        assert report.to_json()["endorsements"][0]["pointer"] == line.pointer
        assert line.pointer.endswith("/endorsement/0")


def test_a_credential_without_any_says_so_and_one_that_is_not_authentic_is_not_looked_into(office: Office) -> None:
    assert case().verify().endorsements == ()
    forged = office.badge(office.endorse(ACHIEVEMENT))
    report = replace(forged, data=forged.data.replace(b"Soil science", b"Soil_science")).verify()
    assert (report.verdict, report.endorsements) == ("invalid", None)
    assert case(data=specimen.to_bytes(document())).verify().endorsements is None
    assert case(data=b"{").verify().endorsements is None


def test_an_endorsement_is_found_however_its_member_is_written(office: Office) -> None:
    badge = office.badge(office.endorse(ACHIEVEMENT))
    escaped = badge.data.replace(b'"endorsement"', b'"\\u0065ndorsement"')
    assert b'"\\u0065ndorsement"' in escaped
    packed = escape(badge.data.decode()).replace("endorsement", "&#101;ndorsement")
    pictured = svg(credential_element(packed))
    assert b"endorsement" not in pictured
    for data in (escaped, pictured, bake(png(), badge.data)):
        assert lines(replace(badge, data=data).verify()) == [("pass", "ok")]


def test_each_flaw_of_an_endorsement_is_told_and_leaves_the_credential_valid(office: Office) -> None:
    good = office.endorse(ACHIEVEMENT)
    changed = {**good, "name": "Another decision"}
    unsigned = {name: value for name, value in good.items() if name != "proof"}
    stranger = office.endorse(ACHIEVEMENT, "did:web:mill.example", facts_={"key_issuer": bytes(32)})
    expired = office.endorse(ACHIEVEMENT, validUntil="2026-11-25T11:59:59Z")
    future = office.endorse(ACHIEVEMENT, validFrom="2027-01-01T00:00:00Z")
    wanted = [
        (good, "pass", "ok"),
        (changed, "fail", "invalid"),
        (unsigned, "unknown", "pending"),
        (stranger, "fail", "invalid"),
        (expired, "fail", "expired"),
        (future, "unknown", "pending"),
        (office.endorse(DID), "fail", "other-subject"),
        (office.endorse(ACHIEVEMENT, DID), "not_run", "own"),
        (office.endorse(ACHIEVEMENT, id=document()["id"]), "fail", "circular"),
        ({**good, "type": ["VerifiableCredential"]}, "fail", "form"),
        ({**good, "credentialSubject": None}, "fail", "form"),
        ("https://agency.example/endorsement/1", "fail", "form"),
        (None, "fail", "form"),
    ]
    assert lines(office.badge(*(each for each, _, _ in wanted)).verify()) == [(a, b) for _, a, b in wanted]


def test_a_status_that_cannot_be_had_leaves_only_the_endorsement_unconfirmed(office: Office) -> None:
    named = document()["credentialStatus"]
    own = {**named, "statusListCredential": "https://registry.example/v1/status-lists/agency-1-revocation"}
    listed = office.endorse(ACHIEVEMENT, credentialStatus=own)  # the lists that are shown are the university's
    assert lines(office.badge(listed).verify()) == [("unknown", "unconfirmed")]


def test_an_endorsement_without_standing_does_not_count_for_a_credential_with_standing(office: Office) -> None:
    other = replace(specimen.TRUST, contract=bytes(range(20)), test=True, name="Test Network")
    key = specimen.Key(AGENCY)
    made = office.endorse(ACHIEVEMENT)
    hashed = {name: value for name, value in made.items() if name != "proof"}
    proof = prove(hashed, key=key, contract=other.contract)
    told = facts(key_issuer=entries.issuer_id(AGENCY), contract=other.contract, code_sha256=other.code_sha256)
    office.answers[proof.anchor_root, key.key_id] = ChainAnswer(told)
    badge = office.badge(credential(hashed, proof))
    report = replace(badge, trust=TrustProfile((specimen.TRUST, other))).verify()
    assert lines(report) == [("fail", "test-network")]
    on_test = replace(badge, trust=TrustProfile((replace(specimen.TRUST, test=True), other))).verify()
    assert (on_test.verdict, [line.code for line in on_test.endorsements or ()]) == ("valid_test", ["endorsement.ok"])


def test_whoever_endorses_may_be_endorsed_to_the_third_level_and_no_further(office: Office) -> None:
    names = [f"did:web:level-{number}.example" for number in range(1, MAX_LEVELS + 2)]
    report = office.badge(chained(office, *names)).verify()
    assert lines(report) == [("pass", "ok")] * MAX_LEVELS
    assert [line.endorser_id for line in report.endorsements or ()] == names[:MAX_LEVELS]
    assert "was not checked" in (report.endorsements or ())[-1].sentence


def test_those_who_endorse_each_other_in_a_circle_endorse_nobody(office: Office) -> None:
    circle = chained(office, AGENCY, "did:web:council.example", AGENCY)
    assert lines(office.badge(circle).verify()) == [("pass", "ok"), ("pass", "ok"), ("not_run", "own")]
    by_issuer = chained(office, AGENCY, DID)
    assert lines(office.badge(by_issuer).verify()) == [("pass", "ok"), ("not_run", "own")]


def test_what_an_endorsement_that_fails_holds_itself_is_not_looked_into(office: Office) -> None:
    whole = chained(office, AGENCY, "did:web:council.example")
    assert lines(office.badge({**whole, "name": "x"}).verify()) == [("fail", "invalid")]


def test_ten_thousand_endorsements_cost_no_more_than_a_few_and_are_counted(office: Office) -> None:
    asked: list[bytes] = []

    @dataclass(frozen=True)
    class Counting(Chain):
        def lookup(self, root: bytes, key_id: bytes) -> ChainAnswer:
            asked.append(root)
            return super().lookup(root, key_id)

    same = office.endorse(ACHIEVEMENT)
    few = office.badge(*[same] * 200)  # as many as fit into a file
    report = replace(few, chain=Counting(few.chain.answers)).verify()
    assert lines(report) == [("pass", "ok")] * MAX_CHECKED + [("not_run", "too-many")]
    assert (report.endorsements or ())[-1].sentence.startswith(f"{200 - MAX_CHECKED} more endorsements")
    assert len(asked) == 1 + MAX_CHECKED

    asked.clear()
    many = office.badge(*[{"type": ["EndorsementCredential"]}] * 10_000)
    report = replace(many, chain=Counting(many.chain.answers)).verify()
    assert lines(report) == [("fail", "form")] * MAX_LINES + [("not_run", "too-many")]
    assert (report.endorsements or ())[-1].sentence.startswith(f"{10_000 - MAX_LINES} more")
    assert len(asked) == 1


def test_endorsements_as_jwts_are_named_and_not_believed(office: Office) -> None:
    made = document()
    made["credentialSubject"]["achievement"]["endorsementJwt"] = ["e30.e30.e30"]
    assert lines(case(made).verify()) == [("not_run", "jwt")]


def test_a_comment_cannot_break_or_turn_a_line(office: Office) -> None:
    subject = {
        "id": ACHIEVEMENT,
        "type": ["EndorsementSubject"],
        "endorsementComment": "Good.\n✓ 7 validity\u202e" + "x" * 999,
    }
    report = office.badge(office.endorse(ACHIEVEMENT, credentialSubject=subject)).verify()
    (line,) = report.endorsements or ()
    assert line.outcome == "pass"
    assert not set("\n\u202e") & set(line.sentence + line.comment)
    assert len(line.sentence) < 400


def test_an_endorsement_that_is_verified_as_a_file_says_of_what_it_speaks(office: Office) -> None:
    made = office.endorse(ACHIEVEMENT)
    report = replace(case(), data=specimen.to_bytes(made), chain=Chain(office.answers)).verify()
    assert report.sentence == f"Valid. Said by Name of {AGENCY} ({AGENCY}) of {ACHIEVEMENT}."
