"""Credentials as they are read: by handle, with their proof once the anchor is final."""

import json
from collections.abc import Iterator, Sequence
from hashlib import sha256
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.errors import NotFound, StateError
from registry.format.anchorproof import AnchorProof, attach, rfc3339
from registry.store.batches import FINAL, INCLUDED, SUBMITTED, load
from registry.store.engine import Store
from registry.store.setup import registry
from registry.store.tables import Anchored, Attempt, Batch, Credential, IssuerKey, Registry
from registry.store.trees import anchor_tree, batch_tree, sealed

ERASED = "erased"

_READ_AT_ONCE = 500  # documents of a batch held in memory while it is read through


def get_credential(store: Store, handle: str) -> Credential:
    """One credential by its public name. Raises NotFound."""
    with store.read() as session:
        return load_credential(session, handle)


def handle_of(store: Store, issuer_id: str, credential_id: str) -> str:
    """The public name of an issuer's credential by its id ("urn:uuid:..."). Raises NotFound."""
    query = select(Credential.handle).join(Batch, Batch.id == Credential.batch_id)
    query = query.where(Credential.credential_id == credential_id, Batch.issuer_id == issuer_id)
    with store.read() as session:
        handle = session.scalar(query)
    if handle is None:
        raise NotFound("credential", credential_id)
    return handle


def owner(store: Store, handle: str) -> str:
    """The id of the issuer whose credential it is. Raises NotFound."""
    with store.read() as session:
        return load(session, load_credential(session, handle).batch_id).issuer_id


def list_credentials(store: Store, batch_id: str, *, limit: int = 100, after_index: int = -1) -> Sequence[Credential]:
    """Credentials of a batch in order, from the place after `after_index`. Raises NotFound."""
    with store.read() as session:
        load(session, batch_id)
        query = select(Credential).where(Credential.batch_id == batch_id, Credential.index > after_index)
        return session.scalars(query.order_by(Credential.index).limit(limit)).all()


def document(store: Store, handle: str) -> bytes:
    """The signed credential without anchor proof, as it is before its anchor is final: canonical JSON.

    Raises NotFound, StateError before it is signed and after erasure.
    """
    with store.read() as session:
        return _document(load_credential(session, handle)).encode()


def file(store: Store, handle: str) -> bytes:
    """The credential's file: the signed document with its anchor proof, JSON.

    Raises NotFound; StateError until the anchor is final, and after erasure.
    """
    with store.read() as session:
        credential = load_credential(session, handle)
        return _Batch(session, load(session, credential.batch_id)).file(credential)


def proof(store: Store, handle: str) -> AnchorProof:
    """The anchor proof alone. Raises as `file` does."""
    with store.read() as session:
        credential = load_credential(session, handle)
        return _Batch(session, load(session, credential.batch_id)).proof(credential)


def files(store: Store, batch_id: str) -> Iterator[tuple[str, int, bytes]]:
    """(handle, index, file) of every credential of a batch in order, without the erased ones. Raises as `file` does."""
    with store.read() as session:
        made = _Batch(session, load(session, batch_id))
        query = select(Credential).where(Credential.batch_id == batch_id, Credential.erased_at.is_(None))
        for credential in session.scalars(query.order_by(Credential.index).execution_options(yield_per=_READ_AT_ONCE)):
            yield credential.handle, credential.index, made.file(credential)


def load_credential(session: Session, handle: str, *, lock: bool = False) -> Credential:
    """One credential inside a transaction. Raises NotFound."""
    row = session.get(Credential, handle, with_for_update={"key_share": True} if lock else None)
    if row is None:
        raise NotFound("credential", handle)
    return row


class _Batch:
    """What all proofs of a final batch share. Raises StateError when its anchor is not final."""

    def __init__(self, session: Session, batch: Batch) -> None:
        self._batch = batch
        self._anchored = _final(session, batch)
        self._registry: Registry = registry(session)
        self._sealed = sealed(batch)
        self._tree = batch_tree(self._sealed.leaves)
        self._anchor = anchor_tree(session, self._anchored.number)
        self._multikey = session.get_one(IssuerKey, self._sealed.key_id).multikey

    def proof(self, credential: Credential) -> AnchorProof:
        text = _document(credential)
        batch, place = self._sealed, self._batch.anchor_index
        if place is None or credential.d_rdf is None:
            raise StateError(f"Credential {credential.handle!r}", "not anchored", FINAL)
        return AnchorProof(
            chain_id=self._registry.chain_id,
            contract=self._registry.contract,
            batch=batch.number,
            index=credential.index,
            size=batch.size,
            d_jcs=sha256(text.encode()).digest(),
            d_rdf=credential.d_rdf,
            multikey=self._multikey,
            signature=batch.signature,
            batch_path=tuple(self._tree.path(credential.index)),
            anchor_number=self._anchored.number,
            anchor_index=place,
            anchor_size=self._anchor.size,
            anchor_path=tuple(self._anchor.path(place)),
            tx_hash=self._anchored.tx_hash,
        )

    def file(self, credential: Credential) -> bytes:
        made = self.proof(credential)
        content: dict[str, Any] = json.loads(_document(credential))
        method = f"{self._registry.public_url}/v1/registry#anchor"
        whole = attach(content, made, rfc3339(self._anchored.block_time), method)
        return json.dumps(whole, ensure_ascii=False, indent=2).encode() + b"\n"


def _document(credential: Credential) -> str:
    if credential.erased_at is not None:
        raise StateError(f"Credential {credential.handle!r}", ERASED, "kept")
    if credential.document is None:
        raise StateError(f"Credential {credential.handle!r}", "not signed yet", "signed")
    return credential.document


def _final(session: Session, batch: Batch) -> Anchored:
    row = session.get(Anchored, batch.anchor_number) if batch.anchor_number is not None else None
    if row is not None and row.final:
        return row
    state = INCLUDED if row is not None else batch.state
    if row is None and batch.anchor_number is not None:
        sent = session.scalar(select(Attempt.tx_hash).where(Attempt.anchor_number == batch.anchor_number).limit(1))
        state = SUBMITTED if sent is not None else state
    raise StateError(f"Batch {batch.id!r}", state, FINAL)
