"""1EdTech's validator and ours on its own samples: every file by name, and the reason wherever we say something else.

The validator itself cannot be built from what is public; `expected.json` holds what its own tests assert.
Nothing in these files is anchored, so what is compared is what can be known without a chain.
"""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from anchor.verifier import Verifier
from registry.credential import baking, schema, vcjwt
from registry.credential.integrity import is_supported, issuer_proofs, verify_proof
from registry.errors import FormatError
from registry.format import multibase, strictjson
from registry.rdfc.canonizer import rdf_digest
from registry.verify import TrustProfile
from tests.support.badges import shared

NOW = datetime(2026, 11, 25, tzinfo=UTC)
NAMES = {"LICENSE", "expected.json"}

REFUSED = {
    "clr20/simple-noproof.json": "schema.invalid ",
    "clr20/simple.jwt": "jwt.alg /header/alg",
    "clr20/simple_v1.json": "schema.invalid ",
    "ob30/bit-string-list/credential-status-revoked.json": "schema.invalid /credentialStatus/statusListIndex",
    "ob30/credential-status-revoked.json": "schema.invalid ",
    "ob30/simple-did-key-method.json": "the key is not the issuer's",
    "ob30/simple-eddsa-2022.json": "schema.invalid ",
    "ob30/simple-err-credential-subject-achievement-result-description-type.json": "schema.invalid "
    "/credentialSubject/achievement/resultDescription/0/type",
    "ob30/simple-err-credential-subject-profile-type.json": "schema.invalid /credentialSubject/source/type",
    "ob30/simple-err-credential-subject-type.json": "schema.invalid /credentialSubject/type",
    "ob30/simple-err-expired.json": "validity.expired",
    "ob30/simple-err-issuer-otheridentifier-type.json": "schema.invalid /issuer/otherIdentifier/1/type",
    "ob30/simple-err-issuer-type.json": "schema.invalid /issuer/type",
    "ob30/simple-err-proof-method-no-scheme.json": "schema.invalid /proof/0/verificationMethod",
    "ob30/simple-err-proof-method-unknown-scheme.json": "the key is not the issuer's",
    "ob30/simple-err-proof-value.json": "the signature is wrong",
    "ob30/simple-jwt.png": "jwt.alg /header/alg",
    "ob30/simple-jwt_v1.png": "jwt.alg /header/alg",
    "ob30/simple-multiple-proofs.json": "rdf.undefined-term /proof/0/type",
    "ob30/simple.jwt": "jwt.alg /header/alg",
    "ob30/velocity.jwt": "jwt.alg /header/alg",
}
"""What we refuse, and why; everything else we accept."""

STRICTER = {
    "clr20/simple.jwt": "RS256: of the algorithms for tokens we take ES256 alone",
    "clr20/simple_v1.json": "a CLR in the data model of VC 1.1; it passes there with a warning",
    "ob30/simple-did-key-method.json": "signed by a did:key that has nothing to do with the issuer it names",
    "ob30/simple-eddsa-2022.json": "VC 1.1 and a draft's name for the suite; it passes there with a warning",
    "ob30/simple-jwt.png": "RS256",
    "ob30/simple-jwt_v1.png": "RS256; it passes there with a warning",
}
LAXER = {"ob30/complete.json": "a schema is not at its address; we load none and hold badges against our own"}
NOT_ASSERTED = {"clr20/simple-noproof.json", "ob30/endorsement-valid.json", "ob30/simple.jwt"}
"""Files about which the validator's tests say nothing."""


def ours(data: bytes) -> str:
    """What is wrong first; empty where we have nothing against a file."""
    try:
        return _problem(data)
    except FormatError as error:
        return f"{error.code} {error.pointer}"


def _problem(data: bytes) -> str:
    if baking.image_kind(data):
        data = baking.unbake(data).data
    if not data.lstrip().startswith(b"{"):
        vcjwt.read(data.decode().strip())
        return "a token that we take"
    credential: dict[str, Any] = strictjson.parse(data)
    schema.validate(credential)
    rdf_digest(credential)
    proofs = issuer_proofs(credential)
    if not proofs or not all(map(is_supported, proofs)):
        return "a proof that we cannot check"
    for proof in proofs:
        issuer = credential["issuer"]
        owner, _, key = proof["verificationMethod"].partition("#")
        if owner != (issuer["id"] if isinstance(issuer, dict) else issuer):
            return "the key is not the issuer's"
        # The issuers' documents are not in the corpus: the key is the one that the method's name spells.
        if not verify_proof(credential, proof, multibase.decode_multikey(key)):
            return "the signature is wrong"
    report = Verifier(TrustProfile(())).check(data, now=NOW)
    return next((check.code for check in report.checks if check.outcome == "fail"), "")


@pytest.fixture(scope="module")
def corpus() -> dict[str, bytes]:
    root = shared("1edtech-validator")
    found = {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}
    return {name: data for name, data in found.items() if name not in NAMES}


@pytest.fixture(scope="module")
def theirs() -> dict[str, bool]:
    """Whether 1EdTech's validator takes a file, with or without a warning."""
    expected = json.loads(shared("1edtech-validator", "expected.json").read_bytes())
    asserts = {name: {line for test in tests for line in test["asserts"]} for name, tests in expected.items()}
    return {name: _taken(lines) for name, lines in asserts.items()}


def _taken(asserts: set[str]) -> bool:
    return "assertValid(report)" in asserts or asserts == {"assertWarning(report)"}


def test_every_sample_is_taken_or_refused_as_listed(corpus: dict[str, bytes]) -> None:
    found = {name: ours(data) for name, data in corpus.items()}
    assert {name: problem for name, problem in found.items() if problem} == REFUSED
    assert len(found) == 26


def test_wherever_our_verdict_is_another_than_1edtechs_there_is_a_reason(
    corpus: dict[str, bytes], theirs: dict[str, bool]
) -> None:
    assert set(theirs) == set(corpus) - NOT_ASSERTED
    stricter = {name for name, taken in theirs.items() if taken and name in REFUSED}
    laxer = {name for name, taken in theirs.items() if not taken and name not in REFUSED}
    assert (stricter, laxer) == (set(STRICTER), set(LAXER))
    assert all([*STRICTER.values(), *LAXER.values()])
    assert sum(theirs.values()) >= 9
