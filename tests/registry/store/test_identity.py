"""An issuer's identity and its keys: a did:web goes from key to key, a did:key is one key."""

import json

import pytest

from registry.credential import vcjwt
from registry.credential.es256 import Es256Key, thumbprint
from registry.credential.integrity import issuer_proofs, verify_proof
from registry.credential.keys import generate
from registry.errors import Conflict, FormatError, NotFound, StateError
from registry.format.multibase import decode_multikey
from registry.store import credentials, identity, issuers, jwtkeys, keys
from registry.store.signers import active_key
from tests.support.registered import DID, Registered


def test_after_a_rotation_the_proof_of_an_old_credential_finds_its_key_in_the_document(registered: Registered) -> None:
    """And 1EdTech's demands, word for word: absolute ids, a list of strings, the issuer as controller."""
    store, vault = registered.store, registered.vault
    _, handles = registered.sealed(1)
    registered.now += 1
    new = keys.add_hosted_key(store, vault, "uni")
    registered.put_on_chain(new.key_id)
    credential = json.loads(credentials.document(store, handles[0]))
    (proof,) = issuer_proofs(credential)
    named = proof["verificationMethod"]
    document = identity.did_document(store, issuers.get_issuer(store, "uni"))

    methods = [one for one in document["verificationMethod"] if one["id"] == named]
    assert len(methods) == 1
    assert methods[0]["type"] == "Multikey"
    assert methods[0]["controller"] == document["id"] == credential["issuer"]["id"]
    assert verify_proof(credential, proof, decode_multikey(methods[0]["publicKeyMultibase"]))
    assert all(isinstance(one, str) and one.startswith(f"{DID}#") for one in document["assertionMethod"])
    assert document["assertionMethod"] == [one["id"] for one in document["verificationMethod"]]
    assert document["assertionMethod"] == [named, new.verification_method]

    keys.revoke_key(store, vault, registered.key.key_id)
    ended = identity.did_document(store, issuers.get_issuer(store, "uni"))
    assert ended["verificationMethod"] == document["verificationMethod"]
    assert ended["assertionMethod"] == [new.verification_method]


def test_a_compromised_key_may_not_sign_and_an_external_one_may(registered: Registered) -> None:
    store, external = registered.store, generate()
    keys.add_external_key(store, "uni", external.multikey, verification_method=f"{DID}#key-2")
    keys.mark_compromised(store, registered.vault, registered.key.key_id, registered.now)
    document = identity.did_document(store, issuers.get_issuer(store, "uni"))
    assert len(document["verificationMethod"]) == 2
    assert document["assertionMethod"] == [f"{DID}#key-2"]


def test_two_keys_never_have_the_same_name(registered: Registered) -> None:
    store = registered.store
    keys.add_external_key(store, "uni", generate().multikey, verification_method=f"{DID}#key-2")
    with pytest.raises(Conflict, match="has the name"):
        keys.add_external_key(store, "uni", generate().multikey, verification_method=f"{DID}#key-2")
    with pytest.raises(FormatError, match="another key's"):
        keys.add_external_key(store, "uni", generate().multikey, verification_method=f"{DID}#{generate().multibase}")


def test_an_issuer_made_with_its_key_issues_under_a_did_key(registered: Registered) -> None:
    store, vault = registered.store, registered.vault
    made = identity.add_issuer_with_key(store, vault, "trial", {"name": "Trial"})
    again = identity.add_issuer_with_key(store, vault, "trial", {"name": "Trial"})
    assert again.did == made.did
    with store.read() as session:
        key = active_key(session, "trial")
    multibase = made.did.removeprefix("did:key:")
    assert key.multikey == decode_multikey(multibase)
    assert key.verification_method == f"{made.did}#{multibase}"
    with pytest.raises(Conflict):
        identity.add_issuer_with_key(store, vault, "trial", {"name": "Another"})
    with pytest.raises(Conflict):
        identity.add_issuer_with_key(store, vault, "uni", {"name": "Example University"})
    with pytest.raises(NotFound, match="DID document"):
        identity.did_document(store, made)


def test_a_token_finds_its_key_in_the_document_until_the_key_is_revoked(registered: Registered) -> None:
    store, vault = registered.store, registered.vault
    _, handles = registered.sealed(1)
    registered.anchor()
    with pytest.raises(StateError, match="key add uni --jwt"):
        jwtkeys.token(store, vault, handles[0])
    first = jwtkeys.add_hosted_key(store, vault, "uni")
    text = jwtkeys.token(store, vault, handles[0])
    assert jwtkeys.token(store, vault, handles[0]) == text
    token = vcjwt.read(text)
    assert token.kid == first.verification_method
    assert token.credential == json.loads(credentials.file(store, handles[0]))

    registered.now += 1
    second = jwtkeys.add_hosted_key(store, vault, "uni", verification_method=f"{DID}#jwt-2")
    elsewhere = Es256Key.generate()
    jwtkeys.add_external_key(store, "uni", {**elsewhere.jwk, "alg": "ES256", "use": "sig"})
    document = identity.did_document(store, issuers.get_issuer(store, "uni"))
    vcjwt.check_signature(token, document)
    newer = vcjwt.read(jwtkeys.token(store, vault, handles[0]))
    assert newer.kid == second.verification_method
    assert document["assertionMethod"][1:] == [
        one["id"] for one in document["verificationMethod"] if one["type"] == "JsonWebKey"
    ]
    assert elsewhere.method(DID) in document["assertionMethod"]

    ended = jwtkeys.revoke_key(store, "uni", first.key_id)
    assert jwtkeys.revoke_key(store, "uni", first.key_id).revoked_at == ended.revoked_at == registered.now
    after = identity.did_document(store, issuers.get_issuer(store, "uni"))
    assert after["verificationMethod"] == document["verificationMethod"]
    vcjwt.check_signature(newer, after)
    with pytest.raises(FormatError, match="may sign now"):
        vcjwt.check_signature(token, after)
    issuers.set_suspended(store, "uni", suspended=True)
    with pytest.raises(StateError, match="suspended"):
        jwtkeys.token(store, vault, handles[0])


def test_a_key_for_jwts_is_public_named_once_and_never_a_did_key_s(registered: Registered) -> None:
    store, vault, key = registered.store, registered.vault, Es256Key.generate()
    jwtkeys.add_external_key(store, "uni", key.jwk, verification_method=f"{DID}#jwt")
    with pytest.raises(Conflict, match="has it"):
        jwtkeys.add_external_key(store, "uni", key.jwk)
    for method in (f"{DID}#jwt", registered.key.verification_method):
        with pytest.raises((Conflict, FormatError), match=r"has the name|not a key for JWTs"):
            jwtkeys.add_hosted_key(store, vault, "uni", verification_method=method)
    with pytest.raises(Conflict, match="has the name"):
        keys.add_external_key(store, "uni", generate().multikey, verification_method=f"{DID}#jwt")
    with pytest.raises(FormatError, match="secret half"):
        jwtkeys.add_external_key(store, "uni", {**Es256Key.generate().jwk, "d": "AQAB"})
    issuers.add_issuer(store, "lab", generate().did_key, {"name": "Lab"})
    with pytest.raises(Conflict, match="did:web"):
        jwtkeys.add_hosted_key(store, vault, "lab")
    with pytest.raises(NotFound):
        jwtkeys.revoke_key(store, "lab", thumbprint(key.jwk))


def test_a_did_key_never_gets_another_key(registered: Registered) -> None:
    store, own = registered.store, generate()
    issuers.add_issuer(store, "lab", own.did_key, {"name": "Lab"})
    with pytest.raises(Conflict, match="one key for ever"):
        keys.add_external_key(store, "lab", generate().multikey)
    with pytest.raises(Conflict, match="one key for ever"):
        keys.add_hosted_key(store, registered.vault, "lab")
    keys.add_external_key(store, "lab", own.multikey)
    with pytest.raises(Conflict, match="did:web"):
        keys.add_hosted_key(store, registered.vault, "lab")
