"""The cases of the suites for Data Integrity, EdDSA, VC-API and status lists, at the endpoints, in words of our own.

The suites are no packages that could be installed; `tests/judges/README.md` says where which of their cases is.
"""

from collections.abc import Callable
from hashlib import sha256, sha512
from typing import Any

import pytest
from starlette.testclient import TestClient

from registry.credential.interop import proofs
from registry.credential.interop.canonizer import lenient
from registry.credential.interop.proofs import JCS, RDFC
from registry.credential.keys import IssuerKey
from registry.format import bitstring, signature, strictjson
from registry.format.multibase import b58encode, decode_multikey
from registry.format.times import parse_time
from registry.store import credentials
from tests.api.test_vcapi import HOLDER, HOLDER_DID, VC_V1, client, credential, issue, made, verify
from tests.support.registered import DID, Registered

__all__ = ["client", "made"]

METHOD = f"{HOLDER_DID}#{HOLDER.multibase}"
NOBODY = IssuerKey(bytes(32))
Json = dict[str, Any]


def document(**members: Any) -> Json:
    return credential(**members) | {"issuer": HOLDER_DID}


def signed(suite: str, without: str = "", subject: Json | None = None, **options: Any) -> Json:
    """A credential of a did:key with a right proof over whatever its options are; one of them may be left out."""
    said: Json = {
        "cryptosuite": suite,
        "created": "2026-01-01T00:00:00Z",
        "verificationMethod": METHOD,
        "proofPurpose": "assertionMethod",
        **options,
    }
    whole = document(**({"credentialSubject": subject} if subject else {}))
    return {**whole, "proof": proofs.add(whole, HOLDER, {k: v for k, v in said.items() if k != without}, lenient())}


def edited(suite: str, **members: Any) -> Json:
    """One whose proof was changed after it was signed; None takes a member out."""
    whole = signed(suite)
    whole["proof"] = {name: value for name, value in (whole["proof"] | members).items() if value is not None}
    return whole


def by_hand(suite: str, canonize: Callable[[Json], bytes], digest: Callable[[bytes], Any] = sha256) -> Json:
    """One that is signed over other bytes than its suite says."""
    whole = document()
    options = {k: v for k, v in signed(suite)["proof"].items() if k not in ("proofValue", "@context")}
    configuration = {"@context": whole["@context"], **options}
    message = b"".join(digest(canonize(part)).digest() for part in (configuration, whole))
    return {**whole, "proof": {**options, "proofValue": signature.to_text(HOLDER.sign(message))}}


def value_of(suite: str) -> str:
    return str(signed(suite)["proof"]["proofValue"])


def longer(suite: str) -> str:
    return "z" + b58encode(signature.from_text(value_of(suite), "") + bytes(32))


def rdf(value: Json) -> bytes:
    return lenient().canonize(value)


REFUSED: dict[str, Callable[[str], Json]] = {
    "no proof": lambda suite: document(),
    "a proof that is null": lambda suite: signed(suite) | {"proof": None},
    "no type": lambda suite: edited(suite, type=None),
    "another type": lambda suite: edited(suite, type="UnknownProofType"),
    "no key": lambda suite: signed(suite, without="verificationMethod"),
    "a key that is none": lambda suite: signed(suite, verificationMethod="did:key:invalidVm"),
    "another's key": lambda suite: signed(suite, verificationMethod=f"{NOBODY.did_key}#{NOBODY.multibase}"),
    "no purpose": lambda suite: signed(suite, without="proofPurpose"),
    "a purpose that is none": lambda suite: edited(suite, proofPurpose="invalidProofPurpose"),
    "another purpose": lambda suite: signed(suite, proofPurpose="authentication", challenge="1", domain="a.example"),
    "no value": lambda suite: edited(suite, proofValue=None),
    "a value that is not text": lambda suite: edited(suite, proofValue=[value_of(suite)]),
    "a value without the letter of its base": lambda suite: edited(suite, proofValue=value_of(suite)[1:]),
    "a value in another base": lambda suite: edited(suite, proofValue="u" + value_of(suite)[1:]),
    "a value of 96 bytes": lambda suite: edited(suite, proofValue=longer(suite)),
    "a time that is none": lambda suite: signed(suite, created="invalidDate"),
    "an end that is over": lambda suite: signed(suite, expires="2026-01-01T00:00:00"),
    "an unknown suite": lambda suite: edited(suite, cryptosuite="UnknownCryptosuite"),
    "a suite that is not text": lambda suite: edited(suite, cryptosuite=7),
    "the other suite": lambda suite: edited(suite, cryptosuite=JCS if suite == RDFC else RDFC),
    "a longer hash": lambda suite: by_hand(suite, rdf if suite == RDFC else strictjson.canonical, sha512),
    "the other's canonical form": lambda suite: by_hand(suite, strictjson.canonical if suite == RDFC else rdf),
    "a proof before it that is not there": lambda suite: signed(suite, previousProof="urn:uuid:none"),
    "proofs before it that are not there": lambda suite: signed(suite, previousProof=["urn:uuid:none"]),
    "an undefined term, added": lambda suite: signed(suite) | {"undefinedTerm": "dropped"},
    "an undefined type, added": lambda suite: signed(suite) | {"type": ["VerifiableCredential", "UndefinedType"]},
}


@pytest.mark.parametrize("suite", [RDFC, JCS])
def test_every_proof_that_may_not_verify_is_refused(client: TestClient, suite: str) -> None:
    assert verify(client, signed(suite))[0] == 200
    assert verify(client, signed(suite, without="created"))[0] == 200
    for case, make in REFUSED.items():
        code, answer = verify(client, make(suite))
        assert (code in (400, 422), answer.get("verified", False)) == (True, False), (case, answer)
        assert answer["detail"], case


def test_what_json_ld_would_drop_is_refused_also_where_it_was_signed(client: TestClient) -> None:
    by_json = signed(JCS, subject={"id": "did:example:subject", "undefinedTerm": "x"})
    by_json["proof"]["cryptosuite"] = RDFC
    assert verify(client, by_json)[1]["problemDetails"][0]["code"].startswith(("rdf.", "proof."))
    sent = {"credential": credential(credentialSubject={"id": "did:example:subject", "undefinedTerm": "x"})}
    assert client.post("/credentials/issue", json=sent).status_code == 422


@pytest.mark.parametrize("suite", [RDFC, JCS])
def test_the_options_of_the_caller_are_held_against_every_proof(client: TestClient, suite: str) -> None:
    made_for = signed(suite, domain=["a.example", "b.example"], challenge="c-1")

    def ask(**options: Any) -> int:
        return client.post(
            "/credentials/verify", json={"verifiableCredential": made_for, "options": options}
        ).status_code

    assert ask() == ask(domain="b.example", challenge="c-1") == ask(expectedProofPurpose="assertionMethod") == 200
    for wrong in ({"domain": "c.example"}, {"challenge": "c-2"}, {"expectedProofPurpose": "authentication"}):
        assert ask(**wrong) == 422, wrong
    assert ask(domain=7) == 400
    # Asked of an envelope, whose token says nothing of it.
    sent = {"credential": credential(), "options": {"mediaType": "application/vc+jwt"}}
    enveloped = client.post("/credentials/issue", json=sent).json()["verifiableCredential"]
    for options, code in (({}, 200), ({"domain": "a.example"}, 422), ({"challenge": "c-1"}, 422)):
        body = {"verifiableCredential": enveloped, "options": options}
        assert client.post("/credentials/verify", json=body).status_code == code, options


MISSING = object()
MISSHAPEN: dict[str, list[Any]] = {
    "@context": [None, "string", {}, 10, True, [[]], [{}], [None], [10], [True]],
    "type": [None, {}, 10, True, [[]], [{}], [None], [10], [True]],
    "issuer": [None, [], 10, True, {}],
    "credentialSubject": [None, "string", 10, True, [], [None, True, 4]],
    "proof": ["string", 10, True, []],
}


def test_members_of_another_kind_are_refused_when_issued_and_when_verified(client: TestClient) -> None:
    good = signed(JCS)
    options = {name: value for name, value in good["proof"].items() if name not in ("proofValue", "@context")}
    for name, values in MISSHAPEN.items():
        for value in (MISSING, *values):
            sent = {k: v for k, v in good.items() if k != name} | ({} if value is MISSING else {name: value})
            if name in ("type", "issuer", "credentialSubject"):  # so that its signature is right
                sent["proof"] = proofs.add(sent, HOLDER, options, lenient())
            assert verify(client, sent)[0] in (400, 422), (name, value)
            if name != "proof":
                whole = {k: v for k, v in sent.items() if k != "proof"} | ({"issuer": DID} if name != "issuer" else {})
                answer = client.post("/credentials/issue", json={"credential": whole})
                assert answer.status_code in (400, 422), (name, value)
    assert client.post("/credentials/issue", json={"verifiableCredential": credential()}).status_code == 400


@pytest.mark.parametrize("context", ["https://www.w3.org/ns/credentials/v2", VC_V1])
def test_an_issued_proof_has_the_form_of_the_standard_and_its_key_is_in_the_did_document(
    client: TestClient, context: str
) -> None:
    older = {"@context": [VC_V1], "issuanceDate": "2026-01-01T00:00:00Z"} if context == VC_V1 else {}
    whole = issue(client, **older)
    proof = whole["proof"]
    assert (proof["type"], proof["cryptosuite"], proof["proofPurpose"]) == (
        "DataIntegrityProof", RDFC, "assertionMethod",
    )  # fmt: skip
    assert {"https://www.w3.org/ns/credentials/v2", "https://w3id.org/security/data-integrity/v2"} & set(
        whole["@context"]
    )
    assert parse_time(proof["created"]) is not None
    assert len(signature.from_text(proof["proofValue"], "")) == 64
    found = client.get("/v1/issuers/uni/did.json").json()
    (method,) = [one for one in found["verificationMethod"] if one["id"] == proof["verificationMethod"]]
    assert (method["type"], method["controller"]) == ("Multikey", found["id"])
    assert len(decode_multikey(method["publicKeyMultibase"])) == 34
    assert method["id"] in found[proof["proofPurpose"]]
    assert verify(client, whole)[0] == 200


def test_the_list_that_an_entry_names_is_a_credential_of_the_issuer_with_enough_places(
    client: TestClient, made: Registered
) -> None:
    _, handles = made.sealed(1)
    entry = strictjson.parse(credentials.document(made.store, handles[0]))["credentialStatus"]
    assert (entry["type"], entry["statusPurpose"]) == ("BitstringStatusListEntry", "revocation")
    assert str(int(entry["statusListIndex"])) == entry["statusListIndex"]
    assert entry.get("id") != entry["statusListCredential"]
    answer = client.get(entry["statusListCredential"].removeprefix("https://registry.example"))
    found = answer.json()
    subject = found["credentialSubject"]
    assert (found["id"], found["issuer"]) == (entry["statusListCredential"], DID)
    assert {"VerifiableCredential", "BitstringStatusListCredential"} <= set(found["type"])
    assert (subject["type"], subject["statusPurpose"]) == ("BitstringStatusList", "revocation")
    assert subject["encodedList"].startswith("u")
    assert "=" not in subject["encodedList"]
    bits = bitstring.decode(subject["encodedList"])
    assert len(bits) >= 16 * 1024 > int(entry["statusListIndex"]) // 8
    assert verify(client, found)[0] == 200
    other = bitstring.encode(bytes([bits[0] ^ 0x80]) + bits[1:])
    assert verify(client, {**found, "credentialSubject": {**subject, "encodedList": other}})[0] == 422
