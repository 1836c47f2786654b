"""Batches: opened, filled with rows, given to the sealer. What follows is read from the chain.

    open --request_seal--> sealing --sealer--> sealed --worker--> submitted -> included -> final

If the process dies in `open`, uploads are whole or absent. In `sealing`, the sealer goes on where it was.
From `sealed` on nothing of the batch changes any more, but for erasure.
"""

import itertools
import json
import uuid
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from registry.credential.roster import RosterRow
from registry.errors import NotFound, RowError, RowErrors, StateError
from registry.store import achievements, issuers, lists, standing
from registry.store.engine import Store
from registry.store.ids import new_handle, new_id
from registry.store.paging import Position, page
from registry.store.signers import active_key
from registry.store.tables import Anchored, Attempt, Batch, Credential, Issuer
from registry.store.vault import Vault

OPEN, SEALING, SEALED = "open", "sealing", "sealed"
SUBMITTED, INCLUDED, FINAL = "submitted", "included", "final"
STATES = (OPEN, SEALING, SEALED, SUBMITTED, INCLUDED, FINAL)

MAX_BATCH = 100_000
"""Credentials in one batch: what one roster may hold, and what the final transaction of sealing writes in seconds."""

INSERTED = 2000
"""Rows in one statement: prepared for the driver, each takes a kilobyte."""


def open_batch(store: Store, issuer_id: str, achievement_id: str | None, *, unsigned: bool = False) -> Batch:
    """Open an empty batch; `achievement_id` None is for credentials that the issuer signs itself.

    `unsigned`: its credentials get no proof of their own, and none but this format's verifiers can check them; the
    signature over the batch covers them all. Raises NotFound, and StateError while the issuer is suspended.
    """
    if unsigned and achievement_id is None:
        raise StateError("A batch of credentials signed elsewhere", "not to be signed", "one with an achievement")
    with store.begin() as session:
        issuer = issuers.load(session, issuer_id)
        issuers.require_working(issuer)
        if achievement_id is not None:
            achievement = achievements.load(session, achievement_id, lock=True)
            if achievement.issuer_id != issuer_id:
                raise NotFound("achievement", achievement_id)
            achievement.used = True
        batch = Batch(
            id=new_id(),
            issuer_id=issuer_id,
            achievement_id=achievement_id,
            state=OPEN,
            created_at=store.now(),
            size=0,
            done=0,
            unsigned=unsigned,
        )
        session.add(batch)
        return batch


def add_rows(store: Store, vault: Vault, batch_id: str, rows: Sequence[RosterRow]) -> list[str]:
    """Add a roster's rows, all or none; returns the handles of their credentials, in order.

    Raises NotFound, StateError when the batch is not open, RowErrors for rows that the batch holds already.
    """
    # Drawn before the transaction, which others wait for.
    texts = [json.dumps(row.to_json(), ensure_ascii=False, sort_keys=True) for row in rows]
    names = [(new_handle(), f"urn:uuid:{uuid.uuid4()}") for _ in rows]
    with store.begin() as session:
        batch, issuer = lock_for_change(session, batch_id)
        if batch.achievement_id is None:
            raise StateError(f"Batch {batch_id!r}", "for credentials signed elsewhere", "one with an achievement")
        _refuse_repeated(session, batch, texts)
        places = lists.allocate(session, store, vault, issuer, len(texts))
        values = (
            {
                "handle": handle,
                "batch_id": batch.id,
                "index": batch.size + offset,
                "credential_id": credential_id,
                "row": text,
                "revocation_list_id": place.list_id,
                "status_index": place.index,
                "status": "active",
            }
            for offset, ((handle, credential_id), text, place) in enumerate(zip(names, texts, places, strict=True))
        )
        while part := list(itertools.islice(values, INSERTED)):
            session.execute(insert(Credential), part)
        batch.size += len(names)
    return [handle for handle, _ in names]


def request_seal(store: Store, batch_id: str) -> Batch:
    """Close the batch for changes and hand it to the sealer; for one that failed: try again.

    Raises NotFound, and StateError when it is empty, sealed already, or its issuer suspended or without a hosted key.
    """
    with store.begin() as session:
        batch = load(session, batch_id, lock=True)
        issuers.require_working(issuers.load(session, batch.issuer_id))
        if batch.state == SEALED:
            raise StateError(f"Batch {batch_id!r}", SEALED, OPEN)
        if batch.size == 0:
            raise StateError(f"Batch {batch_id!r}", "empty", "given at least one credential")
        active_key(session, batch.issuer_id)
        if batch.state == OPEN:
            batch.state, batch.seal_requested_at = SEALING, store.now()
        batch.failure = None
        return batch


def get_batch(store: Store, batch_id: str) -> Batch:
    """One batch. Raises NotFound."""
    with store.read() as session:
        return load(session, batch_id)


def list_batches(
    store: Store, *, issuer_id: str | None = None, limit: int = 100, after: Position | None = None
) -> list[dict[str, Any]]:
    """Batches as `state_of` describes them, newest first, of one issuer or all."""
    query = select(Batch)
    if issuer_id is not None:
        query = query.where(Batch.issuer_id == issuer_id)
    with store.read() as session:
        found = session.scalars(page(query, Batch.created_at, Batch.id, limit, after)).all()
        return list(_describe(session, found))


def state_of(store: Store, batch_id: str) -> dict[str, Any]:
    """Where a batch stands: ready for JSON, without personal data. Raises NotFound."""
    with store.read() as session:
        return next(_describe(session, [load(session, batch_id)]))


def load(session: Session, batch_id: str, *, lock: bool = False) -> Batch:
    """One batch inside a transaction. Raises NotFound."""
    batch = session.get(Batch, batch_id, with_for_update={"key_share": True} if lock else None)
    if batch is None:
        raise NotFound("batch", batch_id)
    return batch


def lock_for_change(session: Session, batch_id: str) -> tuple[Batch, Issuer]:
    """The batch and its issuer, both locked, always in this order. Raises StateError when it is not open."""
    issuer = issuers.load(session, load(session, batch_id).issuer_id, lock=True)
    batch = load(session, batch_id, lock=True)
    if batch.state != OPEN:
        raise StateError(f"Batch {batch_id!r}", batch.state, OPEN)
    issuers.require_working(issuer)
    return batch, issuer


def require_room(batch: Batch, count: int) -> None:
    """Raises RowErrors when `count` more credentials do not fit into the batch."""
    if batch.size + count > MAX_BATCH:
        problem = f"The batch would hold {batch.size + count:,} credentials; the most is {MAX_BATCH:,}"
        raise RowErrors([RowError(None, None, None, "roster.too-many", problem, "Put the rest into another batch")])


def _refuse_repeated(session: Session, batch: Batch, texts: list[str]) -> None:
    require_room(batch, len(texts))
    present = session.scalars(
        select(Credential.row).where(Credential.batch_id == batch.id, Credential.row.is_not(None))
    )
    known = {key for text in present if text for key in _learner(text)}
    errors = []
    for place, text in enumerate(texts, 1):
        keys = _learner(text)
        if known.intersection(keys):
            problem, remedy = "This learner is in the batch already", "Remove the row: a learner gets a badge once"
            errors.append(RowError(place, keys[0][0], None, "roster.duplicate", problem, remedy))
        known.update(keys)
    if errors:
        raise RowErrors(errors)


def _learner(text: str) -> list[tuple[str, str]]:
    """By what a learner is recognised, as within one roster: mail address, number, else the row as a whole."""
    row = json.loads(text)
    return [(name, row[name]) for name in ("email", "learner_id") if row.get(name)] or [("name", text)]


def _describe(session: Session, found: Sequence[Batch]) -> Iterator[dict[str, Any]]:
    numbers = {batch.anchor_number for batch in found if batch.anchor_number is not None}
    anchored = {row.number: row for row in session.scalars(select(Anchored).where(Anchored.number.in_(numbers)))}
    sent = set(session.scalars(select(Attempt.anchor_number).where(Attempt.anchor_number.in_(numbers)).distinct()))
    troubles = standing.problems(session, found, anchored)
    for batch in found:
        row = anchored.get(batch.anchor_number) if batch.anchor_number is not None else None
        yield {
            "id": batch.id,
            "issuer_id": batch.issuer_id,
            "achievement_id": batch.achievement_id,
            "state": _state(batch, row, batch.anchor_number in sent),
            "created_at": batch.created_at,
            "seal_requested_at": batch.seal_requested_at,
            "sealed_at": batch.sealed_at,
            "anchor_by": batch.anchor_by,
            "size": batch.size,
            "unsigned": batch.unsigned,
            "done": batch.done,
            "failure": batch.failure,
            "problem": troubles.get(batch.id),
            "number": batch.number,
            "root": batch.root.hex() if batch.root else None,
            "key_id": batch.key_id.hex() if batch.key_id else None,
            "anchor": _anchor(batch, row),
        }


def _state(batch: Batch, anchored: Anchored | None, sent: bool) -> str:
    if anchored is not None:
        return FINAL if anchored.final else INCLUDED
    return SUBMITTED if sent else batch.state


def _anchor(batch: Batch, row: Anchored | None) -> dict[str, Any] | None:
    if batch.anchor_number is None:
        return None
    return {
        "number": batch.anchor_number,
        "index": batch.anchor_index,
        "root": row.root.hex() if row else None,
        "position": row.position if row else None,
        "tx_hash": row.tx_hash.hex() if row else None,
        "block_number": row.block_number if row else None,
        "block_hash": row.block_hash.hex() if row else None,
        "time": row.block_time if row else None,
        "final": bool(row and row.final),
    }
