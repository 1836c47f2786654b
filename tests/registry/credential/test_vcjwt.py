"""Credentials as JWTs: one reading of every token, and no way to a key but the issuer's DID document."""

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from registry.credential import dids, es256, jws, vcjwt
from registry.credential.es256 import Es256Key
from registry.credential.integrity import add_proof
from registry.errors import FormatError
from registry.limits import MAX_DOCUMENT_BYTES
from tests.support.badges import DID, KEY, METHOD, NOW, shared, shared_json, unsigned

JWT_KEY = Es256Key(ec.derive_private_key(7, ec.SECP256R1()))
KID = JWT_KEY.method(DID)
CREDENTIAL = {**add_proof(unsigned(), KEY, METHOD, NOW), "validUntil": "2031-06-30T23:59:59.9+02:00"}
DOCUMENT = dids.with_jwk(dids.document(DID, [dids.ListedKey(KEY.multikey, METHOD, ended=False)]), KID, JWT_KEY.jwk)
TOKEN = vcjwt.sign(CREDENTIAL, JWT_KEY)
HEADER, PAYLOAD = (json.loads(es256.decode(part)) for part in TOKEN.split(".")[:2])


def token(header: Any = HEADER, payload: Any = PAYLOAD, key: Es256Key = JWT_KEY) -> str:
    """A token that says what it is told, rightly signed."""
    texts = [one if isinstance(one, bytes) else json.dumps(one).encode() for one in (header, payload)]
    signed = ".".join(map(es256.encode, texts))
    return f"{signed}.{es256.encode(key.sign(signed.encode()))}"


def without(members: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: member for name, member in members.items() if name not in names}


def refusal(text: str, document: dict[str, Any] = DOCUMENT) -> tuple[str, str]:
    """Code and place with which a token is refused."""
    with pytest.raises(FormatError) as caught:
        vcjwt.check_signature(vcjwt.read(text), document)
    return caught.value.code, caught.value.pointer


def test_a_token_holds_the_credential_with_its_proofs_and_the_claims_that_go_with_it() -> None:
    assert HEADER == {"alg": "ES256", "kid": KID, "typ": "vc+jwt"}
    subject = CREDENTIAL["credentialSubject"].get("id")
    assert (
        CREDENTIAL
        | {
            "iss": DID,
            "jti": CREDENTIAL["id"],
            "nbf": 1_782_907_200,
            "exp": 1_940_623_199,
        }
        | ({"sub": subject} if subject else {})
        == PAYLOAD
    )
    found = vcjwt.read(TOKEN)
    assert found.credential == CREDENTIAL
    assert (found.kid, found.issuer) == (KID, DID)
    vcjwt.check_signature(found, DOCUMENT)


def test_a_learner_with_an_identifier_is_the_subject() -> None:
    credential = copy.deepcopy(CREDENTIAL)
    credential["credentialSubject"]["id"] = "did:key:z6MkLearner"
    made = vcjwt.sign(without(credential, "validUntil"), JWT_KEY, f"{DID}#jwt")
    payload = json.loads(es256.decode(made.split(".")[1]))
    assert (payload["sub"], "exp" in payload) == ("did:key:z6MkLearner", False)
    assert refusal(token(payload=payload | {"sub": "did:key:z6MkThief"})) == ("jwt.claim", "/payload/sub")
    assert refusal(token(payload=without(payload, "sub"))) == ("jwt.claim", "/payload/sub")


def test_the_w3c_es256_vector_verifies_and_its_changed_signature_does_not() -> None:
    header, payload, signature = shared("w3c", "vc-jose-cose", "credential-jose-minimal.txt").read_text().split(".")
    jwk = shared_json("w3c", "vc-jose-cose", "vm-p256.json")["publicKeyJwk"]
    signed, value = f"{header}.{payload}".encode(), es256.decode(signature.strip())
    assert es256.verify(jwk, value, signed)
    assert not es256.verify(jwk, value, signed + b"A")
    assert not es256.verify(jwk, value[:-1] + bytes([value[-1] ^ 1]), signed)
    # Its key has no absolute name, its times are texts: a credential of another profile than Open Badges.
    assert refusal(f"{header}.{payload}.{signature.strip()}")[0] == "jwt.claim"


@pytest.mark.parametrize(
    ("file", "code"),
    [
        ("credential-jose-bad-signature.txt", "jwt.alg"),
        ("credential-jose-bad-media-type.txt", "jwt.alg"),
        ("credential-jose-unknown-extensions.txt", "jwt.alg"),
        ("credential-jose-vc-vp-claims.txt", "jwt.alg"),
        ("presentation-jose-multiple.txt", "jwt.alg"),
        ("credential-sdjwt-nested.txt", "jwt.alg"),
        ("credential-cose-minimal.txt", "jwt.form"),
    ],
)
def test_the_other_w3c_inputs_are_refused_for_what_they_are(file: str, code: str) -> None:
    assert refusal(shared("w3c", "vc-jose-cose", file).read_text().strip())[0] == code


HEADERS: list[tuple[dict[str, Any], str, str]] = [
    (HEADER | {"alg": "none"}, "jwt.alg", "/header/alg"),
    (HEADER | {"alg": "HS256"}, "jwt.alg", "/header/alg"),
    (HEADER | {"alg": "EdDSA"}, "jwt.alg", "/header/alg"),
    (HEADER | {"alg": "es256"}, "jwt.alg", "/header/alg"),
    (HEADER | {"alg": ["ES256"]}, "jwt.alg", "/header/alg"),
    (without(HEADER, "alg"), "jwt.alg", "/header/alg"),
    (HEADER | {"jwk": JWT_KEY.jwk}, "jwt.key-in-header", "/header/jwk"),
    (HEADER | {"jku": "https://thief.example/keys"}, "jwt.key-in-header", "/header/jku"),
    (HEADER | {"x5c": []}, "jwt.key-in-header", "/header/x5c"),
    (HEADER | {"x5u": "https://thief.example/x"}, "jwt.key-in-header", "/header/x5u"),
    (HEADER | {"crit": ["exp"]}, "jwt.crit", "/header/crit"),
    (HEADER | {"crit": []}, "jwt.crit", "/header/crit"),
    (HEADER | {"b64": False, "crit": ["b64"]}, "jwt.b64", "/header/b64"),
    (HEADER | {"typ": "sd+jwt"}, "jwt.typ", "/header/typ"),
    (HEADER | {"cty": "vp"}, "jwt.cty", "/header/cty"),
    (without(HEADER, "kid"), "jwt.kid", "/header/kid"),
    (HEADER | {"kid": "#jwt"}, "jwt.kid", "/header/kid"),
    (HEADER | {"kid": DID}, "jwt.kid", "/header/kid"),
    (HEADER | {"kid": "did:web:thief.example#jwt"}, "jwt.kid", "/header/kid"),
    (HEADER | {"kid": f"{DID}#{KEY.multibase}"}, "jwt.key", ""),
]


@pytest.mark.parametrize(("header", "code", "place"), HEADERS, ids=[f"{one[1]}-{n}" for n, one in enumerate(HEADERS)])
def test_a_header_that_leads_astray_is_refused(header: dict[str, Any], code: str, place: str) -> None:
    assert refusal(token(header=header)) == (code, place)


@pytest.mark.parametrize("typ", ["vc+jwt", "application/vc+jwt", "JWT", "VC+JWT"])
def test_the_types_that_the_standards_allow_are_read(typ: str) -> None:
    vcjwt.check_signature(vcjwt.read(token(header=HEADER | {"typ": typ, "cty": "vc"})), DOCUMENT)
    vcjwt.check_signature(vcjwt.read(token(header=without(HEADER, "typ"))), DOCUMENT)


PAYLOADS: list[tuple[dict[str, Any], str, str]] = [
    *[(without(PAYLOAD, name), "jwt.claim", f"/payload/{name}") for name in ("iss", "jti", "nbf", "exp")],
    *[(PAYLOAD | {name: None}, "jwt.claim", f"/payload/{name}") for name in ("iss", "jti", "nbf", "exp")],
    (PAYLOAD | {"iss": "did:web:thief.example"}, "jwt.claim", "/payload/iss"),
    (PAYLOAD | {"jti": "urn:uuid:another"}, "jwt.claim", "/payload/jti"),
    (PAYLOAD | {"nbf": PAYLOAD["nbf"] + 1}, "jwt.claim", "/payload/nbf"),
    (PAYLOAD | {"nbf": float(PAYLOAD["nbf"])}, "jwt.claim", "/payload/nbf"),
    (PAYLOAD | {"nbf": str(PAYLOAD["nbf"])}, "jwt.claim", "/payload/nbf"),
    (PAYLOAD | {"exp": PAYLOAD["exp"] + 1}, "jwt.claim", "/payload/exp"),
    (without(PAYLOAD, "validUntil"), "jwt.claim", "/payload/exp"),
    (PAYLOAD | {"sub": None}, "jwt.claim", "/payload/sub"),
    (PAYLOAD | {"vc": {}}, "jwt.claim", "/payload/vc"),
    (PAYLOAD | {"vp": {}}, "jwt.claim", "/payload/vp"),
    (PAYLOAD | {"issuer": "did:web:thief.example"}, "jwt.claim", "/payload/iss"),
    (PAYLOAD | {"issuer": []}, "jwt.credential", "/payload/issuer"),
    (without(PAYLOAD, "id"), "jwt.credential", "/payload/id"),
    (PAYLOAD | {"credentialSubject": []}, "jwt.credential", "/payload/credentialSubject"),
    (PAYLOAD | {"validFrom": "yesterday"}, "jwt.credential", "/payload/validFrom"),
    (PAYLOAD | {"validFrom": "1969-12-31T23:59:59Z"}, "jwt.credential", "/payload/validFrom"),
]


@pytest.mark.parametrize(("payload", "code", "place"), PAYLOADS, ids=[f"{o[2]}-{n}" for n, o in enumerate(PAYLOADS)])
def test_a_claim_that_differs_from_the_credential_is_refused(payload: dict[str, Any], code: str, place: str) -> None:
    assert refusal(token(payload=payload)) == (code, place)


def _twice(part: dict[str, Any]) -> bytes:
    name = next(iter(part))
    return json.dumps(part).encode()[:-1] + f', "{name}": 1}}'.encode()


FORMS: list[tuple[Callable[[], str], str, str]] = [
    (lambda: "", "jwt.form", ""),
    (lambda: TOKEN + ".", "jwt.form", ""),
    (lambda: TOKEN.rpartition(".")[0], "jwt.form", ""),
    (lambda: TOKEN.rpartition(".")[0] + ".", "jwt.signature", "/signature"),
    (lambda: TOKEN + "AA", "jwt.signature", "/signature"),
    (lambda: TOKEN + "==", "jwt.base64url", "/signature"),
    (lambda: TOKEN[:-1] + _loose(TOKEN[-1]), "jwt.base64url", "/signature"),
    (lambda: TOKEN.replace(".", "+.", 1), "jwt.base64url", "/header"),
    (lambda: TOKEN.replace(".", "\n.", 1), "jwt.base64url", "/header"),
    (lambda: TOKEN.replace(".", ".é", 1), "jwt.base64url", "/payload"),
    (lambda: token(header=_twice(HEADER)), "jwt.duplicate-key", "/header"),
    (lambda: token(payload=_twice(PAYLOAD)), "jwt.duplicate-key", "/payload"),
    (lambda: token(header=b"[]"), "jwt.form", "/header"),
    (lambda: token(payload=b'"x"'), "jwt.form", "/payload"),
    (lambda: token(payload=b"{"), "jwt.not-json", "/payload"),
    (lambda: token(payload=b"\xef\xbb\xbf{}"), "jwt.encoding", "/payload"),
    (lambda: token(header=HEADER | {"x": "y" * jws.MAX_HEADER_BYTES}), "jwt.too-large", "/header"),
    (lambda: token(payload=PAYLOAD | {"x": "y" * MAX_DOCUMENT_BYTES}), "jwt.too-large", ""),
]


def _loose(letter: str) -> str:
    """Another letter for the same last bits: the two lowest are not used in 64 bytes."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return alphabet[alphabet.index(letter) ^ 1]


@pytest.mark.parametrize(("make", "code", "place"), FORMS, ids=[f"{one[1]}-{n}" for n, one in enumerate(FORMS)])
def test_a_token_of_another_form_is_refused(make: Callable[[], str], code: str, place: str) -> None:
    assert refusal(make()) == (code, place)


@given(st.data())
def test_no_letter_of_a_token_can_be_changed(data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(TOKEN) - 1))
    letter = data.draw(st.sampled_from("ABCxyz019-_.=").filter(lambda letter: letter != TOKEN[place]))
    refusal(TOKEN[:place] + letter + TOKEN[place + 1 :])


def _changed(change: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    document = copy.deepcopy(DOCUMENT)
    change(document)
    return document


def _method(document: dict[str, Any]) -> dict[str, Any]:
    method: dict[str, Any] = document["verificationMethod"][-1]
    return method


KEYS: list[tuple[Callable[[dict[str, Any]], object], str]] = [
    (lambda d: d.update(id="did:web:thief.example"), "jwt.key"),
    (lambda d: d.pop("id"), "jwt.key"),
    (lambda d: d["assertionMethod"].pop(), "jwt.key"),
    (lambda d: d.update(assertionMethod=KID), "jwt.key"),
    (lambda d: d.update(verificationMethod=d["verificationMethod"][:1]), "jwt.key"),
    (lambda d: d["verificationMethod"].append(_method(d)), "jwt.key"),
    (lambda d: _method(d).update(id="#" + KID.partition("#")[2]), "jwt.key"),
    (lambda d: _method(d).update(controller="did:web:thief.example"), "jwt.key"),
    (lambda d: _method(d).pop("controller"), "jwt.key"),
    (lambda d: _method(d).pop("publicKeyJwk"), "jwt.key"),
    (lambda d: _method(d)["publicKeyJwk"].update(d="AA"), "jwt.key"),
    (lambda d: _method(d)["publicKeyJwk"].update(crv="P-384"), "jwt.key"),
    (lambda d: _method(d)["publicKeyJwk"].update(alg="ES384"), "jwt.key"),
    (lambda d: _method(d)["publicKeyJwk"].update(y=JWT_KEY.jwk["x"]), "jwt.key"),
    (lambda d: _method(d)["publicKeyJwk"].update(x="AA"), "jwt.key"),
    (lambda d: _method(d)["publicKeyJwk"].update(x=JWT_KEY.jwk["x"] + "="), "jwt.base64url"),
    (lambda d: _method(d).update(publicKeyJwk=Es256Key.generate().jwk), "jwt.signature"),
]


@pytest.mark.parametrize(("change", "code"), KEYS, ids=range(len(KEYS)))
def test_only_the_issuers_own_document_with_the_key_in_it_says_who_signed(
    change: Callable[[dict[str, Any]], object], code: str
) -> None:
    assert refusal(TOKEN, _changed(change))[0] == code


def test_what_would_not_be_read_is_not_signed() -> None:
    for credential, kid, code in (
        (CREDENTIAL | {"exp": 1}, None, "jwt.claim"),
        (CREDENTIAL | {"vc": {}}, None, "jwt.claim"),
        (CREDENTIAL | {"x": "y" * MAX_DOCUMENT_BYTES}, None, "jwt.too-large"),
        (without(CREDENTIAL, "validFrom"), None, "jwt.credential"),
        (CREDENTIAL, "#jwt", "jwt.kid"),
        (CREDENTIAL, "did:web:other.example#jwt", "jwt.kid"),
    ):
        with pytest.raises(FormatError) as caught:
            vcjwt.sign(credential, JWT_KEY, kid)
        assert caught.value.code == code
