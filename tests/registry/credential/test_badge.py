"""Every badge built from any good row is valid, safe to sign, and says what the row says."""

import hashlib
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from registry.credential import badge, schema
from registry.credential.achievement import Achievement
from registry.credential.integrity import add_proof, verify_proof
from registry.credential.roster import RosterRow
from tests.support.badges import (
    CREDENTIAL_ID,
    DID,
    KEY,
    LIST_URL,
    METHOD,
    MINIMAL,
    NOW,
    PROFILE,
    achievement,
    parse,
    row,
    shared_json,
    unsigned,
)

TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=40)
ROWS = st.builds(
    RosterRow,
    name=TEXT,
    awarded_on=st.dates().map(str),
    email=st.none() | st.emails(),
    learner_id=st.none() | TEXT.filter(lambda text: ":" not in text) | st.just("did:key:z6MkExample"),
    valid_until=st.none() | st.dates().map(str),
    grade=st.none() | st.sampled_from(["6", "8.5"]),
    credits=st.none() | st.sampled_from([1, 2.5, 5]),
    evidence_url=st.none() | st.just("https://www.university.example/evidence/1"),
    evidence_name=st.none() | TEXT,
    activity_start=st.none() | st.dates().map(str),
    activity_end=st.none() | st.dates().map(str),
    language=st.none() | st.sampled_from(["en", "de", "nl"]),
)
ACHIEVEMENTS = [achievement(), parse(MINIMAL), parse({**MINIMAL, "grading": {"values": ["6", "8.5"]}})]


@settings(max_examples=25, deadline=None)
@given(ROWS, st.sampled_from(ACHIEVEMENTS))
def test_every_badge_is_valid_and_can_be_signed(row_: RosterRow, definition: Achievement) -> None:
    document = unsigned(row_, definition)
    schema.validate(document)
    signed = add_proof(document, KEY, METHOD, NOW)
    schema.validate(signed)
    assert verify_proof(signed, signed["proof"][0], KEY.multikey)


def test_every_badge_is_valid_for_the_official_schema() -> None:
    name = "ob_v3p0_achievementcredential_schema.json"
    official = jsonschema_rs.validator_for(shared_json("schemas", name), validate_formats=True)

    @given(ROWS, st.sampled_from(ACHIEVEMENTS))
    def check(row_: RosterRow, definition: Achievement) -> None:
        official.validate(unsigned(row_, definition))

    check()


def test_a_badge_says_what_the_row_says() -> None:
    document = unsigned(
        row(
            learner_id="did:key:z6MkExample",
            valid_until="2030-01-31",
            credits=2.5,
            evidence_url="https://www.university.example/e/1",
            evidence_name="Portfolio",
            activity_start="2026-02-01",
            activity_end="2026-06-20",
        )
    )
    subject = document["credentialSubject"]
    assert document["id"] == CREDENTIAL_ID
    assert document["issuer"]["id"] == DID
    assert document["issuer"]["address"]["addressCountryCode"] == "NL"
    assert (document["awardedDate"], document["validFrom"]) == ("2026-06-24T00:00:00Z", NOW)
    assert document["validUntil"] == "2030-01-31T23:59:59Z"
    assert document["evidence"] == [
        {"id": "https://www.university.example/e/1", "type": ["Evidence"], "name": "Portfolio"}
    ]
    assert subject["id"] == "did:key:z6MkExample"
    assert subject["identifier"][0]["identityHash"] == "Ana Andromeda"
    assert subject["creditsEarned"] == 2.5
    assert subject["result"][0]["value"] == "8.5"
    assert subject["result"][0]["resultDescription"] == subject["achievement"]["resultDescription"][0]["id"]
    assert subject["activityEndDate"] == "2026-06-20T00:00:00Z"
    assert document["credentialStatus"] == {
        "id": f"{LIST_URL}#94567",
        "type": "BitstringStatusListEntry",
        "statusPurpose": "revocation",
        "statusListIndex": "94567",
        "statusListCredential": LIST_URL,
    }


def test_the_mail_address_is_hashed_with_a_salt_and_nowhere_in_clear() -> None:
    document = unsigned()
    (identity,) = [item for item in document["credentialSubject"]["identifier"] if item["hashed"]]
    expected = hashlib.sha256(b"ana@learner.example" + identity["salt"].encode()).hexdigest()
    assert identity["identityHash"] == f"sha256${expected}"
    assert "ana@learner.example" not in str(document)


def test_the_salt_is_another_one_each_time() -> None:
    status = badge.StatusRef(LIST_URL, 1)
    built = [badge.build(row(), achievement(), PROFILE, CREDENTIAL_ID, status, NOW) for _ in range(2)]
    salts = [document["credentialSubject"]["identifier"][1]["salt"] for document in built]
    assert len(set(salts)) == 2
    assert all(len(salt) == 2 * badge.SALT_BYTES for salt in salts)


def test_a_number_at_the_issuer_is_an_identifier_and_not_the_subjects_id() -> None:
    subject = unsigned(row(learner_id="4711"))["credentialSubject"]
    assert "id" not in subject
    assert subject["identifier"][-1]["identityHash"] == "4711"


def test_the_achievement_has_the_id_of_its_definition_or_of_its_address_or_a_name_that_stays() -> None:
    def id_of(definition: Achievement, **options: Any) -> Any:
        status = badge.StatusRef(LIST_URL, 1)
        document = badge.build(row(grade=None), definition, PROFILE, CREDENTIAL_ID, status, NOW, **options)
        return document["credentialSubject"]["achievement"]["id"]

    with_id = parse({**MINIMAL, "id": "https://university.example/a/1"})
    address = "https://registry.example/achievements/u.x.1"
    assert id_of(with_id, achievement_url=address) == "https://university.example/a/1"
    assert id_of(parse(MINIMAL), achievement_url=address) == address
    assert id_of(parse(MINIMAL)) == id_of(parse(MINIMAL))
    assert id_of(parse(MINIMAL)) != id_of(parse({**MINIMAL, "version": "2"}))
    assert id_of(parse(MINIMAL)).startswith("urn:uuid:")


def test_a_body_other_than_the_issuer_is_the_achievements_creator() -> None:
    creator = unsigned(row(grade=None), parse(MINIMAL))["credentialSubject"]["achievement"]["creator"]
    assert (creator["name"], creator["address"]["addressCountryCode"]) == ("University", "NL")
    assert "creator" not in unsigned()["credentialSubject"]["achievement"]


def test_the_address_in_the_issuers_profile_comes_first() -> None:
    profile = {**PROFILE, "address": {"type": ["Address"], "addressCountryCode": "BE"}}
    status = badge.StatusRef(LIST_URL, 1)
    document = badge.build(row(), achievement(), profile, CREDENTIAL_ID, status, NOW)
    assert document["issuer"]["address"]["addressCountryCode"] == "BE"
    assert "address" not in PROFILE


@pytest.mark.parametrize(("language", "title"), [(None, "Applied Data Ethics"), ("nl", "Toegepaste data-ethiek")])
def test_a_badge_is_in_the_language_of_its_row(language: str | None, title: str) -> None:
    document = unsigned(row(language=language))
    assert document["name"] == document["credentialSubject"]["achievement"]["name"] == title
