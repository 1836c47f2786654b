"""Revoking, suspending and reinstating credentials: one new version per list, however many changes a request brings.

A change is in force for verifiers from the first anchor that commits to the new version.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.errors import FormatError, NotFound, StateError
from registry.store import batches, issuers, lists
from registry.store.credentials import load_credential
from registry.store.engine import Store
from registry.store.tables import Credential, StatusEvent, StatusList
from registry.store.vault import Vault

ACTIVE, REVOKED, SUSPENDED = "active", "revoked", "suspended"
Action = Literal["revoke", "suspend", "reinstate"]

_RULES: dict[str, tuple[tuple[str, ...], str, str, bool]] = {
    # action: (possible from, leads to, purpose of the list, bit)
    "revoke": ((ACTIVE, SUSPENDED), REVOKED, lists.REVOCATION, True),
    "suspend": ((ACTIVE,), SUSPENDED, lists.SUSPENSION, True),
    "reinstate": ((SUSPENDED,), ACTIVE, lists.SUSPENSION, False),
}

REASON_CHARS = 64
NOTE_CHARS = 2000
"""A sentence or two for the issuer's own people; it is not published."""


@dataclass(frozen=True)
class Change:
    """One wish. `reason` is a short code, `note` is for people, may hold personal data and goes with erasure."""

    handle: str
    action: Action
    reason: str
    note: str | None = None


def change_status(store: Store, vault: Vault, changes: Iterable[Change], actor: str) -> list[str]:
    """Do all changes or none; returns the names of the lists that have a new version.

    `actor` is the API key's id. Raises FormatError for a wish without a reason or a handle named twice; NotFound;
    StateError when a credential's status does not allow it (revoked is for ever) or its batch is not sealed yet.
    """
    wishes = [_checked(change) for change in changes]
    if len({wish.handle for wish in wishes}) != len(wishes):
        raise FormatError("format.duplicate", "", "A credential is named twice", "Name each one once")
    with store.begin() as session:
        touched: set[str] = set()
        # In a fixed order, so that two requests never wait for each other.
        for issuer_id, own in sorted(_by_issuer(session, wishes).items()):
            issuer = issuers.load(session, issuer_id, lock=True)
            bits: dict[str, bytearray] = {}
            for wish in own:
                _apply(session, wish, bits)
                _record(session, store, wish, actor)
            for list_id in sorted(bits):
                list_ = session.get_one(StatusList, list_id)
                lists.sign_version(session, store, vault, issuer, list_, bits=bytes(bits[list_id]))
            touched.update(bits)
        return sorted(touched)


def revoke(store: Store, vault: Vault, handle: str, reason: str, note: str | None, actor: str) -> list[str]:  # noqa: PLR0917
    """Revoke one credential, for ever; see `change_status`."""
    return change_status(store, vault, [Change(handle, "revoke", reason, note)], actor)


def suspend(store: Store, vault: Vault, handle: str, reason: str, note: str | None, actor: str) -> list[str]:  # noqa: PLR0917
    """Suspend one credential; see `change_status`."""
    return change_status(store, vault, [Change(handle, "suspend", reason, note)], actor)


def reinstate(store: Store, vault: Vault, handle: str, reason: str, note: str | None, actor: str) -> list[str]:  # noqa: PLR0917
    """Lift the suspension of one credential; see `change_status`."""
    return change_status(store, vault, [Change(handle, "reinstate", reason, note)], actor)


def events(store: Store, handle: str) -> list[StatusEvent]:
    """What happened to a credential's status, oldest first. Raises NotFound."""
    with store.read() as session:
        load_credential(session, handle)
        query = select(StatusEvent).where(StatusEvent.handle == handle).order_by(StatusEvent.id)
        return list(session.scalars(query))


def _checked(change: Change) -> Change:
    if change.action not in _RULES:
        raise FormatError("format.action", "/action", f"{change.action!r} is no action", f"Use {', '.join(_RULES)}")
    if not 0 < len(change.reason) <= REASON_CHARS:
        problem = f"A reason of 1 to {REASON_CHARS} characters is needed"
        raise FormatError("format.reason", "/reason", problem, "Give a short code such as 'issued-in-error'")
    if change.note is not None and len(change.note) > NOTE_CHARS:
        raise FormatError("format.note", "/note", f"The note has more than {NOTE_CHARS} characters", "Shorten it")
    return change


def _by_issuer(session: Session, wishes: list[Change]) -> dict[str, list[Change]]:
    groups: dict[str, list[Change]] = defaultdict(list)
    for wish in wishes:
        credential = load_credential(session, wish.handle)
        groups[batches.load(session, credential.batch_id).issuer_id].append(wish)
    return groups


def _apply(session: Session, wish: Change, bits: dict[str, bytearray]) -> None:
    allowed, status, purpose, value = _RULES[wish.action]
    credential = load_credential(session, wish.handle, lock=True)
    batch = batches.load(session, credential.batch_id)
    what = f"Credential {wish.handle!r}"
    if batch.state != batches.SEALED:
        raise StateError(what, f"in a batch that is {batch.state}", "in a sealed batch")
    if credential.status not in allowed:
        raise StateError(what, credential.status, " or ".join(allowed))
    list_, index = _place(session, credential, purpose)
    if list_.id not in bits:
        bits[list_.id] = lists.bits_of(lists.newest(session, list_))
    lists.put_bit(bits[list_.id], index, value)
    credential.status = status


def _place(session: Session, credential: Credential, purpose: str) -> tuple[StatusList, int]:
    if credential.revocation_list_id is None or credential.status_index is None:
        raise StateError(f"Credential {credential.handle!r}", "without a status entry", "issued with one")
    id_ = credential.revocation_list_id.removesuffix(lists.REVOCATION) + purpose
    found = session.get(StatusList, id_, populate_existing=True)
    if found is None:
        raise NotFound("status list", id_)
    return found, credential.status_index


def _record(session: Session, store: Store, wish: Change, actor: str) -> None:
    event = StatusEvent(
        handle=wish.handle,
        action=wish.action,
        reason=wish.reason,
        note=wish.note,
        actor=actor,
        created_at=store.now(),
    )
    session.add(event)
