"""The registry's own key: one for each database, whoever needs it first, and public in the export and the profile."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from anchor.audit.manifest import RegistryFile
from registry.errors import FormatError, SecretError, StateError
from registry.format.note import NoteKey
from registry.format.receipt import Duty, Receipt
from registry.store import export, log, logkey
from registry.store.engine import Store
from registry.store.setup import registry
from registry.store.tables import RegistryKey
from registry.store.vault import Vault
from registry.verify.trust import TrustProfile
from tests.support.notes import sign_note
from tests.support.registered import Registered
from tests.support.specimen import TRUST


def test_of_many_that_need_the_key_at_once_one_makes_it(registered: Registered) -> None:
    assert logkey.public_key(registered.store) is None
    together = threading.Barrier(4)

    def need(_: int) -> NoteKey:
        together.wait()
        return logkey.ensure(registered.store, registered.vault)

    with ThreadPoolExecutor(4) as pool:
        keys = set(pool.map(need, range(4)))
    assert keys == {logkey.public_key(registered.store)}


def test_a_note_is_signed_in_the_name_of_the_address_and_the_registry(registered: Registered) -> None:
    note = sign_note(registered.store, registered.vault, "hello\n")
    key = logkey.ensure(registered.store, registered.vault)
    assert note.verify(key)
    assert note == sign_note(registered.store, registered.vault, "hello\n")
    with registered.store.read() as session:
        assert key.name == f"registry.example/{registry(session).registry_id.hex()}"


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("http://[::1]:8000", "[::1]:8000/"),
        ("https://a.example/x/y+z w", "a.example/x/y%2Bz%20w/"),
        ("https://\u00fcni.example", "%C3%BCni.example/"),
    ],
)
def test_every_public_address_gives_a_name_that_a_note_may_have(registered: Registered, url: str, name: str) -> None:
    with registered.store.begin() as session:
        registry(session).public_url = url
    key = logkey.ensure(registered.store, registered.vault)
    assert key.name.startswith(name)
    assert NoteKey.parse(key.vkey) == key


def test_another_master_key_signs_nothing(registered: Registered) -> None:
    logkey.ensure(registered.store, registered.vault)
    with pytest.raises(SecretError, match="Use the master key that belongs to this database"):
        sign_note(registered.store, Vault(bytes([1]) * 32), "hello\n")


def test_a_database_without_a_contract_has_no_log_to_sign_for(sqlite_store: Store) -> None:
    with pytest.raises(StateError):
        logkey.ensure(sqlite_store, Vault(bytes(32)))


def test_the_export_names_the_key_and_auditors_read_it_with_and_without(registered: Registered) -> None:
    before = export.public_file(registered.store, "registry.json")
    assert RegistryFile.parse(before).log_key is None
    key = logkey.ensure(registered.store, registered.vault)
    after = export.public_file(registered.store, "registry.json")
    assert RegistryFile.parse(after).log_key == key
    changed = json.loads(after)
    for member in (None, {}, {"vkey": key.vkey}, {"vkey": key.vkey, "multikey": "z6Mk"}, {"vkey": 1, "multikey": 1}):
        with pytest.raises(FormatError):
            RegistryFile.parse(json.dumps(changed | {"log_key": member}).encode())
    second = log.rotate_key(registered.store, registered.vault)
    with registered.store.read() as session:
        earlier = tuple(logkey.earlier(session))
    rotated = export.public_file(registered.store, "registry.json")
    assert (RegistryFile.parse(rotated).log_key, RegistryFile.parse(rotated).earlier_log_keys) == (second, earlier)
    assert earlier[0].key == key
    entry = {"key": key.vkey, "until": 1}
    for values in (
        None,
        "",
        {},
        [1],
        [entry | {"more": 1}],
        [{"key": key.vkey}],
        [entry | {"key": 1}],
        [entry | {"until": "1"}],
    ):
        with pytest.raises(FormatError):
            RegistryFile.parse(json.dumps(json.loads(rotated) | {"earlier_log_keys": values}).encode())


def test_a_trust_profile_may_name_the_key() -> None:
    key = NoteKey("registry.example/ab", bytes(32))
    entry = TRUST.to_json() | {"log_key": key.vkey}
    profile = TrustProfile.from_json({"registry": [entry]})
    assert profile.registries[0].log_key == key
    assert TrustProfile.parse(profile.to_toml()) == profile
    assert "log_key" not in TRUST.to_json()
    for wrong in ("", 1, None, key.vkey[:-1], key.multikey):
        with pytest.raises(FormatError) as caught:
            TrustProfile.from_json({"registry": [entry | {"log_key": wrong}]})
        assert caught.value.pointer == "/registry/0/log_key"


def test_after_a_rotation_old_receipts_stay_the_same_and_old_profiles_still_know_the_checkpoint(
    registered: Registered,
) -> None:
    store, vault = registered.store, registered.vault
    first, now = logkey.ensure(store, vault), store.now()
    note, message = sign_note(store, vault, "hello\n"), b"credanchor-rcpt1 a receipt"
    before = logkey.sign_bytes(store, vault, message, now)
    second = log.rotate_key(store, vault)
    with store.read() as session:
        (earlier,) = logkey.earlier(session)
        assert (logkey.public(session), earlier.key, second.name) == (second, first, first.name)
    assert second != first and now < earlier.until <= store.now() + logkey.HANDOVER_SECONDS
    assert logkey.sign_bytes(store, vault, message, now) == before  # whenever it is asked for
    after = logkey.sign_bytes(store, vault, message, earlier.until)
    assert after != before
    both = sign_note(store, vault, "hello\n")
    assert both.verify(first) and both.verify(second) and note.signatures[0] in both.signatures
    third = log.rotate_key(store, vault)
    entry = replace(TRUST, log_key=third, earlier_log_keys=(earlier,))
    in_time = Duty(entry.registry_id, 1, 1, bytes(32), bytes(32), earlier.until - 1, earlier.until + 9)
    receipts = (
        Receipt(one, logkey.sign_bytes(store, vault, one.preimage, now))
        for one in (in_time, replace(in_time, accepted_at=earlier.until))
    )
    assert [entry.signed(one) for one in receipts] == [True, False]  # an earlier key signs nothing new
    assert TrustProfile.parse(TrustProfile((entry,)).to_toml()).registries == (entry,)
    with store.begin() as session:
        for number in (1, 2):
            session.get_one(RegistryKey, number).until = store.now() - logkey.TRANSITION_SECONDS
    alone = sign_note(store, vault, "hello\n")
    assert alone.verify(third) and len(alone.signatures) == 1


ONE = {"key": NoteKey("a", bytes(32)).vkey, "until": 1}


WRONG = ["x", [1], [ONE | {"key": "x"}], [ONE | {"more": 1}], [ONE | {"until": 0}], [ONE] * 17]


@pytest.mark.parametrize("value", WRONG)
def test_earlier_keys_of_another_form_are_refused(value: object) -> None:
    entry = replace(TRUST, log_key=NoteKey("a", bytes(32))).to_json()
    assert TrustProfile.from_json({"registry": [entry | {"earlier_log_keys": [ONE]}]})
    for wrong in (entry | {"earlier_log_keys": value}, TRUST.to_json() | {"earlier_log_keys": [ONE]}):
        with pytest.raises(FormatError) as refused:
            TrustProfile.from_json({"registry": [wrong]})
        assert refused.value.pointer == "/registry/0/earlier_log_keys"
