"""Alarms: what an operator must look at. One stands from the tick that finds it to the tick that no longer does.

Each edge is written to the outbox of notices (`notices.py`) in the same transaction: none is told that did not happen,
and none happens untold.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from registry.store import notices
from registry.store.engine import Store
from registry.store.lease import Held, fence
from registry.store.tables import Alarm

NO_PROGRESS = "no-progress"
"""The one alarm that no tick can raise: it says that there are none."""

AT_ONCE = 0
SOON = 120
"""Seconds that something must last before it is told: prices and balances come right by themselves."""


@dataclass(frozen=True)
class Kind:
    """What an alarm means. `stops`: nothing is anchored while it stands; `blocks`: nothing new can be sent.

    `patience` is how many seconds it must stand before a notice goes out; None: it is not told by itself, since it
    comes and goes with every node's hiccup, and when it stays `no-progress` follows and tells its detail.
    """

    title: str
    remedy: str
    stops: bool = False
    blocks: bool = False
    patience: int | None = AT_ONCE


KINDS: dict[str, Kind] = {
    NO_PROGRESS: Kind(
        "the worker has not had a good look at the chain for too long",
        "See that a worker runs, and that its nodes and its database answer (`credanchor status`)",
    ),
    "anchor-late": Kind(
        "an anchor has not got into a block for too long",
        "See what the nodes answered (`credanchor status`), raise max_fee_gwei, or name other nodes",
    ),
    "admission-due": Kind(
        "a sealed batch is in no block, and the time that its receipt promises is nearly over",
        "See what holds the anchor up (`credanchor status`): who has the receipt can prove that it was not kept",
    ),
    "root-conflict": Kind(
        "chain and database hold different roots for the same anchor",
        "Stop all workers and find out who used the operator's key, or which second database serves this contract",
        stops=True,
    ),
    "unknown-anchor": Kind(
        "the chain holds an anchor that this database does not know",
        "Restore the newest copy of the database, or find out who used the operator's key",
        stops=True,
    ),
    "finalized-changed": Kind(
        "a block that was final has been replaced",
        "Name a node on the right chain; nothing is anchored until one shows the block that was final before",
        stops=True,
    ),
    "nodes-disagree": Kind(
        "two nodes contradict each other about a final block",
        "Find out which node lies or is on a fork, and remove it from rpc_urls",
        stops=True,
    ),
    "wrong-chain": Kind("a node serves another chain", "Name a node of the right chain in rpc_urls", stops=True),
    "wrong-contract": Kind(
        "the code at the contract's address is not the registry's",
        "Name a node of the right chain, or the right deployment",
        stops=True,
    ),
    "wrong-binding": Kind(
        "the database belongs to another contract than the worker is configured for",
        "Start the worker with the database or the deployment that fits",
        stops=True,
    ),
    "registry-closed": Kind(
        "the registry contract was closed", "Issue in its successor (`credanchor migrate-registry`)", stops=True
    ),
    "unreachable": Kind("no node gives a usable answer", "See that the nodes in rpc_urls answer", patience=None),
    "worker-trouble": Kind("a tick failed", "The worker's log says more", patience=None),
    "final-unconfirmed": Kind(
        "too few nodes confirm the final block", "See that all nodes in rpc_urls answer and keep up", patience=None
    ),
    "low-balance": Kind(
        "the operator's account pays for fewer than 30 more anchors", "Send it more ether", patience=SOON
    ),
    "insufficient-funds": Kind("an account cannot pay", "Send it more ether", blocks=True, patience=SOON),
    "fee-cap": Kind(
        "it takes more than the cap to get a transaction into a block",
        "Wait for lower prices, or raise max_fee_gwei",
        blocks=True,
        patience=SOON,
    ),
    "nonce-used": Kind(
        "the operator's account sent something that is not ours, or a transaction failed",
        "Find out who has the operator's key; replace it if it was not you",
    ),
    "not-operator": Kind(
        "the operator's account may not anchor", "Give it the role OPERATOR in the contract", blocks=True
    ),
    "anchor-refused": Kind("the contract refuses the anchor", "The detail says why", blocks=True, patience=SOON),
    "estimate-refused": Kind(
        "the node refuses to try the transaction out", "The detail says why", blocks=True, patience=SOON
    ),
    "signer-trouble": Kind(
        "a signer cannot be asked, refuses, or signs something else",
        "See that the signer answers and has the right key; the detail says what it did", blocks=True, patience=SOON,
    ),
    "transaction-refused": Kind(
        "the nodes refuse the transaction", "The detail says why; other nodes may have other limits", blocks=True,
        patience=SOON,
    ),
    "registrar-refused": Kind(
        "the contract refuses a step of the registrar", "Give its account the role REGISTRAR, or see the detail",
        patience=SOON,
    ),
    "key-of-another": Kind(
        "a key belongs to another issuer on the chain", "Revoke it here and add another one for this issuer"
    ),
    "log-unread": Kind(
        "the contract's log cannot be read from the node, so its copy is not complete",
        "Name a node in rpc_urls that keeps old logs; anchoring goes on meanwhile", patience=SOON,
    ),
    "log-differs": Kind(
        "the copy of the contract's log did not lead to the contract's head; it is read again, and nothing was signed",
        "Find out who writes to the database",
    ),
    "checkpoint-conflict": Kind(
        "a checkpoint that was signed is not of the contract's log; no other is signed while this stands",
        "Find out who has the database or the registry's key; tell who follows the log",
    ),
    "batch-in-vain": Kind(
        "the credentials of a batch will not be valid though it is anchored", "Issue them again, as the detail says"
    ),
}  # fmt: skip
"""Every code that the product raises; a test holds the list against the source."""


def kind(code: str) -> Kind:
    """What an alarm means; of a code from another version, only that it stands."""
    return KINDS.get(code) or Kind("an alarm of another version of this program", "The detail says more")


def set_alarms(store: Store, held: Held, alarms: Mapping[str, str], *, complete: bool) -> tuple[set[str], set[str]]:
    """Raise `alarms` (code -> detail). `complete`: everything was looked at, so what is not among them is over.

    Returns the codes that were raised and those that are over. Raises LeaseLost.
    """
    with store.read() as session:
        known = {row.code: row.detail for row in session.scalars(select(Alarm))}
    if all(known.get(code) == detail for code, detail in alarms.items()) and not (complete and known.keys() - alarms):
        return set(), set()
    with store.begin() as session:
        fence(session, held)
        rows = {row.code: row for row in session.scalars(select(Alarm))}
        for code, detail in alarms.items():
            if code in rows:
                rows[code].detail = detail
            else:
                _raise(session, code, detail, store.now())
        over = rows.keys() - alarms.keys() if complete else set()
        for code in over:
            row = rows[code]
            notices.cleared(session, code, row.detail, since=row.raised_at, now=store.now())
            session.delete(row)
        return alarms.keys() - rows.keys(), over


def raise_alone(store: Store, code: str, detail: str) -> bool:
    """Raise one alarm without the lease, for what is noticed from outside the worker; False when it stands already."""
    with store.read() as session:
        if session.get(Alarm, code) is not None:
            return False
    try:
        with store.begin() as session:
            _raise(session, code, detail, store.now())
    except IntegrityError:  # another process was faster
        return False
    return True


def _raise(session: Session, code: str, detail: str, now: int) -> None:
    session.add(Alarm(code=code, detail=detail, raised_at=now))
    patience = kind(code).patience
    if patience is not None:
        notices.raised(session, code, detail, now=now, patience=patience)
