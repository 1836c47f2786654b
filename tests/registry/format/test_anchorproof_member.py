"""Where an anchor proof stands in a document, and that attaching and detaching it changes nothing else."""

import json
from typing import Any

import pytest

from registry.errors import FormatError
from registry.format import anchorproof
from tests.support.proofs import DOCUMENT, PROOF

ISSUER_PROOF = {"type": "DataIntegrityProof", "cryptosuite": "eddsa-rdfc-2022", "proofValue": "z1"}


@pytest.mark.parametrize("proofs", [None, [ISSUER_PROOF], [ISSUER_PROOF, {"cryptosuite": "other"}]])
def test_attaching_and_detaching_leaves_the_document_as_it_was(proofs: list[Any] | None) -> None:
    document = dict(DOCUMENT) | ({"proof": proofs} if proofs else {})
    before = json.dumps(document)
    attached = anchorproof.attach(document, PROOF, "2026-04-11T00:00:00Z", "https://registry.example#anchor")
    assert list(attached["proof"][-1]) == [
        "type",
        "cryptosuite",
        "created",
        "verificationMethod",
        "proofPurpose",
        "proofValue",
    ]
    found, member = anchorproof.detach(attached)
    assert found == document
    assert member == attached["proof"][-1]
    assert json.dumps(document) == before


def test_a_single_proof_object_becomes_a_list_and_a_file_without_proofs_has_none() -> None:
    assert anchorproof.detach({"proof": ISSUER_PROOF}) == ({"proof": [ISSUER_PROOF]}, None)
    assert anchorproof.detach({"a": 1}) == ({"a": 1}, None)


MEMBER = {"cryptosuite": "merkle-proof-2019"}


@pytest.mark.parametrize("proof", [MEMBER, [MEMBER, MEMBER], [MEMBER, ISSUER_PROOF], [], None, "x", 1])
def test_an_anchor_proof_stands_last_in_a_list_and_once(proof: Any) -> None:
    with pytest.raises(FormatError) as caught:
        anchorproof.detach({"proof": proof})
    assert caught.value.code == "format.proof"


@pytest.mark.parametrize("proof", [MEMBER, [MEMBER], [], None, ISSUER_PROOF])
def test_an_anchor_proof_is_attached_only_to_a_list_of_other_proofs(proof: Any) -> None:
    with pytest.raises(FormatError):
        anchorproof.attach({"proof": proof}, PROOF, "2026-04-11T00:00:00Z", "https://registry.example#anchor")
