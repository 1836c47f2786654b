"""After erasing nothing personal is left in the files, and the others still prove."""

import json
from pathlib import Path

import pytest
from sqlalchemy import select, text

from registry.errors import NotFound, StateError
from registry.store import batches, credentials, erasure, sealing, statusactions
from registry.store.engine import Store
from registry.store.idempotency import recall, remember
from registry.store.sealing import Sealer
from registry.store.status import status_evidence
from registry.store.tables import Credential, Issuer
from tests.support import databases
from tests.support.registered import Registered, row


def _everything(registered: Registered, request: pytest.FixtureRequest) -> bytes:
    """All that the database holds: SQLite's files as they are, or PostgreSQL's dump."""
    store = registered.store
    if store.dialect == "postgresql":
        server: databases.Cluster = request.getfixturevalue("postgresql")
        return server.dump(str(store.url.database))
    return b"".join(path.read_bytes() for path in Path(str(store.url.database)).parent.glob("credanchor.db*"))


def _traces(number: int) -> list[bytes]:
    learner = row(number)
    assert learner.email is not None
    ascii_name = json.dumps(learner.name)[1:-1].encode()
    return [learner.name.encode(), ascii_name, f"nal-{number:04}".encode(), learner.email.encode()]


def test_nothing_of_a_person_is_left_anywhere_and_all_others_still_prove(
    registered: Registered, request: pytest.FixtureRequest
) -> None:
    store, vault = registered.store, registered.vault
    batch_id, handles = registered.sealed(20)
    registered.anchor()
    gone = [3, 4, 17]
    copy = credentials.file(store, handles[3])
    ids = [credentials.get_credential(store, handles[number]).credential_id for number in gone]
    for number in gone:
        statusactions.suspend(store, vault, handles[number], "code", f"Ask {row(number).name}", "admin")
        with store.begin() as session:  # answers that repeat what they should not
            for spelling in (
                json.dumps({"name": row(number).name}),
                row(number).name,
                f'{{"handle":"{handles[number]}"}}',
            ):
                key = f"{number} {len(spelling)}"
                assert recall(session, "caller", key, bytes(32)) is None
                remember(session, "caller", key, bytes(32), 201, spelling, now=store.now())
    before = _everything(registered, request)
    for number in gone:
        assert any(trace in before for trace in _traces(number))
        erasure.erase(store, handles[number], "admin")
        erasure.erase(store, handles[number], "admin")  # again: nothing to do

    after = _everything(registered, request)
    for number, id_ in zip(gone, ids, strict=True):
        for trace in _traces(number):
            assert trace not in after
        assert id_ is not None
        assert id_.encode() not in after
        with pytest.raises(StateError, match="erased"):
            credentials.file(store, handles[number])
        *_, event = statusactions.events(store, handles[number])
        assert (event.action, event.note, event.actor) == ("erase", None, "admin")
    assert all(any(trace in after for trace in _traces(number)) for number in range(20) if number not in gone)
    with store.begin() as session:
        seen = recall(session, "caller", f"3 {len(row(3).name)}", bytes(32))
    assert (seen and (seen.status, seen.response)) == (410, "")

    evidence = json.dumps(status_evidence(store, "uni-1-revocation")).encode()
    remaining = {handle: content for handle, _, content in credentials.files(store, batch_id)}
    assert list(remaining) == [handle for number, handle in enumerate(handles) if number not in gone]
    for content in list(remaining.values())[::6]:
        assert registered.verify(content, evidence).verdict == "valid"
    assert registered.verify(copy, evidence).verdict == "valid"  # the learner's own copy


def test_erasing_from_an_open_batch_takes_the_row_out_and_closes_the_gap(
    registered: Registered, request: pytest.FixtureRequest
) -> None:
    store = registered.store
    batch_id, handles = registered.batch(4)
    erasure.erase(store, handles[1], "admin")
    erasure.erase(store, handles[3], "admin")
    left = credentials.list_credentials(store, batch_id)
    assert [(item.handle, item.index) for item in left] == [(handles[0], 0), (handles[2], 1)]
    with pytest.raises(NotFound):
        credentials.get_credential(store, handles[1])
    files = _everything(registered, request)
    assert not any(trace in files for number in (1, 3) for trace in _traces(number))
    batches.request_seal(store, batch_id)
    assert Sealer(store, registered.vault).seal_next()
    assert (batches.get_batch(store, batch_id).state, batches.get_batch(store, batch_id).size) == ("sealed", 2)


def test_erasing_waits_while_the_batch_is_being_sealed(registered: Registered, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealing, "CHUNK", 1)
    store = registered.store
    batch_id, handles = registered.batch(2)
    batches.request_seal(store, batch_id)

    def while_sealing(_done: int, _size: int) -> None:
        with pytest.raises(StateError, match="being sealed"):
            erasure.erase(store, handles[0], "admin")

    assert Sealer(store, registered.vault).seal_next(while_sealing)
    erasure.erase(store, handles[0], "admin")


def test_a_batch_whose_sealing_stopped_opens_again_when_a_row_is_erased(registered: Registered) -> None:
    store = registered.store
    batch_id, handles = registered.batch(2)
    batches.request_seal(store, batch_id)
    with store.begin() as session:
        batches.load(session, batch_id).failure = f"{row(0).name} is too long"
    erasure.erase(store, handles[0], "admin")
    batch = batches.get_batch(store, batch_id)
    assert (batch.state, batch.size, batch.failure) == ("open", 1, None)


def test_of_a_batch_given_up_nothing_stays_and_what_is_sealed_cannot_be_given_up(
    registered: Registered, request: pytest.FixtureRequest
) -> None:
    store = registered.store
    opened, handles = registered.batch(2)
    stopped, _ = registered.batch(1, first=2)
    sealing_, _ = registered.batch(1, first=3)
    for batch_id in (stopped, sealing_):
        batches.request_seal(store, batch_id)
    with store.begin() as session:
        batches.load(session, stopped).failure = f"{row(2).name} is too long"
    for batch_id in (opened, stopped):
        erasure.discard(store, batch_id)
        with pytest.raises(NotFound):
            erasure.discard(store, batch_id)
    with pytest.raises(NotFound):
        credentials.get_credential(store, handles[0])
    files = _everything(registered, request)
    assert not any(trace in files for number in range(3) for trace in _traces(number))
    with pytest.raises(StateError, match="sealing"):
        erasure.discard(store, sealing_)
    assert Sealer(store, registered.vault).seal_next()
    assert batches.get_batch(store, sealing_).number == 1
    with pytest.raises(StateError, match="sealed"):
        erasure.discard(store, sealing_)


def test_erasing_inside_a_callers_transaction_is_undone_with_it_and_cleans_up_after_it(
    registered: Registered, request: pytest.FixtureRequest
) -> None:
    store = registered.store
    _, handles = registered.sealed(2)
    with pytest.raises(LookupError), store.begin():
        erasure.erase(store, handles[0], "admin")
        raise LookupError
    assert credentials.get_credential(store, handles[0]).erased_at is None
    with store.begin():
        erasure.erase(store, handles[0], "admin")
    files = _everything(registered, request)
    assert not any(trace in files for trace in _traces(0))


def test_status_can_still_be_changed_after_erasure(registered: Registered) -> None:
    store = registered.store
    _, handles = registered.sealed(1)
    erasure.erase(store, handles[0], "admin")
    statusactions.revoke(store, registered.vault, handles[0], "code", None, "admin")
    assert credentials.get_credential(store, handles[0]).status == "revoked"


def test_pages_that_were_split_hold_no_old_copies_after_scrubbing(sqlite_store: Store) -> None:
    """Rows that grow move between pages; without rewriting, some of what is erased stays in the file."""
    with sqlite_store.begin() as session:
        session.execute(text("PRAGMA defer_foreign_keys=ON"))
        session.add(Issuer(id="uni", did="did:x:y", profile="{}", created_at=1))
        session.flush()
        session.execute(
            text(
                "INSERT INTO batch (id, issuer_id, state, created_at, size, done) VALUES ('b', 'uni', 'open', 1, 0, 0)"
            )
        )
        for number in range(400):
            session.add(
                Credential(
                    handle=f"h{number}",
                    batch_id="b",
                    index=number,
                    status="active",
                    row=f"NAME{number:05}x" + "r" * 150,
                )
            )
    for start in range(0, 400, 50):
        with sqlite_store.begin() as session:
            for item in session.scalars(select(Credential).where(Credential.index.between(start, start + 49))):
                item.row, item.document = None, f"{'d' * 500}NAME{item.index:05}x{'d' * 500}"
    with sqlite_store.begin() as session:
        for item in session.scalars(select(Credential)):
            item.document = None
    assert erasure.scrub(sqlite_store)
    files = Path(str(sqlite_store.url.database)).parent.glob("credanchor.db*")
    content = b"".join(path.read_bytes() for path in files)
    assert len(content) > 10_000
    assert [number for number in range(400) if f"NAME{number:05}x".encode() in content] == []
