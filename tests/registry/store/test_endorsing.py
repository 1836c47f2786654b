"""Endorsements are credentials of their own: signed, sealed, anchored, revocable; and they travel in definitions."""

import json
from typing import Any

import pytest

from registry.credential import schema
from registry.credential.achievement import Achievement
from registry.credential.badge import StatusRef
from registry.credential.batchsigner import BatchSigner
from registry.credential.endorsement import Endorsement
from registry.credential.integrity import sign_and_digest
from registry.credential.keys import IssuerKey
from registry.errors import RowErrors, StateError
from registry.format.strictjson import canonical
from registry.store import achievements, batches, credentials, endorsing, issuers, statusactions
from registry.store.sealing import Sealer
from registry.store.status import status_evidence
from tests.support import badges
from tests.support.registered import DID, Registered, achievement, row

COURSE = "https://university.example/achievements/soil-science/v1"
WORD = Endorsement(COURSE, "Accredited, decision AV-4223.", "Accreditation", "2031-01-15T00:00:00Z")


def issue(registered: Registered, *wanted: Endorsement) -> list[str]:
    """Anchored endorsements by "uni": their handles."""
    store = registered.store
    batch = batches.open_batch(store, "uni", None)
    handles = endorsing.add_endorsements(store, registered.vault, batch.id, wanted)
    batches.request_seal(store, batch.id)
    assert Sealer(store, registered.vault).seal_next()
    registered.anchor()
    return handles


def evidence(registered: Registered) -> bytes:
    return json.dumps(status_evidence(registered.store, "uni-1-revocation")).encode()


def test_an_endorsement_is_anchored_and_verifies_and_is_revoked_like_any_credential(registered: Registered) -> None:
    handle, other = issue(registered, WORD, Endorsement("did:web:other.example", "A good house."))
    content = credentials.file(registered.store, handle)
    document = json.loads(content)
    assert schema.problems(document) == []
    assert document["type"] == ["VerifiableCredential", "EndorsementCredential"]
    assert document["credentialSubject"] == {
        "id": COURSE, "type": ["EndorsementSubject"], "endorsementComment": "Accredited, decision AV-4223.",
    }  # fmt: skip
    assert (document["issuer"]["id"], document["validUntil"]) == (DID, "2031-01-15T00:00:00Z")
    report = registered.verify(content, evidence(registered))
    assert report.verdict == "valid"
    assert report.embedded_proof and report.embedded_proof.outcome == "pass"
    statusactions.revoke(registered.store, registered.vault, handle, "withdrawn", None, "admin")
    registered.anchor()
    assert registered.verify(credentials.file(registered.store, handle), evidence(registered)).verdict == "revoked"
    assert registered.verify(credentials.file(registered.store, other), evidence(registered)).verdict == "valid"


@pytest.mark.parametrize(
    ("wrong", "place"),
    [
        (Endorsement(DID, "We are good."), "/subject"),
        (Endorsement("soil science", "Good."), "/subject"),
        (Endorsement(COURSE, " "), "/comment"),
        (Endorsement(COURSE, "Good.\u202e"), "/comment"),
        (Endorsement(COURSE, "Good.", valid_until="2031-01-15"), "/valid_until"),
        (Endorsement(COURSE, "Good.", valid_until="2031-02-30T00:00:00Z"), "/valid_until"),
    ],
)
def test_a_word_that_says_nothing_or_is_about_oneself_is_refused_and_nothing_is_kept(
    registered: Registered, wrong: Endorsement, place: str
) -> None:
    store = registered.store
    batch = batches.open_batch(store, "uni", None)
    with pytest.raises(RowErrors) as caught:
        endorsing.add_endorsements(store, registered.vault, batch.id, [WORD, wrong])
    assert [(error.row, error.pointer) for error in caught.value.errors] == [(2, place)]
    assert batches.get_batch(store, batch.id).size == 0


def test_endorsements_do_not_go_among_badges(registered: Registered) -> None:
    badges_, _ = registered.batch(1)
    with pytest.raises(StateError, match="without an achievement"):
        endorsing.add_endorsements(registered.store, registered.vault, badges_, [WORD])


def endorsed(registered: Registered, **changes: Any) -> dict[str, Any]:
    """The achievement's definition with an anchored endorsement in it."""
    content = credentials.file(registered.store, *issue(registered, WORD))
    return {**achievement().data, "id": COURSE, "version": "2", "endorsements": [json.loads(content)], **changes}


def test_a_definition_with_an_endorsement_puts_it_into_every_badge_and_both_ways_of_signing_agree(
    registered: Registered,
) -> None:
    made = badges.parse(endorsed(registered))
    assert Achievement.parse(made.canonical(), "json") == made
    added = achievements.add_achievement(registered.store, "uni", made)
    batch = batches.open_batch(registered.store, "uni", added.id)
    handles = batches.add_rows(registered.store, registered.vault, batch.id, [row(1), row(2)])
    batches.request_seal(registered.store, batch.id)
    assert Sealer(registered.store, registered.vault).seal_next()
    registered.anchor()
    for handle in handles:
        content = credentials.file(registered.store, handle)
        (inside,) = json.loads(content)["credentialSubject"]["achievement"]["endorsement"]
        assert inside == made.data["endorsements"][0]
        report = registered.verify(content, evidence(registered))
        assert report.verdict == "valid"
        assert report.embedded_proof and report.embedded_proof.outcome == "pass"
    key, profile = IssuerKey(bytes(32)), json.loads(issuers.get_issuer(registered.store, "uni").profile)
    signer = BatchSigner(made, profile, key, verification_method=f"{DID}#key", created="2026-01-01T00:00:00Z")
    for number in range(3):  # the third comes from a template
        place = StatusRef("https://registry.example/v1/status-lists/uni-1-revocation", number)
        fast = signer.sign(row(number), f"urn:uuid:{number}c9e6679-7425-40de-944b-e07fc1f90ae7", place)
        unsigned = {name: value for name, value in json.loads(fast.document).items() if name != "proof"}
        slow, d_rdf = sign_and_digest(unsigned, key, f"{DID}#key", "2026-01-01T00:00:00Z")
        assert (canonical(slow).decode(), d_rdf) == (fast.document, fast.d_rdf)


def test_a_definition_refuses_endorsements_of_something_else_unsigned_or_by_no_known_terms(
    registered: Registered,
) -> None:
    whole = endorsed(registered)
    (inside,) = whole["endorsements"]
    wrong: dict[str, tuple[Any, str]] = {
        "of another": ({**whole, "id": COURSE + "x"}, "/endorsements/0/credentialSubject/id"),
        "unsigned": (
            {**whole, "endorsements": [{k: v for k, v in inside.items() if k != "proof"}]},
            "/endorsements/0/proof",
        ),
        "a badge": ({**whole, "endorsements": [badges.unsigned()]}, "/endorsements/0/type"),
        "empty": ({**whole, "endorsements": [{}]}, "/endorsements/0/type"),
        "unknown term": ({**whole, "endorsements": [{**inside, "grade": "A"}]}, "/endorsements/0/grade"),
        "no address": ({k: v for k, v in whole.items() if k != "id"}, "/id"),
        "too many": ({**whole, "endorsements": [inside] * 21}, "/endorsements"),
    }
    for name, (definition, place) in wrong.items():
        with pytest.raises(RowErrors) as caught:
            badges.parse(definition)
        assert [error.pointer for error in caught.value.errors] == [place], name
