"""Issuers: organisations whose identity is a DID. Wanted state lives here; the registrar brings it to the chain."""

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.credential import dids
from registry.credential.lint import LEVELS
from registry.credential.profile import complete
from registry.errors import Conflict, FormatError, NotFound, StateError
from registry.store.engine import Store
from registry.store.ids import check_slug
from registry.store.paging import Position, page
from registry.store.tables import Issuer


def add_issuer(store: Store, id: str, did: str, profile: dict[str, Any]) -> Issuer:
    """Add an issuer. `profile` is its Open Badges 3.0 Profile, completed here; its `id` becomes the DID.

    Adding the same again does nothing. Raises FormatError, also for a profile that no credential could carry, and
    Conflict when the name or the DID is another's.
    """
    check_slug(id, "an issuer")
    dids.check(did)
    if not isinstance(profile.get("name"), str) or not profile["name"].strip():
        raise FormatError("format.profile", "/profile/name", "The issuer has no name", "Give its public name")
    if profile.get("id", did) != did:
        raise FormatError("format.profile", "/profile/id", "The profile's id is not the DID", "Leave it out")
    try:
        full = complete(profile, did)
    except FormatError as error:
        raise FormatError(error.code, f"/profile{error.pointer}", error.problem, error.remedy) from None
    text = json.dumps(full, ensure_ascii=False, sort_keys=True)
    with store.begin() as session:
        row = session.get(Issuer, id)
        if row is not None:
            if (row.did, row.profile) == (did, text):
                return row
            raise Conflict(f"Adding issuer {id!r}", f"{id!r} is {row.did} with another profile")
        other = session.scalar(select(Issuer).where(Issuer.did == did))
        if other is not None:
            raise Conflict(f"Adding issuer {id!r}", f"{did} is issuer {other.id!r}")
        row = Issuer(id=id, did=did, profile=text, created_at=store.now())
        session.add(row)
        return row


def list_issuers(store: Store, *, limit: int = 100, after: Position | None = None) -> Sequence[Issuer]:
    """Issuers, newest first."""
    with store.read() as session:
        return session.scalars(page(select(Issuer), Issuer.created_at, Issuer.id, limit, after)).all()


def get_issuer(store: Store, id: str) -> Issuer:
    """One issuer. Raises NotFound."""
    with store.read() as session:
        return load(session, id)


def find_by_did(store: Store, did: str) -> Issuer | None:
    """The issuer that this DID names; of what is no DID there is none."""
    try:
        dids.check(did)
    except FormatError:
        return None
    with store.read() as session:
        return session.scalar(select(Issuer).where(Issuer.did == did))


def load(session: Session, id: str, *, lock: bool = False) -> Issuer:
    """One issuer inside a transaction; with `lock`, its keys and lists stay as they are until the end of it."""
    # key_share: others may go on to write rows that name the issuer
    row = session.get(Issuer, id, with_for_update={"key_share": True} if lock else None)
    if row is None:
        raise NotFound("issuer", id)
    return row


def require_working(issuer: Issuer) -> None:
    """Raises StateError while the issuer is suspended."""
    if issuer.suspended or issuer.chain_suspended:
        raise StateError(f"Issuer {issuer.id!r}", "suspended", "in good standing")


def set_suspended(store: Store, id: str, suspended: bool) -> Issuer:
    """Suspend an issuer or lift it. The registrar writes it to the contract; what was anchored before stays valid."""
    with store.begin() as session:
        row = load(session, id, lock=True)
        row.suspended = suspended
        return row


def set_lint(store: Store, id: str, level: str) -> Issuer:
    """What to do about credentials signed elsewhere that lack a mandatory element: "off", "warn" or "require".

    Holds for uploads from now on; a definition of ours always has them. Raises NotFound, FormatError lint.level.
    """
    if level not in LEVELS:
        raise FormatError("lint.level", "/lint", f"{level[:20]!r} is no level", f"Use one of {', '.join(LEVELS)}")
    with store.begin() as session:
        row = load(session, id, lock=True)
        row.lint = level
        return row
