"""Brings issuers and keys in the contract to what the database wants, one transaction at a time.

Nothing about these transactions is stored: each is a step from what the contract says now to what is wanted, and the
contract refuses every repetition. If the process dies after a send, the next look shows whether it was mined.
All of them use the nonce that is next on the chain, so at most one is in flight.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from anchor.contract import ISSUER_ADDED, KEY_COMPROMISED, Key
from anchor.errors import Reverted
from anchor.jsonrpc import RpcError
from anchor.node import at
from anchor.signer import Signed, Signer, Transaction, sign
from anchor.worker.answers import Meaning, meaning
from anchor.worker.fees import Fees
from anchor.worker.observe import Observation
from anchor.worker.round import Round
from registry.format import entries
from registry.store import registering
from registry.store.registering import Facts, IssuerFacts, KeyFacts, Wanted
from registry.store.standing import InVain
from registry.store.tables import Issuer, IssuerKey

MAX_TRIES = 10
"""Steps tried in one tick until one can be sent: a step that the contract refuses must not block the others."""

COMPROMISE_GAS = 250_000
"""Allowed for a mark that cannot be tried out beforehand; it uses half of it at most."""

MAX_NAMED = 20
"""Batches named one by one in an alarm; more are counted."""

_NO_REASON = bytes(32)


@dataclass(frozen=True)
class Step:
    """A call of the contract that brings it nearer to what is wanted."""

    function: str
    arguments: tuple[object, ...]
    about: str
    gas: int | None = None  # None: try it out on the newest block


@dataclass(frozen=True)
class _Sent:
    """The transaction that was sent last: to send it again, or a dearer one when it waits too long."""

    step: Step
    signed: Signed
    block: int
    answer: str | None


class Registrar:
    """One per worker. What it keeps in memory saves reads and fees; without it everything is read and sent again."""

    def __init__(self, signer: Signer) -> None:
        self._signer = signer
        self._known: set[bytes] | None = None  # subjects changed in blocks that were not final; None: read all
        self._sent: _Sent | None = None

    def forget(self) -> None:
        """Read everything anew next time: a tick was missed."""
        self._known = None

    def reconcile(self, work: Round) -> None:
        """Record what the contract says at the block that was looked at, then send the next step if there is one."""
        wanted = registering.wanted(work.store)
        if registering.record(work.store, work.held, self._read(work, wanted), wanted):
            wanted = registering.wanted(work.store)
        if wanted.in_vain:
            work.alarm("batch-in-vain", _told(wanted.in_vain))
        self._known = _subjects(work.seen)
        if not work.seen.tip.closed:
            self._advance(work, wanted)

    def _read(self, work: Round, wanted: Wanted) -> Facts:
        """Ask the contract about everything that may have changed: every change of it is an entry of its log."""
        doubtful = None if self._known is None else self._known | _subjects(work.seen)
        self._known = None  # until this look is recorded

        def asked(subject: bytes, settled: bool) -> bool:
            return doubtful is None or subject in doubtful or not settled

        issuers = [row for row in wanted.issuers if asked(entries.issuer_id(row.did), _issuer_settled(row))]
        keys = [row for row in wanted.keys if asked(row.key_id, row.chain_added_at is not None)]
        named = {row.id: entries.issuer_id(row.did) for row in wanted.issuers}

        def read(view: str, *arguments: object) -> tuple[str, list[object]]:
            return work.contract.read(work.seen.latest.hash, view, *arguments)

        calls = [read("issuerOf", named[row.id]) for row in issuers]
        calls += [read("keyOf", row.key_id) for row in keys]
        calls += [read("suspendedAt", named[moment.issuer_id], moment.time) for moment in wanted.moments]
        answers = iter([work.node.data(answer) for answer in work.node.ask(calls)] if calls else [])
        found_issuers = {row.id: IssuerFacts(*work.contract.answer("issuerOf", next(answers))) for row in issuers}
        found_keys = {}
        for row in keys:
            key = work.contract.key(next(answers))
            if key.added_at and key.issuer != named[row.issuer_id]:
                work.alarm("key-of-another", f"Key {row.key_id.hex()} belongs to another issuer on the chain")
                key = Key(bytes(32), 0, 0, 0)  # for its issuer here it is not there: nothing is signed with it
            found_keys[row.key_id] = KeyFacts(key.added_at, key.revoked_at, key.compromised_at)
        suspended = {moment: bool(work.contract.answer("suspendedAt", next(answers))[0]) for moment in wanted.moments}
        return Facts(found_issuers, found_keys, suspended)

    def _advance(self, work: Round, wanted: Wanted) -> None:
        steps = list(_steps(wanted, work.seen.latest.time))
        if not steps:
            self._sent = None
            return
        address = "0x" + self._signer.address.hex()
        nonce = work.node.quantity(
            work.node.ask([("eth_getTransactionCount", [address, at(work.seen.latest.hash)])])[0]
        )
        for step in steps[:MAX_TRIES]:
            signed = self._signed(work, step, nonce)
            if signed is None:
                continue
            answer = work.broadcast(signed.raw)
            block = work.seen.latest.number
            if self._sent is not None and self._sent.signed == signed:
                block = self._sent.block
            else:
                work.report.signed.append(step.about)
                work.report.note("registrar's transaction sent", about=step.about, tx=signed.hash, nonce=nonce)
            self._sent = _Sent(step, signed, block, answer)
            return

    def _signed(self, work: Round, step: Step, nonce: int) -> Signed | None:
        """The transaction for a step: the one that was sent before, a dearer one, or a new one. None: not this step."""
        sent = self._sent
        if sent is None or sent.step != step or sent.signed.transaction.nonce != nonce:
            # Another transaction may hold the nonce, from before a restart or for another step: then pay more than it.
            outbid = sent is not None and sent.signed.transaction.nonce == nonce
            return self._sign(work, step, nonce, sent.signed.transaction if outbid and sent else None)
        waited = work.seen.latest.number - sent.block >= work.config.bump_after_blocks
        short = meaning(sent.answer) in (Meaning.OUTBID, Meaning.UNDERPRICED)
        if short or (waited and work.node.is_pending(sent.signed.hash)):
            return self._sign(work, step, nonce, sent.signed.transaction) or sent.signed
        return sent.signed

    def _sign(self, work: Round, step: Step, nonce: int, outbid: Transaction | None) -> Signed | None:
        price = work.bumped(Fees(outbid.max_fee, outbid.max_tip)) if outbid else work.market()
        if price is None:
            return None
        payload = work.contract.calldata(step.function, *step.arguments)
        try:
            gas = step.gas or work.gas(self._signer.address, payload)
        except Reverted as refusal:
            work.alarm("registrar-refused", f"{step.about}: {refusal}")
            return None
        except RpcError as refusal:
            if meaning(refusal.message) is Meaning.FUNDS:
                work.funds(f"The registrar: {refusal.message}")
            else:
                work.alarm("estimate-refused", f"{step.about}: {refusal}")
            return None
        return sign(
            self._signer,
            Transaction(work.config.chain_id, nonce, work.contract.address, gas, price.max_fee, price.max_tip, payload),
        )


def _subjects(seen: Observation) -> set[bytes]:
    return {entry.subject for entry in seen.entries if ISSUER_ADDED <= entry.kind <= KEY_COMPROMISED}


def _told(batches: tuple[InVain, ...]) -> str:
    """The alarm's text: who must act, on which batches, and how."""
    reasons: dict[tuple[str, str], list[InVain]] = {}
    for batch in batches:
        reasons.setdefault((batch.issuer_id, batch.problem), []).append(batch)
    lines = []
    for (issuer_id, problem), found in reasons.items():
        named = ", ".join(f"{batch.number} ({batch.batch_id})" for batch in found[:MAX_NAMED])
        more = f" and {len(found) - MAX_NAMED} more" if len(found) > MAX_NAMED else ""
        lines.append(f"Issuer {issuer_id}, batch {named}{more}: {problem}")
    return "\n".join(lines)


def _issuer_settled(row: Issuer) -> bool:
    return row.chain_added_at is not None and row.suspended == row.chain_suspended


def _steps(wanted: Wanted, now: int) -> Iterator[Step]:
    """What is to be done: distrust first, then suspend, then add, and revoke last, when a successor is in."""
    issuers = {row.id: row for row in wanted.issuers}
    yield from _distrust(wanted.keys, now)
    yield from _suspensions(wanted.issuers)
    for issuer in wanted.issuers:
        if issuer.chain_added_at is None:
            yield Step("addIssuer", (issuer.did,), f"add issuer {issuer.id}")
    for key in wanted.keys:
        ended = (key.revoke or key.compromised_since is not None) and key.key_id not in wanted.awaited
        if key.chain_added_at is None and not ended and issuers[key.issuer_id].chain_added_at is not None:
            yield Step(
                "addKey", (entries.issuer_id(issuers[key.issuer_id].did), key.multikey), f"add key {key.key_id.hex()}"
            )
    for key in wanted.keys:
        # An orderly end waits for what the key has sealed; a compromised key does not come here.
        if key.revoke and key.chain_added_at and not key.chain_revoked_at and key.key_id not in wanted.awaited:
            yield Step("revokeKey", (key.key_id,), f"revoke key {key.key_id.hex()}")


def _distrust(keys: tuple[IssuerKey, ...], now: int) -> Iterator[Step]:
    for key in keys:
        if key.compromised_since is None or key.chain_added_at is None:
            continue
        # Never before the key, never in the future: the contract takes no other times. The newest block of a chain at
        # rest is old; the next one is later than it, and what is in it already stays trusted.
        since = max(min(key.compromised_since, now + 1), key.chain_added_at)
        if key.chain_compromised_at is None or since < key.chain_compromised_at:
            about = f"mark key {key.key_id.hex()} as compromised"
            yield Step("markCompromised", (key.key_id, since), about, COMPROMISE_GAS if since > now else None)


def _suspensions(issuers: tuple[Issuer, ...]) -> Iterator[Step]:
    for issuer in issuers:
        if issuer.chain_added_at is not None and issuer.suspended != issuer.chain_suspended:
            function = "suspendIssuer" if issuer.suspended else "reinstateIssuer"
            about = ("suspend" if issuer.suspended else "reinstate") + f" issuer {issuer.id}"
            yield Step(function, (entries.issuer_id(issuer.did), _NO_REASON), about)
