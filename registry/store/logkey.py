"""The registry's own key: it signs notes (checkpoints, receipts) in the name of its log, never a credential.

A database has one, made once whoever needs it first, and another after each rotation. An earlier key still signs the
receipts of what was accepted in its time, so that each stays the same for ever, and for a while the checkpoints, beside
the new one: who has the old profile must not take the registry for another. Their name, the origin of the notes, is
where the registry lives and which one it is: both are fixed when the database is bound.
"""

from collections.abc import Callable
from typing import Any
from urllib.parse import quote, urlsplit

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from registry.credential.keys import IssuerKey as Signer
from registry.credential.keys import generate
from registry.format import entries
from registry.format.note import MAX_SIGNATURES, Note, NoteKey, sign
from registry.store.engine import Store
from registry.store.setup import registry
from registry.store.tables import Registry, RegistryKey
from registry.store.vault import Vault
from registry.verify.trust import EarlierKey

_FIRST = 1

HANDOVER_SECONDS = 10
"""For so long after a rotation receipts are still the earlier key's: longer than its transaction takes."""

TRANSITION_SECONDS = 30 * 86_400
"""For so long after a rotation notes carry the signature of the key before as well, and readers have to change over."""


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
        if session.get(RegistryKey, _FIRST) is None:
            values = _made(vault, _FIRST, store.now())
            dialect = postgresql if store.dialect == "postgresql" else sqlite
            # A second process waits here until the first has ended, and then finds its key.
            session.execute(dialect.insert(RegistryKey).values(**values).on_conflict_do_nothing())
        kept = session.scalars(_NOW).one()
        _open(vault, kept)
        return _public(row, kept)


def rotate(session: Session, vault: Vault, clock: Callable[[], int]) -> NoteKey:
    """Make the next key, which signs from now on; there must be one already. Raises StateError, SecretError.

    `clock` is asked for the time when nothing has to be waited for any more.
    """
    session.scalars(_FIRST_KEY.with_for_update()).one()
    kept = session.scalars(_NOW).one()
    # What is accepted until this is known everywhere may have a receipt already: it is still the earlier key's.
    kept.until = clock() + HANDOVER_SECONDS
    session.flush()
    session.add(RegistryKey(**_made(vault, kept.id + 1, kept.until)))
    session.flush()
    return _public(registry(session), session.scalars(_NOW).one())


def hold(session: Session) -> None:
    """Let the key that signs be the same until the transaction ends: a rotation waits for it, as it does for one."""
    session.scalars(_FIRST_KEY.with_for_update(read=True)).one()


def earlier(session: Session) -> list[EarlierKey]:
    """The keys before the one that signs now, the newest first. Raises StateError while not bound."""
    rows = session.scalars(select(RegistryKey).where(RegistryKey.until.is_not(None)).order_by(RegistryKey.id.desc()))
    row = registry(session)
    return [EarlierKey(_public(row, one), one.until or 0) for one in rows]


def public(session: Session) -> NoteKey | None:
    """The public part, or None before the key was needed for the first time. Raises StateError while not bound."""
    kept = session.scalar(_NOW)
    return _public(registry(session), kept) if kept is not None else None


def public_key(store: Store) -> NoteKey | None:
    """The same in a transaction of its own."""
    with store.read() as session:
        return public(session)


def signed(session: Session, vault: Vault, text: str, now: int) -> Note:
    """A note of `text`, signed by the registry's key, and those before while readers change over.

    Ed25519: the same text gives the same note until then. Raises FormatError note.text, SecretError.
    """
    lately = now - TRANSITION_SECONDS
    signing = select(RegistryKey).where(RegistryKey.until.is_(None) | (RegistryKey.until > lately))
    kept = session.scalars(signing.order_by(RegistryKey.id.desc()).limit(MAX_SIGNATURES)).all()
    notes = [sign(text, _public(registry(session), one), _open(vault, one).sign) for one in kept]
    return Note(text, tuple(one for note in notes for one in note.signatures))


def sign_bytes(store: Store, vault: Vault, message: bytes, at: int) -> bytes:
    """64 bytes over what is no note, by the key of the time `at` (Unix seconds): its own tag must begin it.

    Same bytes, same signature. Raises StateError, SecretError.
    """
    if public_key(store) is None:
        ensure(store, vault)
    then = select(RegistryKey).where(RegistryKey.until.is_(None) | (RegistryKey.until > at)).order_by(RegistryKey.id)
    with store.read() as session:
        return _open(vault, session.scalars(then.limit(1)).one()).sign(message)


_FIRST_KEY = select(RegistryKey).where(RegistryKey.id == _FIRST)
"""The row that rotations lock, whichever key signs: it is there as long as the database."""

_NOW = select(RegistryKey).where(RegistryKey.until.is_(None))


def _made(vault: Vault, number: int, now: int) -> dict[str, Any]:
    made = generate()
    sealed = vault.close(made.secret, made.key_id)
    return {"id": number, "multikey": made.multikey, "secret": sealed, "created_at": now}


def _open(vault: Vault, kept: RegistryKey) -> Signer:
    return Signer(vault.open(kept.secret, entries.issuer_key_id(kept.multikey)))


def _public(row: Registry, kept: RegistryKey) -> NoteKey:
    return NoteKey(origin(row), kept.multikey[-32:])
