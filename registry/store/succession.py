"""A registry that moves to another contract: what must be done before, and what its successor's database begins with.

The successor has a database of its own, because anchors and batches are numbered from 1 in each contract. The old one
stays as it is: its batches, lists and proofs are served from there.
"""

from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from registry.errors import StateError
from registry.store import lists
from registry.store.engine import Store
from registry.store.tables import (
    Achievement,
    Anchor,
    Anchored,
    AnchorList,
    ApiKey,
    Base,
    Batch,
    Issuer,
    IssuerKey,
    JwtKey,
    StatusList,
)
from registry.store.vault import Vault


def require_drained(store: Store) -> int:
    """The number of anchors, all of which are final. Raises StateError while something still waits to be anchored:
    after its contract is closed it would never be."""
    with store.read() as session:
        found = [f"{number} {what}" for what, number in _waiting(session) if number]
        if found:
            remedy = "drained: let the worker run until nothing waits (`credanchor status`), and discard open batches"
            raise StateError("The registry", f"still at work ({', '.join(found)})", remedy)
        return session.scalar(select(func.max(Anchor.number))) or 0


def carry_over(old: Store, new: Store, vault: Vault) -> int:
    """Give the successor's bound database the issuers, their keys in force, definitions and API keys; all or nothing.

    Nothing of them is on the new chain yet: the registrar brings it there. Issuers with a hosted key get a first pair
    of status lists in the new registry. Keys for JWTs go with their history, which no contract keeps. Again it does
    nothing. Returns how many issuers there are.
    """
    with new.begin() as session:
        there = session.scalar(select(func.count()).select_from(Issuer)) or 0
        if there:
            return there
        with old.read() as source:
            issuers = source.scalars(select(Issuer)).all()
            keys = [key for key in source.scalars(select(IssuerKey)) if _in_force(key)]
            for issuer in issuers:
                session.add(_copy(issuer, chain_added_at=None, chain_suspended=False))
            session.flush()
            for key in keys:
                session.add(_copy(key, chain_added_at=None, chain_revoked_at=None, chain_compromised_at=None))
            for row in (row for table in (Achievement, ApiKey, JwtKey) for row in source.scalars(select(table))):
                session.add(_copy(row))
        session.flush()
        for issuer_id in sorted({key.issuer_id for key in keys if key.secret is not None}):
            lists.create_pair(session, new, vault, session.get_one(Issuer, issuer_id))
        return len(issuers)


def _waiting(session: Session) -> list[tuple[str, int]]:
    def count(query: Any) -> int:
        return session.scalar(select(func.count()).select_from(query.subquery())) or 0

    final = select(Anchored.number).where(Anchored.final)
    newest = select(func.max(Anchor.number)).scalar_subquery()
    anchored = select(AnchorList.list_id).where(
        AnchorList.anchor_number == newest,
        AnchorList.list_id == StatusList.id,
        AnchorList.version == StatusList.version,
    )
    used = count(select(Anchor.number)) > 0
    differ = IssuerKey.revoke & IssuerKey.chain_revoked_at.is_(None) & IssuerKey.chain_added_at.is_not(None)
    distrusted = IssuerKey.compromised_since.is_not(None) & IssuerKey.chain_compromised_at.is_(None)
    distrusted &= IssuerKey.chain_added_at.is_not(None)
    suspended = Issuer.chain_added_at.is_not(None) & (Issuer.suspended != Issuer.chain_suspended)
    return [
        ("batches that are not anchored", count(select(Batch.id).where(Batch.anchor_number.is_(None)))),
        ("anchors that are not final", count(select(Anchor.number).where(Anchor.number.not_in(final)))),
        ("changed status lists", count(select(StatusList.id).where(~anchored.exists())) if used else 0),
        ("keys to end", count(select(IssuerKey.key_id).where(differ | distrusted))),
        ("issuers to suspend or reinstate", count(select(Issuer.id).where(suspended))),
    ]


def _in_force(key: IssuerKey) -> bool:
    """Ended keys stay in the old contract: the new one never knows them."""
    ended = key.revoke or key.chain_revoked_at is not None
    return not ended and key.compromised_since is None and key.chain_compromised_at is None


def _copy(row: Base, **changes: Any) -> Base:
    values = {column.key: getattr(row, column.key) for column in row.__table__.columns}
    return type(row)(**values | changes)
