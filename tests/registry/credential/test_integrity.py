"""eddsa-rdfc-2022: the W3C vectors, and that nothing of what was signed can be changed."""

import copy
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from registry.credential import integrity, keys
from registry.credential.integrity import add_proof, issuer_proofs, sign_and_digest, verify_proof
from registry.errors import FormatError, SecretError
from registry.format import multibase, signature
from registry.rdfc.canonizer import Canonizer, rdf_digest
from registry.rdfc.contexts import CONTEXTS
from tests.support.badges import KEY, METHOD, NOW, shared, shared_json, unsigned

EXAMPLES = "https://www.w3.org/ns/credentials/examples/v2"
# The W3C vectors use a context that defines every term; it exists in this test only.
LENIENT = Canonizer({**CONTEXTS, EXAMPLES: {"@context": {"@vocab": "https://www.w3.org/ns/credentials/examples#"}}})
VECTORS = ("w3c", "vc-di-eddsa")
SIGNED = add_proof(unsigned(), KEY, METHOD, NOW)


def test_the_w3c_vector_is_reproduced_byte_for_byte() -> None:
    folder = shared(*VECTORS, "eddsa-rdfc-2022")
    pair = shared_json(*VECTORS, "keyPair.json")
    document = shared_json(*VECTORS, "unsigned.json")
    expected = shared_json(*VECTORS, "eddsa-rdfc-2022", "signedDataInt.json")
    options = shared_json(*VECTORS, "eddsa-rdfc-2022", "proofConfigDataInt.json")
    canonical = LENIENT.canonize(document)
    assert canonical == (folder / "canonDocDataInt.txt").read_bytes()
    assert LENIENT.canonize(options) == (folder / "proofCanonDataInt.txt").read_bytes()
    key = keys.IssuerKey(multibase.b58decode(pair["privateKeyMultibase"][1:], 60)[2:])
    assert key.multibase == pair["publicKeyMultibase"]
    signed = add_proof(document, key, options["verificationMethod"], options["created"], LENIENT)
    assert signed["proof"] == [expected["proof"]]
    assert verify_proof(expected, expected["proof"], key.multikey, LENIENT)


@pytest.mark.parametrize(
    ("name", "count"), [("ProofSet1", 1), ("ProofSet2", 2), ("ProofChain1", 3), ("ProofChain2", 4)]
)
def test_the_w3c_proof_sets_and_chains_verify(name: str, count: int) -> None:
    document = shared_json(*VECTORS, "proof-set-chain", f"signed{name}.json")
    proofs = issuer_proofs(document)
    assert len(proofs) == count
    for proof in proofs:
        key = multibase.decode_multikey(proof["verificationMethod"].partition("#")[2])
        assert verify_proof(document, proof, key, LENIENT)
        assert not verify_proof({**document, "name": "Another"}, proof, key, LENIENT)


def test_a_proof_chain_without_the_proof_it_builds_on_is_refused() -> None:
    document = shared_json(*VECTORS, "proof-set-chain", "signedProofChain2.json")
    last = document["proof"][-1]
    document["proof"] = [proof for proof in document["proof"] if proof.get("id") != last["previousProof"]]
    key = multibase.decode_multikey(last["verificationMethod"].partition("#")[2])
    with pytest.raises(FormatError) as caught:
        verify_proof(document, last, key, LENIENT)
    assert caught.value.code == "proof.previous"


def test_a_badge_that_was_signed_verifies() -> None:
    (proof,) = SIGNED["proof"]
    assert {name: value for name, value in SIGNED.items() if name != "proof"} == unsigned()
    assert set(proof) == {"type", "cryptosuite", "created", "verificationMethod", "proofPurpose", "proofValue"}
    assert verify_proof(SIGNED, proof, KEY.multikey)


def test_another_key_did_not_sign_it() -> None:
    assert not verify_proof(SIGNED, SIGNED["proof"][0], keys.generate().multikey)


def leaves(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    if isinstance(value, dict):
        return [leaf for key, member in value.items() for leaf in leaves(member, (*path, key))]
    if isinstance(value, list):
        return [leaf for index, member in enumerate(value) for leaf in leaves(member, (*path, index))]
    return [path]


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(leaves(SIGNED)), st.integers(0, 10**6), st.integers(0, 6))
def test_one_changed_character_anywhere_is_refused(path: tuple[Any, ...], place: int, bit: int) -> None:
    changed = copy.deepcopy(SIGNED)
    parent: Any = changed
    for key in path[:-1]:
        parent = parent[key]
    value = parent[path[-1]]
    if isinstance(value, str):
        place %= len(value)
        parent[path[-1]] = value[:place] + chr(ord(value[place]) ^ (1 << bit)) + value[place + 1 :]
    else:
        parent[path[-1]] = not value if isinstance(value, bool) else value + 1
    assert changed != SIGNED
    try:
        accepted = verify_proof(changed, changed["proof"][0], KEY.multikey)
    except FormatError:
        accepted = False
    assert not accepted


@pytest.mark.parametrize("member", ["awardedDate", "credentialStatus", "credentialSchema", "evidence"])
def test_a_part_taken_away_is_noticed(member: str) -> None:
    document = {**unsigned(), "evidence": [{"id": "urn:x:1", "type": ["Evidence"], "name": "Portfolio"}]}
    signed = add_proof(document, KEY, METHOD, NOW)
    del signed[member]
    assert not verify_proof(signed, signed["proof"][0], KEY.multikey)


def test_a_second_proof_joins_the_first_and_both_verify() -> None:
    other = keys.generate()
    both = add_proof(SIGNED, other, f"did:web:partner.example#{other.multibase}", NOW)
    assert both["proof"][0] == SIGNED["proof"][0]
    assert verify_proof(both, both["proof"][0], KEY.multikey)
    assert verify_proof(both, both["proof"][1], other.multikey)


@pytest.mark.parametrize("proof", [None, []])
def test_signing_and_digesting_at_once_gives_what_each_gives(proof: Any) -> None:
    for number in range(3):
        document = {**unsigned(), "id": f"urn:uuid:7c9e6679-7425-40de-944b-e07fc1f90a{number:02d}"}
        given_ = document if proof is None else {**document, "proof": proof}
        signed, digest = sign_and_digest(given_, KEY, METHOD, NOW)
        assert signed == add_proof(document, KEY, METHOD, NOW)
        assert digest == rdf_digest(signed)


def test_what_signing_and_digesting_remembers_is_not_confused_between_keys_and_times() -> None:
    other = keys.generate()
    for key, created in [(KEY, NOW), (other, NOW), (KEY, "2026-07-02T00:00:00Z")]:
        signed, digest = sign_and_digest(unsigned(), key, f"did:web:u.example#{key.multibase}", created)
        assert verify_proof(signed, signed["proof"][0], key.multikey)
        assert digest == rdf_digest(signed)


def test_an_unsafe_document_is_never_signed() -> None:
    with pytest.raises(FormatError):
        add_proof({**unsigned(), "nmae": "Ana"}, KEY, METHOD, NOW)
    with pytest.raises(FormatError):
        sign_and_digest({**unsigned(), "nmae": "Ana"}, KEY, METHOD, NOW)


MALFORMED = {
    "type": [None, "Ed25519Signature2020", 3],
    "cryptosuite": [None, "eddsa-jcs-2022", ["eddsa-rdfc-2022"]],
    "proofPurpose": [None, "authentication"],
    "verificationMethod": [None, {}],
    "proofValue": [None, "", "u" + "A" * 86, "z", "z0OIl", "z" + "1" * 65, SIGNED["proof"][0]["proofValue"] + "1"],
    "created": ["yesterday", 5],
    "expires": ["2030"],
    "@context": ["https://www.w3.org/ns/credentials/v2"],
    "previousProof": ["urn:uuid:not-there", ["urn:a", "urn:b"]],
}


@pytest.mark.parametrize(("member", "value"), [(name, value) for name, values in MALFORMED.items() for value in values])
def test_a_malformed_proof_is_refused(member: str, value: Any) -> None:
    proof = {**SIGNED["proof"][0], member: value}
    if value is None:
        del proof[member]
    with pytest.raises(FormatError):
        verify_proof({**SIGNED, "proof": [proof]}, proof, KEY.multikey)


def test_the_anchor_proof_is_none_of_the_issuers_proofs() -> None:
    anchor = {"type": "DataIntegrityProof", "cryptosuite": "merkle-proof-2019"}
    assert issuer_proofs({"proof": [SIGNED["proof"][0], anchor]}) == SIGNED["proof"]
    assert issuer_proofs({"proof": SIGNED["proof"][0]}) == SIGNED["proof"]
    assert issuer_proofs({}) == []
    for wrong in ("x", [1], [{}] * (integrity.MAX_PROOFS + 1)):
        with pytest.raises(FormatError):
            issuer_proofs({"proof": wrong})


@pytest.mark.parametrize("created", ["", "2026-07-01", "2026-07-01T12:00:00", "now"])
def test_a_proof_says_when_it_was_made_with_its_time_zone(created: str) -> None:
    with pytest.raises(FormatError) as caught:
        add_proof(unsigned(), KEY, METHOD, created)
    assert caught.value.code == "proof.created"


def test_a_key_signs_for_the_names_it_has_and_never_shows_its_secret() -> None:
    key = keys.generate()
    assert signature.verify(key.multikey, key.sign(b"message"), b"message")
    assert keys.IssuerKey(key.secret).key_id == key.key_id
    assert key.did_key == f"did:key:{multibase.encode_multikey(key.public)}"
    assert key.secret.hex() not in repr(key) + json.dumps([key.multibase, key.did_key])
    with pytest.raises(SecretError):
        keys.IssuerKey(b"short")
