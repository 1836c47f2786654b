"""The public export: all that an auditor needs besides the chain, without a word about any person.

    registry.json              which contract; the key that signs the registry's notes, and those before it
    anchors.jsonl              one line per anchor, in order: its lists and its batches
    anchors/<8 digits>.json    one anchor's line and its batches' leaves in its tree: what status evidence is made of
    batches/<8 digits>.json    the leaves of each anchored batch and the issuer's signature over them
    lists/<digest>.json        each version of a status list that an anchor names
    log/checkpoint             size and head of the contract's log, signed, and its tiles (C2SP tlog-tiles)
    log/tile/...
With the chain that is also all that checks 1 to 7 need: keys and issuers are in the contract, not here.
Hexadecimal is lower-case; only the contract's address has 0x in front. A file never changes, but
registry.json, anchors.jsonl and log/checkpoint.
"""

import hashlib
import json
import re
from collections.abc import Iterator
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.errors import FormatError, NotFound
from registry.format.multibase import encode_multikey
from registry.format.tiles import Tile
from registry.store import log, logkey
from registry.store.engine import Store
from registry.store.setup import registry
from registry.store.tables import Anchor, AnchorList, Batch, IssuerKey, StatusListVersion
from registry.store.trees import anchored_batches, anchored_lists, batch_leaf, sealed

FORMAT = "credanchor-export/1"
REGISTRY, ANCHORS = "registry.json", "anchors.jsonl"
LOG = "log/"

ANCHORS_AT_ONCE = 50
"""Anchors whose lines are made in one piece: with 200 status lists each, 4 MB and a moment of the database's time."""

_ANCHOR = re.compile(r"anchors/([0-9]{8}|[1-9][0-9]{8,})\.json")
_BATCH = re.compile(r"batches/([0-9]{8}|[1-9][0-9]{8,})\.json")
_LIST = re.compile(r"lists/([0-9a-f]{64})\.json")
_HASH = 32


def public_file(store: Store, path: str) -> bytes:
    """One file of the export by its relative path. Raises NotFound."""
    if path == ANCHORS:
        return b"".join(anchors(store)[1])
    with store.read() as session:
        if path == REGISTRY:
            return _registry(session)
        if match := _ANCHOR.fullmatch(path):
            return _anchor(session, int(match[1]))
        if match := _BATCH.fullmatch(path):
            return _batch(session, int(match[1]))
        if match := _LIST.fullmatch(path):
            return _list(session, bytes.fromhex(match[1]))
        if path.startswith(LOG):
            return _log(session, path)
    raise NotFound("file in the export", path)


def anchors(store: Store) -> tuple[bytes, Iterator[bytes]]:
    """anchors.jsonl in pieces, and before them 32 bytes that change when it does.

    What is anchored never changes, so each piece is read by itself: no snapshot waits for a slow reader.
    """
    with store.read() as session:
        newest = session.scalars(select(Anchor).order_by(Anchor.number.desc()).limit(1)).first()
        number, root = (newest.number, newest.root) if newest else (0, b"")
    return hashlib.sha256(FORMAT.encode() + root).digest(), _pieces(store, number)


def _pieces(store: Store, last: int) -> Iterator[bytes]:
    for first in range(1, last + 1, ANCHORS_AT_ONCE):
        with store.read() as session:
            piece = b"".join(_anchors(session, first, min(first + ANCHORS_AT_ONCE - 1, last)))
        yield piece


def _registry(session: Session) -> bytes:
    row, key, earlier = registry(session), logkey.public(session), logkey.earlier(session)
    return _line(
        {
            "format": FORMAT,
            "chain_id": row.chain_id,
            "contract": "0x" + row.contract.hex(),
            "registry_id": row.registry_id.hex(),
            "deploy_block": row.deploy_block,
        }
        | ({"log_key": {"vkey": key.vkey, "multikey": key.multikey}} if key else {})
        | ({"earlier_log_keys": [one.to_json() for one in earlier]} if earlier else {})
    )


def _anchors(session: Session, first: int, last: int) -> Iterator[bytes]:
    for anchor in session.scalars(select(Anchor).where(Anchor.number.between(first, last)).order_by(Anchor.number)):
        yield _line(_members(session, anchor, anchored_batches(session, anchor.number)))


def _anchor(session: Session, number: int) -> bytes:
    anchor = session.get(Anchor, number)
    if anchor is None:
        raise NotFound("anchor", str(number))
    batches = anchored_batches(session, number)
    leaves = [batch_leaf(session, batch).hex() for batch in batches]
    return _line(_members(session, anchor, batches) | {"entries": leaves})


def _members(session: Session, anchor: Anchor, batches: list[Batch]) -> dict[str, Any]:
    return {
        "number": anchor.number,
        "root": anchor.root.hex(),
        "status_root": anchor.status_root.hex(),
        "lists": [
            {
                "id": item.list_.url,
                "version": item.version.version,
                "digest": item.version.digest.hex(),
                "key": _key(session, item.version.key_id),
                "signature": item.version.signature.hex(),
            }
            for item in anchored_lists(session, anchor.number)
        ],
        "batches": [batch.number for batch in batches],
    }


def _batch(session: Session, number: int) -> bytes:
    batch = session.scalar(select(Batch).where(Batch.number == number, Batch.anchor_number.is_not(None)))
    if batch is None:
        raise NotFound("anchored batch", str(number))
    made = sealed(batch)
    return _line(
        {
            "number": number,
            "size": made.size,
            "key": _key(session, made.key_id),
            "signature": made.signature.hex(),
            "root": made.root.hex(),
            "leaves": [made.leaves[place : place + _HASH].hex() for place in range(0, len(made.leaves), _HASH)],
        }
    )


def _list(session: Session, digest: bytes) -> bytes:
    query = select(StatusListVersion).where(StatusListVersion.digest == digest)
    for version in session.scalars(query):
        named = (AnchorList.list_id == version.list_id, AnchorList.version == version.version)
        if session.scalar(select(AnchorList.anchor_number).where(*named).limit(1)) is not None:
            return version.credential.encode()
    raise NotFound("anchored status list", digest.hex())


def _log(session: Session, path: str) -> bytes:
    name = path.removeprefix(LOG)
    if name == log.CHECKPOINT:
        return log.checkpoint(session)
    try:
        return log.tile(session, Tile.parse(name))
    except FormatError:
        raise NotFound("file in the export", path) from None


def _key(session: Session, key_id: bytes) -> str:
    return encode_multikey(session.get_one(IssuerKey, key_id).multikey)


def _line(value: dict[str, Any]) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode() + b"\n"
