"""Verifiers that nobody here wrote accept what we issue, and refuse what somebody else made of it.

A judge sees our contexts, the issuer's DID document and its status lists, and nothing of the network. One that skipped
a check has not judged, so the steps that it ran are asserted too, and of a refusal the reason.
"""

import pytest

from registry.credential import dids
from registry.credential.integrity import add_proof
from registry.credential.keys import IssuerKey
from registry.credential.statuslist import Bits
from tests.support import judged
from tests.support.changes import changed
from tests.support.judged import Ask, Document, Issued, Verdicts

STEPS = {
    "digitalbazaar": ["proof eddsa-rdfc-2022", "purpose assertionMethod", "status revocation"],
    "digitalcredentials": ["valid_signature", "revocation_status", "expiration", "registered_issuer", "schema_check"],
}
"""What each judge looks at in a badge that is in order. Of the status, the second lists only what is not set."""

STATUS = {"status revocation", "revocation_status"}
STRANGER = IssuerKey(bytes(range(32)))
STRANGER_DID = "did:web:stranger.example"

BAD_SIGNATURE = {
    "digitalbazaar": "Verification error(s).; Invalid signature.",
    "digitalcredentials": "invalid_signature: The signature is not valid.",
}
REASONS = {
    "learner's name": BAD_SIGNATURE,
    "status index": BAD_SIGNATURE,
    "proof value": BAD_SIGNATURE,
    "end date": BAD_SIGNATURE,
    "key of a stranger": {
        **BAD_SIGNATURE,
        "digitalbazaar": "Verification error(s).; Credential issuer must match the verification method controller.",
    },
    # Nothing that was signed changed: a processor that drops what it cannot read would still find the signature right.
    "undefined term": {
        "digitalbazaar": "Verification error(s).; Safe mode validation error.",
        "digitalcredentials": "jsonld.ValidationError: Safe mode validation error.",
    },
    "revoked": {"digitalbazaar": "revocation bit is set", "digitalcredentials": "revocation_status: no"},
}
FORGED_LIST = {
    "digitalbazaar": '"BitstringStatusListCredential" not verified; reason: Verification error(s).; '
    "Verification error(s).; Invalid signature.",
    "digitalcredentials": "revocation_status: The signature on the status list is invalid.",
}


def forgeries(files: dict[str, Document]) -> dict[str, Document]:
    """What can be made of a valid badge without the issuer's key, by the names of REASONS."""
    changes = {
        "learner's name": ("/credentialSubject/identifier/0/identityHash", "Somebody Else"),
        "status index": ("/credentialStatus/statusListIndex", files["revoked"]["credentialStatus"]["statusListIndex"]),
        "proof value": ("/proof/0/proofValue", files["revoked"]["proof"][0]["proofValue"]),
        "end date": ("/validUntil", "2099-01-01T00:00:00Z"),
        "undefined term": ("/credentialSubject/achievement/honours", "with distinction"),
    }
    made = {name: changed(files["valid"], *change) for name, change in changes.items()}
    stranger = {name: value for name, value in files["valid"].items() if name != "proof"}
    method = f"{STRANGER_DID}#{STRANGER.multibase}"
    made["key of a stranger"] = add_proof(stranger, STRANGER, method, files["valid"]["validFrom"])
    return made


@pytest.fixture(scope="session")
def documents(issued: Issued) -> dict[str, Document]:
    return {**issued.documents, dids.web_url(STRANGER_DID): judged.did_document(STRANGER_DID, STRANGER)}


@pytest.fixture(scope="session", params=STEPS)
def judge(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture(scope="session")
def verdicts(ask: Ask, judge: str, issued: Issued, documents: dict[str, Document]) -> Verdicts:
    return ask(judge, {**issued.files, **forgeries(issued.files)}, documents)


def steps(judge: str) -> list[str]:
    """Without the official schema, which may not be shipped, the second judge cannot run that step."""
    return [step for step in STEPS[judge] if step != "schema_check" or judged.OFFICIAL_SCHEMA.exists()]


@pytest.mark.parametrize("name", ["valid", "without schema"])
def test_a_judge_accepts_what_we_issue_and_looked_at_everything(judge: str, verdicts: Verdicts, name: str) -> None:
    found = verdicts[name]
    assert (found["accepted"], found["error"], found["steps"]) == (True, "", steps(judge))


def test_a_judge_accepts_a_badge_without_status_that_the_issuer_signed(judge: str, verdicts: Verdicts) -> None:
    found = verdicts["plain"]
    assert (found["accepted"], found["error"]) == (True, "")
    assert found["steps"] == [step for step in steps(judge) if step not in STATUS]


@pytest.mark.parametrize("name", REASONS)
def test_a_judge_refuses(judge: str, verdicts: Verdicts, name: str) -> None:
    found = verdicts[name]
    assert (found["accepted"], found["error"]) == (False, REASONS[name][judge])
    # Of the revoked badge the rest is in order; from the others nothing may be concluded.
    passed = set(steps(judge)) - {"revocation_status"} if name == "revoked" else set()
    assert set(found["steps"]) == passed


def test_a_judge_does_not_believe_a_list_whose_bit_somebody_cleared(
    ask: Ask, judge: str, issued: Issued, documents: dict[str, Document]
) -> None:
    url = issued.files["revoked"]["credentialStatus"]["statusListCredential"]
    forged = changed(documents[url], "/credentialSubject/encodedList", Bits().encode())
    found = ask(judge, {"revoked": issued.files["revoked"]}, {**documents, url: forged})["revoked"]
    assert not found["accepted"]
    assert not STATUS & set(found["steps"])
    assert found["error"] == FORGED_LIST[judge]
