"""Status changes are written once, in order, and prove themselves under an anchor."""

import json
from typing import Any

import pytest
from sqlalchemy import func, select

from registry.errors import FormatError, NotFound, StateError
from registry.format import bitstring
from registry.store import credentials, keys, statusactions
from registry.store.engine import Store
from registry.store.status import list_credential, status_evidence
from registry.store.statusactions import Change, change_status
from registry.store.tables import Credential, StatusEvent, StatusListVersion
from registry.verify import StatusEvidence
from tests.support.registered import Registered

REVOKED, SUSPENDED = "uni-1-revocation", "uni-1-suspension"


def _evidence(store: Store, anchor: int | None = None) -> bytes:
    return json.dumps(status_evidence(store, REVOKED, anchor)).encode()


def _verdict(registered: Registered, handle: str, anchor: int | None = None) -> str:
    return registered.verify(credentials.file(registered.store, handle), _evidence(registered.store, anchor)).verdict


def _bit(store: Store, list_id: str, handle: str) -> bool:
    content: dict[str, Any] = json.loads(list_credential(store, list_id))
    index = credentials.get_credential(store, handle).status_index
    assert index is not None
    return bitstring.get(bitstring.decode(content["credentialSubject"]["encodedList"]), index)


def _versions(store: Store) -> dict[str, int]:
    with store.read() as session:
        query = select(StatusListVersion.list_id, func.max(StatusListVersion.version)).group_by(
            StatusListVersion.list_id
        )
        return dict(session.execute(query).all())


def test_a_change_is_in_force_from_the_first_anchor_after_it(registered: Registered) -> None:
    store, vault = registered.store, registered.vault
    _, handles = registered.sealed(3)
    registered.anchor()
    assert {_verdict(registered, handle) for handle in handles} == {"valid"}
    statusactions.revoke(store, vault, handles[0], "issued-in-error", "typing mistake", "admin")
    statusactions.suspend(store, vault, handles[1], "under-investigation", None, "admin")
    assert _verdict(registered, handles[0]) == "valid"  # not anchored yet: nobody can be shown it as a fact
    registered.anchor()
    assert [_verdict(registered, handle) for handle in handles] == ["revoked", "suspended", "valid"]
    statusactions.reinstate(store, vault, handles[1], "cleared", None, "admin")
    registered.anchor()
    assert [_verdict(registered, handle) for handle in handles] == ["revoked", "valid", "valid"]
    # Evidence of an older anchor is not the latest for a verifier, whatever it says.
    assert _verdict(registered, handles[0], 1) == "unconfirmed"


def test_many_changes_in_one_request_make_one_version_of_each_list(registered: Registered) -> None:
    store = registered.store
    _, handles = registered.sealed(6)
    changes = [Change(handle, "revoke", "code") for handle in handles[:3]]
    changes += [Change(handle, "suspend", "code") for handle in handles[3:5]]
    assert change_status(store, registered.vault, changes, "admin") == [REVOKED, SUSPENDED]
    assert _versions(store) == {REVOKED: 2, SUSPENDED: 2}
    assert [_bit(store, REVOKED, handle) for handle in handles] == [True, True, True, False, False, False]
    assert [_bit(store, SUSPENDED, handle) for handle in handles] == [False, False, False, True, True, False]


def test_revoked_is_for_ever_and_nothing_else_is_possible_twice(registered: Registered) -> None:
    store, vault = registered.store, registered.vault
    _, (handle, other) = registered.sealed(2)

    def refuse(action: Any, state: str) -> None:
        with pytest.raises(StateError) as caught:
            change_status(store, vault, [Change(handle, action, "code")], "admin")
        assert caught.value.state == state

    refuse("reinstate", "active")
    statusactions.suspend(store, vault, handle, "code", None, "admin")
    refuse("suspend", "suspended")
    statusactions.revoke(store, vault, handle, "code", None, "admin")
    for action in ("revoke", "suspend", "reinstate"):
        refuse(action, "revoked")
    assert _bit(store, REVOKED, handle)
    assert not _bit(store, REVOKED, other)


def test_a_request_with_one_impossible_change_changes_nothing(registered: Registered) -> None:
    store, vault = registered.store, registered.vault
    _, (good, bad) = registered.sealed(2)
    statusactions.revoke(store, vault, bad, "code", None, "admin")
    before = _versions(store)
    with pytest.raises(StateError):
        change_status(store, vault, [Change(good, "revoke", "code"), Change(bad, "suspend", "code")], "admin")
    with pytest.raises(FormatError, match="twice"):
        change_status(store, vault, [Change(good, "revoke", "code"), Change(good, "revoke", "code")], "admin")
    with pytest.raises(NotFound):
        change_status(store, vault, [Change(good, "revoke", "code"), Change("nobody", "revoke", "code")], "admin")
    for reason in ("", "x" * 65):
        with pytest.raises(FormatError, match="reason"):
            change_status(store, vault, [Change(good, "revoke", reason)], "admin")
    assert _versions(store) == before
    assert credentials.get_credential(store, good).status == "active"
    assert len(statusactions.events(store, good)) == 0


def test_who_changed_what_and_why_is_kept(registered: Registered) -> None:
    _, (handle,) = registered.sealed(1)
    registered.now += 5
    statusactions.suspend(registered.store, registered.vault, handle, "under-investigation", "a note", "key-1")
    (event,) = statusactions.events(registered.store, handle)
    found = (event.action, event.reason, event.note, event.actor, event.created_at)
    assert found == ("suspend", "under-investigation", "a note", "key-1", registered.now)


def test_the_status_of_a_credential_that_is_not_sealed_cannot_be_changed(registered: Registered) -> None:
    _, (handle,) = registered.batch(1)
    with pytest.raises(StateError, match="sealed"):
        statusactions.revoke(registered.store, registered.vault, handle, "code", None, "admin")


def test_evidence_names_any_anchor_by_number_and_the_latest_final_one_by_default(registered: Registered) -> None:
    store = registered.store
    with pytest.raises(StateError, match="without a final anchor"):
        status_evidence(store, REVOKED)
    registered.sealed(1)
    registered.anchor()
    pending = registered.create_anchor()
    registered.include(pending, final=False)
    assert status_evidence(store, SUSPENDED)["anchor"]["number"] == 1
    for number in (1, pending):
        evidence = StatusEvidence.parse(_evidence(store, number))
        assert evidence.anchor_number == number
        assert [item.id.rsplit("/", 1)[1] for item in evidence.lists] == [REVOKED, SUSPENDED]
    with pytest.raises(NotFound, match="anchor"):
        status_evidence(store, REVOKED, 9)
    with pytest.raises(NotFound, match="status list"):
        status_evidence(store, "uni-9-revocation")


def test_a_list_made_after_an_anchor_is_not_in_its_evidence(registered: Registered) -> None:
    store = registered.store
    registered.anchor()
    from registry.store import issuers

    issuers.add_issuer(store, "new", "did:web:new.example", {"name": "New"})
    keys.add_hosted_key(store, registered.vault, "new")
    with pytest.raises(NotFound, match="in that anchor"):
        status_evidence(store, "new-1-revocation")
    registered.anchor()
    assert status_evidence(store, "new-1-revocation")["lists_size"] == 4


def test_a_status_change_after_a_change_of_keys_is_signed_by_the_new_key(registered: Registered) -> None:
    store, vault = registered.store, registered.vault
    _, handles = registered.sealed(2)
    statusactions.revoke(store, vault, handles[0], "code", None, "admin")
    new = keys.add_hosted_key(store, vault, "uni")
    registered.put_on_chain(new.key_id)
    keys.revoke_key(store, vault, registered.key.key_id)
    assert _versions(store) == {REVOKED: 3, SUSPENDED: 2}
    assert _bit(store, REVOKED, handles[0])
    registered.anchor()
    assert [_verdict(registered, handle) for handle in handles] == ["revoked", "valid"]


def test_two_requests_at_once_never_lose_a_bit(registered: Registered) -> None:
    from concurrent.futures import ThreadPoolExecutor

    store, vault = registered.store, registered.vault
    _, handles = registered.sealed(6)
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda handle: statusactions.revoke(store, vault, handle, "code", None, "admin"), handles))
    assert all(_bit(store, REVOKED, handle) for handle in handles)
    assert _versions(store)[REVOKED] == 7
    with store.read() as session:
        assert session.scalar(select(func.count()).select_from(StatusEvent)) == 6
        assert set(session.scalars(select(Credential.status))) == {"revoked"}
