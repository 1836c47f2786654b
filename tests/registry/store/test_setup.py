"""A database belongs to one contract; secrets open only with the master key and the row they were made for."""

import os
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from registry.errors import Conflict, FormatError, SecretError, StateError
from registry.format import entries
from registry.store.engine import Store
from registry.store.issuers import add_issuer
from registry.store.keys import add_hosted_key
from registry.store.setup import bind_registry, registry
from registry.store.signers import require_master_key
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


def test_of_many_that_bind_at_once_one_is_the_first(store: Store) -> None:
    first: list[int] = []
    together = threading.Barrier(4)

    def bind(number: int) -> int:
        together.wait()
        return bind_registry(store, **FACTS, first=lambda: first.append(number)).id

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(bind, range(4))) == [1] * 4
    assert len(first) == 1


def test_nothing_is_bound_when_what_the_first_has_to_do_fails(store: Store) -> None:
    def fail() -> None:
        raise SecretError("no room for the key")

    with pytest.raises(SecretError):
        bind_registry(store, **FACTS, first=fail)
    first: list[bool] = []
    bind_registry(store, **FACTS, first=lambda: first.append(True))
    assert first == [True]


def test_a_master_key_that_does_not_open_the_hosted_keys_is_refused(store: Store) -> None:
    mine, other = Vault(bytes(32)), Vault(bytes([1]) * 32)
    require_master_key(store, other)  # there is nothing to open yet
    bind_registry(store, **FACTS)
    add_issuer(store, "uni", "did:web:university.example", {"name": "Example University"})
    add_hosted_key(store, mine, "uni")
    require_master_key(store, mine)
    with pytest.raises(SecretError, match="Use the master key that belongs to this database"):
        require_master_key(store, other)


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
