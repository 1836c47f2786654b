"""Which of an issuer's keys signs now, and opening it."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.credential.keys import IssuerKey as Signer
from registry.errors import StateError
from registry.store.engine import Store
from registry.store.tables import IssuerKey
from registry.store.vault import Vault


def usable(key: IssuerKey) -> bool:
    """Held here, and neither revoked nor compromised, in wish or on the chain."""
    return key.secret is not None and not ended(key)


def ended(key: IssuerKey) -> bool:
    """Revoked or compromised, in wish or on the chain: it signs nothing more."""
    return bool(key.revoke or key.compromised_since or key.chain_revoked_at or key.chain_compromised_at)


def find_active(session: Session, issuer_id: str) -> IssuerKey | None:
    """The newest usable key that is on the chain; before any is, the newest usable one; or None.

    So a new key takes over when verifiers can know it, not before: an anchor waits for its batches' keys.
    """
    query = select(IssuerKey).where(IssuerKey.issuer_id == issuer_id)
    keys = [key for key in session.scalars(query) if usable(key)]
    return max(keys, key=lambda key: (key.chain_added_at is not None, key.created_at, key.key_id), default=None)


def active_key(session: Session, issuer_id: str) -> IssuerKey:
    """The key that signs the issuer's batches and lists now. Raises StateError when there is none."""
    key = find_active(session, issuer_id)
    if key is None:
        # Also for credentials signed elsewhere: a batch's signature covers a number that only sealing knows.
        theirs = session.scalars(select(IssuerKey).where(IssuerKey.issuer_id == issuer_id, IssuerKey.secret.is_(None)))
        elsewhere = not all(map(ended, theirs))
        state = "without a hosted key to sign its batches and status lists" if elsewhere else "without a usable key"
        besides = " besides its own" if elsewhere else ""
        needed = f"given a hosted key{besides} (`credanchor key add {issuer_id}`)"
        raise StateError(f"Issuer {issuer_id!r}", state, needed)
    return key


def require_master_key(store: Store, vault: Vault) -> None:
    """Raises SecretError when the vault does not open the registry's hosted keys: it has another registry's key."""
    with store.read() as session:
        key = session.scalars(select(IssuerKey).where(IssuerKey.secret.is_not(None)).limit(1)).first()
    if key is not None:
        open_key(vault, key)


def open_key(vault: Vault, key: IssuerKey) -> Signer:
    """The key, ready to sign. Raises StateError for a key held elsewhere, SecretError for a wrong master key."""
    if key.secret is None:
        raise StateError(f"Key {key.key_id.hex()}", "held elsewhere", "a hosted key")
    return Signer(vault.open(key.secret, key.key_id))
