"""Links that open something without an account: a claim link, a share link, a portfolio.

    claim       the learner's own way to one credential: read it, fetch it, share it
    share       shows one credential to whoever has the link; made and ended by whoever holds the claim link
    portfolio   shows several credentials in order

A link is an unguessable code. Only its SHA-256 is kept, so whoever copies the database has no links; the code is given
once, when the link is made. A link that was ended or has expired says so and nothing else; one whose credential was
erased is gone. A code opens links of its own kind only.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Select, delete, func, insert, select
from sqlalchemy.orm import Session

from registry.errors import NotFound, RegistryError, StateError
from registry.store import batches
from registry.store.credentials import ERASED, load_credential
from registry.store.engine import Store
from registry.store.ids import HANDLE_CHARS, new_handle, new_id
from registry.store.tables import Credential, Link, LinkCredential

Kind = Literal["claim", "share", "portfolio"]

MAX_LIVE: Mapping[Kind, int] = {"claim": 10, "share": 50, "portfolio": 20}
"""Links of a kind that one credential can have at a time. Claim links: sent again now and then. Share links: one for
each application. Portfolios: one for each purpose."""

MAX_IN_PORTFOLIO = 50
"""Credentials in one portfolio: a degree has about 40 courses; each is checked when the page is opened."""

MAX_ENDED = 100
"""Ended links of a kind that a credential keeps, so that they say so. Older ones are forgotten: whoever holds a claim
link can make and end links without limit, and must not fill the database."""

_AT_ONCE = 500  # rows of one INSERT, and values of one IN


class LinkEnded(RegistryError):
    """The link was ended or has expired. Does not say which, nor what it opened."""

    def __str__(self) -> str:
        return "This link is not valid any more."


@dataclass(frozen=True)
class Made:
    """A link just made; `code` is not kept anywhere."""

    id: str
    code: str
    handle: str
    index: int


@dataclass(frozen=True)
class Opened:
    """What a code opens: `handles` in order, without the credentials that were erased."""

    id: str
    handles: tuple[str, ...]
    expires_at: int | None


def claim_link(store: Store, handle: str) -> Made:
    """One more claim link for a credential. Raises NotFound, StateError (erased, or MAX_LIVE)."""
    with store.begin() as session:
        return _make(session, store, "claim", [_usable(session, handle)], None)


def claim_links(store: Store, batch_id: str) -> list[Made]:
    """One more claim link for each credential of a batch, in order, without the erased ones; all or none.

    Raises NotFound, StateError when one of them has MAX_LIVE.
    """
    with store.begin() as session:
        batches.load(session, batch_id)
        chosen = select(Credential).where(Credential.batch_id == batch_id, Credential.erased_at.is_(None))
        rows = session.scalars(chosen.order_by(Credential.index).with_for_update()).all()
        full = _full("claim", store.now()).join(Credential, Credential.handle == LinkCredential.handle)
        busiest = session.scalars(full.where(Credential.batch_id == batch_id)).first()
        if busiest is not None:
            raise _too_many("claim", busiest)
        made = [Made(new_id(), new_handle(), row.handle, row.index) for row in rows]
        _insert(session, store, "claim", made)
        return made


def share_link(store: Store, handle: str, expires_at: int | None = None) -> Made:
    """A link that shows one credential, until `expires_at` (Unix seconds) or its end. Raises as `claim_link`."""
    with store.begin() as session:
        return _make(session, store, "share", [_usable(session, handle)], expires_at)


def portfolio_link(store: Store, handles: Sequence[str], expires_at: int | None = None) -> Made:
    """A link that shows these credentials in this order; one named twice counts once.

    Raises NotFound, StateError (erased, more than MAX_IN_PORTFOLIO, or MAX_LIVE for the first).
    """
    chosen = list(dict.fromkeys(handles))
    if not 1 <= len(chosen) <= MAX_IN_PORTFOLIO:
        raise StateError("A portfolio", f"of {len(chosen)} credentials", f"of 1 to {MAX_IN_PORTFOLIO}")
    with store.begin() as session:
        # Locked in one order, whatever the portfolio's: two made at once must not wait for each other.
        usable = {handle: _usable(session, handle) for handle in sorted(chosen)}
        return _make(session, store, "portfolio", [usable[handle] for handle in chosen], expires_at)


def open_link(store: Store, kind: Kind, code: str) -> Opened:
    """What the code opens. Raises NotFound for a code that is none of this kind, LinkEnded."""
    if len(code) != HANDLE_CHARS or not code.isascii():
        raise NotFound("link", kind)  # the code itself belongs in no message
    with store.read() as session:
        link = session.scalar(select(Link).where(Link.code_sha256 == _sha256(code), Link.kind == kind))
        if link is None:
            raise NotFound("link", kind)
        if not _is_live(link, store.now()):
            raise LinkEnded
        held = select(LinkCredential.handle).where(LinkCredential.link_id == link.id)
        return Opened(link.id, tuple(session.scalars(held.order_by(LinkCredential.position))), link.expires_at)


def list_links(store: Store, handle: str, kinds: Iterable[Kind] = ("claim", "share", "portfolio")) -> Sequence[Link]:
    """The links that open this credential and have not ended, oldest first. Raises NotFound."""
    with store.read() as session:
        load_credential(session, handle)
        query = select(Link).join(LinkCredential, LinkCredential.link_id == Link.id)
        query = query.where(LinkCredential.handle == handle, Link.kind.in_(tuple(kinds)))
        found = session.scalars(query.order_by(Link.created_at, Link.id)).all()
    return [link for link in found if _is_live(link, store.now())]


def end_link(store: Store, handle: str, link_id: str, kinds: Iterable[Kind] = ("claim", "share", "portfolio")) -> Link:
    """End a link that opens this credential, at once; again it does nothing. Raises NotFound."""
    with store.begin() as session:
        link = session.get(Link, link_id)
        held = link and session.scalar(
            select(LinkCredential.position).where(
                LinkCredential.link_id == link_id, LinkCredential.handle == handle
            )
        )  # fmt: skip
        if link is None or held is None or link.kind not in tuple(kinds):
            raise NotFound("link", link_id)
        link.revoked_at = link.revoked_at or store.now()
        return link


def end_claim_links(store: Store, batch_id: str) -> int:
    """End every claim link of a batch, at once; how many. Share links go on. Raises NotFound."""
    with store.begin() as session:
        batches.load(session, batch_id)
        held = select(LinkCredential.link_id).join(Credential, Credential.handle == LinkCredential.handle)
        held = held.where(Credential.batch_id == batch_id)
        live = session.scalars(select(Link).where(Link.kind == "claim", Link.revoked_at.is_(None), Link.id.in_(held)))
        count = 0
        for link in live:
            link.revoked_at = store.now()
            count += 1
        return count


def forget(session: Session, handles: Sequence[str]) -> None:
    """Take credentials out of every link, inside the transaction that erases them; links left empty go."""
    for start in range(0, len(handles), _AT_ONCE):
        some = handles[start : start + _AT_ONCE]
        touched = session.scalars(select(LinkCredential.link_id).where(LinkCredential.handle.in_(some))).all()
        session.execute(delete(LinkCredential).where(LinkCredential.handle.in_(some)))
        for first in range(0, len(touched), _AT_ONCE):
            ids = touched[first : first + _AT_ONCE]
            held = select(LinkCredential.link_id).where(LinkCredential.link_id == Link.id).exists()
            session.execute(delete(Link).where(Link.id.in_(ids), ~held).execution_options(synchronize_session=False))


def _usable(session: Session, handle: str) -> Credential:
    # Locked: an erasure at the same moment must not leave a link behind.
    credential = load_credential(session, handle, lock=True)
    if credential.erased_at is not None:
        raise StateError(f"Credential {handle!r}", ERASED, "kept")
    return credential


def _make(
    session: Session, store: Store, kind: Kind, credentials: Sequence[Credential], expires_at: int | None
) -> Made:
    first = credentials[0]
    if session.scalars(_full(kind, store.now()).where(LinkCredential.handle == first.handle)).first() is not None:
        raise _too_many(kind, first.handle)
    _prune(session, kind, first.handle, store.now())
    made = Made(new_id(), new_handle(), first.handle, first.index)
    _insert(session, store, kind, [made], expires_at)
    rest = [
        {"link_id": made.id, "position": place, "handle": one.handle} for place, one in enumerate(credentials) if place
    ]
    if rest:
        session.execute(insert(LinkCredential), rest)
    return made


def _prune(session: Session, kind: Kind, handle: str, now: int) -> None:
    """Forget the oldest links that have ended, beyond MAX_ENDED. A portfolio counts for its first credential."""
    mine = select(Link.id).join(LinkCredential, LinkCredential.link_id == Link.id)
    mine = mine.where(LinkCredential.handle == handle, LinkCredential.position == 0, Link.kind == kind)
    ended = mine.where(Link.revoked_at.is_not(None) | (Link.expires_at <= now)).order_by(Link.created_at.desc())
    old = session.scalars(ended.offset(MAX_ENDED)).all()
    if old:
        session.execute(delete(LinkCredential).where(LinkCredential.link_id.in_(old)))
        session.execute(delete(Link).where(Link.id.in_(old)).execution_options(synchronize_session=False))


def _insert(session: Session, store: Store, kind: Kind, made: Sequence[Made], expires_at: int | None = None) -> None:
    now = store.now()
    for start in range(0, len(made), _AT_ONCE):
        some = made[start : start + _AT_ONCE]
        links = [
            {"id": one.id, "kind": kind, "code_sha256": _sha256(one.code), "created_at": now, "expires_at": expires_at}
            for one in some
        ]
        session.execute(insert(Link), links)
        session.execute(insert(LinkCredential), [{"link_id": m.id, "position": 0, "handle": m.handle} for m in some])


def _full(kind: Kind, now: int) -> Select[str]:
    """Handles of credentials that have MAX_LIVE links of this kind."""
    query = select(LinkCredential.handle).join(Link, Link.id == LinkCredential.link_id)
    query = query.where(
        Link.kind == kind, Link.revoked_at.is_(None), Link.expires_at.is_(None) | (Link.expires_at > now)
    )
    return query.group_by(LinkCredential.handle).having(func.count() >= MAX_LIVE[kind])


def _too_many(kind: Kind, handle: str) -> StateError:
    state = f"a credential with {MAX_LIVE[kind]} {kind} links already"
    return StateError(f"Credential {handle!r}", state, "one with fewer: end some first")


def _is_live(link: Link, now: int) -> bool:
    return link.revoked_at is None and (link.expires_at is None or link.expires_at > now)


def _sha256(code: str) -> bytes:
    return hashlib.sha256(code.encode()).digest()
