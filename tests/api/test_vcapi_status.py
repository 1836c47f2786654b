"""Status at the VC-API: our own lists are looked up, others' are not, and a credential that is revoked says so."""

import json
from typing import Any

import pytest
from starlette.testclient import TestClient

from registry.credential.interop import proofs
from registry.credential.interop.canonizer import lenient
from registry.store import credentials, statusactions
from tests.api.test_vcapi import HOLDER, HOLDER_DID, client, credential, issue, made, verify
from tests.support.registered import Registered

__all__ = ["client", "made"]

ENTRY = {
    "type": "BitstringStatusListEntry",
    "statusPurpose": "revocation",
    "statusListIndex": "94567",
    "statusListCredential": "https://other.example/list",
}
OURS = "https://registry.example/v1/status-lists/uni-1-revocation"
PREFIX = "https://www.w3.org/ns/credentials/status-list#"


def held(status: Any) -> dict[str, Any]:
    """A credential by a did:key with this status, signed over its JSON."""
    options = {
        "cryptosuite": "eddsa-jcs-2022",
        "verificationMethod": f"{HOLDER_DID}#{HOLDER.multibase}",
        "proofPurpose": "assertionMethod",
    }
    document = credential(credentialStatus=status) | {"issuer": HOLDER_DID}
    return {**document, "proof": proofs.add(document, HOLDER, options, lenient())}


def test_a_credential_of_ours_is_looked_up_and_verifies_also_with_its_anchor_proof(
    client: TestClient, made: Registered
) -> None:
    _, handles = made.sealed(1)
    document = json.loads(credentials.document(made.store, handles[0]))
    code, answer = verify(client, document)
    value = {"status": 0, "purpose": "revocation", "valid": True}
    result = {"value": value, "verified": True, "input": document["credentialStatus"]}
    assert (code, answer["results"], answer["problemDetails"]) == (200, {"credentialStatus": [result]}, [])
    made.anchor()
    file = json.loads(credentials.file(made.store, handles[0]))
    assert len(file["proof"]) == 2
    assert verify(client, file)[0] == 200
    assert verify(client, {**file, "proof": file["proof"][1:]})[1]["problemDetails"][0]["code"] == "proof.missing"


@pytest.mark.parametrize(
    ("act", "valid", "code"),
    [(statusactions.revoke, False, "status.revocation"), (statusactions.suspend, True, "status.suspension")],
)
def test_one_that_is_revoked_or_suspended_verifies_and_says_so(
    client: TestClient, made: Registered, act: Any, valid: bool, code: str
) -> None:
    _, handles = made.sealed(2)
    act(made.store, made.vault, handles[0], "mistake", None, "test")
    documents = [json.loads(credentials.document(made.store, handle)) for handle in handles]
    answers = [verify(client, document) for document in documents]
    assert [(status, answer["verified"]) for status, answer in answers] == [(200, True)] * 2
    assert [[problem["code"] for problem in answer["problemDetails"]] for _, answer in answers] == [[code], []]
    assert answers[0][1]["results"]["credentialStatus"][0]["value"]["valid"] is valid


def test_a_list_of_somebody_else_is_not_looked_at_and_that_is_said(client: TestClient) -> None:
    code, answer = verify(client, held([ENTRY, {"id": "https://other.example/1", "type": "OtherStatus"}]))
    assert (code, answer["verified"]) == (200, True)
    assert [result["verified"] for result in answer["results"]["credentialStatus"]] == [False, False]
    assert [problem["type"] for problem in answer["problemDetails"]] == [PREFIX + "STATUS_RETRIEVAL_ERROR"] * 2
    assert "https://other.example/list" in answer["problemDetails"][0]["detail"]


MALFORMED: dict[str, dict[str, Any]] = {
    "an index that is true": {"statusListIndex": True},
    "an index that is a number": {"statusListIndex": 94567},
    "an index below nothing": {"statusListIndex": "-1"},
    "an index in other digits": {"statusListIndex": "٣"},
    "no purpose": {"statusPurpose": None},
    "two purposes": {"statusPurpose": ["revocation", "suspension"]},
    "no list": {"statusListCredential": None},
    "no bits": {"statusSize": 0},
    "bits without messages": {"statusSize": 2},
}


def test_a_malformed_entry_is_refused_when_issued_and_when_verified(client: TestClient) -> None:
    for case, change in MALFORMED.items():
        entry = {name: value for name, value in (ENTRY | change).items() if value is not None}
        sent = {"credential": credential(credentialStatus=entry)}
        assert client.post("/credentials/issue", json=sent).status_code == 422, case
        code, problem = verify(client, held(entry))
        assert code == 422, case
        assert problem["problemDetails"][0]["type"].endswith("#MALFORMED_VALUE_ERROR"), case


def test_an_entry_that_misuses_a_list_of_ours_is_refused(client: TestClient) -> None:
    ours = ENTRY | {"statusListCredential": OURS}
    assert verify(client, held(ours))[1]["problemDetails"][0]["type"] == PREFIX + "STATUS_VERIFICATION_ERROR"
    expected = {
        "94567": (200, ""),
        "131071": (200, ""),
        "131072": (422, PREFIX + "RANGE_ERROR"),
        "9999999999999999": (422, PREFIX + "RANGE_ERROR"),
    }
    for index, (status, kind) in expected.items():
        code, answer = verify(client, issue(client, credentialStatus=ours | {"statusListIndex": index}))
        assert (code, answer["problemDetails"][0]["type"] if code == 422 else "") == (status, kind), index
    document = issue(client, credentialStatus=ours | {"statusPurpose": "suspension"})
    assert verify(client, document)[1]["problemDetails"][0]["code"] == "status.list"


def test_too_many_entries_are_refused(client: TestClient) -> None:
    assert verify(client, held([ENTRY] * 17))[1]["problemDetails"][0]["code"] == "status.entry"
