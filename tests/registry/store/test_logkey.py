"""The registry's own key: one for each database, whoever needs it first, and public in the export and the profile."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from anchor.audit.manifest import RegistryFile
from registry.errors import FormatError, SecretError, StateError
from registry.format.note import NoteKey
from registry.store import export, logkey
from registry.store.engine import Store
from registry.store.setup import registry
from registry.store.vault import Vault
from registry.verify.trust import TrustProfile
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
    note = logkey.sign_note(registered.store, registered.vault, "hello\n")
    key = logkey.ensure(registered.store, registered.vault)
    assert note.verify(key)
    assert note == logkey.sign_note(registered.store, registered.vault, "hello\n")
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
        logkey.sign_note(registered.store, Vault(bytes([1]) * 32), "hello\n")


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
