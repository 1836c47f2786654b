"""Status lists as they are read: the list itself, and the evidence that ties it to an anchor."""

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from registry.credential.statuslist import KnownList
from registry.errors import NotFound, StateError
from registry.format import bitstring
from registry.store.engine import Store
from registry.store.lists import REVOCATION, SUSPENSION, bits_of, newest
from registry.store.tables import Anchor, Anchored, Issuer, IssuerKey, StatusList
from registry.store.trees import AnchoredList, anchor_tree, anchored_lists, status_tree
from registry.verify.evidence import ListEvidence, StatusEvidence


def list_credential(store: Store, list_id: str) -> bytes:
    """The newest version of a list, as signed: JSON of a BitstringStatusListCredential. Raises NotFound."""
    with store.read() as session:
        return newest(session, _load(session, list_id)).credential.encode()


def bits_at(store: Store, url: str, index: int) -> KnownList | None:
    """What the newest versions of a pair say at one place; `url` is that of either list. None: no list of ours."""
    with store.read() as session:
        named = session.scalar(select(StatusList).where(StatusList.url == url))
        if named is None:
            return None
        issuer = session.get_one(Issuer, named.issuer_id).did
        if index >= named.length:
            return KnownList(issuer, named.purpose, None)
        stem = named.id.removesuffix(named.purpose)
        pair = {purpose: session.get_one(StatusList, stem + purpose) for purpose in (REVOCATION, SUSPENSION)}
        bits = {
            purpose: bitstring.get(bytes(bits_of(newest(session, list_))), index) for purpose, list_ in pair.items()
        }
    return KnownList(issuer, named.purpose, bits)


def status_evidence(store: Store, list_id: str, anchor_number: int | None = None) -> dict[str, Any]:
    """Evidence ("credanchor-status/1") for a list and its twin, under the latest final anchor or the one named.

    `list_id` is the last segment of the URL of either list of a pair. A named anchor need not be final: the evidence
    proves itself, and a verifier's node may see it final before ours does. Raises NotFound: no such list or anchor, or
    the anchor is older than the list; StateError: nothing is final yet and no anchor was named.
    """
    with store.read() as session:
        list_ = _load(session, list_id)
        stem = list_.id.removesuffix(list_.purpose)
        number = latest_final(session) if anchor_number is None else anchor_number
        anchor = session.get(Anchor, number)
        if anchor is None:
            raise NotFound("anchor", str(number))
        tree = anchor_tree(session, number)
        all_lists = anchored_lists(session, number)
        evidence = StatusEvidence(
            anchor_number=number,
            anchor_size=tree.size,
            anchor_path=tuple(tree.path(0)),
            status_root=anchor.status_root,
            lists_size=len(all_lists),
            lists=_lists(session, all_lists, [stem + REVOCATION, stem + SUSPENSION]),
        )
    return evidence.to_json()


def latest_final(session: Session) -> int:
    """The number of the latest final anchor. Raises StateError when there is none."""
    latest = session.scalar(select(func.max(Anchored.number)).where(Anchored.final))
    if latest is None:
        raise StateError("The registry", "without a final anchor", "anchored once")
    return latest


def _load(session: Session, list_id: str) -> StatusList:
    row = session.get(StatusList, list_id)
    if row is None:
        raise NotFound("status list", list_id)
    return row


def _lists(session: Session, all_lists: Sequence[AnchoredList], wanted: list[str]) -> tuple[ListEvidence, ...]:
    tree = status_tree(session, list(all_lists)) if all_lists else None
    places = {item.list_.id: place for place, item in enumerate(all_lists)}
    found = []
    for id_ in wanted:
        if tree is None or id_ not in places:
            raise NotFound("status list in that anchor", id_)
        item = all_lists[places[id_]]
        found.append(
            ListEvidence(
                id=item.list_.url,
                version=item.version.version,
                index=places[id_],
                path=tuple(tree.path(places[id_])),
                credential=json.loads(item.version.credential),
                multikey=session.get_one(IssuerKey, item.version.key_id).multikey,
                signature=item.version.signature,
            )
        )
    return tuple(found)
