"""Credentials and presentations in envelopes (JWT) at the VC-API: the suites' cases, and tokens made to deceive."""

import base64
import hmac
import json
from collections.abc import Callable
from typing import Any

import pytest
from starlette.testclient import TestClient

from registry.credential import es256
from registry.credential.es256 import Es256Key
from registry.credential.keys import IssuerKey
from registry.format.multibase import decode_multikey
from registry.store import jwtkeys, keys
from tests.api.test_vcapi import HOLDER, HOLDER_DID, REFUSED, VC_V1, VC_V2, client, credential, issue, made, verify
from tests.support.enveloping import P256_DID, P256_KEY, P256_METHOD, envelope, signed, token
from tests.support.registered import DID, Registered

__all__ = ["client", "made"]

HOLDER_METHOD = f"{HOLDER_DID}#{HOLDER.multibase}"
VC, VP, OLDER = "data:application/vc+jwt,", "data:application/vp+jwt,", "data:application/jwt,"
PRESENTATION = "EnvelopedVerifiablePresentation"
Make = Callable[[], str]


def mine(**members: Any) -> dict[str, Any]:
    """A credential whose issuer is the P-256 key."""
    return credential(issuer=P256_DID, **members)


def good(payload: Any = None, **header: Any) -> str:
    return VC + signed(mine() if payload is None else payload, P256_KEY, P256_METHOD, **header)


def refusal(client: TestClient, url: str, **others: Any) -> tuple[int, str]:
    code, problem = verify(client, envelope(url) | others)
    return code, problem["problemDetails"][0]["code"] if code == 422 else ""


@pytest.mark.parametrize(
    ("key", "kid", "did"),
    [(P256_KEY, P256_METHOD, P256_DID), (HOLDER, HOLDER_METHOD, HOLDER_DID)],
    ids=["ES256", "EdDSA"],
)
def test_an_enveloped_credential_verifies_and_is_given_back_unwrapped(
    client: TestClient, key: IssuerKey | Es256Key, kid: str, did: str
) -> None:
    inside = credential(issuer={"id": did}, id="urn:uuid:1", validFrom="2026-01-01T00:00:00.5Z")
    claims = {"iss": did, "jti": "urn:uuid:1", "sub": "did:example:subject", "nbf": 1_767_225_600, "iat": 7}
    code, answer = verify(client, envelope(VC + signed(inside | claims, key, kid, typ="vc+jwt", cty="vc")))
    assert (code, answer["verified"], answer["credential"]) == (200, True, inside)


def test_a_key_of_our_own_did_web_signs_envelopes_until_it_is_revoked(client: TestClient, made: Registered) -> None:
    own = made.vault.open(made.key.secret or b"", made.key.key_id)
    url = VC + signed(credential(), IssuerKey(own), made.key.verification_method)
    assert verify(client, envelope(url))[0] == 200
    document = issue(client)
    keys.revoke_key(made.store, made.vault, made.key.key_id)
    assert refusal(client, url) == (422, "proof.key")
    assert verify(client, document)[0] == 422  # what an embedded proof says is no more

    key = Es256Key.generate()
    method = key.method(DID)
    url = VC + signed(credential(), key, method)
    assert refusal(client, url) == (422, "proof.key")
    added = jwtkeys.add_external_key(made.store, "uni", key.jwk)
    assert verify(client, envelope(url))[0] == 200
    other = json.loads(json.dumps(document))
    other["proof"]["verificationMethod"] = method
    assert verify(client, other)[0] == 422  # a key for JWTs makes no embedded proofs
    jwtkeys.revoke_key(made.store, "uni", added.key_id)
    assert refusal(client, url) == (422, "proof.key")


def test_the_older_form_holds_the_credential_in_a_claim(client: TestClient) -> None:
    inside = mine(**{"@context": [VC_V1]}, issuanceDate="2026-01-01T00:00:00Z")
    claims = {"iss": P256_DID, "sub": "did:example:subject", "nbf": 1_767_225_600, "vc": inside}
    code, answer = verify(client, envelope(OLDER + signed(claims, P256_KEY, P256_METHOD, typ="JWT")))
    assert (code, answer["credential"]) == (200, inside)
    wrong = signed(claims | {"sub": "did:example:other"}, P256_KEY, P256_METHOD)
    assert refusal(client, OLDER + wrong) == (422, "jwt.claim")


def test_a_token_that_is_over_is_refused_and_a_credential_that_is_over_is_a_warning(client: TestClient) -> None:
    over = mine(validUntil="2020-01-01T00:00:00Z")
    code, answer = verify(client, envelope(good(over | {"exp": 1_577_836_800})))
    assert (code, [problem["code"] for problem in answer["problemDetails"]]) == (200, ["vc.time"])
    assert refusal(client, good(mine() | {"exp": 1_577_836_800})) == (422, "proof.expired")
    assert refusal(client, good(mine() | {"nbf": 9_999_999_999})) == (422, "proof.expired")


def test_proofs_inside_an_envelope_are_checked_too(client: TestClient) -> None:
    document = issue(client)
    document["proof"]["created"] = "2020-01-01T00:00:00Z"
    assert refusal(client, good(document | {"issuer": P256_DID})) == (422, "proof.signature")


def _changed() -> str:
    head, _, signature = good().rpartition(".")
    payload = es256.encode(json.dumps(mine(name="Changed")).encode())
    return f"{head.rpartition('.')[0]}.{payload}.{signature}"


def _hmac_with_the_public_key() -> str:
    secret = es256.decode_multikey(P256_DID.removeprefix("did:key:"))
    mac = lambda message: hmac.digest(secret, message, "sha256") * 2  # noqa: E731
    return VC + token({"alg": "HS256", "kid": P256_METHOD}, mine(), mac)


HOSTILE: dict[str, tuple[Make, str]] = {
    "no algorithm": (lambda: VC + token({"alg": "none", "kid": P256_METHOD}, mine(), lambda _: b""), "jwt.alg"),
    "no algorithm, spelt otherwise": (lambda: good(alg="nOnE"), "jwt.alg"),
    "the public key as a secret": (_hmac_with_the_public_key, "jwt.alg"),
    "a P-256 key that is said to be Ed25519": (lambda: good(alg="EdDSA"), "jwt.alg"),
    "an Ed25519 key that is said to be P-256": (
        lambda: VC + signed(credential(issuer=HOLDER_DID), HOLDER, HOLDER_METHOD, alg="ES256"),
        "jwt.alg",
    ),
    "an algorithm that is a list": (lambda: good(alg=["ES256"]), "jwt.alg"),
    "a key of its own": (lambda: good(jwk=P256_KEY.jwk), "jwt.key-in-header"),
    "an address of a key": (lambda: good(jku="https://evil.example/keys"), "jwt.key-in-header"),
    "demands of its own": (lambda: good(crit=["b64"], b64=False), "jwt.b64"),
    "another payload": (_changed, "jwt.signature"),
    "another's key": (lambda: VC + signed(credential(), P256_KEY, P256_METHOD), "jwt.kid"),
    "another's name over the key": (lambda: VC + signed(mine(), P256_KEY, f"{DID}#key"), "proof.key"),
    "the key of another did:key": (
        lambda: VC + signed(mine(), P256_KEY, f"{P256_DID}#{HOLDER.multibase}"),
        "proof.key",
    ),
    "a name without fragment": (lambda: VC + signed(mine(), P256_KEY, P256_DID), "jwt.kid"),
    "no name of a key": (lambda: VC + token({"alg": "ES256"}, mine(), P256_KEY.sign), "jwt.kid"),
    "a key that is no point": (
        lambda: VC + signed(mine(), P256_KEY, "did:key:zDnaerDaTF5BXEavCrfRZEk316dpbLsfPDZ3WJ5hRTPFU2169"),
        "jwt.kid",
    ),
    "the type of a presentation": (lambda: good(typ="vp+jwt"), "jwt.typ"),
    "a claim that differs": (lambda: good(mine() | {"iss": DID}), "jwt.claim"),
    "a claim without its member": (lambda: good(mine() | {"jti": "urn:uuid:2"}), "jwt.claim"),
    "a time that differs": (lambda: good(mine(validFrom="2026-01-01T00:00:00Z") | {"nbf": 1}), "jwt.claim"),
    "a time that is no number": (lambda: good(mine() | {"nbf": "1"}), "jwt.claim"),
    "a time that is true": (lambda: good(mine() | {"nbf": True}), "jwt.claim"),
    "a claim vc": (lambda: good(mine() | {"vc": {}}), "jwt.claim"),
    "no credential": (lambda: good([]), "jwt.form"),
    "a credential that is none": (lambda: good({"issuer": P256_DID}), "vc.data-model"),
    "an envelope": (lambda: good(envelope(good()) | {"issuer": P256_DID}), "vc.enveloped"),
    "two members of one name": (
        lambda: VC + es256.encode(b'{"alg":"ES256","alg":"none"}') + ".e30.",
        "jwt.duplicate-key",
    ),
    "base64": (
        lambda: "data:application/vc+jwt;base64," + base64.b64encode(good().removeprefix(VC).encode()).decode(),
        "vc.enveloped",
    ),
    "another media type": (lambda: good().replace("vc+jwt", "vc+cose", 1), "vc.enveloped"),
    "no media type": (lambda: good().replace("application/vc+jwt", "", 1), "vc.enveloped"),
    "no comma": (lambda: "data:application/vc+jwt", "vc.enveloped"),
    "a presentation's media type": (lambda: good().replace("vc+jwt", "vp+jwt", 1), "vc.enveloped"),
    "a long head": (lambda: "data:application/vc+jwt" + ";x" * 100_000 + ",", "vc.enveloped"),
    "padding": (lambda: good() + "=", "jwt.base64url"),
    "percent signs": (lambda: good().replace(".", "%2E", 1), "jwt.form"),
    "four parts": (lambda: good() + ".e30", "jwt.form"),
    "a deep payload": (lambda: VC + signed(_deep(60), P256_KEY, P256_METHOD), "jwt.too-deep"),
}


def _deep(levels: int) -> Any:
    return mine() | {"x": json.loads("[" * levels + "]" * levels)}


def test_every_hostile_token_is_refused_for_what_it_is(client: TestClient) -> None:
    answers = {case: refusal(client, make()) for case, (make, _) in HOSTILE.items()}
    assert answers == {case: (422, code) for case, (_, code) in HOSTILE.items()}


def test_a_token_of_any_size_is_refused_before_it_is_read(client: TestClient) -> None:
    assert verify(client, envelope(VC + "A" * (1024 * 1024)))[0] == 413


SUITE: dict[str, dict[str, Any]] = {
    "no context": {"@context": []},
    "another context": {"@context": "https://www.w3.org/ns/credentials/examples/v2"},
    "no data: in front": {"id": good().removeprefix(VC)},
    "no type": {"type": None},
    "the type of what is inside": {"type": "VerifiableCredential"},
    "a claim beside the token": {"credentialSubject": {"id": "did:example:thief"}},
}


def test_wrong_envelopes_are_refused_as_the_suite_expects(client: TestClient) -> None:
    assert verify(client, envelope(good()))[0] == 200
    codes = {case: verify(client, envelope(good()) | change)[0] for case, change in SUITE.items()}
    assert codes == dict.fromkeys(SUITE, 422)


def presented(*credentials: Any, **claims: Any) -> dict[str, Any]:
    """A presentation in an envelope, signed by the holder."""
    inside = {
        "@context": [VC_V2],
        "type": ["VerifiablePresentation"],
        "holder": HOLDER_DID,
        "verifiableCredential": list(credentials),
    }
    body = {"iss": HOLDER_DID, "aud": "a.example", "nonce": "c-1", **inside, **claims}
    return envelope(VP + signed(body, HOLDER, HOLDER_METHOD, typ="vp+jwt"), PRESENTATION)


def present(client: TestClient, document: Any, **options: str) -> tuple[int, Any]:
    answer = client.post("/presentations/verify", json={"verifiablePresentation": document, "options": options})
    return answer.status_code, answer.json()


def test_an_enveloped_presentation_verifies_with_credentials_of_every_kind(client: TestClient) -> None:
    document = presented(envelope(good()), issue(client), credential(issuer=HOLDER_DID))
    code, answer = present(client, document, domain="a.example", challenge="c-1")
    assert (code, answer["verified"]) == (200, True)
    assert [result["credential"]["issuer"] for result in answer["credentialResults"]] == [P256_DID, DID, HOLDER_DID]
    assert present(client, document, domain="b.example")[0] == 422
    assert present(client, document, challenge="c-2")[0] == 422


def test_a_presentation_of_the_older_form_verifies_as_the_suite_sends_it(client: TestClient) -> None:
    inner = OLDER + signed({"iss": P256_DID, "vc": mine()}, P256_KEY, P256_METHOD)
    body = {"@context": [VC_V2], "type": ["VerifiablePresentation"], "holder": HOLDER_DID}
    claims = {"iss": HOLDER_DID, "aud": "example.com", "nonce": "123456789"}
    outer = signed(
        claims | {"vp": body | {"verifiableCredential": [envelope(inner)]}}, HOLDER, HOLDER_METHOD, typ="JWT"
    )
    sent = envelope(OLDER + outer, PRESENTATION)
    assert present(client, sent)[0] == 200
    wrong: list[dict[str, Any]] = [
        {"@context": []},
        {"@context": ["https://www.w3.org/ns/credentials/examples/v2"]},
        {"id": outer},
        {"type": ["VerifiablePresentation"]},
    ]
    for change in wrong:
        assert present(client, sent | change)[0] == 422, change


def enveloped(client: TestClient, **members: Any) -> Any:
    sent = {"credential": credential(**members), "options": {"mediaType": "application/vc+jwt"}}
    return client.post("/credentials/issue", json=sent)


def test_a_credential_is_issued_in_an_envelope_when_that_is_asked_for(client: TestClient) -> None:
    members: dict[str, Any] = {
        "id": "urn:uuid:1",
        "validFrom": "2026-01-01T00:00:00.9Z",
        "validUntil": "2099-01-01T00:00:00Z",
        "name": {"@value": "שם", "@language": "he", "@direction": "rtl"},
    }
    answer = enveloped(client, **members)
    made = answer.json()["verifiableCredential"]
    assert (answer.status_code, made["type"]) == (201, "EnvelopedVerifiableCredential")
    header, payload = (json.loads(es256.decode(part)) for part in made["id"].partition(",")[2].split(".")[:2])
    assert (header["alg"], header["typ"]) == ("EdDSA", "vc+jwt")
    assert (payload["iss"], payload["sub"], payload["nbf"]) == (DID, "did:example:subject", 1_767_225_600)
    code, found = verify(client, made)
    assert (code, found["credential"]) == (200, credential(**members))


def test_what_may_not_be_issued_is_refused_for_an_envelope_too(client: TestClient) -> None:
    for members in [*REFUSED.values(), {"iss": DID}]:
        assert enveloped(client, **members).status_code in (400, 422), members
    wrong = {"credential": credential(), "options": {"mediaType": "application/vc+cose"}}
    assert client.post("/credentials/issue", json=wrong).status_code == 400


HOSTILE_PRESENTATIONS: dict[str, tuple[Callable[[], Any], str]] = {
    "a bad credential": (lambda: presented(envelope(_changed())), "/id/verifiableCredential/0/id/signature"),
    "another's own words": (lambda: presented(credential()), "/id/verifiableCredential/0/issuer"),
    "an envelope in an envelope": (
        lambda: presented(envelope(good(envelope(good())))),
        "/id/verifiableCredential/0/id",
    ),
    "a presentation as a credential": (lambda: presented(presented()), "/id/verifiableCredential/0"),
    "another holder": (lambda: presented(holder=P256_DID), "/id/header/kid"),
    "no holder": (lambda: presented(holder=None), "/id/header/kid"),
    "a token that is over": (lambda: presented(exp=1_577_836_800), "/id/payload/exp"),
    "a claim beside the token": (lambda: presented() | {"holder": HOLDER_DID}, "/holder"),
}


def test_every_hostile_presentation_is_refused_where_it_is_wrong(client: TestClient) -> None:
    for case, (make, place) in HOSTILE_PRESENTATIONS.items():
        code, problem = present(client, make())
        assert (code, f"(at {place}" in problem["detail"]) == (422, True), (case, problem)


def test_the_examples_of_the_data_model_suite_name_keys_that_nobody_can_know(client: TestClient) -> None:
    """No kid, and an issuer behind https: there is nothing to verify them with, and nothing is fetched."""
    unnamed = VC + token(
        {"alg": "ES256", "typ": "JWT"}, mine() | {"issuer": "https://example.edu/issuers/1"}, P256_KEY.sign
    )
    assert refusal(client, unnamed) == (422, "jwt.kid")


def test_an_ed25519_key_is_not_taken_for_the_multikey_of_another_curve() -> None:
    key = decode_multikey(HOLDER.multibase)
    assert not es256.verify_multikey(key, bytes(64), b"")
    assert not es256.verify_multikey(es256.MULTIKEY_PREFIX + b"\x02" + b"\xff" * 32, bytes(64), b"")
