"""Sealing: a batch's rows become signed credentials, in chunks, and then one root with one signature.

If the process dies, at any point, the next `seal_next` does what is missing and nothing twice: a credential's id and
its place were drawn when its row was added, the time of signing is when sealing was asked for, and Ed25519 signatures
are deterministic. So the result is the same whoever finishes, and however the work is spread.
"""

import itertools
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor, Future
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from registry.credential.batchsigner import Signed
from registry.errors import RegistryError, StateError
from registry.format import entries
from registry.format.merkle import Tree
from registry.store import achievements, batches, issuers
from registry.store.engine import Store, StoreUnavailable
from registry.store.lease import Held, LeaseLost, acquire, fence, new_owner, release
from registry.store.setup import registry
from registry.store.signers import active_key, find_active, open_key, usable
from registry.store.signing import Common, Job, Row, run
from registry.store.tables import Batch, Credential, IssuerKey, StatusList
from registry.store.vault import Vault

LEASE = "seal"

LEASE_SECONDS = 40
"""How long a sealer that died is waited for: more than one may wait for an answer, and read the digests of a batch."""

RENEW_SECONDS = 10
"""Renewed before each chunk, and as often as this while its answers come."""

CHUNK = 2048
"""Credentials signed and written in one transaction: what a crash can cost, and how often progress moves."""

TASK = 64
"""Credentials in one task of the executor: long enough to be worth sending, short enough to spread evenly."""

POOL_FROM = 500
"""Credentials from which a batch goes to the executor: below, starting processes takes longer than signing."""

ANSWER_SECONDS = 30
"""Longest wait for the executor's next task, which takes a tenth of a second, and at first until its processes have
started: one that died may leave it hanging."""

ANCHOR_WITHIN_SECONDS = 2 * 86_400
"""Two heartbeats of a day: within one the next anchor comes in any case; the second is for fees above the cap, nodes
that are down, finality, and a clock that is not the chain's."""

_Task = Future[list[Signed]]

Progress = Callable[[int, int], None]
"""Called with (signed so far, size of the batch) after every chunk."""


@dataclass(frozen=True)
class _Plan:
    """All that is the same for the credentials of one batch."""

    batch_id: str
    size: int
    done: int
    key: IssuerKey
    definition: bytes
    profile: str
    achievement_url: str | None
    signed_at: int
    unsigned: bool


class Sealer:
    """Seals one batch at a time; any number of sealers may run, on any number of machines.

    `executor` spreads the signing (a ProcessPoolExecutor, Dask's executor); its workers are given the issuer's secret
    key, so they must be as trusted as this process. Without one, this process signs. `anchor_within`: seconds after
    sealing by which each batch is promised to be anchored.
    """

    def __init__(
        self,
        store: Store,
        vault: Vault,
        executor: Executor | None = None,
        *,
        anchor_within: int = ANCHOR_WITHIN_SECONDS,
    ) -> None:
        self._store = store
        self._vault = vault
        self._executor = executor
        self._anchor_within = anchor_within
        self._owner = new_owner()

    def seal_next(self, progress: Progress | None = None) -> bool:
        """Seal the batch that waits longest; False when none waits or another sealer is at work.

        What is wrong with a batch stops that batch and is kept as its `failure`. Raises StoreUnavailable and LeaseLost.
        When the executor fails it raises TimeoutError (after ANSWER_SECONDS) or BrokenExecutor: go on with a new one.
        """
        # Looked at before the lease is taken, too: a sealer at rest writes nothing, and one that is killed at rest, as
        # most are, leaves no lease that the others wait for.
        held = acquire(self._store, LEASE, self._owner, LEASE_SECONDS) if self._next() is not None else None
        if held is None:
            return False
        try:
            batch_id = self._next()
            if batch_id is None:
                return False
            try:
                self._seal(batch_id, held, progress or (lambda _done, _size: None))
            except (StoreUnavailable, LeaseLost):
                raise
            except RegistryError as error:
                with self._store.begin() as session:
                    fence(session, held)
                    batches.load(session, batch_id, lock=True).failure = str(error)
            return True
        finally:
            with suppress(StoreUnavailable):
                release(self._store, held)

    def _next(self) -> str | None:
        """The oldest batch whose issuer has a key on the chain.

        The others wait unnumbered: batches are anchored in the order of their numbers, so a number whose key no
        verifier can look up yet would hold up everybody.
        """
        query = select(Batch.id, Batch.issuer_id).where(Batch.state == batches.SEALING, Batch.failure.is_(None))
        with self._store.read() as session:
            for batch_id, issuer_id in session.execute(query.order_by(Batch.seal_requested_at, Batch.id)):
                key = find_active(session, issuer_id)
                # Without any key there is nothing to wait for: taken, so that its failure is seen.
                if key is None or key.chain_added_at is not None:
                    return batch_id
        return None

    def _seal(self, batch_id: str, held: Held, progress: Progress) -> None:
        plan = self._plan(batch_id, held)
        secret = open_key(self._vault, plan.key).secret
        done = plan.done
        chunk = self._unsigned(batch_id)
        signing, tasks = self._run(plan, secret, chunk)
        try:
            while chunk:
                signed = self._collect(signing, held)
                following = self._unsigned(batch_id, after=chunk[-1].index)
                signing, tasks = self._run(plan, secret, following)  # by the executor, while this process writes
                self._write(batch_id, held, chunk, signed)
                done += len(signed)
                progress(done, plan.size)
                chunk = following
        finally:
            for task in tasks:
                task.cancel()
        self._finish(plan, held)

    def _collect(self, signing: Iterable[list[Signed]], held: Held) -> list[Signed]:
        """The answers as they come. Raises LeaseLost."""
        signed: list[Signed] = []
        due = 0.0
        for answer in itertools.chain([[]], signing):
            if time.monotonic() >= due:
                if acquire(self._store, LEASE, self._owner, LEASE_SECONDS) != held:
                    raise LeaseLost(LEASE)
                due = time.monotonic() + RENEW_SECONDS
            signed += answer
        return signed

    def _plan(self, batch_id: str, held: Held) -> _Plan:
        """Choose the key, and start again with another one when the key of an earlier try must not sign any more."""
        with self._store.begin() as session:
            fence(session, held)
            batch = batches.load(session, batch_id, lock=True)
            issuer = issuers.load(session, batch.issuer_id)
            issuers.require_working(issuer)
            key = session.get(IssuerKey, batch.key_id) if batch.key_id else None
            if key is None or not usable(key):
                again = batch.key_id is not None and batch.achievement_id is not None
                key = active_key(session, issuer.id)
                batch.key_id = key.key_id
                if again:
                    mine = Credential.batch_id == batch_id
                    session.execute(update(Credential).where(mine).values(d_rdf=None))
            signed = select(func.count()).where(Credential.batch_id == batch_id, Credential.d_rdf.is_not(None))
            batch.done = session.scalar(signed) or 0
            definition, url = b"", None
            if batch.achievement_id is not None:
                definition = achievements.load(session, batch.achievement_id).definition.encode()
                url = achievements.url(session, batch.achievement_id)
            asked = batch.seal_requested_at or batch.created_at
            return _Plan(batch_id, batch.size, batch.done, key, definition, issuer.profile, url, asked, batch.unsigned)

    def _unsigned(self, batch_id: str, after: int = -1) -> list[Row]:
        query = (
            select(
                Credential.index,
                Credential.handle,
                Credential.row,
                Credential.document,
                Credential.credential_id,
                Credential.status_index,
                StatusList.url,
            )
            .outerjoin(StatusList, StatusList.id == Credential.revocation_list_id)
            .where(Credential.batch_id == batch_id, Credential.d_rdf.is_(None), Credential.index > after)
            .order_by(Credential.index)
            .limit(CHUNK)
        )
        with self._store.read() as session:
            return [Row(*found) for found in session.execute(query)]

    def _run(self, plan: _Plan, secret: bytes, rows: list[Row]) -> tuple[Iterable[list[Signed]], Sequence[_Task]]:
        """The answers, one for each task, in order; and what to cancel where they are not wanted any more.

        The executor's are awaited for ANSWER_SECONDS each, or raise TimeoutError.
        """
        common = Common(
            plan.definition,
            plan.profile,
            plan.achievement_url,
            None if plan.unsigned else secret,
            plan.key.verification_method,
            plan.signed_at,
        )
        jobs = [Job(tuple(rows[start : start + TASK]), common) for start in range(0, len(rows), TASK)]
        if self._executor is None or plan.size < POOL_FROM:
            return map(run, jobs), ()
        tasks = [self._executor.submit(run, job) for job in jobs]
        return (task.result(ANSWER_SECONDS) for task in tasks), tasks

    def _write(self, batch_id: str, held: Held, rows: list[Row], signed: list[Signed]) -> None:
        values = [
            # The row has served: from here on the document alone holds what is personal.
            {"handle": row.handle, "row": None, "document": made.document, "d_rdf": made.d_rdf}
            for row, made in zip(rows, signed, strict=True)
        ]
        with self._store.begin() as session:
            fence(session, held)
            session.execute(update(Credential), values)
            batches.load(session, batch_id, lock=True).done += len(values)

    def _finish(self, plan: _Plan, held: Held) -> None:
        """The transaction that makes it a batch: number, leaves, root and signature appear together."""
        with self._store.read() as session:
            digests = list(_digests(session, plan.batch_id))
        if len(digests) != plan.size:
            raise StateError(f"Batch {plan.batch_id!r}", f"holding {len(digests)} credentials", f"{plan.size}")
        signer = open_key(self._vault, plan.key)
        with self._store.begin() as session:
            fence(session, held)
            issuer_id = batches.load(session, plan.batch_id).issuer_id
            # Locked: whoever ends the key or suspends the issuer comes before this transaction or after it.
            issuers.require_working(issuers.load(session, issuer_id, lock=True))
            batch = batches.load(session, plan.batch_id, lock=True)
            if not usable(session.get_one(IssuerKey, plan.key.key_id)):
                return  # revoked just now: the next round plans with another key
            number = 1 + (session.scalar(select(func.max(Batch.number))) or 0)
            registry_id = registry(session).registry_id
            leaves = [
                entries.leaf_hash(entries.leaf_prefix(registry_id, number, index, plan.size, d_jcs), d_rdf)
                for index, (d_jcs, d_rdf) in enumerate(digests)
            ]
            root = Tree(leaves).root
            batch.number = number
            batch.leaves = b"".join(leaves)
            batch.root = root
            batch.signature = signer.sign(
                entries.batch_entry(registry_id, number, plan.size, plan.key.key_id, root),
            )
            batch.state = batches.SEALED
            # From the commit on, it is owed that the batch is anchored: receipts are made of these columns.
            batch.sealed_at = self._store.now()
            batch.anchor_by = batch.sealed_at + self._anchor_within
            batch.done = plan.size


def _digests(session: Session, batch_id: str) -> Iterator[tuple[bytes, bytes]]:
    """(D_jcs, D_rdf) in order. Documents are stored in canonical form, so their bytes are what is hashed."""
    query = select(Credential.document, Credential.d_rdf).where(Credential.batch_id == batch_id)
    for document, d_rdf in session.execute(query.order_by(Credential.index).execution_options(yield_per=1000)):
        if document is not None and d_rdf is not None:
            yield sha256(document.encode()).digest(), d_rdf
