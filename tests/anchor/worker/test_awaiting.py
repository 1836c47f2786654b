"""The sentence that says what the worker waits for, in every state that a real worker on a real chain can be in."""

import ast
import hashlib
from pathlib import Path

import pytest
from sqlalchemy import text

import anchor
import registry
from anchor.errors import Unreachable
from registry.format.anchorproof import rfc3339
from registry.store import alarms, issuers, keys
from registry.store.awaiting import STATES, Awaited, awaiting, gwei
from registry.store.engine import Store
from registry.store.situation import situation
from registry.store.tables import Alarm, Anchor
from tests.support import sealed
from tests.support.lies import answers, honest
from tests.support.market import base_fee, full_block, leave, raise_base_fee
from tests.support.worksite import OPERATOR, VAULT, Site

CAP = 2


def told(site: Site, **options: int) -> Awaited:
    found = awaiting(situation(site.view), **options)
    assert found.state in STATES
    assert "\n" not in found.sentence
    return found


def raised_at(site: Site, code: str) -> str:
    with site.view.read() as session:
        return rfc3339(session.get_one(Alarm, code).raised_at)


def test_from_the_sealed_batch_to_the_next_heartbeat_each_step_is_told(site: Site) -> None:
    assert told(site).sentence == "nothing to anchor yet"
    site.seal()
    assert told(site).state == "key"  # as far as the last look saw
    site.worker.tick()
    found = told(site)
    assert (found.state, found.anchor) == ("sent", 1)
    assert found.sentence.startswith(f"anchor 1: sent 1 time since {rfc3339(site.attempts()[0].sent_at or 0)}, not in")
    assert f"the base fee is {gwei(base_fee(site))} gwei" in found.sentence
    site.mine()
    site.worker.tick()
    found = told(site)
    block = found.facts["block"]
    assert found.sentence == f"anchor 1: in block {block}, 1 block deep; final when block {block} is (now {block - 1})"
    site.mine()
    site.worker.tick()
    with site.view.read() as session:
        due = session.get_one(Anchor, 1).created_at + int(site.config.heartbeat_seconds)
    assert told(site).sentence == f"nothing to anchor, next heartbeat at {rfc3339(due)}"
    assert not told(site).act
    site.seal()
    site.seal()
    assert told(site).sentence == "anchor 2: 2 sealed batches to be put into it with the next look"


def test_above_the_cap_the_sentence_has_both_numbers_and_since_when(site: Site) -> None:
    site.worker = site.rival(max_fee_gwei=CAP)
    site.seal()
    raise_base_fee(site, CAP * 10**9)
    site.worker.tick()
    fees = f"base fee {gwei(base_fee(site))} gwei above cap {CAP} gwei since {raised_at(site, 'fee-cap')}"
    assert told(site).sentence == f"anchor 1: not sent yet, {fees}"
    assert told(site).facts["base_fee_wei"] == base_fee(site)


def test_how_often_it_was_sent_counts_the_dearer_ones_and_not_the_repetitions(site: Site) -> None:
    site.worker = site.rival(max_fee_gwei=CAP * 2)
    site.seal()
    site.worker.tick()
    for _ in range(5):
        full_block(site)
        site.worker.tick()
    assert len(site.attempts()) == 2
    assert told(site).sentence.startswith("anchor 1: sent 2 times since ")
    raise_base_fee(site, CAP * 2 * 10**9)
    site.worker.tick()
    assert told(site).state == "fee-cap"
    assert told(site).sentence.startswith(
        f"anchor 1: sent 2 times, base fee {gwei(base_fee(site))} gwei above cap 4 gwei"
    )


def test_what_is_signed_and_reaches_no_node_is_not_called_sent(site: Site) -> None:
    site.rpc.tamper = answers({"eth_sendRawTransaction": Unreachable("http://node", "test")})
    site.seal()
    site.worker.tick()
    assert told(site).state == "to-send"
    assert "signed, no node has accepted it yet (last answer: no answer)" in told(site).sentence
    with site.view.begin() as session:
        session.execute(text("DELETE FROM attempt"))  # as after a crash before TX2
    assert told(site).state == "to-sign"


def test_an_account_that_cannot_pay_blocks_and_somebody_must_act(site: Site) -> None:
    leave(site, OPERATOR, 10**9)
    site.seal()
    site.worker.tick()
    found = told(site)
    assert (found.state, found.act, found.facts["alarm"]) == ("blocked", True, "insufficient-funds")
    assert "an account cannot pay since" in found.sentence


def test_an_alarm_that_stops_the_worker_is_named_and_leaves_with_it(site: Site) -> None:
    site.seal()
    site.worker.tick()
    site.rpc.tamper = answers({"eth_chainId": "0x1"})
    site.worker.tick()
    found = told(site)
    since = raised_at(site, "wrong-chain")
    assert found.sentence == f"stopped by alarm wrong-chain since {since}: a node serves another chain"
    assert found.act
    site.rpc.tamper = honest
    site.worker.tick()
    assert told(site).state == "sent"


def test_a_worker_that_is_gone_is_told_from_one_that_gets_no_answers(site: Site) -> None:
    site.worker.tick()
    site.rpc.tamper = answers(
        dict.fromkeys(("eth_chainId", "eth_getBlockByNumber"), Unreachable("http://node", "down"))
    )
    site.worker.tick()
    now = site.view.now()
    assert told(site).state == "sent"  # one bad look is nothing
    site.view.clock = lambda: now + 600
    with site.view.begin() as session:
        session.execute(text("UPDATE lease SET expires = :soon"), {"soon": now + 590})  # renewed by what pauses now
    found = told(site)
    assert found.state == "no-answers"
    assert "the last was 10 min ago" in found.sentence
    assert "http://node" in found.sentence
    site.expire_lease()
    found = told(site)
    assert (found.state, found.act) == ("no-worker", True)
    assert found.sentence.startswith("no worker has been alive for 10 min, since ")


def test_issuers_and_keys_are_waited_for_until_their_keys_are_final(site: Site) -> None:
    issuers.add_issuer(site.view, "academy", "did:web:academy.example", {"name": "Academy"})
    keys.add_hosted_key(site.view, VAULT, "academy", secret=hashlib.sha256(b"academy").digest())
    assert told(site).state == "registrar"
    assert told(site).sentence.startswith("issuer academy: the registrar writes it")
    sealed.seal(site.view, issuer="academy")
    seen: dict[str, Awaited] = {}
    for _ in range(6):
        site.worker.tick()
        seen.setdefault(told(site).state, told(site))
        site.mine()
    assert seen["key"].facts == {"issuer": "academy", "batches": 1}
    assert "batch 1 waits until its issuer's key is final: it was added at " in seen["key"].sentence
    site.settle()
    assert told(site).state == "idle"


def test_a_database_without_a_contract_or_a_worker_says_so(sqlite_store: Store, site: Site) -> None:
    assert awaiting(situation(sqlite_store)).state == "not-deployed"
    site.expire_lease()
    with site.view.begin() as session:
        session.execute(text("DELETE FROM cursor"))
    assert told(site).sentence == "no worker has looked at the chain yet; run `credanchor worker`"


def codes_in_the_source() -> set[str]:
    """The first argument of every call that raises an alarm, and what `_code` gives."""
    found: set[str] = set()
    for package in (Path(anchor.__file__).parent / "worker", Path(registry.__file__).parent / "store"):
        for path in package.glob("*.py"):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.Call) and node.args:
                    name = getattr(node.func, "attr", getattr(node.func, "id", ""))
                    first = node.args[0]
                    if name in ("alarm", "Halted", "Contradiction") and isinstance(first, ast.Constant):
                        found.add(str(first.value))
                if isinstance(node, ast.FunctionDef) and node.name == "_code":
                    returned = (one.value for one in ast.walk(node) if isinstance(one, ast.Return))
                    found |= {str(one.value) for one in returned if isinstance(one, ast.Constant)}
    return found


def test_every_alarm_that_can_be_raised_has_a_title_a_remedy_and_no_other_has() -> None:
    found = codes_in_the_source()
    assert {"fee-cap", "root-conflict", "unreachable"} <= found
    assert found | {alarms.NO_PROGRESS, "final-unconfirmed"} == alarms.KINDS.keys()


@pytest.mark.parametrize(("wei", "shown"), [(41 * 10**9, "41"), (125_000_000, "0.125"), (7, "0"), (10**13, "10000")])
def test_fees_are_shown_in_gwei(wei: int, shown: str) -> None:
    assert gwei(wei) == shown
