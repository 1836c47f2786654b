"""A batch whose key or issuer is lost after sealing is anchored in vain, and says so as verifiers will."""

from collections.abc import Callable
from itertools import product

import pytest

from registry.store import batches, health, issuers, keys, registering, standing
from registry.store.sealing import Sealer
from registry.store.tables import Anchored, Batch, Issuer, IssuerKey, Standing
from registry.verify import ChainFacts
from tests.support.registered import Registered


def problem(registered: Registered, batch_id: str) -> str:
    return str(batches.state_of(registered.store, batch_id)["problem"] or "")


def waiting_in_vain(registered: Registered) -> list[str]:
    return [one.batch_id for one in registering.wanted(registered.store).in_vain]


def judge(registered: Registered, suspended: bool) -> list[standing.Moment]:
    """What the registrar does with the contract's answers; returns what it asked about."""
    with registered.store.begin() as session:
        moments = standing.moments_not_judged(session)
        standing.judge(session, dict.fromkeys(moments, suspended))
    return moments


def test_the_problem_of_an_anchored_batch_is_the_verifiers_rule_for_keys() -> None:
    """Every order of times, also equal ones; `wanted` is a compromise that is not in the contract yet."""
    fields = dict.fromkeys(ChainFacts.__annotations__, 0) | {"chain_id": 1}
    outcomes = []
    for added, revoked, compromised, wanted, time in product((2, 3), (0, 2, 4), (0, 3, 4), (0, 1, 3, 5), range(1, 6)):
        if not wanted and compromised:
            continue  # the contract knows it from us
        key = IssuerKey(
            chain_added_at=added,
            chain_revoked_at=revoked or None,
            chain_compromised_at=compromised or None,
            compromised_since=wanted or None,
        )
        # The registrar brings it to the contract like this; it only moves earlier, and not before the key.
        known = [since for since in (compromised, wanted and max(wanted, added)) if since]
        times = {"key_added_at": added, "key_revoked_at": revoked, "key_compromised_at": min(known, default=0)}
        facts = ChainFacts(**(fields | times))  # type: ignore[arg-type]
        found = standing._key_then(key, time)
        assert (found == "") == facts.key_valid_at(time), (times, time, found)
        outcomes.append(found == "")
    assert min(outcomes.count(True), outcomes.count(False)) > 30


@pytest.mark.parametrize("when", ["sealed", "included", "final"])
def test_a_key_that_turns_out_compromised_takes_its_batches_with_it_at_any_time(
    registered: Registered, when: str
) -> None:
    batch_id, _ = registered.sealed(1)
    if when != "sealed":
        registered.now += 60
        registered.anchor(final=when == "final")
    before = registered.now
    registered.now += 60
    assert (problem(registered, batch_id), waiting_in_vain(registered)) == ("", [])
    later, _ = registered.sealed(1, first=1)
    keys.add_hosted_key(registered.store, registered.vault, "uni")
    # One second after an anchor that exists: nothing of that anchor is touched, and what comes later is.
    keys.mark_compromised(registered.store, registered.vault, registered.key.key_id, before + 1)
    assert (problem(registered, batch_id) == "") == (when != "sealed")
    assert "compromised" in problem(registered, later)
    keys.mark_compromised(registered.store, registered.vault, registered.key.key_id, before)
    said = problem(registered, batch_id)
    assert "compromised from" in said
    assert ("will never be valid" in said) == (when == "sealed")
    assert "Issue them again" in said
    assert waiting_in_vain(registered) == ([later] if when == "final" else [batch_id, later])


def test_a_key_revoked_on_the_chain_too_early_and_one_that_only_shall_be_revoked_differ(registered: Registered) -> None:
    batch_id, _ = registered.sealed(1)
    keys.add_hosted_key(registered.store, registered.vault, "uni")
    keys.revoke_key(registered.store, registered.vault, registered.key.key_id)
    assert problem(registered, batch_id) == ""  # the registrar waits for the batch
    with registered.store.begin() as session:
        session.get_one(IssuerKey, registered.key.key_id).chain_revoked_at = registered.now
    assert "revoked" in problem(registered, batch_id)


def test_a_suspension_counts_for_a_batch_only_if_it_was_in_force_when_it_was_anchored(registered: Registered) -> None:
    store = registered.store
    early, _ = registered.sealed(1)
    registered.anchor(final=False)
    late, _ = registered.sealed(1, first=1)
    issuers.set_suspended(store, "uni", True)
    assert "not known yet" in problem(registered, early)
    assert "Unless it is reinstated" in problem(registered, late)
    assert [moment.issuer_id for moment in judge(registered, False)] == ["uni"]
    assert problem(registered, early) == ""
    assert waiting_in_vain(registered) == [late]
    registered.anchor()
    assert len(judge(registered, True)) == 1
    issuers.set_suspended(store, "uni", False)
    assert problem(registered, early) == ""
    assert "also after a reinstatement" in problem(registered, late)
    assert judge(registered, False) == []  # asked once


def test_what_was_said_about_an_orphaned_block_is_not_said_about_the_next(registered: Registered) -> None:
    batch_id, _ = registered.sealed(1)
    number = registered.anchor(final=False)
    judge(registered, True)
    assert "suspended" in problem(registered, batch_id)
    with registered.store.begin() as session:
        session.get_one(Anchored, number).block_hash = bytes(31) + b"\1"
    assert problem(registered, batch_id) == ""
    assert len(judge(registered, False)) == 1
    assert problem(registered, batch_id) == ""
    with registered.store.read() as session:
        assert session.query(Standing).count() == 2


def test_batches_of_other_issuers_and_keys_are_not_touched(registered: Registered) -> None:
    store = registered.store
    mine, _ = registered.sealed(1)
    issuers.add_issuer(store, "other", "did:web:other.example", {"name": "Other University"})
    other = keys.add_hosted_key(store, registered.vault, "other")
    registered.put_on_chain(other.key_id)
    keys.mark_compromised(store, registered.vault, other.key_id, registered.now)
    issuers.set_suspended(store, "other", True)
    assert (problem(registered, mine), waiting_in_vain(registered)) == ("", [])
    assert health.facts(store).failed == 0


@pytest.mark.parametrize("lost", ["issuer suspended", "suspended on the chain alone", "key compromised"])
def test_nothing_is_sealed_for_an_issuer_or_with_a_key_that_was_lost_while_it_was_signed(
    registered: Registered, lost: str
) -> None:
    store = registered.store

    def lose(_done: int, _size: int) -> None:
        if lost == "issuer suspended":
            issuers.set_suspended(store, "uni", True)
        elif lost == "key compromised":
            keys.mark_compromised(store, registered.vault, registered.key.key_id, registered.now)
        else:
            with store.begin() as session:
                session.get_one(Issuer, "uni").chain_suspended = True

    batch_id, _ = registered.batch(1)
    batches.request_seal(store, batch_id)
    sealer = Sealer(store, registered.vault)
    assert sealer.seal_next(lose)
    sealer.seal_next()  # a batch whose key was lost is tried again, with another key if there is one
    batch = batches.get_batch(store, batch_id)
    assert (batch.state, batch.number, batch.root, batch.signature) == ("sealing", None, None, None)
    assert ("without a usable key" if lost == "key compromised" else "suspended") in (batch.failure or "")
    remedies: dict[str, Callable[[], object]] = {
        "issuer suspended": lambda: issuers.set_suspended(store, "uni", False),
        "suspended on the chain alone": lambda: reinstated_on_the_chain(registered),
        "key compromised": lambda: registered.put_on_chain(keys.add_hosted_key(store, registered.vault, "uni").key_id),
    }
    remedies[lost]()
    batches.request_seal(store, batch_id)
    assert sealer.seal_next()
    with store.read() as session:
        sealed = session.get_one(Batch, batch_id)
        assert (sealed.state, sealed.number) == ("sealed", 1)
        assert (sealed.key_id == registered.key.key_id) == (lost != "key compromised")
    assert problem(registered, batch_id) == ""


def reinstated_on_the_chain(registered: Registered) -> None:
    with registered.store.begin() as session:
        session.get_one(Issuer, "uni").chain_suspended = False
