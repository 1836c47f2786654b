"""A batch takes rows while it is open, each learner once, and says where it stands."""

from itertools import pairwise

import pytest
from sqlalchemy import func, select

from registry.errors import Conflict, NotFound, RowErrors, StateError
from registry.store import achievements, batches, health, issuers, keys, lists
from registry.store.sealing import Sealer
from registry.store.tables import Credential, StatusList
from tests.support.registered import Registered, achievement, row


def test_rows_get_handles_ids_and_places_that_tell_nothing_about_their_order(registered: Registered) -> None:
    batch_id, handles = registered.batch(12)
    assert len(set(handles)) == 12
    with registered.store.read() as session:
        found = session.scalars(
            select(Credential).where(Credential.batch_id == batch_id).order_by(Credential.index)
        ).all()
    assert [item.index for item in found] == list(range(12))
    assert [item.handle for item in found] == handles
    assert len({item.credential_id for item in found}) == 12
    places = [item.status_index or 0 for item in found]
    assert len(set(places)) == 12
    # Twelve random places of 131,072 are in ascending order once in 479 million runs.
    assert not all(one < other for one, other in pairwise(places))
    assert max(places) > 1000


def test_an_upload_is_taken_whole_or_not_at_all_and_a_learner_only_once(registered: Registered) -> None:
    batch_id, _ = registered.batch(2)
    wrong = [row(2), row(0, name="Another Name"), row(3), row(3, name="Same Mail")]
    with pytest.raises(RowErrors) as caught:
        batches.add_rows(registered.store, registered.vault, batch_id, wrong)
    assert [(error.row, error.code) for error in caught.value.errors] == [
        (2, "roster.duplicate"),
        (4, "roster.duplicate"),
    ]
    assert batches.get_batch(registered.store, batch_id).size == 2
    batches.add_rows(registered.store, registered.vault, batch_id, [row(2), row(3)])
    assert batches.get_batch(registered.store, batch_id).size == 4


def test_a_batch_that_would_grow_too_large_is_refused(registered: Registered, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "MAX_BATCH", 3)
    batch_id, _ = registered.batch(2)
    with pytest.raises(RowErrors, match="the most is 3"):
        batches.add_rows(registered.store, registered.vault, batch_id, [row(2), row(3)])


def test_a_list_pair_that_is_half_full_is_followed_by_a_new_one(
    registered: Registered, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lists, "FULL_AT", 5 / lists.LENGTH)
    registered.batch(3)
    registered.batch(9, first=3)
    with registered.store.read() as session:
        query = select(Credential.revocation_list_id, func.count()).group_by(Credential.revocation_list_id)
        assert dict(session.execute(query).all()) == {
            "uni-1-revocation": 5,
            "uni-2-revocation": 5,
            "uni-3-revocation": 2,
        }
        assert {item.version for item in session.scalars(select(StatusList))} == {1}
        assert session.scalar(select(func.count()).select_from(StatusList)) == 6


def test_free_places_are_all_found_and_never_twice() -> None:
    assert sorted(lists.free_indexes(16, [0, 3, 15], 13)) == [1, 2, *range(4, 15)]


def test_only_an_open_batch_takes_rows_and_only_one_with_rows_is_sealed(registered: Registered) -> None:
    store = registered.store
    empty = batches.open_batch(store, "uni", registered.achievement_id)
    with pytest.raises(StateError, match="empty"):
        batches.request_seal(store, empty.id)
    batch_id, _ = registered.batch(1)
    batches.request_seal(store, batch_id)
    batches.request_seal(store, batch_id)  # asking twice is no mistake
    with pytest.raises(StateError, match="sealing"):
        batches.add_rows(store, registered.vault, batch_id, [row(5)])


def test_a_suspended_issuer_can_neither_open_nor_fill_nor_seal(registered: Registered) -> None:
    store = registered.store
    batch_id, _ = registered.batch(1)
    issuers.set_suspended(store, "uni", True)
    for attempt in (
        lambda: batches.open_batch(store, "uni", registered.achievement_id),
        lambda: batches.add_rows(store, registered.vault, batch_id, [row(5)]),
        lambda: batches.request_seal(store, batch_id),
    ):
        with pytest.raises(StateError, match="suspended"):
            attempt()
    issuers.set_suspended(store, "uni", False)
    batches.request_seal(store, batch_id)


def test_an_achievement_can_be_replaced_until_a_batch_uses_it(registered: Registered) -> None:
    store = registered.store
    changed = achievement()
    changed.data["description"] = {"en": "Reads two soil profiles."}
    achievements.add_achievement(store, "uni", changed)
    achievements.add_achievement(store, "uni", changed)
    registered.batch(1)
    achievements.add_achievement(store, "uni", changed)
    with pytest.raises(Conflict, match="new version"):
        achievements.add_achievement(store, "uni", achievement())
    stored = achievements.get_achievement(store, registered.achievement_id)
    assert achievements.definition(stored) == changed


def test_a_batch_cannot_use_the_achievement_of_another_issuer(registered: Registered) -> None:
    issuers.add_issuer(registered.store, "other", "did:web:other.example", {"name": "Other"})
    keys.add_hosted_key(registered.store, registered.vault, "other")
    with pytest.raises(NotFound):
        batches.open_batch(registered.store, "other", registered.achievement_id)


def test_the_state_of_a_batch_follows_what_is_seen_on_the_chain(registered: Registered) -> None:
    store = registered.store
    batch_id, _ = registered.batch(2)
    seen = [batches.state_of(store, batch_id)["state"]]

    def note() -> None:
        state = batches.state_of(store, batch_id)["state"]
        assert health.facts(store).batches[state] == 1
        assert sum(health.facts(store).batches.values()) == 1
        assert [item["state"] for item in batches.list_batches(store, issuer_id="uni")] == [state]
        seen.append(state)

    batches.request_seal(store, batch_id)
    note()
    assert Sealer(store, registered.vault).seal_next()
    note()
    number = registered.create_anchor()
    note()  # an anchor without a signed transaction: still only sealed
    registered.attempt(number)
    note()
    registered.include(number, final=False)
    note()
    assert batches.state_of(store, batch_id)["anchor"]["final"] is False
    registered.include(number, final=True)
    note()
    assert seen == ["open", "sealing", "sealed", "sealed", "submitted", "included", "final"]
    anchor = batches.state_of(store, batch_id)["anchor"]
    assert (anchor["number"], anchor["index"], anchor["final"]) == (1, 1, True)
    assert health.facts(store).oldest_waiting is None
