"""Proofs of the EdDSA family: the W3C vectors verify, and everything that is not covered is refused."""

import copy
from datetime import UTC, datetime
from typing import Any

import pytest

from registry.credential.interop import proofs
from registry.credential.interop.canonizer import lenient
from registry.credential.interop.proofs import JCS, RDFC, Expected, Verifier
from registry.errors import FormatError
from registry.format.multibase import decode_multikey
from tests.support import badges

NOW = datetime(2026, 7, 1, tzinfo=UTC)
SUITE = ("w3c", "vc-di-eddsa")


def resolve(method: str) -> bytes:
    return decode_multikey(method.rpartition("#")[2])


def check(document: Any, **expected: Any) -> list[str]:
    return Verifier(resolve, Expected(**{"purpose": "assertionMethod", "now": NOW, **expected}), lenient()).verify(
        document
    )


def code_of(document: Any, **expected: Any) -> str:
    with pytest.raises(FormatError) as caught:
        check(document, **expected)
    return caught.value.code


VECTORS = {
    "Ed25519Signature2020/signedEdSig.json": 1,
    "eddsa-jcs-2022/signedJCS.json": 1,
    "eddsa-rdfc-2022/signedDataInt.json": 1,
    "proof-set-chain/signedProofSet2.json": 2,
    "proof-set-chain/signedProofChain1.json": 3,
    "proof-set-chain/signedProofChain2.json": 4,
}


@pytest.mark.parametrize("name", VECTORS)
def test_the_w3c_vectors_verify_and_fail_when_anything_is_changed(name: str) -> None:
    document = badges.shared_json(*SUITE, *name.split("/"))
    assert len(check(document)) == VECTORS[name]
    assert code_of({**document, "id": "urn:uuid:other"}) == "proof.signature"
    for index in range(VECTORS[name]):
        changed = copy.deepcopy(document)
        proof = changed["proof"][index] if isinstance(changed["proof"], list) else changed["proof"]
        proof["created"] = "2024-01-01T00:00:00Z"
        assert code_of(changed) == "proof.signature"


def sign(suite: str, **options: Any) -> dict[str, Any]:
    document = badges.unsigned()
    said = {"cryptosuite": suite, "verificationMethod": badges.METHOD, "proofPurpose": "assertionMethod", **options}
    return {**document, "proof": proofs.add(document, badges.KEY, said, lenient())}


@pytest.mark.parametrize("suite", [RDFC, JCS])
def test_what_is_signed_here_verifies(suite: str) -> None:
    assert check(sign(suite)) == [badges.METHOD]


REFUSED: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("proof.purpose", {"proofPurpose": "authentication"}, {}),
    ("proof.expired", {"expires": "2026-06-30T00:00:00Z"}, {}),
    ("proof.form", {"expires": "tomorrow"}, {}),
    ("proof.form", {"created": "2026-13-01T00:00:00Z"}, {}),
    ("proof.form", {"id": "not a url"}, {}),
    ("proof.domain", {"domain": "b.example"}, {"domain": "a.example"}),
    ("proof.domain", {}, {"domain": "a.example"}),
    ("proof.challenge", {"challenge": "1"}, {"challenge": "2"}),
    ("proof.previous", {"previousProof": "urn:x:missing"}, {}),
    ("proof.previous", {"id": "urn:x:1", "previousProof": "urn:x:1"}, {}),
]


@pytest.mark.parametrize(("code", "options", "expected"), REFUSED)
def test_what_the_verifier_does_not_want_is_refused(
    code: str, options: dict[str, Any], expected: dict[str, Any]
) -> None:
    document = sign(JCS, **{name: value for name, value in options.items() if name != "previousProof"})
    document["proof"] |= options
    assert code_of(document, **expected) == code


def test_a_proof_without_offset_and_with_a_domain_in_a_list_is_accepted() -> None:
    made = sign(JCS, created="2026-06-30T00:00:00", expires="2027-01-01T00:00:00", domain=["a.example", "b.example"])
    assert check(made, domain="b.example")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"proof": None}, "proof.missing"),
        ({"proof": []}, "proof.missing"),
        ({"proof": "x"}, "proof.form"),
        ({"proof": [{}] * 9}, "proof.form"),
        ({"proof": {"type": "DataIntegrityProof"}}, "proof.form"),
    ],
)
def test_a_document_without_a_usable_proof_is_refused(change: dict[str, Any], code: str) -> None:
    assert code_of({**sign(RDFC), **change}) == code


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("cryptosuite", "ecdsa-rdfc-2019", "proof.cryptosuite"),
        ("type", "Ed25519Signature2018", "proof.cryptosuite"),
        ("@context", ["https://www.w3.org/ns/credentials/v2"], "proof.form"),
        ("proofValue", "uAAAA", "proof.form"),
        ("proofValue", "z111", "proof.form"),
    ],
)
def test_a_proof_of_another_kind_is_refused(name: str, value: Any, code: str) -> None:
    document = sign(RDFC)
    document["proof"][name] = value
    assert code_of(document) == code


def test_contexts_put_before_those_that_a_proof_over_json_covers_are_refused() -> None:
    document = sign(JCS)
    document["@context"] = ["https://www.w3.org/ns/credentials/examples/v2", *document["@context"]]
    assert code_of(document) == "proof.form"
