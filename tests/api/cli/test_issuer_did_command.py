"""`credanchor issuer`: DID documents to be served elsewhere, and issuers that are a did:key."""

from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from registry.credential import vcjwt
from registry.credential.es256 import Es256Key
from tests.support.commandline import Outcome, credanchor
from tests.support.httpapi import Api
from tests.support.listening import listening

DID = "did:web:university.example"


def test_the_document_is_printed_as_it_is_to_be_served_with_the_keys_for_jwts(api: Api, tmp_path: Path) -> None:
    private = ec.derive_private_key(11, ec.SECP256R1())
    key, pem, token = Es256Key(private), tmp_path / "es256.pem", tmp_path / "diploma.jwt"
    pem.write_bytes(
        private.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    admin = {"CREDANCHOR_API_KEY": api.key("admin", "credentials:read")["Authorization"].removeprefix("Bearer ")}
    with listening(api.app) as url:
        plain = credanchor("issuer", "did", "uni", "--url", url)
        own = credanchor("key", "add", "uni", "--jwt", "--external", pem, "--json", "--url", url, env=admin)
        hosted = credanchor("key", "add", "uni", "--jwt", "--json", "--url", url, env=admin)
        keyed = credanchor("issuer", "did", "uni", "--url", url)
        made = credanchor("jwt", api.handles[0], "--out", token, "--url", url, env=admin)
        revoked = credanchor("key", "revoke", "uni", hosted.json["key_id"], "--jwt", "--url", url, env=admin)
        after = credanchor("issuer", "did", "uni", "--url", url)
        listed = credanchor("key", "list", "uni", "--jwt", "--url", url)
        stolen = credanchor(
            "key", "compromise", "uni", hosted.json["key_id"], "--jwt", "--since", "2026-01-01T00:00:00Z",
            "--url", url, env=admin,
        )  # fmt: skip
    assert (plain.code, plain.err) == (0, "Serve it at https://university.example/.well-known/did.json\n")
    assert plain.json["assertionMethod"] == [api.registered.key.verification_method]
    assert (own.code, own.json["jwk"], own.json["custody"]) == (0, key.jwk, "external")
    names = {own.json["verification_method"], hosted.json["verification_method"]}
    assert set(keyed.json["assertionMethod"]) == {*plain.json["assertionMethod"], *names}
    assert (made.code, made.err) == (0, "")
    vcjwt.check_signature(vcjwt.read(token.read_text().strip()), keyed.json)
    assert "revoked" in revoked.out
    assert hosted.json["verification_method"] not in after.json["assertionMethod"]
    assert after.json["verificationMethod"] == keyed.json["verificationMethod"]
    assert [own.json["key_id"] in listed.out, hosted.json["key_id"] in listed.out] == [True, True]
    assert (stolen.code, "key revoke" in stolen.err) == (1, True)


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
