"""Issuers' DIDs: one address for one did:web, and documents as verifiers read them."""

from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.credential import dids
from registry.credential.es256 import Es256Key
from registry.credential.keys import IssuerKey
from registry.errors import FormatError
from registry.format.multibase import b58encode

DID = "did:web:university.example"
OLD, NEW = IssuerKey(bytes([1]) * 32), IssuerKey(bytes([2]) * 32)
PAIRS = {
    "did:web:university.example": "https://university.example/.well-known/did.json",
    "did:web:a.example:x": "https://a.example/x/did.json",
    "did:web:localhost%3A8000:v1:issuers:uni": "https://localhost:8000/v1/issuers/uni/did.json",
    "did:web:a.example%3A8443": "https://a.example:8443/.well-known/did.json",
    "did:web:xn--mller-kva.example:%C3%BC": "https://xn--mller-kva.example/%C3%BC/did.json",
    "did:web:a.example:x:.well-known": "https://a.example/x/.well-known/did.json",
}
_LABELS = st.from_regex(r"[a-z][a-z0-9-]{0,8}[a-z0-9]", fullmatch=True)
_SEGMENTS = st.from_regex(r"[A-Za-z0-9._-]{1,8}", fullmatch=True) | st.sampled_from(["%C3%BC", "%E2%82%AC", "..."])
WEB_DIDS = st.builds(
    lambda labels, port, path: ":".join(["did:web", ".".join(labels) + (f"%3A{port}" if port else ""), *path]),
    st.lists(_LABELS, min_size=1, max_size=4),
    st.none() | st.integers(1, 65535).filter(lambda port: port != 443),
    st.lists(_SEGMENTS.filter(lambda one: one not in (".", "..")), max_size=4),
).filter(lambda did: did.split(":")[3:] != [".well-known"])


@pytest.mark.parametrize("did", PAIRS)
def test_a_did_web_has_the_address_that_its_method_gives_it(did: str) -> None:
    dids.check(did)
    assert dids.web_url(did) == PAIRS[did]
    assert dids.web_did(PAIRS[did]) == did


@given(WEB_DIDS)
def test_every_did_web_has_one_address_and_back(did: str) -> None:
    url = dids.web_url(did)
    assert dids.web_did(url) == did
    parts = urlsplit(url)
    assert (parts.scheme, parts.query, parts.fragment) == ("https", "", "")
    assert parts.path.endswith("/did.json")
    assert parts.hostname == did.split(":")[2].partition("%3A")[0]


@given(st.text("abz.:%/3AF-_~#?@\\ ü\n0189", max_size=30))
def test_any_other_text_is_refused_or_has_exactly_one_address(text: str) -> None:
    for read, back, given_ in (
        (dids.web_url, dids.web_did, dids.WEB + text),
        (dids.web_did, dids.web_url, "https://" + text + "/did.json"),
    ):
        try:
            found = read(given_)
        except FormatError:
            continue
        assert back(found) == given_


@pytest.mark.parametrize(
    "did",
    [
        "did:web:", "did:web:A.example", "did:web:a.example.", "did:web:.example", "did:web:a..example",
        "did:web:127.0.0.1", "did:web:127.1", "did:web:0x7f000001", "did:web:[::1]", "did:web:a_b.example",
        "did:web:a.example%3a8000", "did:web:a.example%3A443", "did:web:a.example%3A08000", "did:web:a.example%3A",
        "did:web:a.example%3A65536", "did:web:a.example%3A80%3A80", "did:web:user%40a.example",
        "did:web:a.example:", "did:web:a.example::x", "did:web:a.example:..:x", "did:web:a.example:.",
        "did:web:a.example:a%2Fb", "did:web:a.example:%2e%2e", "did:web:a.example:%C3", "did:web:a.example:%c3%bc",
        "did:web:a.example:.well-known", "did:web:a.example/x", "did:web:a.example?x", "did:web:a.example#x",
        "did:web:-a.example", f"did:web:{'a' * 64}.example", f"did:web:{'a.' * 130}example",
        "did:web:a.example:" + "x" * 2048,
        "did:key:z6Mk", f"did:key:{OLD.multibase}x", "did:key:" + OLD.multibase[1:], f"did:key:z1{OLD.multibase[1:]}",
        "did:key:z" + b58encode(b"\x80\x24" + bytes(33)),
        "did:", "did:web", "web:a.example", "did:WEB:a.example", "did:key:", " did:web:a.example",
    ],
)  # fmt: skip
def test_a_did_that_no_issuer_can_have_for_ever_is_refused(did: str) -> None:
    with pytest.raises(FormatError) as caught:
        dids.check(did)
    assert (caught.value.code, caught.value.pointer) == ("format.did", "/did")


def test_a_did_key_is_its_key() -> None:
    dids.check(OLD.did_key)
    assert dids.key_of(OLD.did_key) == OLD.multikey


def test_other_methods_are_known_by_their_syntax_only() -> None:
    dids.check("did:ethr:0xb9c5714089478a327f09197987f16f9e5d936e8a")


@pytest.mark.parametrize(
    ("did", "method", "good"),
    [
        (DID, f"{DID}#{OLD.multibase}", True),
        (DID, f"{DID}#key-1", True),
        (DID, f"{DID}#{NEW.multibase}", False),  # verifiers that believe the name would take the other key
        (DID, f"{DID}#", False),
        (DID, DID, False),
        (DID, f"{DID}#a b", False),
        (DID, f"{DID}#a#b", False),
        (DID, "#key-1", False),
        (DID, f"{DID}:x#key-1", False),
        (OLD.did_key, f"{OLD.did_key}#{OLD.multibase}", True),
        (OLD.did_key, f"{OLD.did_key}#key-1", False),
    ],
)
def test_a_verification_method_is_the_did_and_a_name_that_misleads_nobody(did: str, method: str, good: bool) -> None:
    if good:
        dids.check_method(did, OLD.multikey, method)
    else:
        with pytest.raises(FormatError) as caught:
            dids.check_method(did, OLD.multikey, method)
        assert caught.value.code == "format.verification-method"


def test_a_document_is_exactly_this() -> None:
    found = dids.document(
        DID,
        [
            dids.ListedKey(OLD.multikey, f"{DID}#{OLD.multibase}", ended=True),
            dids.ListedKey(NEW.multikey, f"{DID}#key-2", ended=False),
        ],
    )
    assert found == {
        "@context": ["https://www.w3.org/ns/did/v1", "https://w3id.org/security/multikey/v1"],
        "id": DID,
        "verificationMethod": [
            {
                "id": f"{DID}#{OLD.multibase}",
                "type": "Multikey",
                "controller": DID,
                "publicKeyMultibase": OLD.multibase,
            },
            {"id": f"{DID}#key-2", "type": "Multikey", "controller": DID, "publicKeyMultibase": NEW.multibase},
        ],
        "assertionMethod": [f"{DID}#key-2"],
    }


def test_a_key_for_jwts_is_a_method_of_its_own_beside_the_others() -> None:
    key = Es256Key.generate()
    before = dids.document(DID, [dids.ListedKey(NEW.multikey, f"{DID}#key-2", ended=False)])
    found = dids.with_jwk(before, f"{DID}#jwt", key.jwk)
    assert found["verificationMethod"] == [
        *before["verificationMethod"],
        {"id": f"{DID}#jwt", "type": "JsonWebKey", "controller": DID, "publicKeyJwk": {**key.jwk, "alg": "ES256"}},
    ]
    assert found["assertionMethod"] == [f"{DID}#key-2", f"{DID}#jwt"]
    assert found["@context"] == [*before["@context"], "https://w3id.org/security/jwk/v1"]
    assert set(key.jwk) == {"kty", "crv", "x", "y"}
    ended = dids.with_jwk(before, f"{DID}#jwt", key.jwk, ended=True)
    assert (ended["verificationMethod"], ended["assertionMethod"]) == (found["verificationMethod"], [f"{DID}#key-2"])
    assert dids.with_jwk(found, f"{DID}#jwt2", key.jwk)["@context"] == found["@context"]
    for method in (f"{DID}#key-2", "#jwt", f"{DID}x#jwt", DID, f"{DID}#{OLD.multibase}"):
        with pytest.raises(FormatError, match=r"same name|not a key"):
            dids.with_jwk(before, method, key.jwk)
