"""Our schema of a credential: as the official one on good and bad samples, stricter where it says so."""

import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from registry.credential import schema
from registry.errors import FormatError
from tests.support import badges
from tests.support.badges import shared, shared_json, unsigned

STRICTER = {"simple-err-proof-method-no-scheme.json": "/proof/0/verificationMethod"}
"""Samples that the official schema lets through: it checks no identifiers."""


def official() -> tuple[Any, Any]:
    """For badges and for endorsements."""
    whole = shared_json("schemas", "ob_v3p0_achievementcredential_schema.json")
    endorsement = {"$schema": whole["$schema"], "$ref": "#/$defs/EndorsementCredential", "$defs": whole["$defs"]}
    badge, other = (jsonschema_rs.validator_for(each, validate_formats=True) for each in (whole, endorsement))
    return badge, other


def test_verdicts_are_those_of_the_official_schema() -> None:
    badge, endorsement = official()
    paths: list[Path] = []
    for folder in [("models",), ("obspec",), ("1edtech-validator", "ob30"), ("w3c", "vcdm2-input")]:
        paths += sorted(shared(*folder).glob("*.json"))
    verdicts = {True: 0, False: 0}
    for path in paths:
        document = json.loads(path.read_bytes())
        types = document.get("type", [])
        kind = badge if "OpenBadgeCredential" in types or "AchievementCredential" in types else endorsement
        valid = (kind if "EndorsementCredential" in types else badge).is_valid(document)
        found = schema.problems(document)
        if path.name in STRICTER:
            assert valid
            assert [where for where, _ in found] == [STRICTER[path.name]]
        else:
            assert (found == []) == valid, (path.name, found)
            verdicts[valid] += 1
    assert verdicts[True] >= 14
    assert verdicts[False] >= 10


CHANGES: dict[str, tuple[str, Any]] = {
    "no validFrom": ("validFrom", None),
    "no issuer": ("issuer", None),
    "type as text": ("type", "OpenBadgeCredential"),
    "not a badge": ("type", ["VerifiableCredential"]),
    "not a credential": ("type", ["OpenBadgeCredential"]),
    "a local id": ("id", "credential-1"),
    "a day as time": ("validFrom", "2026-07-01"),
    "no such day": ("validFrom", "2026-02-30T00:00:00Z"),
    "other contexts first": ("@context", ["https://www.w3.org/2018/credentials/v1", "https://a.example"]),
    "proof as object": ("proof", {"type": "DataIntegrityProof"}),
    "nine proofs": ("proof", [{"type": "DataIntegrityProof"}] * 9),
    "status as list": ("credentialStatus", [{"id": "urn:x", "type": "BitstringStatusListEntry"}]),
    "status without index": ("credentialStatus", {"id": "urn:x", "type": "BitstringStatusListEntry"}),
    "a name in two languages": ("name", {"en": "x", "de": "y"}),
    "a subject without achievement": ("credentialSubject", {"id": "urn:x", "type": ["AchievementSubject"]}),
    "null": ("description", None),
    "an endless name": ("name", "x" * 100_001),
}


@pytest.mark.parametrize(("member", "value"), CHANGES.values(), ids=CHANGES)
def test_a_wrong_member_is_refused_with_its_pointer(member: str, value: Any) -> None:
    document = unsigned()
    schema.validate(document)
    if value is None and member in document:
        del document[member]
    else:
        document[member] = value
    with pytest.raises(FormatError) as caught:
        schema.validate(document)
    assert caught.value.code == "schema.invalid"
    assert caught.value.pointer.startswith(f"/{member}") or (value is None and member in caught.value.problem)


def test_nobody_in_particular_cannot_be_awarded() -> None:
    document = unsigned()
    document["credentialSubject"]["identifier"] = []
    assert [where for where, _ in schema.problems(document)] == ["/credentialSubject"]


def test_a_hash_that_is_none_is_refused() -> None:
    document = unsigned()
    document["credentialSubject"]["identifier"][1]["identityHash"] = "ana@learner.example"
    assert [where for where, _ in schema.problems(document)] == ["/credentialSubject/identifier/1/identityHash"]


def test_all_problems_are_told_and_no_value_of_the_learner() -> None:
    document = unsigned(badges.row(name="Xenia Quux"))
    document["credentialSubject"]["identifier"][0]["hashed"] = "Xenia Quux"
    document["issuer"]["id"] = "Xenia Quux"
    del document["validFrom"]
    with pytest.raises(FormatError) as caught:
        schema.validate(document)
    assert "Xenia" not in str(caught.value)
    for where in ("/credentialSubject/identifier/0/hashed", "/issuer", "validFrom"):
        assert where in str(caught.value)


def test_a_credential_with_a_thousand_problems_is_answered_with_twenty() -> None:
    document = {**unsigned(), "evidence": [{"type": "Evidence"}] * 100}
    assert len(schema.problems(document)) == schema.MAX_ERRORS
