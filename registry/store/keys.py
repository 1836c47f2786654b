"""Issuers' keys: adding, revoking, marking as compromised. The registrar brings these wishes to the contract."""

import secrets
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.credential import dids
from registry.credential.keys import IssuerKey as Signer
from registry.errors import Conflict, FormatError, NotFound
from registry.format import entries
from registry.format.multibase import encode_multikey
from registry.store import issuers, lists
from registry.store.engine import Store
from registry.store.jwtkeys import require_free
from registry.store.signers import active_key, find_active, open_key, usable
from registry.store.tables import Issuer, IssuerKey
from registry.store.vault import Vault

__all__ = [
    "active_key",
    "add_external_key",
    "add_hosted_key",
    "find_active",
    "get_key",
    "key_history",
    "mark_compromised",
    "open_key",
    "revoke_key",
    "usable",
]


def add_hosted_key(
    store: Store, vault: Vault, issuer_id: str, *, secret: bytes | None = None, verification_method: str | None = None
) -> IssuerKey:
    """Add a key that the registry keeps encrypted: a new one, or the 32-byte Ed25519 `secret`.

    `verification_method` is the DID URL that proofs name; by default "<did>#<multikey>". The issuer's first hosted key
    also makes its first pair of status lists. Raises NotFound, Conflict, and StateError while no contract is bound.
    """
    signer = Signer(secret if secret is not None else secrets.token_bytes(32))
    with store.begin() as session:
        issuer = issuers.load(session, issuer_id, lock=True)
        key = _add(session, store, issuer, signer.multikey, verification_method)
        key.secret = vault.close(signer.secret, signer.key_id)
        session.flush()
        if lists.lists_of(session, issuer.id):
            lists.sign_again(session, store, vault, issuer)
        else:
            lists.create_pair(session, store, vault, issuer)
        return key


def add_external_key(
    store: Store, issuer_id: str, multikey: bytes, *, verification_method: str | None = None
) -> IssuerKey:
    """Add a key that is held elsewhere (34-byte multikey): its proofs are accepted, it signs nothing here."""
    with store.begin() as session:
        issuer = issuers.load(session, issuer_id, lock=True)
        return _add(session, store, issuer, multikey, verification_method)


def by_verification_method(store: Store, method: str) -> IssuerKey | None:
    """The key that a DID URL of one of the registry's issuers names; None for any other."""
    with store.read() as session:
        return session.scalar(select(IssuerKey).where(IssuerKey.verification_method == method))


def revoke_key(store: Store, vault: Vault, key_id: bytes) -> IssuerKey:
    """End a key's use from now on: what was anchored before stays valid. Lists it signed are signed by the next key.

    Cannot be undone; again it does nothing. Add the next key first: without one the issuer's status becomes unknown.
    """
    with store.begin() as session:
        key, issuer = _locked(session, key_id)
        key.revoke = True
        session.flush()
        lists.sign_again(session, store, vault, issuer)
        return key


def mark_compromised(store: Store, vault: Vault, key_id: bytes, since: int) -> IssuerKey:
    """Say that a key was in other hands since `since` (Unix seconds): what was anchored from then on is not authentic.

    The moment only ever moves earlier, and not before the key was added to the contract.
    Raises FormatError for a time to come, Conflict for one later than what was said before.
    """
    now = store.now()
    if not 0 < since <= now:
        raise FormatError("format.time", "/since", f"{since} is not a time in the past", f"Give 1 to {now}")
    with store.begin() as session:
        key, issuer = _locked(session, key_id)
        since = max(since, key.chain_added_at or 0)
        if key.compromised_since is not None and since > key.compromised_since:
            raise Conflict(f"Compromise since {since}", f"it is known since {key.compromised_since}")
        key.compromised_since = since
        session.flush()
        lists.sign_again(session, store, vault, issuer)
        return key


def get_key(store: Store, key_id: bytes) -> IssuerKey:
    """One key by its 32-byte id. Raises NotFound."""
    with store.read() as session:
        return _load(session, key_id)


def key_history(store: Store, issuer_id: str) -> Sequence[IssuerKey]:
    """All keys the issuer ever had, oldest first. Raises NotFound."""
    with store.read() as session:
        issuers.load(session, issuer_id)
        query = select(IssuerKey).where(IssuerKey.issuer_id == issuer_id)
        return session.scalars(query.order_by(IssuerKey.created_at, IssuerKey.key_id)).all()


def _add(session: Session, store: Store, issuer: Issuer, multikey: bytes, verification_method: str | None) -> IssuerKey:
    key_id = entries.issuer_key_id(multikey)
    method = verification_method or f"{issuer.did}#{encode_multikey(multikey)}"
    if issuer.did.startswith(dids.KEY) and dids.key_of(issuer.did) != multikey:
        only = f"{issuer.did} is one key for ever; an issuer that changes keys needs a did:web"
        raise Conflict(f"Adding another key to issuer {issuer.id!r}", only)
    dids.check_method(issuer.did, multikey, method)
    existing = session.get(IssuerKey, key_id)
    if existing is not None:
        raise Conflict(f"Adding key {key_id.hex()}", f"issuer {existing.issuer_id!r} has it")
    require_free(session, method)
    row = IssuerKey(
        key_id=key_id,
        issuer_id=issuer.id,
        multikey=multikey,
        verification_method=method,
        created_at=store.now(),
    )
    session.add(row)
    return row


def _load(session: Session, key_id: bytes) -> IssuerKey:
    row = session.get(IssuerKey, key_id)
    if row is None:
        raise NotFound("key", key_id.hex())
    return row


def _locked(session: Session, key_id: bytes) -> tuple[IssuerKey, Issuer]:
    issuer = issuers.load(session, _load(session, key_id).issuer_id, lock=True)
    return session.get_one(IssuerKey, key_id, populate_existing=True), issuer
