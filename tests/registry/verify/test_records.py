"""A Comprehensive Learner Record holds its components whole: each gets a line, and the record's verdict never moves."""

import json
from dataclasses import replace
from typing import Any

import pytest

from registry.format import strictjson
from registry.verify import Given, Report
from registry.verify.components import MAX_CHECKED, MAX_LINES
from tests.support import specimen
from tests.support.cases import Chain, case
from tests.support.nesting import Learner, entry, record, without_proof
from tests.support.specimen import document

PLACE = "/credentialSubject/verifiableCredential"


@pytest.fixture
def ana() -> Learner:
    return Learner()


def lines(report: Report) -> list[tuple[str, str, str]]:
    """Outcome, code and place of each line; the verdict is that of the record without them."""
    assert report.verdict == "valid"
    assert report.components is not None
    return [
        (line.outcome, line.code.removeprefix("component."), line.pointer.removeprefix(PLACE))
        for line in report.components
    ]


def test_each_credential_in_a_record_is_verified_by_itself_and_none_has_to_be_given(ana: Learner) -> None:
    good = ana.earn(1)
    altered = ana.earn(2).replace(b'"creditsEarned":2.5', b'"creditsEarned":25')
    expired = ana.earn(3, validUntil="2026-11-25T11:59:59Z")
    unsigned = without_proof(ana.earn(4))
    swapped = {**json.loads(ana.earn(5)), "proof": json.loads(good)["proof"]}
    report = record(ana, [good, altered, expired, unsigned, swapped]).verify()
    assert lines(report) == [
        ("pass", "ok", "/0"), ("fail", "invalid", "/1"), ("fail", "expired", "/2"), ("unknown", "pending", "/3"),
        ("fail", "invalid", "/4"),
    ]  # fmt: skip
    first, second, third, *_ = report.components or ()
    assert first.sentence.startswith("Soil science in practice is in the credential. Valid. Issued by ")
    assert (first.sha256, first.verdict) == (strictjson.digest(without_proof(good)).hex(), "valid")
    assert second.sentence.startswith("Soil science in practice is in the credential, and does not count: ")
    assert "and does not count any more: " in third.sentence
    assert report.to_json()["components"][0]["pointer"] == f"{PLACE}/0"
    assert report.components_exit_code == 1
    assert record(ana, [good]).verify().components_exit_code == 0
    assert record(ana, [good, unsigned]).verify().components_exit_code == 2
    assert lines(record(ana, json.loads(good)).verify()) == [("pass", "ok", "/0")], "one, without an array"


def test_one_that_was_revoked_since_is_told_and_the_record_stands() -> None:
    evidence = specimen.status_evidence(
        specimen.list_evidence(specimen.status_list("revocation", {7})),
        specimen.list_evidence(specimen.status_list("suspension")),
    )
    place = {**document()["credentialStatus"], "id": f"{specimen.LIST_URL}#7", "statusListIndex": "7"}
    part = case(document(id="urn:uuid:00000001-7425-40de-944b-e07fc1f90ae7", credentialStatus=place), evidence=evidence)
    whole = case(without_proof(record(Learner(), [part.data]).data), evidence=evidence)
    made = replace(whole, chain=Chain({**part.chain.answers, **whole.chain.answers}))
    assert lines(made.verify()) == [("fail", "revoked", "/0")]


def test_what_cannot_be_told_apart_or_is_no_credential_is_not_verified(ana: Learner) -> None:
    one, two = ana.earn(1), ana.earn(2)
    own = {**json.loads(ana.earn(3)), "id": document()["id"]}
    nameless = {"id": 7, "type": ["VerifiableCredential"]}
    report = record(
        ana, [one, one, two, own, "eyJ0.eyJ1.c2ln", None, [json.loads(two)], nameless, {"id": "x"}]
    ).verify()
    assert lines(report) == [
        ("fail", "form", "/0"), ("fail", "form", "/1"), ("pass", "ok", "/2"), ("fail", "circular", "/3"),
        *(("fail", "form", f"/{index}") for index in (4, 5, 6, 7)), ("fail", "invalid", "/8"),
    ]  # fmt: skip
    for nothing in ([], "none", None, 5, {}):
        assert {line.outcome for line in record(ana, nothing).verify().components or ()} <= {"fail"}


def test_a_record_in_a_record_is_verified_and_not_looked_into(ana: Learner) -> None:
    broken = ana.earn(1).replace(b"Soil science", b"Soil_science")
    inner = record(ana, [broken], id="urn:uuid:00000009-7425-40de-944b-e07fc1f90ae7", credentialStatus=None)
    ana.answers |= inner.chain.answers
    assert lines(record(ana, [inner.data]).verify()) == [("pass", "ok", "/0")]


def test_two_hundred_of_them_cost_no_more_than_the_most_that_are_verified(ana: Learner) -> None:
    asked = 0

    class Counting(Chain):
        def lookup(self, root: bytes, key_id: bytes) -> Any:
            nonlocal asked
            asked += 1
            return super().lookup(root, key_id)

    made = record(ana, [ana.earn(number) for number in range(200)])
    report = replace(made, chain=Counting(made.chain.answers)).verify()
    assert [line[:2] for line in lines(report)] == [("pass", "ok")] * MAX_CHECKED + [("not_run", "too-many")]
    assert (report.components or ())[-1].sentence.startswith(f"{200 - MAX_CHECKED} more components")
    assert asked <= MAX_CHECKED + 2
    assert report.components_exit_code == 1
    flood = record(ana, [{}] * 100_000).verify()
    assert len(lines(flood)) == MAX_LINES + 1


def test_only_a_record_holds_components_and_only_an_authentic_one_is_looked_into(ana: Learner) -> None:
    held = [ana.earn(1)]
    badge = record(ana, held, type=["VerifiableCredential", "OpenBadgeCredential"])
    assert lines(badge.verify()) == []
    good = record(ana, held)
    forged = replace(good, data=good.data.replace(b"did:example:ana", b"did:example:ben")).verify()
    assert (forged.verdict, forged.components) == ("invalid", None)


def test_the_learner_of_each_is_named_for_whoever_reads_the_lines(ana: Learner) -> None:
    subject = document()["credentialSubject"]
    name = {"type": "IdentityObject", "identityType": "name", "hashed": False, "identityHash": "Ben Bootes"}
    bens = ana.earn(1, credentialSubject={**subject, "identifier": [name]})
    report = record(ana, [bens]).verify()
    assert lines(report) == [("pass", "ok", "/0")]
    assert "to Ben Bootes on" in (report.components or ())[0].sentence


def test_a_copy_that_is_given_is_not_looked_at_and_digests_are_held_against_files_alone(ana: Learner) -> None:
    good = ana.earn(1)
    copy = Given.read("copy.json", good.replace(b"Soil science", b"Soil_science"))
    report = record(ana, [good]).verify(components=[copy])
    assert lines(report) == [("pass", "ok", "/0"), ("not_run", "not-named", "")]
    assert "holds the one with its id itself" in (report.components or ())[1].sentence
    assert report.components_exit_code == 0
    both = record(ana, [good], relatedResource=[entry(good)])
    assert [line[:2] for line in lines(both.verify())] == [("not_run", "not-given"), ("pass", "ok")]


def test_what_others_say_inside_of_a_credential_that_is_held_is_not_told_as_if_it_were_genuine(ana: Learner) -> None:
    endorsement = {"type": ["EndorsementCredential"], "credentialSubject": {"id": "urn:x"}}
    forged = {**json.loads(ana.earn(1)), "endorsement": [endorsement]}
    report = record(ana, [forged]).verify()
    assert lines(report) == [("fail", "invalid", "/0")]
    assert report.endorsements == ()
    assert len(record(ana, [], endorsement=[endorsement]).verify().endorsements or ()) == 1
