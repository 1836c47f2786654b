"""Issuers are who they say; their keys take over from each other without a gap in status."""

import json

import pytest
from sqlalchemy import select

from registry.credential.keys import generate
from registry.errors import Conflict, FormatError, NotFound, SecretError, StateError
from registry.format import entries, signature
from registry.format.strictjson import digest
from registry.store import issuers, keys
from registry.store.engine import Store
from registry.store.lists import newest
from registry.store.setup import registry
from registry.store.signers import active_key, open_key
from registry.store.tables import StatusList
from registry.store.vault import Vault
from tests.support.registered import DID, Registered


def _list_keys(store: Store) -> dict[str, tuple[int, bytes]]:
    """Of every list: its newest version and the key that signed it."""
    with store.read() as session:
        lists = session.scalars(select(StatusList)).all()
        return {item.id: (item.version, newest(session, item).key_id) for item in lists}


def test_the_first_hosted_key_makes_a_pair_of_signed_lists_and_the_second_makes_none(registered: Registered) -> None:
    expected = {"uni-1-revocation": (1, registered.key.key_id), "uni-1-suspension": (1, registered.key.key_id)}
    assert _list_keys(registered.store) == expected
    keys.add_hosted_key(registered.store, registered.vault, "uni")
    assert _list_keys(registered.store) == expected
    with registered.store.read() as session:
        for id_ in expected:
            list_ = session.get_one(StatusList, id_)
            version = newest(session, list_)
            content = json.loads(version.credential)
            assert content["credentialSubject"]["statusPurpose"] == list_.purpose
            assert content["issuer"] == DID
            entry = entries.list_entry(registry(session).registry_id, list_.url, 1, digest(content))
            assert signature.verify(registered.key.multikey, version.signature, entry)


def test_a_new_key_signs_only_once_it_is_on_the_chain(registered: Registered) -> None:
    store = registered.store
    registered.now += 1  # the new key is the newer one, so only the chain speaks for the old one
    new = keys.add_hosted_key(store, registered.vault, "uni")
    with store.read() as session:
        assert active_key(session, "uni").key_id == registered.key.key_id
    registered.put_on_chain(new.key_id)
    with store.read() as session:
        assert active_key(session, "uni").key_id == new.key_id


@pytest.mark.parametrize("end", ["revoked", "compromised"])
def test_when_a_key_ends_the_next_one_signs_its_lists_again(registered: Registered, end: str) -> None:
    store, vault, old = registered.store, registered.vault, registered.key
    new = keys.add_hosted_key(store, vault, "uni")
    if end == "revoked":
        keys.revoke_key(store, vault, old.key_id)
        keys.revoke_key(store, vault, old.key_id)
    else:
        keys.mark_compromised(store, vault, old.key_id, registered.now)
    assert set(_list_keys(store).values()) == {(2, new.key_id)}
    history = keys.key_history(store, "uni")
    assert {key.key_id for key in history} == {old.key_id, new.key_id}


def test_when_the_last_key_ends_nothing_can_be_signed_until_there_is_another(registered: Registered) -> None:
    store, vault = registered.store, registered.vault
    keys.revoke_key(store, vault, registered.key.key_id)
    assert set(_list_keys(store).values()) == {(1, registered.key.key_id)}
    with pytest.raises(StateError, match="without a usable key"), store.read() as session:
        active_key(session, "uni")
    new = keys.add_hosted_key(store, vault, "uni")
    assert set(_list_keys(store).values()) == {(2, new.key_id)}


def test_a_compromise_only_ever_moves_earlier_and_not_before_the_key_was_on_the_chain(registered: Registered) -> None:
    store, vault, id_ = registered.store, registered.vault, registered.key.key_id
    registered.now += 100
    assert keys.mark_compromised(store, vault, id_, registered.now - 10).compromised_since == registered.now - 10
    assert keys.mark_compromised(store, vault, id_, registered.now - 20).compromised_since == registered.now - 20
    with pytest.raises(Conflict):
        keys.mark_compromised(store, vault, id_, registered.now - 15)
    assert keys.mark_compromised(store, vault, id_, 1).compromised_since == registered.now - 100
    with pytest.raises(FormatError):
        keys.mark_compromised(store, vault, id_, registered.now + 1)


def test_a_key_held_elsewhere_is_known_and_signs_nothing(registered: Registered) -> None:
    other = generate()
    row = keys.add_external_key(registered.store, "uni", other.multikey)
    registered.put_on_chain(row.key_id)
    assert row.verification_method == f"{DID}#{other.multibase}"
    with registered.store.read() as session:
        assert active_key(session, "uni").key_id == registered.key.key_id
    with pytest.raises(StateError, match="held elsewhere"):
        open_key(registered.vault, row)


def test_secrets_are_not_in_the_database_and_do_not_open_with_another_master_key(registered: Registered) -> None:
    secret = open_key(registered.vault, registered.key).secret
    assert registered.key.secret is not None
    assert secret not in registered.key.secret
    with pytest.raises(SecretError):
        open_key(Vault(bytes([1]) * 32), registered.key)


def test_a_key_belongs_to_one_issuer_and_its_method_to_its_did(registered: Registered) -> None:
    store = registered.store
    issuers.add_issuer(store, "other", "did:web:other.example", {"name": "Other"})
    with pytest.raises(Conflict, match="'uni' has it"):
        keys.add_external_key(store, "other", registered.key.multikey)
    with pytest.raises(FormatError, match="not a key of"):
        keys.add_external_key(store, "other", generate().multikey, verification_method=f"{DID}#key")
    with pytest.raises(NotFound):
        keys.add_external_key(store, "nobody", generate().multikey)
    with pytest.raises(NotFound):
        keys.revoke_key(store, registered.vault, bytes(32))


def test_an_issuer_is_added_once_and_its_name_and_did_are_its_own(store: Store) -> None:
    first = issuers.add_issuer(store, "uni", DID, {"name": "University"})
    assert json.loads(first.profile) == {"id": DID, "name": "University", "type": ["Profile"]}
    issuers.add_issuer(store, "uni", DID, {"name": "University"})
    for id_, did, name in (
        ("uni", DID, "Another"),
        ("uni", "did:web:x.example", "University"),
        ("other", DID, "Other"),
    ):
        with pytest.raises(Conflict):
            issuers.add_issuer(store, id_, did, {"name": name})
    assert [row.id for row in issuers.list_issuers(store)] == ["uni"]


def test_a_profile_that_no_credential_could_carry_is_refused_when_its_issuer_is_added(store: Store) -> None:
    for member, value, code in (
        ("url", "www.university.example", "schema.invalid"),
        ("logo", "https://university.example/logo.png", "rdf.undefined-term"),
    ):
        with pytest.raises(FormatError) as caught:
            issuers.add_issuer(store, "uni", DID, {"name": "University", member: value})
        assert (caught.value.code, caught.value.pointer) == (code, f"/profile/{member}")
    assert issuers.list_issuers(store) == []
    added = issuers.add_issuer(store, "uni", DID, {"name": "University", "address": {"addressCountryCode": "NL"}})
    assert json.loads(added.profile)["address"] == {"type": ["Address"], "addressCountryCode": "NL"}


@pytest.mark.parametrize(
    ("id_", "did", "profile"),
    [
        ("Uni", DID, {"name": "U"}),
        ("-uni", DID, {"name": "U"}),
        ("u" * 41, DID, {"name": "U"}),
        ("uni", "https://university.example", {"name": "U"}),
        ("uni", DID + "#key", {"name": "U"}),
        ("uni", DID, {}),
        ("uni", DID, {"name": " "}),
        ("uni", DID, {"name": "U", "id": "did:web:other.example"}),
    ],
)
def test_an_issuer_that_could_not_be_told_apart_is_refused(
    sqlite_store: Store, id_: str, did: str, profile: dict[str, str]
) -> None:
    with pytest.raises(FormatError):
        issuers.add_issuer(sqlite_store, id_, did, profile)
