"""Brings the next anchor forward by one step: decide, sign, store, send. Nothing here is remembered between ticks.

The only number that the contract accepts is its count plus one, so there is one anchor in flight, whatever the database
or the pool holds. Nonces matter for progress alone: a stale or repeated transaction is refused by the contract.
"""

from collections.abc import Sequence

from anchor.errors import Reverted
from anchor.jsonrpc import RpcError
from anchor.signer import Signed, Signer, Transaction, sign
from anchor.worker.answers import WINS, Meaning, meaning
from anchor.worker.fees import Fees
from anchor.worker.round import ANCHOR_GAS, RESERVE_ANCHORS, Round
from registry.format.anchorproof import rfc3339
from registry.store import admission, anchoring
from registry.store.anchoring import NewAttempt
from registry.store.tables import Anchor, Attempt

MAX_ANSWER = 300
"""Characters kept of a node's answer."""

LATE_SECONDS = 1800
"""An anchor that has waited so long for a block is told: 150 blocks, at a price that was right for the next one."""

OUTRUN = ("AlreadyAnchored", "WrongNumber")
"""The contract is further than our look at it: the next look shows it."""


def push(work: Round, operator: Signer) -> None:
    """Decide on the next anchor if there is something to anchor, and see to it that its transaction is on its way."""
    seen = work.seen
    _watch_promises(work)
    if seen.tip.closed:
        work.alarm("registry-closed", "The registry contract was closed; nothing can be anchored in it any more")
        return
    _watch_balance(work)  # also when nothing is to be anchored: else the alarm would be gone before anybody sees it
    plan = anchoring.plan(
        work.store,
        seen.tip.anchors + 1,
        operator.address,
        final_time=seen.final.time,
        heartbeat=work.config.heartbeat_seconds,
    )
    anchor = plan.anchor
    if anchor is None:
        if not plan.due:
            return
        anchor = anchoring.create_anchor(work.store, work.held, plan.number, final_time=seen.final.time)
        work.report.created = plan.number
        work.report.note("anchor created", anchor=plan.number, root=anchor.root, batches=anchor.size - 1)
    elif work.store.now() - anchor.created_at > LATE_SECONDS:
        work.alarm(
            "anchor-late", f"Anchor {anchor.number} waits for a block for more than {LATE_SECONDS // 60} minutes"
        )
    attempt = _attempt(work, operator, anchor, plan.attempts)
    if attempt is not None:
        _send(work, attempt)


def _watch_promises(work: Round) -> None:
    """Alarm while a batch is in no block, though what its receipt promises is nearly over."""
    owed = admission.owed(work.store)
    if owed is not None:
        detail = f"Batch {owed.batch} is in no block yet; its receipt promises an anchor by {rfc3339(owed.anchor_by)}"
        work.alarm("admission-due", detail)


def _attempt(work: Round, operator: Signer, anchor: Anchor, attempts: Sequence[Attempt]) -> Attempt | NewAttempt | None:
    """The transaction to send now: a stored one, or a new one that is stored first. None while there cannot be one."""
    nonce = work.seen.nonce
    if any(attempt.nonce < nonce for attempt in attempts):
        detail = f"Nonce {nonce - 1} of 0x{operator.address.hex()} was used, but not for anchor {anchor.number}"
        work.alarm("nonce-used", f"{detail}. Somebody else has the key, or the transaction failed")
    mine = [attempt for attempt in attempts if attempt.nonce == nonce]
    if not mine:
        # First try, or the nonce was used by something else, or a reorganisation or a lost table left a gap below
        # the transactions that exist. The contract's compare-and-set makes it safe to sign another one in each case.
        market = work.market()
        return _signed(work, operator, anchor, market) if market else None
    newest = mine[-1]
    if not _needs_more(work, newest):
        return newest
    dearer = work.bumped(Fees(int(newest.max_fee), int(newest.max_tip)))
    if dearer is None:
        return newest  # it stays valid: prices may fall
    return _signed(work, operator, anchor, dearer) or newest


def _needs_more(work: Round, attempt: Attempt) -> bool:
    """Whether to pay more: it was refused for its price, or it is priced out, or it is *seen* waiting for too long.

    One that no node shows is only sent again: bumping blindly while sends get lost would multiply the fee.
    """
    if meaning(attempt.last_answer) in (Meaning.OUTBID, Meaning.UNDERPRICED):
        return True
    if int(attempt.max_fee) < work.seen.latest.base_fee:
        return True
    waited = work.seen.latest.number - attempt.created_block
    return waited >= work.config.bump_after_blocks and work.node.is_pending(attempt.tx_hash)


def _signed(work: Round, operator: Signer, anchor: Anchor, price: Fees) -> NewAttempt | None:
    """Sign and store. None, with the reason as an alarm, when the contract or the node would refuse it anyway."""
    payload = work.contract.calldata("anchor", anchor.number, anchor.root)
    try:
        gas = work.gas(operator.address, payload)
    except Reverted as refusal:
        _explain(work, refusal)
        return None
    except RpcError as refusal:
        if meaning(refusal.message) is Meaning.FUNDS:
            work.funds(refusal.message)
        else:
            work.alarm("estimate-refused", str(refusal))
        return None
    transaction = Transaction(
        work.config.chain_id, work.seen.nonce, work.contract.address, gas, price.max_fee, price.max_tip, payload
    )
    signed: Signed = sign(operator, transaction)  # outside any database transaction: a signer may be slow
    attempt = NewAttempt(
        tx_hash=signed.hash,
        anchor_number=anchor.number,
        sender=signed.sender,
        nonce=transaction.nonce,
        max_fee=price.max_fee,
        max_tip=price.max_tip,
        raw=signed.raw,
        created_block=work.seen.latest.number,
    )
    anchoring.store_attempt(work.store, work.held, attempt)
    work.report.signed.append(f"anchor {anchor.number}")
    work.report.note(
        "transaction signed", anchor=anchor.number, tx=attempt.tx_hash, nonce=attempt.nonce, max_fee_wei=price.max_fee
    )
    return attempt


def _send(work: Round, attempt: Attempt | NewAttempt) -> None:
    """Send what is stored, and keep the answer. It says whether to pay more; the chain says whether it was anchored."""
    answer = work.broadcast(attempt.raw)
    text = "no answer" if answer is None else (answer or Meaning.ACCEPTED.value)[:MAX_ANSWER]
    if not isinstance(attempt, Attempt) or attempt.last_answer != text:
        accepted = meaning(answer) in WINS
        work.report.note(
            "transaction sent", anchor=attempt.anchor_number, tx=attempt.tx_hash, answer=meaning(answer).value
        )
        anchoring.note_answer(work.store, work.held, attempt.tx_hash, text, accepted=accepted)


def _explain(work: Round, refusal: Reverted) -> None:
    if refusal.name in OUTRUN:
        return
    if refusal.name == "AccessControlUnauthorizedAccount":
        work.alarm("not-operator", f"The operator's account may not anchor: {refusal}")
    else:
        work.alarm("anchor-refused", str(refusal))


def _watch_balance(work: Round) -> None:
    need = RESERVE_ANCHORS * ANCHOR_GAS * (work.seen.latest.base_fee + work.config.min_tip)
    if work.seen.balance < need:
        detail = (
            f"The operator holds {work.seen.balance} wei, less than {RESERVE_ANCHORS} anchors cost now ({need} wei)"
        )
        work.alarm("low-balance", detail)
