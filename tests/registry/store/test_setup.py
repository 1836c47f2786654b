"""A database belongs to one contract; secrets open only with the master key and the row they were made for."""

import os
from pathlib import Path
from typing import Any

import pytest

from registry.errors import Conflict, FormatError, SecretError, StateError
from registry.format import entries
from registry.store.engine import Store
from registry.store.setup import bind_registry, registry
from registry.store.vault import Vault

FACTS: dict[str, Any] = {
    "chain_id": 20261125,
    "contract": bytes(range(20)),
    "deploy_block": 3,
    "deploy_block_hash": bytes(32),
    "code_sha256": bytes([7]) * 32,
    "public_url": "https://registry.example",
}


def test_binding_twice_with_the_same_facts_does_nothing(store: Store) -> None:
    bind_registry(store, **FACTS)
    bind_registry(store, **FACTS)
    with store.read() as session:
        assert registry(session).registry_id == entries.registry_id(20261125, bytes(range(20)))


@pytest.mark.parametrize("name", sorted(FACTS))
def test_binding_again_with_another_fact_is_refused(sqlite_store: Store, name: str) -> None:
    other = {"chain_id": 1, "deploy_block": 4, "public_url": "https://other.example"}
    changed = other.get(name, bytes([9]) * len(FACTS[name]) if name not in other else None)
    bind_registry(sqlite_store, **FACTS)
    with pytest.raises(Conflict, match=name):
        bind_registry(sqlite_store, **(FACTS | {name: changed}))


def test_a_database_that_is_not_bound_says_what_is_needed(sqlite_store: Store) -> None:
    with pytest.raises(StateError, match="credanchor deploy"), sqlite_store.read() as session:
        registry(session)


@pytest.mark.parametrize("url", ["registry.example", "https://registry.example/"])
def test_a_public_address_that_would_make_crooked_links_is_refused(sqlite_store: Store, url: str) -> None:
    with pytest.raises(FormatError):
        bind_registry(sqlite_store, **(FACTS | {"public_url": url}))


def test_a_secret_opens_only_for_the_key_it_belongs_to_and_with_the_same_master_key() -> None:
    vault = Vault(bytes(32))
    closed = vault.close(b"secret", b"key one")
    assert vault.open(closed, b"key one") == b"secret"
    assert b"secret" not in closed
    assert vault.close(b"secret", b"key one") != closed
    for opener, sealed, key_id in (
        (vault, closed, b"key two"),
        (Vault(bytes([1]) * 32), closed, b"key one"),
        (vault, closed[:-1], b"key one"),
        (vault, b"", b"key one"),
    ):
        with pytest.raises(SecretError, match="master key"):
            opener.open(sealed, key_id)


def test_a_master_key_file_is_private_and_is_never_replaced(tmp_path: Path) -> None:
    path = tmp_path / "master.key"
    closed = Vault.create(path).close(b"secret", b"id")
    assert os.stat(path).st_mode & 0o777 == 0o600
    assert Vault.from_file(path).open(closed, b"id") == b"secret"
    with pytest.raises(SecretError):
        Vault.create(path)
    path.write_text("not a key")
    with pytest.raises(SecretError) as caught:
        Vault.from_file(path)
    assert "not a key" not in str(caught.value)
    with pytest.raises(SecretError):
        Vault.from_file(tmp_path / "missing")
