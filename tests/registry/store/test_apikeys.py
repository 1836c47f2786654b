"""API keys are shown once, kept as a hash, and end when they should."""

import pytest
from sqlalchemy import text

from registry.errors import FormatError, NotFound
from registry.store import engine
from registry.store.apikeys import BadToken, authenticate, create_api_key, list_api_keys, revoke_api_key
from registry.store.engine import Store, StoreUnavailable
from registry.store.issuers import add_issuer


def test_a_token_names_its_caller_and_is_not_stored(store: Store) -> None:
    add_issuer(store, "uni", "did:web:uni.example", {"name": "University"})
    row, token = create_api_key(store, "portal", ["batches:write"], issuer_id="uni", live=True)
    assert token.startswith(f"credanchor_live_{row.id}_")
    caller = authenticate(store, token)
    assert (caller.id, caller.issuer_id, caller.scopes) == (row.id, "uni", {"batches:write"})
    assert caller.may("batches:write")
    assert not caller.may("credentials:read")
    secret = token.rsplit("_", 1)[1]
    with store.read() as session:
        for column in session.execute(text("SELECT * FROM api_key")).one():
            assert secret not in str(column)
            assert bytes.fromhex(secret) != column


def test_an_admin_may_do_everything_and_belongs_to_no_issuer(store: Store) -> None:
    _, token = create_api_key(store, "operator", ["admin"])
    assert authenticate(store, token).may("credentials:revoke")
    add_issuer(store, "uni", "did:web:uni.example", {"name": "University"})
    with pytest.raises(FormatError):
        create_api_key(store, "x", ["admin"], issuer_id="uni")


def test_tokens_that_are_wrong_ended_or_revoked_are_refused_with_the_reason(sqlite_store: Store) -> None:
    now = 1000
    sqlite_store.clock = lambda: now
    row, token = create_api_key(sqlite_store, "k", ["credentials:read"], expires_at=2000)
    reasons = {
        "credanchor_test_nonsense": "malformed",
        token[:-1] + ("0" if token[-1] != "0" else "1"): "unknown",
        token.replace(row.id, "0" * 16): "unknown",
    }
    for wrong, reason in reasons.items():
        with pytest.raises(BadToken) as caught:
            authenticate(sqlite_store, wrong)
        assert caught.value.reason == reason
    now = 1999
    authenticate(sqlite_store, token)
    now = 2000
    with pytest.raises(BadToken, match="expired"):
        authenticate(sqlite_store, token)
    revoke_api_key(sqlite_store, row.id)
    with pytest.raises(BadToken, match="revoked"):
        authenticate(sqlite_store, token)


def test_the_last_use_is_kept_to_the_minute(sqlite_store: Store) -> None:
    now = 1000
    sqlite_store.clock = lambda: now
    _, token = create_api_key(sqlite_store, "k", ["credentials:read"])
    seen = []
    for time in (1000, 1059, 1060):
        now = time
        authenticate(sqlite_store, token)
        seen.append(list_api_keys(sqlite_store)[0].last_used_at)
    assert seen == [1000, 1000, 1060]


def test_a_database_that_cannot_be_written_does_not_lock_readers_out(
    sqlite_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    row, token = create_api_key(sqlite_store, "k", ["credentials:read"])
    monkeypatch.setattr(engine, "BUSY_TIMEOUT_MS", 1)
    impatient = Store(sqlite_store.url)
    with sqlite_store.begin():  # holds the only writer's place
        with pytest.raises(StoreUnavailable, match="locked"), impatient.begin():
            pass
        assert authenticate(impatient, token).id == row.id
    impatient.close()
    assert list_api_keys(sqlite_store)[0].last_used_at is None


def test_unknown_scopes_and_issuers_are_refused(sqlite_store: Store) -> None:
    for scopes in ([], ["everything"]):
        with pytest.raises(FormatError, match="scopes"):
            create_api_key(sqlite_store, "k", scopes)
    with pytest.raises(NotFound):
        create_api_key(sqlite_store, "k", ["credentials:read"], issuer_id="nobody")
    with pytest.raises(NotFound):
        revoke_api_key(sqlite_store, "nobody")


def test_keys_are_listed_newest_first_in_pages(store: Store) -> None:
    made = []
    for number in range(5):
        store.clock = lambda number=number: 100 + number // 2  # type: ignore[misc]  # two share a second
        made.append(create_api_key(store, f"key {number}", ["credentials:read"])[0])
    expected = sorted(made, key=lambda row: (row.created_at, row.id), reverse=True)
    seen = []
    after = None
    while page := list_api_keys(store, limit=2, after=after):
        seen += [row.id for row in page]
        after = (page[-1].created_at, page[-1].id)
    assert seen == [row.id for row in expected]
