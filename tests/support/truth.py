"""Two questions for the end of every story with faults: does the chain alone give the same, and were people told so?

`rebuild_and_compare`: an empty database, the sealed batches and status lists, and the chain; nothing else survives.
`told_truly`: what the API says of each batch, against what the chain itself says.
"""

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import event, select

from anchor.chain import ChainConfig
from anchor.contract import RegistryContract
from anchor.errors import SignerError
from anchor.node import Rpc
from anchor.signer import KeySigner, Transaction
from anchor.worker import Worker
from registry.store import batches
from registry.store.engine import Store
from registry.store.tables import (
    Anchor,
    Anchored,
    AnchorList,
    Base,
    Batch,
    Issuer,
    IssuerKey,
    Registry,
    StatusList,
    StatusListVersion,
)

Request = Callable[..., Any]
"""Ask the chain itself: method and parameters; no proxy in between."""

KEPT = (Registry, Issuer, IssuerKey, StatusList, StatusListVersion, Batch)
"""What no chain gives back."""

SEEN = (
    "chain_added_at",
    "chain_suspended",
    "chain_revoked_at",
    "chain_compromised_at",
    "anchor_number",
    "anchor_index",
)
"""What of it was seen on the chain: left out."""


class Mute:
    """An account that signs nothing: whoever rebuilds only looks."""

    def __init__(self, account: KeySigner) -> None:
        self.address = account.address

    def sign(self, _transaction: Transaction) -> bytes:
        raise SignerError("a rebuild signs nothing")


def rebuild_and_compare(
    view: Store, config: ChainConfig, connect: Callable[[], Rpc], operator: KeySigner, registrar: KeySigner
) -> int:
    """Fill an empty database from `view`'s sealed batches and the chain; it must come out equal. Anchors compared."""
    with tempfile.TemporaryDirectory() as home:
        rebuilt = Store(f"sqlite:///{Path(home) / 'rebuilt.db'}", clock=view.clock)
        event.listen(rebuilt.engine, "connect", lambda connection, _: connection.execute("PRAGMA synchronous=OFF"))
        with rebuilt.begin() as session:
            Base.metadata.create_all(session.connection())
        _copy(view, rebuilt)
        rpc = connect()
        worker = Worker(rebuilt, config, Mute(operator), Mute(registrar), connect=lambda _url: rpc)
        try:
            report = worker.tick()
            count = report.anchors
            assert count is not None, report
            assert _told(rebuilt, count) == _told(view, count), report
            finals = [_final(store) for store in (view, rebuilt)]
            assert finals[0] <= finals[1], "final before it was"
        finally:
            rpc.close()
            rebuilt.close()
    return count


def told_truly(view: Store, config: ChainConfig, request: Request) -> dict[str, str]:
    """Compare the API's answer about every batch with the chain; returns the states. Final is never said too early."""
    described = shown(view)  # first: what is final there must be final here, and the other way round takes a tick
    contract = RegistryContract(config.contract)
    method, params = contract.entries_call(0, int(request("eth_blockNumber"), 16))
    blocks = {entry.anchor_number: entry for entry in contract.entries(request(method, *params)) if entry.kind == 1}
    final = int(request("eth_getBlockByNumber", "finalized", False)["number"], 16)
    states = {}
    for told in described:
        states[told["id"]] = told["state"]
        anchor = told["anchor"]
        if told["state"] != "final":
            assert not (anchor and anchor["final"])
            continue
        entry = blocks[anchor["number"]]
        assert entry.block_number <= final, (
            f"batch {told['number']} is said to be final {entry.block_number - final} early"
        )
        assert (anchor["root"], anchor["tx_hash"], anchor["block_hash"], anchor["time"], anchor["position"]) == (
            entry.subject.hex(), entry.tx_hash.hex(), entry.block_hash.hex(), entry.time, entry.position,
        )  # fmt: skip
    return states


def shown(view: Store) -> list[dict[str, Any]]:
    """All batches as the API describes them."""
    with view.read() as session:
        rows = session.scalars(select(Batch).order_by(Batch.number)).all()
        return list(batches._describe(session, rows))


def _copy(view: Store, rebuilt: Store) -> None:
    with view.read() as source, rebuilt.begin() as target:
        for model in KEPT:
            table = model.__table__
            for row in source.execute(select(table)).mappings():
                if model is Batch and row["state"] != batches.SEALED:
                    continue
                kept = {name: value for name, value in row.items() if name not in (*SEEN, "achievement_id")}
                target.execute(table.insert().values(kept))


def _told(store: Store, count: int) -> dict[str, Any]:
    """What a database holds of the first `count` anchors, and of issuers and keys on the chain."""
    with store.read() as session:
        queries = {
            "anchored": select(
                Anchored.number, Anchored.root, Anchored.position, Anchored.tx_hash,
                Anchored.block_number, Anchored.block_hash, Anchored.block_time,
            ).order_by(Anchored.number),
            "anchors": select(Anchor.number, Anchor.root, Anchor.status_root, Anchor.size)
            .where(Anchor.number <= count).order_by(Anchor.number),
            "lists": select(AnchorList.anchor_number, AnchorList.position, AnchorList.list_id, AnchorList.version)
            .where(AnchorList.anchor_number <= count).order_by(AnchorList.anchor_number, AnchorList.position),
            "batches": select(Batch.number, Batch.root, Batch.anchor_number, Batch.anchor_index)
            .where(Batch.anchor_number <= count).order_by(Batch.number),
            "issuers": select(Issuer.id, Issuer.chain_added_at, Issuer.chain_suspended).order_by(Issuer.id),
            "keys": select(
                IssuerKey.key_id, IssuerKey.chain_added_at, IssuerKey.chain_revoked_at, IssuerKey.chain_compromised_at
            ).order_by(IssuerKey.key_id),
        }  # fmt: skip
        return {name: [tuple(row) for row in session.execute(query)] for name, query in queries.items()}


def _final(store: Store) -> set[tuple[int, bytes]]:
    with store.read() as session:
        rows = session.execute(select(Anchored.number, Anchored.block_hash).where(Anchored.final.is_(True)))
        return {(number, block_hash) for number, block_hash in rows}
