"""Issuers and keys as the registrar sees them: what is wanted, and what the chain was last seen to say."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.store.batches import SEALED
from registry.store.engine import Store
from registry.store.lease import Held, fence
from registry.store.tables import Anchored, Batch, Issuer, IssuerKey


@dataclass(frozen=True)
class IssuerFacts:
    """What the contract says about an issuer; `added_at` 0 is "not there"."""

    added_at: int
    suspended: bool


@dataclass(frozen=True)
class KeyFacts:
    """What the contract says about a key; times in Unix seconds, 0 is "not so"."""

    added_at: int
    revoked_at: int
    compromised_at: int


@dataclass(frozen=True)
class Wanted:
    """All issuers and keys, and the keys that batches still wait for."""

    issuers: tuple[Issuer, ...]
    keys: tuple[IssuerKey, ...]
    awaited: frozenset[bytes]  # ids of keys whose sealed batches are not all final


def wanted(store: Store) -> Wanted:
    """Read it all, in one snapshot."""
    waiting = (
        select(Batch.key_id)
        .outerjoin(Anchored, Anchored.number == Batch.anchor_number)
        .where(Batch.state == SEALED, Anchored.final.is_not(True))
        .distinct()
    )
    with store.read() as session:
        return Wanted(
            issuers=tuple(session.scalars(select(Issuer).order_by(Issuer.created_at, Issuer.id))),
            keys=tuple(session.scalars(select(IssuerKey).order_by(IssuerKey.created_at, IssuerKey.key_id))),
            awaited=frozenset(key_id for key_id in session.scalars(waiting) if key_id is not None),
        )


def record(
    store: Store, held: Held, issuers: Mapping[str, IssuerFacts], keys: Mapping[bytes, KeyFacts], known: Wanted
) -> bool:
    """Keep what the chain says where it differs from what is kept; whether anything did. Raises LeaseLost.

    It overwrites: a reorganisation can take back what was seen before.
    """
    stale_issuers = [row.id for row in known.issuers if row.id in issuers and issuer_facts(row) != issuers[row.id]]
    stale_keys = [row.key_id for row in known.keys if row.key_id in keys and key_facts(row) != keys[row.key_id]]
    if not stale_issuers and not stale_keys:
        return False
    with store.begin() as session:
        fence(session, held)
        _issuers(session, stale_issuers, issuers)
        _keys(session, stale_keys, keys)
    return True


def issuer_facts(row: Issuer) -> IssuerFacts:
    """What is kept about an issuer."""
    return IssuerFacts(row.chain_added_at or 0, row.chain_suspended)


def key_facts(row: IssuerKey) -> KeyFacts:
    """What is kept about a key."""
    return KeyFacts(row.chain_added_at or 0, row.chain_revoked_at or 0, row.chain_compromised_at or 0)


def _issuers(session: Session, ids: Iterable[str], facts: Mapping[str, IssuerFacts]) -> None:
    for id_ in ids:
        row = session.get_one(Issuer, id_)
        row.chain_added_at = facts[id_].added_at or None
        row.chain_suspended = facts[id_].suspended


def _keys(session: Session, ids: Iterable[bytes], facts: Mapping[bytes, KeyFacts]) -> None:
    for id_ in ids:
        row = session.get_one(IssuerKey, id_)
        row.chain_added_at = facts[id_].added_at or None
        row.chain_revoked_at = facts[id_].revoked_at or None
        row.chain_compromised_at = facts[id_].compromised_at or None
