"""The registry's own key: it signs notes (checkpoints, receipts) in the name of its log, never a credential.

A database has one, made once whoever needs it first. Its name, the origin of the notes, is where the registry lives and
which one it is: both are fixed when the database is bound.
"""

from urllib.parse import quote, urlsplit

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from registry.credential.keys import IssuerKey as Signer
from registry.credential.keys import generate
from registry.format import entries
from registry.format.note import Note, NoteKey, sign
from registry.store.engine import Store
from registry.store.setup import registry
from registry.store.tables import Registry, RegistryKey
from registry.store.vault import Vault

_ONLY = 1  # the table has one row


def origin(row: Registry) -> str:
    """The log's name: the public address without its scheme, a slash, and the registry id in hex."""
    parts = urlsplit(row.public_url)
    # What a note's name must not hold, white space and '+', cannot be left in an address that has it.
    return f"{quote(parts.netloc + parts.path, safe='/:@[]%-._~')}/{row.registry_id.hex()}"


def ensure(store: Store, vault: Vault) -> NoteKey:
    """The public part of the key, which is made where there is none. Of several processes that try, one makes it.

    Raises StateError while no contract is bound, and SecretError when the vault does not open the key that is there.
    """
    with store.begin() as session:
        row = registry(session)
        if session.get(RegistryKey, _ONLY) is None:
            made = generate()
            sealed = vault.close(made.secret, made.key_id)
            values = {"id": _ONLY, "multikey": made.multikey, "secret": sealed, "created_at": store.now()}
            dialect = postgresql if store.dialect == "postgresql" else sqlite
            # A second process waits here until the first has ended, and then finds its key.
            session.execute(dialect.insert(RegistryKey).values(**values).on_conflict_do_nothing())
        kept = session.scalars(select(RegistryKey)).one()
        _open(vault, kept)
        return _public(row, kept)


def public(session: Session) -> NoteKey | None:
    """The public part, or None before the key was needed for the first time. Raises StateError while not bound."""
    kept = session.get(RegistryKey, _ONLY)
    return _public(registry(session), kept) if kept is not None else None


def public_key(store: Store) -> NoteKey | None:
    """The same in a transaction of its own."""
    with store.read() as session:
        return public(session)


def sign_note(store: Store, vault: Vault, text: str) -> Note:
    """A note of `text`, signed by the registry's key. Ed25519: the same text gives the same note.

    Raises FormatError note.text, StateError, SecretError.
    """
    key = ensure(store, vault) if public_key(store) is None else None
    with store.read() as session:
        kept = session.get_one(RegistryKey, _ONLY)
        return sign(text, key or _public(registry(session), kept), _open(vault, kept).sign)


def sign_bytes(store: Store, vault: Vault, message: bytes) -> bytes:
    """64 bytes over what is no note: its own tag must begin it. Same bytes, same signature.

    Raises StateError, SecretError.
    """
    if public_key(store) is None:
        ensure(store, vault)
    with store.read() as session:
        return _open(vault, session.get_one(RegistryKey, _ONLY)).sign(message)


def _open(vault: Vault, kept: RegistryKey) -> Signer:
    return Signer(vault.open(kept.secret, entries.issuer_key_id(kept.multikey)))


def _public(row: Registry, kept: RegistryKey) -> NoteKey:
    return NoteKey(origin(row), kept.multikey[-32:])
