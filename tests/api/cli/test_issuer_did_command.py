"""`credanchor issuer`: DID documents to be served elsewhere, and issuers that are a did:key."""

from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from registry.credential.es256 import Es256Key
from tests.support.commandline import Outcome, credanchor
from tests.support.httpapi import Api
from tests.support.listening import listening

DID = "did:web:university.example"


def test_the_document_is_printed_as_it_is_to_be_served_with_a_key_for_jwts_if_one_is_named(
    api: Api, tmp_path: Path
) -> None:
    private = ec.derive_private_key(11, ec.SECP256R1())
    key, pem = Es256Key(private), tmp_path / "es256.pem"
    pem.write_bytes(
        private.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    with listening(api.app) as url:
        plain = credanchor("issuer", "did", "uni", "--url", url)
        keyed = credanchor("issuer", "did", "uni", "--jwt-key", pem, "--url", url)
        named = credanchor("issuer", "did", "uni", "--jwt-key", pem, "--kid", f"{DID}#jwt", "--url", url)
    assert (plain.code, plain.err) == (0, "Serve it at https://university.example/.well-known/did.json\n")
    assert plain.json == api.client.get("/v1/issuers/uni/did.json").json()
    assert keyed.json["assertionMethod"] == [*plain.json["assertionMethod"], key.method(DID)]
    assert keyed.json["verificationMethod"][-1]["publicKeyJwk"] == key.jwk
    assert named.json["verificationMethod"][-1]["id"] == f"{DID}#jwt"


def test_an_issuer_that_is_a_did_key_is_made_with_its_key_and_needs_no_document(api: Api) -> None:
    token = api.key("admin")["Authorization"].removeprefix("Bearer ")
    with listening(api.app) as url:

        def issuer(*words: str) -> Outcome:
            return credanchor("issuer", *words, "--url", url, env={"CREDANCHOR_API_KEY": token})

        made = issuer("add", "trial", "--did", "did:key", "--name", "Trial", "--json")
        assert made.code == 0, made.err
        assert made.json["did"].startswith("did:key:z6Mk")
        none = issuer("did", "trial")
        assert (none.code, none.out) == (1, "")
        assert "needs none" in none.err
        wrong = issuer("add", "lab", "--did", "did:web:Lab.example", "--name", "Lab")
        assert (wrong.code, wrong.out) == (1, "")
        assert "lower case" in wrong.err
