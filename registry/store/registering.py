"""Issuers and keys as the registrar sees them: what is wanted, and what the chain was last seen to say."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.store import standing
from registry.store.engine import Store
from registry.store.lease import Held, fence
from registry.store.standing import InVain, Moment
from registry.store.tables import Batch, Issuer, IssuerKey


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
    """All issuers and keys, and what of the batches depends on them."""

    issuers: tuple[Issuer, ...]
    keys: tuple[IssuerKey, ...]
    awaited: frozenset[bytes]  # ids of keys whose sealed batches are not all final
    moments: tuple[Moment, ...]  # of anchors, at which an issuer's standing is to be looked up
    in_vain: tuple[InVain, ...]


@dataclass(frozen=True)
class Facts:
    """What the contract says, about some issuers by name, some keys by id, and suspensions at some moments."""

    issuers: Mapping[str, IssuerFacts]
    keys: Mapping[bytes, KeyFacts]
    suspended: Mapping[Moment, bool]


def wanted(store: Store) -> Wanted:
    """Read it all, in one snapshot."""
    waiting = select(Batch.key_id).where(standing.waiting()).distinct()
    with store.read() as session:
        return Wanted(
            issuers=tuple(session.scalars(select(Issuer).order_by(Issuer.created_at, Issuer.id))),
            keys=tuple(session.scalars(select(IssuerKey).order_by(IssuerKey.created_at, IssuerKey.key_id))),
            awaited=frozenset(key_id for key_id in session.scalars(waiting) if key_id is not None),
            moments=tuple(standing.moments_not_judged(session)),
            in_vain=tuple(standing.in_vain(session)),
        )


def record(store: Store, held: Held, says: Facts, known: Wanted) -> bool:
    """Keep what the chain says where it differs from what is kept; whether anything did. Raises LeaseLost.

    It overwrites: a reorganisation can take back what was seen before.
    """
    stale_issuers = [
        row.id for row in known.issuers if row.id in says.issuers and issuer_facts(row) != says.issuers[row.id]
    ]
    stale_keys = [
        row.key_id for row in known.keys if row.key_id in says.keys and key_facts(row) != says.keys[row.key_id]
    ]
    if not stale_issuers and not stale_keys and not says.suspended:
        return False
    with store.begin() as session:
        fence(session, held)
        _issuers(session, stale_issuers, says.issuers)
        _keys(session, stale_keys, says.keys)
        standing.judge(session, says.suspended)
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
