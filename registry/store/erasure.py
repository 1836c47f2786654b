"""Erasing what is personal about one credential, so that nothing of it is left in the database's files.

What stays is the leaf (the proofs of the others need it; the random id that went makes it unguessable), the place in
the status list, and a record that something was erased, without whom. The learner's own copy still verifies.

    batch open      the row is taken out of the batch, nothing stays; the last row moves into its place
    batch sealing   refused: its document may be being signed at this moment; ask again when it is sealed
    batch sealed    row, document, id, D_rdf, notes and remembered answers are emptied

In every case its links are deleted, and it leaves the portfolios that held it.

SQLite overwrites what it deletes (`secure_delete`), but now and then a copy stays where it moved rows between pages,
and old pages stay in its log. So erasure ends with rewriting the file; a large database is left to `scrub()`, which
`credanchor serve` runs once a day. PostgreSQL overwrites the space of deleted rows after VACUUM, which it does itself.
"""

import json
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import Session

from registry.errors import StateError
from registry.store import batches, issuers, links
from registry.store.credentials import load_credential
from registry.store.engine import Store, StoreUnavailable
from registry.store.tables import Batch, Credential, Idempotency, StatusEvent

SCRUB_AT_ONCE_BYTES = 64 * 1024 * 1024
"""Up to this size the file is rewritten with every erasure, in less than a second; above it only the log is emptied."""

GONE = 410
"""The status a remembered answer gets when it is emptied: asked again, the request is told that its result is gone."""


def erase(store: Store, handle: str, actor: str, reason: str = "requested") -> None:
    """Erase one credential; again it does nothing. `actor` is the API key's id, `reason` a code without a person in it.

    Raises NotFound (also for one that was taken out of an open batch before), and StateError while it is being sealed.
    """
    with store.begin() as session:
        # Inside a caller's transaction the files can be cleaned only when that one has ended.
        store.after_commit(lambda: _clean(store))
        credential = load_credential(session, handle)
        issuers.load(session, batches.load(session, credential.batch_id).issuer_id, lock=True)
        batch = batches.load(session, credential.batch_id, lock=True)
        credential = load_credential(session, handle, lock=True)
        if batch.state == batches.SEALING and batch.failure is None:
            raise StateError(f"Credential {handle!r}", "in a batch that is being sealed", "in a sealed or an open one")
        _empty_answers(session, set(_traces(credential)))
        links.forget(session, [handle])
        if batch.state == batches.SEALED:
            _empty(session, store, credential, actor, reason)
        else:
            _take_out(session, batch, credential)


def discard(store: Store, batch_id: str) -> None:
    """Remove a batch that is open, or whose sealing stopped, with all its rows: no trace stays, nor its id.

    Raises NotFound (also the second time), and StateError when it is being sealed or was sealed.
    """
    with store.begin() as session:
        store.after_commit(lambda: _clean(store))
        issuers.load(session, batches.load(session, batch_id).issuer_id, lock=True)
        batch = batches.load(session, batch_id, lock=True)
        if batch.state == batches.SEALED or (batch.state == batches.SEALING and batch.failure is None):
            raise StateError(f"Batch {batch_id!r}", batch.state, batches.OPEN)
        # Remembered answers of an unsealed batch count its rows and quote none.
        handles = session.scalars(select(Credential.handle).where(Credential.batch_id == batch_id)).all()
        links.forget(session, handles)
        session.execute(delete(Credential).where(Credential.batch_id == batch_id))
        session.delete(batch)


def scrub(store: Store) -> bool:
    """Remove the copies that SQLite left in its files; True when none are left, False when readers were in the way.

    For once a day where the database is large. On PostgreSQL there is nothing to do. Raises StoreUnavailable.
    """
    return store.rewrite()


def _clean(store: Store) -> None:
    # The erasure itself is committed: what is in the way now must not make it look as if it had failed.
    with suppress(StoreUnavailable):
        if store.size() <= SCRUB_AT_ONCE_BYTES:
            store.rewrite()
        else:
            store.checkpoint()


def _empty(session: Session, store: Store, credential: Credential, actor: str, reason: str) -> None:
    if credential.erased_at is not None:
        return
    credential.row = credential.document = credential.credential_id = credential.d_rdf = None
    credential.erased_at = store.now()
    session.execute(update(StatusEvent).where(StatusEvent.handle == credential.handle).values(note=None))
    session.add(
        StatusEvent(handle=credential.handle, action="erase", reason=reason, actor=actor, created_at=store.now())
    )


def _take_out(session: Session, batch: Batch, credential: Credential) -> None:
    """Remove the credential from a batch that is not sealed; the last one takes its place, so that no gap stays."""
    place, last = credential.index, batch.size - 1
    session.delete(credential)
    session.flush()
    if place != last:
        moved = (Credential.batch_id == batch.id, Credential.index == last)
        session.execute(update(Credential).where(*moved).values(index=place))
    batch.size = last
    if batch.state == batches.SEALING:
        # Sealing stopped over something, perhaps over this row: its text may quote it, and the batch opens again.
        batch.state, batch.failure, batch.seal_requested_at = batches.OPEN, None, None


def _empty_answers(session: Session, traces: set[str]) -> None:
    """Empty the remembered answers in which any of the texts occurs, as it is or escaped as in ASCII JSON."""
    written = traces | {json.dumps(text)[1:-1] for text in traces} | {_json(text) for text in traces}
    if written:
        found = or_(*(Idempotency.response.contains(text, autoescape=True) for text in sorted(written)))
        session.execute(update(Idempotency).where(found).values(response="", status=GONE))


def _traces(credential: Credential) -> Iterator[str]:
    """Texts by which an answer can be recognised as being about this credential or this person."""
    yield credential.handle
    if credential.credential_id:
        yield credential.credential_id
    if credential.row:
        row = json.loads(credential.row)
        yield from (
            value for name in ("name", "email", "learner_id") if isinstance(value := row.get(name), str) and value
        )
    if credential.document:
        yield from _subject_texts(json.loads(credential.document).get("credentialSubject"))


def _subject_texts(subject: Any) -> Iterator[str]:
    if not isinstance(subject, dict):
        return
    identifiers = subject.get("identifier")
    for entry in [subject, *(identifiers if isinstance(identifiers, list) else [])]:
        if isinstance(entry, dict):
            yield from (
                value
                for name in ("id", "name", "email", "identityHash")
                if isinstance(value := entry.get(name), str) and value
            )


def _json(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)[1:-1]
