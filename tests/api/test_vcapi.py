"""The W3C's VC-API, for a test issuer: off by default; issues, verifies, and says no with the suites' status codes."""

import copy
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from api.app import create_app
from api.services import Services
from api.settings import Settings, SettingsError
from registry.credential.interop import proofs
from registry.credential.interop.canonizer import lenient
from registry.credential.keys import IssuerKey
from registry.store import credentials
from registry.store.engine import Store
from registry.store.tables import Registry
from tests.support.registered import DID, Registered, register

VC_V2, VC_V1 = "https://www.w3.org/ns/credentials/v2", "https://www.w3.org/2018/credentials/v1"
HOLDER = IssuerKey(bytes(range(1, 33)))
HOLDER_DID = f"did:key:{HOLDER.multibase}"
NOTHING_TO_SAY: dict[str, Any] = {"results": {"credentialStatus": []}, "problemDetails": []}


@pytest.fixture
def made(sqlite_store: Store) -> Registered:
    return register(sqlite_store)


@pytest.fixture
def client(made: Registered) -> Iterator[TestClient]:
    services = Services(Settings(vc_api_issuer="uni"), made.store, vault=made.vault)
    with TestClient(create_app(services), base_url="http://127.0.0.1:8000") as running:
        yield running


def credential(**members: Any) -> dict[str, Any]:
    return {
        "@context": [VC_V2],
        "type": ["VerifiableCredential"],
        "issuer": DID,
        "credentialSubject": {"id": "did:example:subject"},
        **members,
    }


def issue(client: TestClient, **members: Any) -> dict[str, Any]:
    answer = client.post("/credentials/issue", json={"credential": credential(**members), "options": {}})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()["verifiableCredential"]
    return found


def verify(client: TestClient, document: Any) -> tuple[int, dict[str, Any]]:
    answer = client.post(
        "/credentials/verify", json={"verifiableCredential": document, "options": {"checks": ["proof"]}}
    )
    return answer.status_code, answer.json()


def test_it_is_off_unless_an_issuer_is_named(made: Registered) -> None:
    with TestClient(create_app(Services(Settings(), made.store, vault=made.vault))) as client:
        assert client.post("/credentials/issue", json={"credential": credential()}).status_code == 404
    with pytest.raises(SettingsError, match="vc_api_issuer"):
        Settings(vc_api_issuer="uni", test_network=False)


def test_it_signs_nothing_where_credentials_have_standing(made: Registered, client: TestClient) -> None:
    with made.store.begin() as session:
        session.query(Registry).one().chain_id = 1
    answer = client.post("/credentials/issue", json={"credential": credential(), "options": {}})
    assert (answer.status_code, answer.json()["code"]) == (409, "wrong-state")


def test_what_is_issued_verifies_and_not_once_it_is_changed(client: TestClient) -> None:
    document = issue(client, name="A name")
    assert document["proof"]["cryptosuite"] == "eddsa-rdfc-2022"
    assert verify(client, document) == (200, {"verified": True, "credential": document, **NOTHING_TO_SAY})
    code, problem = verify(client, {**document, "name": "Another"})
    assert (code, problem["verified"]) == (422, False)
    assert problem["problemDetails"][0]["type"] == "https://www.w3.org/TR/vc-data-model#CRYPTOGRAPHIC_SECURITY_ERROR"


def test_a_direction_is_signed_over_the_json(client: TestClient) -> None:
    text = {"@value": "שם", "@language": "he", "@direction": "rtl"}
    document = issue(client, name=text)
    assert document["proof"]["cryptosuite"] == "eddsa-jcs-2022"
    assert verify(client, document)[0] == 200
    document["name"]["@direction"] = "ltr"
    assert verify(client, document)[0] == 422


def test_a_credential_of_the_older_data_model_gets_the_context_of_its_proof(client: TestClient) -> None:
    document = issue(client, **{"@context": [VC_V1]}, issuanceDate="2026-01-01T00:00:00Z")
    assert document["@context"] == [VC_V1, "https://w3id.org/security/data-integrity/v2"]
    assert verify(client, document)[0] == 200


def test_a_second_proof_joins_the_first(client: TestClient) -> None:
    document = issue(client)
    again = client.post("/credentials/issue", json={"credential": document}).json()["verifiableCredential"]
    assert [proof["type"] for proof in again["proof"]] == ["DataIntegrityProof"] * 2
    assert verify(client, again)[0] == 200


def test_one_that_is_not_valid_any_more_verifies_with_a_warning(client: TestClient) -> None:
    code, answer = verify(client, issue(client, validUntil="2020-01-01T00:00:00Z"))
    assert (code, answer["verified"], len(answer["problemDetails"])) == (200, True, 1)


def test_a_time_of_the_other_data_model_is_only_a_claim(client: TestClient) -> None:
    contexts = [VC_V2, "https://www.w3.org/ns/credentials/undefined-terms/v2"]
    document = issue(client, **{"@context": contexts}, issuanceDate=5)
    assert verify(client, document) == (200, {"verified": True, "credential": document, **NOTHING_TO_SAY})


RAW = "WZVc7WaX1h4D8rJVb-vlMIqxaEKEb1tYbX8fet7JJzQ"
GOOD = {"id": VC_V2, "digestMultibase": "u" + RAW}
SHA384 = "sha384-l/HrjlBCNWyAX91hr6LFV2Y3heB5Tcr6IeE4/Tje8YyzYBM8IhqjHWiWpr8+ZbYU"

REFUSED: dict[str, dict[str, Any]] = {
    "another issuer": {"issuer": "did:web:other.example"},
    "no issuer": {"issuer": None},
    "no type": {"type": []},
    "a term that is redefined": {"@context": [VC_V2, {"VerifiableCredential": "urn:x:y"}]},
    "an undefined term": {"nmae": "x"},
    "a bad entry": {"statusEntry": {"type": "x"}},
    "times the wrong way round": {"validFrom": "2026-01-02T00:00:00Z", "validUntil": "2026-01-01T00:00:00Z"},
    "a digest of something else": {"relatedResource": [{"id": VC_V2, "digestMultibase": "u" + "A" * 43}]},
    "another digest beside the right one": {"relatedResource": [{**GOOD, "digestSRI": "sha384-" + "A" * 64}]},
    "a right digest beside another": {
        "relatedResource": [{"id": VC_V2, "digestSRI": SHA384, "digestMultibase": "u" + "A" * 43}]
    },
    "a digest by another function": {"relatedResource": [{"id": VC_V2, "digestSRI": "sha512-" + "A" * 86 + "=="}]},
    "a resource nobody knows": {"relatedResource": [{"id": "https://a.example/x", "digestMultibase": "u" + RAW}]},
    "a resource named twice": {"relatedResource": [GOOD, GOOD]},
    "a resource without digest": {"relatedResource": [{"id": VC_V2}]},
    "a digest that is not text": {"relatedResource": [{"id": VC_V2, "digestMultibase": 7}]},
    "a digest that is not base64": {"relatedResource": [{"id": VC_V2, "digestSRI": "sha256-!"}]},
}


def test_what_may_not_be_issued_is_refused_with_400_or_422(client: TestClient) -> None:
    for case, members in REFUSED.items():
        answer = client.post("/credentials/issue", json={"credential": credential(**members)})
        assert answer.status_code in (400, 422), (case, answer.text)
        assert answer.json()["detail"], case


def test_a_digest_of_a_known_resource_is_accepted_in_every_form_that_the_suite_sends(client: TestClient) -> None:
    multihash = {"digestMultibase": "uEiBZlVztZpfWHgPyslVv6-UwirFoQoRvW1htfx963sknNA"}
    for digest in (GOOD, multihash, {"digestSRI": SHA384}, {**GOOD, "digestSRI": SHA384}):
        assert issue(client, relatedResource=[{"id": VC_V2, **digest}])


def test_any_other_body_is_an_error_of_the_client(client: TestClient) -> None:
    paths = ["/credentials/issue", "/credentials/verify", "/presentations/verify", "/credentials/status"]
    bodies = [b"", b"[]", b"{}", b'{"credential": 7}', b'{"credential": {}, "options": 7}', b"\xff", b"[" * 9999]
    for path in paths:
        for body in bodies:
            answer = client.post(path, content=body, headers={"content-type": "application/json"})
            assert 400 <= answer.status_code < 500, (path, body)


def presentation(client: TestClient, **members: Any) -> dict[str, Any]:
    document = {
        "@context": [VC_V2],
        "type": ["VerifiablePresentation"],
        "holder": HOLDER_DID,
        "verifiableCredential": [issue(client)],
        **members,
    }
    options = {
        "cryptosuite": "eddsa-rdfc-2022",
        "verificationMethod": f"{HOLDER_DID}#{HOLDER.multibase}",
        "proofPurpose": "authentication",
        "challenge": "c-1",
        "domain": "a.example",
    }
    return {**document, "proof": proofs.add(document, HOLDER, options, lenient())}


def present(client: TestClient, document: Any, **options: str) -> int:
    sent = {"verifiablePresentation": document, "options": {"challenge": "c-1", "domain": "a.example", **options}}
    return client.post("/presentations/verify", json=sent).status_code


def test_a_presentation_verifies_for_its_domain_and_challenge_alone(client: TestClient) -> None:
    document = presentation(client)
    assert present(client, document) == 200
    assert present(client, document, challenge="c-2") == 422
    assert present(client, document, domain="b.example") == 422
    assert present(client, {**document, "holder": "did:web:other.example"}) == 422


def test_every_credential_of_a_presentation_is_checked(client: TestClient) -> None:
    changed = copy.deepcopy(issue(client))
    changed["credentialSubject"]["id"] = "did:example:other"
    assert present(client, presentation(client, verifiableCredential=[issue(client), changed])) == 422


def test_a_credential_without_proof_is_the_holders_own_or_refused(client: TestClient) -> None:
    own = credential(issuer=HOLDER_DID)
    assert present(client, presentation(client, verifiableCredential=[own])) == 200
    assert present(client, presentation(client, verifiableCredential=[credential()])) == 422
    # Whoever signs the presentation may not put words into the mouth of the holder that it names.
    assert present(client, presentation(client, holder=DID, verifiableCredential=[credential()])) == 422


def test_a_key_that_nobody_here_knows_is_not_fetched(client: TestClient) -> None:
    document = issue(client)
    document["proof"]["verificationMethod"] = "https://victim.example#" + HOLDER.multibase
    code, problem = verify(client, document)
    assert (code, problem["problemDetails"][0]["code"]) == (422, "proof.key")


def test_a_credential_of_the_registry_is_revoked_by_its_id(client: TestClient, made: Registered) -> None:
    _, handles = made.sealed(1)
    id_ = credentials.get_credential(made.store, handles[0]).credential_id
    wish = {
        "credentialId": id_,
        "credentialStatus": {"type": "BitstringStatusListEntry", "statusPurpose": "revocation"},
    }
    assert client.post("/credentials/status", json={**wish, "status": True}).status_code == 200
    assert credentials.get_credential(made.store, handles[0]).status == "revoked"
    assert client.post("/credentials/status", json={**wish, "credentialId": "urn:uuid:x"}).status_code == 404
    assert client.post("/credentials/status", json={**wish, "status": False}).status_code == 400
