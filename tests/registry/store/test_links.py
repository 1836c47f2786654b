"""Links without an account: what a code opens, until when, and what is kept of it."""

import secrets

import pytest
from sqlalchemy import select

from registry.errors import NotFound, StateError
from registry.store import erasure, links
from registry.store.links import LinkEnded
from registry.store.tables import Link, LinkCredential
from tests.registry.store.test_erasure import _everything
from tests.support.registered import Registered


def test_a_code_opens_its_own_kind_and_its_own_credential_only(registered: Registered) -> None:
    store = registered.store
    _, handles = registered.sealed(3)
    made = {
        "claim": links.claim_link(store, handles[0]),
        "share": links.share_link(store, handles[1]),
        "portfolio": links.portfolio_link(store, [handles[2], handles[0], handles[2]]),
    }
    opened = {"claim": (handles[0],), "share": (handles[1],), "portfolio": (handles[2], handles[0])}
    kinds: tuple[links.Kind, ...] = ("claim", "share", "portfolio")
    for kind in kinds:
        for other, one in made.items():
            if kind == other:
                assert links.open_link(store, kind, one.code).handles == opened[kind]
            else:
                with pytest.raises(NotFound) as refused:
                    links.open_link(store, kind, one.code)
                assert one.code not in str(refused.value)
    for guess in (made["claim"].id, handles[0], secrets.token_hex(13), made["claim"].code.upper(), "", "é" * 26):
        with pytest.raises(NotFound):
            links.open_link(store, "claim", guess)


def test_a_link_ends_when_it_is_ended_or_its_time_is_over_and_others_go_on(registered: Registered) -> None:
    store = registered.store
    _, handles = registered.sealed(2)
    ended, kept = links.share_link(store, handles[0]), links.share_link(store, handles[0])
    short = links.share_link(store, handles[0], store.now() + 60)
    with pytest.raises(NotFound):
        links.end_link(store, handles[1], ended.id)  # another credential's
    with pytest.raises(NotFound):
        links.end_link(store, handles[0], ended.id, ("claim",))
    links.end_link(store, handles[0], ended.id)
    links.end_link(store, handles[0], ended.id)
    with pytest.raises(LinkEnded):
        links.open_link(store, "share", ended.code)
    assert links.open_link(store, "share", short.code).handles == (handles[0],)
    before = store.now()
    store.clock = lambda: before + 60
    with pytest.raises(LinkEnded):
        links.open_link(store, "share", short.code)
    assert [link.id for link in links.list_links(store, handles[0])] == [kept.id]


def test_the_database_holds_no_code(registered: Registered, request: pytest.FixtureRequest) -> None:
    store = registered.store
    batch, handles = registered.sealed(3)
    made = [*links.claim_links(store, batch), links.share_link(store, handles[0])]
    assert [one.handle for one in made[:3]] == handles
    held = _everything(registered, request)
    assert made[0].id.encode() in held
    assert not any(one.code.encode() in held for one in made)


def test_a_credential_has_a_bounded_number_of_links_that_have_not_ended(registered: Registered) -> None:
    store = registered.store
    batch, handles = registered.sealed(2)
    made = [links.claim_link(store, handles[0]) for _ in range(links.MAX_LIVE["claim"])]
    for again in (lambda: links.claim_link(store, handles[0]), lambda: links.claim_links(store, batch)):
        with pytest.raises(StateError, match="claim links already"):
            again()
    assert links.list_links(store, handles[1]) == []  # all or none
    links.end_link(store, handles[0], made[0].id)
    links.claim_links(store, batch)
    with pytest.raises(StateError, match="A portfolio"):
        links.portfolio_link(store, [f"x{number}" for number in range(links.MAX_IN_PORTFOLIO + 1)])


def test_erasing_deletes_a_credentials_links_and_takes_it_out_of_portfolios(registered: Registered) -> None:
    store = registered.store
    _, handles = registered.sealed(3)
    codes = {handle: links.claim_link(store, handle).code for handle in handles}
    shared = links.share_link(store, handles[0]).code
    both, alone = links.portfolio_link(store, handles[:2]), links.portfolio_link(store, handles[:1])
    erasure.erase(store, handles[0], "admin")
    for kind, code in (("claim", codes[handles[0]]), ("share", shared), ("portfolio", alone.code)):
        with pytest.raises(NotFound):
            links.open_link(store, kind, code)  # type: ignore[arg-type]
    assert links.open_link(store, "portfolio", both.code).handles == (handles[1],)
    assert links.open_link(store, "claim", codes[handles[1]]).handles == (handles[1],)
    with store.read() as session:
        assert set(session.scalars(select(LinkCredential.handle))) == set(handles[1:])
        assert len(session.scalars(select(Link)).all()) == 3
    with pytest.raises(StateError, match="erased"):
        links.claim_link(store, handles[0])


def test_a_batch_that_is_given_up_and_a_row_that_is_taken_out_take_their_links_along(registered: Registered) -> None:
    store = registered.store
    batch, handles = registered.batch(3)
    links.claim_links(store, batch)
    erasure.erase(store, handles[0], "admin")
    erasure.discard(store, batch)
    with store.read() as session:
        assert session.scalars(select(Link)).all() == []
