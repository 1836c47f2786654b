"""Blockcerts' own verifier on our files: it recomputes the anchor proof and looks the root up on the chain.

Two things that Open Badges 3.0 wants are beyond it, whoever issues: `test_beyond_blockcerts`. It comes to them after
signature and anchor, so these are confirmed for every badge.
"""

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from anchor.signer import KeySigner
from anchor.verifier import Verifier
from registry.credential import blockcerts
from registry.format import anchorproof
from registry.verify import RegistryTrust, TrustProfile
from tests.support import judged
from tests.support.changes import changed
from tests.support.judged import Ask, Document, Issued, Verdicts
from tests.support.worksite import OPERATOR

SIGNATURE = ["retrieveVerificationMethodPublicKey", "ensureVerificationMethodValidity", "checkDocumentSignature"]
ANCHOR = [
    "assertProofValidity",
    "getTransactionId",
    "computeLocalHash",
    "fetchRemoteHash",
    "compareHashes",
    "checkMerkleRoot",
    "checkReceipt",
    "parseIssuerKeys",
    "checkAuthenticity",
]
REST = [
    "validateDateFormat",
    "controlVerificationMethod",
    "checkRevokedStatus",
    "ensureValidityPeriodStarted",
    "checkExpiresDate",
]


STRANGER = KeySigner((9).to_bytes(32, "big")).address


def signature_error(reason: str) -> str:
    return f"checkDocumentSignature: The document's EddsaRdfc2022 signature could not be confirmed: {reason}"


REFUSED = {
    "learner's name": (signature_error("Invalid signature."), SIGNATURE[:2]),
    "proof value": (signature_error("Invalid signature."), SIGNATURE[:2]),
    "end date": (signature_error("Invalid signature."), SIGNATURE[:2]),
    "undefined term": (signature_error("Safe mode validation error."), SIGNATURE[:2]),
    "anchor of another badge": ("compareHashes: Computed hash does not match remote hash", SIGNATURE + ANCHOR[:4]),
    "root of another transaction": ("checkMerkleRoot: Merkle root does not match remote hash.", SIGNATURE + ANCHOR[:5]),
}


def forgeries(files: dict[str, Document]) -> dict[str, Document]:
    """What can be made of a badge without its issuer's key, by the names of OURS."""
    valid, other = files["plain"], files["without schema"]
    proof, first = (anchorproof.decode(files[name]["proof"][1]["proofValue"]) for name in ("plain", "valid"))
    assert proof.tx_hash != first.tx_hash
    elsewhere = anchorproof.encode(replace(proof, tx_hash=first.tx_hash))
    return {
        "learner's name": changed(valid, "/credentialSubject/identifier/0/identityHash", "Somebody Else"),
        "proof value": changed(valid, "/proof/0/proofValue", other["proof"][0]["proofValue"]),
        "end date": changed(valid, "/validUntil", "2099-01-01T00:00:00Z"),
        "undefined term": changed(valid, "/credentialSubject/achievement/honours", "with distinction"),
        "anchor of another badge": changed(valid, "/proof/1", other["proof"][1]),
        "root of another transaction": changed(valid, "/proof/1/proofValue", elsewhere),
        "another time": changed(valid, "/proof/1/created", "2001-01-01T00:00:00Z"),
    }


BEYOND = {
    # It holds the credentialSubject alone against the schema of the whole credential, so none can ever conform.
    "valid": (
        "checkCredentialSchemaConformity: This certificate does not conform with the provided credential schema",
        0,
    ),
    # A conformant list is a plain VC 2.0 credential; it wants one more context for the type, which VC 2.0 defines.
    "without schema": (
        "checkRevokedStatus: Document presented is not a valid Verifiable Credential: More specific type: "
        "BitstringStatusListCredential was detected but no additional context provided",
        2,
    ),
}
"""What it says instead of a verdict, and how many of REST it has done by then."""

OURS = {
    "plain": ("valid_test", ""),
    "learner's name": ("invalid", "signature.mismatch"),
    "proof value": ("invalid", "signature.mismatch"),
    "end date": ("invalid", "signature.mismatch"),
    "undefined term": ("invalid", "signature.mismatch"),
    "anchor of another badge": ("invalid", "signature.mismatch"),
    # The transaction is a hint: we ask the contract for the root, which is the right one.
    "root of another transaction": ("valid_test", ""),
    # It does not compare the time with the chain's (standards: the options of this proof are not hashed).
    "another time": ("invalid", "anchor.time"),
}


@pytest.fixture(scope="session")
def verdicts(ask: Ask, on_anvil: tuple[Issued, str]) -> Verdicts:
    issued, node = on_anvil
    files = {**issued.files, **forgeries(issued.files)}
    return ask("blockcerts", files, {**issued.documents, **judged.blockcerts_documents()}, node=node)


def test_blockcerts_accepts_signature_and_anchor_and_ran_every_step(verdicts: Verdicts) -> None:
    found = verdicts["plain"]
    assert (found["accepted"], found["error"], found["steps"]) == (True, "", SIGNATURE + ANCHOR + REST)
    assert judged.REGISTRY_URL in found["loaded"]


@pytest.mark.parametrize("name", REFUSED)
def test_blockcerts_refuses(verdicts: Verdicts, name: str) -> None:
    found = verdicts[name]
    assert (found["accepted"], found["error"], found["steps"]) == (False, *REFUSED[name])


@pytest.mark.parametrize("name", BEYOND)
def test_beyond_blockcerts(verdicts: Verdicts, name: str) -> None:
    error, done = BEYOND[name]
    found = verdicts[name]
    assert (found["accepted"], found["error"]) == (False, error)
    assert found["steps"] == SIGNATURE + ANCHOR + REST[:done]


def test_ours_differs_from_blockcerts_in_the_time_of_the_anchor_and_the_hint_of_its_transaction(
    on_anvil: tuple[Issued, str], verdicts: Verdicts
) -> None:
    issued, node = on_anvil
    config = issued.config
    trust = RegistryTrust("Anvil", config.chain_id, config.contract, config.code_sha256, (node,))
    verifier = Verifier(TrustProfile((trust,)))
    files = {"plain": issued.files["plain"], **forgeries(issued.files)}
    assert set(OURS) == set(files)
    found = {}
    for name, file in files.items():
        report = verifier.check(json.dumps(file).encode(), now=datetime.now(UTC))
        failed = [check.code for check in report.checks if check.outcome == "fail"]
        found[name] = (report.verdict, *(failed[:1] or [""]))
    assert found == OURS
    differs = {name for name in files if verdicts[name]["accepted"] != (found[name][0] == "valid_test")}
    assert differs == {"another time", "root of another transaction"}


@pytest.mark.parametrize(
    ("url", "document", "error"),
    [
        pytest.param(
            f"{judged.RESOLVER_URL}/{judged.DID}",
            {"didDocument": judged.did_document(judged.DID, judged.KEY)},
            "checkDocumentSignature: Cannot destructure property 'kty' of 'jwk' as it is undefined.",
            id="the issuer's key as JWK too",
        ),
        pytest.param(
            judged.REGISTRY_URL,
            blockcerts.profile(judged.REGISTRY_URL, "Example Registry", [(STRANGER, 1_577_836_800)]),
            "checkAuthenticity: The address used to issue this Blockcerts does not belong to the claimed issuer.",
            id="the address that anchors in the profile of the registry",
        ),
        pytest.param(
            judged.REGISTRY_URL,
            blockcerts.profile(judged.REGISTRY_URL, "Example Registry", [(OPERATOR.address, 4_102_444_800)]),
            "checkAuthenticity: The specified issuing address was created after the transaction occurred.",
            id="that address from before the anchor on",
        ),
    ],
)
def test_blockcerts_wants(ask: Ask, on_anvil: tuple[Issued, str], url: str, document: Document, error: str) -> None:
    issued, node = on_anvil
    documents = {**issued.documents, **judged.blockcerts_documents(), url: document}
    found = ask("blockcerts", {"plain": issued.files["plain"]}, documents, node=node)["plain"]
    assert (found["accepted"], found["error"]) == (False, error)
