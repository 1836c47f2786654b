"""The inputs of the W3C's data model suite, sent to the endpoints as the suite sends them."""

import json
from typing import Any

from starlette.testclient import TestClient

from registry.credential.interop import proofs
from registry.credential.interop.canonizer import lenient
from registry.errors import FormatError
from tests.api.test_vcapi import HOLDER, HOLDER_DID, client, made, verify
from tests.registry.credential.interop.test_datamodel import EXPIRED_FORM, PLACEHOLDERS, inputs
from tests.support.registered import DID

__all__ = ["client", "made"]

KNOWS_NO_KEY = "presentation-enveloped-vc-ok.json"
"""Its token names no key, and its issuer is one behind https: there is nothing to verify it with."""

SUITES_KEY = "did:key:z6MkpJySvETLnxhQG9DzEdmKJtysBDjuuTeDfUj1uNNCUqcj"
"""What the suite signs presentations with."""

OPTIONS = {
    "cryptosuite": "eddsa-rdfc-2022",
    "verificationMethod": f"{HOLDER_DID}#{HOLDER.multibase}",
    "created": "2026-01-01T00:00:00Z",
}


def issued_by_us(document: dict[str, Any]) -> dict[str, Any]:
    """The suite names the implementation's issuer where an issuer stands."""
    issuer = document.get("issuer", DID)
    return {**document, "issuer": {**issuer, "id": DID} if isinstance(issuer, dict) else DID}


def presented(name: str, document: dict[str, Any]) -> dict[str, Any]:
    """As the suite makes it: credentials without proof are signed by the key that signs the presentation, if not its
    holder's own."""
    if "self-asserted" in name:
        own: dict[str, Any] = json.loads(json.dumps(document).replace(SUITES_KEY, HOLDER_DID))
        return _with_proof(own, "authentication")
    held = document.get("verifiableCredential", [])
    signed = [one if "proof" in one else _with_proof({**one, "issuer": HOLDER_DID}, "assertionMethod") for one in held]
    whole = {**document, "verifiableCredential": signed} if held else document
    return _with_proof(whole, "authentication")


def _with_proof(document: dict[str, Any], purpose: str) -> dict[str, Any]:
    options = OPTIONS | {"proofPurpose": purpose}
    return {**document, "proof": proofs.add(document, HOLDER, options, lenient())}


def test_every_credential_of_the_suite_is_issued_and_verified_or_refused_as_its_name_says(client: TestClient) -> None:
    ok: dict[str, int] = {}
    fail: dict[str, int] = {}
    for name, document in inputs():
        if "presentation" in name or name in PLACEHOLDERS | EXPIRED_FORM:
            continue
        good = "-ok" in name
        answer = client.post("/credentials/issue", json={"credential": issued_by_us(document) if good else document})
        if good and answer.status_code == 201:
            ok[name] = verify(client, answer.json()["verifiableCredential"])[0]
        else:
            (ok if good else fail)[name] = answer.status_code
            assert answer.json()["detail"]
    assert {name: code for name, code in ok.items() if code != 200} == {}
    assert {name: code for name, code in fail.items() if code not in (400, 422)} == {}
    assert (len(ok), len(fail)) == (52, 41)


def test_every_presentation_of_the_suite_is_verified_or_refused_as_its_name_says(client: TestClient) -> None:
    codes = {}
    for name, document in inputs():
        if "presentation" not in name or name == KNOWS_NO_KEY:
            continue
        try:
            sent = presented(name, document)
        except (FormatError, TypeError, AttributeError):  # what cannot even be signed, the suite sends as it is
            sent = document
        answer = client.post("/presentations/verify", json={"verifiablePresentation": sent, "options": {"checks": []}})
        codes[name] = answer.status_code
    refused = {name for name, code in codes.items() if code != 200}
    assert all(codes[name] in (400, 422) for name in refused)
    assert refused == {name for name in codes if "-ok" not in name}


def test_a_presentation_whose_envelope_names_no_key_is_refused_for_that(client: TestClient) -> None:
    document = dict(inputs())[KNOWS_NO_KEY]
    answer = client.post("/presentations/verify", json={"verifiablePresentation": document, "options": {}})
    assert answer.status_code == 422
