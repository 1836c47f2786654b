"""Reorganisations: what was seen is seen again elsewhere, or sent again; what was told as final stays."""

import hashlib
import random
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from anchor.chain import ChainConfig
from anchor.worker.report import DONE, STOPPED
from registry.store import issuers, keys
from registry.store.tables import Anchored, Batch, Issuer, IssuerKey
from tests.support import sealed
from tests.support.worksite import REGISTRAR, VAULT, Site, copy_site

MakeSite = Callable[..., Site]

DEPTH = 3
"""Blocks on top that make a block final here."""


@pytest.fixture
def deep(make_site: MakeSite) -> MakeSite:
    """Makes sites whose blocks are final late."""

    def make() -> Site:
        site = make_site(finality_depth=DEPTH)
        site.mine(DEPTH)
        return site

    return make


def anchored(site: Site) -> list[Anchored]:
    """What the database says is on the chain."""
    with site.view.read() as session:
        return list(session.scalars(select(Anchored).order_by(Anchored.number)))


def facts(site: Site) -> list[tuple[Any, ...]]:
    """The same, to compare."""
    return [(row.root, row.tx_hash, row.block_hash, row.block_time, row.position, row.final) for row in anchored(site)]


def reorganise(site: Site, depth: int, *, keep: bool) -> None:
    site.node.request("dev_reorg", hex(depth), keep)


def include(site: Site) -> None:
    """A batch, as far as a block that is not final."""
    site.seal()
    site.worker.tick()
    site.mine()
    assert site.worker.tick().outcome == DONE
    assert site.states() == ["included"]


def final_block(site: Site) -> int:
    return int(site.node.request("eth_getBlockByNumber", "finalized", False)["number"], 16)


def test_an_anchor_that_comes_back_in_another_block_is_followed_there(deep: MakeSite) -> None:
    site = deep()
    include(site)
    [before] = anchored(site)
    reorganise(site, 1, keep=True)
    site.worker.tick()
    assert (site.states(), anchored(site)) == (["signed"], [])
    site.mine()
    site.worker.tick()
    [after] = anchored(site)
    block = site.node.request("eth_getBlockByNumber", hex(after.block_number), False)
    assert (after.tx_hash, after.root, after.number) == (before.tx_hash, before.root, before.number)
    assert after.block_number > before.block_number
    assert after.block_hash == bytes.fromhex(block["hash"][2:]) != before.block_hash
    assert after.block_time == int(block["timestamp"], 16) > before.block_time
    site.settle()
    site.check(1)
    assert len(site.attempts()) == 1  # the same bytes all along


def test_an_anchor_that_a_reorganisation_loses_is_sent_again_as_the_same_bytes(deep: MakeSite) -> None:
    site = deep()
    include(site)
    [attempt] = site.attempts()
    reorganise(site, 1, keep=False)
    tx_hash = "0x" + attempt.tx_hash.hex()
    assert site.node.request("eth_getTransactionByHash", tx_hash) is None
    report = site.worker.tick()
    assert (report.outcome, report.signed, site.states()) == (DONE, [], ["signed"])
    assert site.node.request("eth_getTransactionByHash", tx_hash)["blockNumber"] is None  # in the pool
    site.settle()
    site.check(1)
    assert [row.raw for row in site.attempts()] == [attempt.raw]


@pytest.mark.parametrize(("depth", "keep"), [(2, False), (DEPTH, True), (DEPTH, False)])
def test_a_reorganisation_of_any_depth_up_to_a_final_block_is_survived(deep: MakeSite, depth: int, keep: bool) -> None:
    site = deep()
    include(site)
    for _ in range(depth - 1):
        site.mine()
    site.worker.tick()
    [before] = anchored(site)
    assert before.block_number == final_block(site) + DEPTH - (depth - 1)
    assert not before.final
    reorganise(site, depth, keep=keep)
    assert site.worker.tick().outcome == DONE
    assert anchored(site) == []
    site.settle()
    site.check(1)


@pytest.mark.parametrize("seed", [1])
def test_in_a_storm_of_reorganisations_final_is_told_once_and_for_ever(deep: MakeSite, seed: int) -> None:
    site = deep()
    dice = random.Random(seed)
    told: dict[int, tuple[bytes, bytes, int]] = {}
    batches = lost = 0
    for _ in range(30):
        if batches < 3 and dice.random() < 0.15:
            site.seal()
            batches += 1
        for _ in range(dice.randint(0, 2)):
            site.mine()
        if dice.random() < 0.4:
            lost += len([row for row in anchored(site) if not row.final])
            reorganise(site, dice.randint(1, DEPTH), keep=dice.random() < 0.5)
        report = site.worker.tick()
        assert (report.outcome, report.alarms) == (DONE, {}), seed
        final = {row.number: (row.root, row.block_hash, row.position) for row in anchored(site) if row.final}
        assert all(row.block_number <= final_block(site) for row in anchored(site) if row.final)
        assert told.items() <= final.items()
        told = final
    while batches < 3:
        site.seal()
        batches += 1
    site.settle(limit=30)
    site.check(batches)
    assert lost > 0


def strike_at(site: Site, place: int) -> None:
    """Reorganise just before the question with this place in the log is answered."""

    def strike(method: str, params: Sequence[Any], ask: Callable[[], Any]) -> Any:
        if len(site.rpc.log) - 1 == place:
            reorganise(site, 1, keep=False)
        return ask()

    site.rpc.tamper = strike


def test_a_reorganisation_at_any_question_of_a_tick_does_no_harm(
    template: tuple[Path, ChainConfig], tmp_path: Path
) -> None:
    # The tick of a new process does everything: an anchor to look at again, keys to read, a batch to anchor, a send.
    busy = copy_site(*template, tmp_path / "busy", finality_depth=DEPTH)
    busy.mine(DEPTH)
    include(busy)
    busy.seal()
    busy.worker.release()
    busy.close()
    clean = copy_site(busy.home, busy.config, tmp_path / "clean", finality_depth=DEPTH)
    assert clean.worker.tick().signed == ["anchor 2"]
    questions = list(clean.rpc.log)
    clean.close()
    assert {"eth_chainId", "eth_getLogs", "eth_estimateGas", "eth_sendRawTransaction"} <= set(questions)
    look = questions.index("eth_maxPriorityFeePerGas")  # what is before it are reads of one block
    stopped, problems = [], []
    for place, question in enumerate(questions):
        site = copy_site(busy.home, busy.config, tmp_path / f"site-{place}", finality_depth=DEPTH)
        before = facts(site)
        strike_at(site, place)
        report = site.worker.tick()
        assert len(site.rpc.log) > place
        if report.outcome == STOPPED:
            stopped.append(place)
            problems.append(report.problem)
            assert report.problem.startswith("The node's answers do not fit together"), (question, report.problem)
            assert site.alarms() == {"unreachable"}, question
            assert "eth_sendRawTransaction" not in site.rpc.log
            assert site.states() == ["included", "sealed"]
            assert facts(site) == before
        else:
            assert site.alarms() == set(), question
            assert facts(site) in (before, []), question
        site.rpc.tamper = lambda method, params, ask: ask()
        assert site.worker.tick().outcome == DONE
        assert (site.states()[0], site.alarms()) == ("signed", set())
        if place >= look:
            site.settle()
            site.check(2)
        site.close()
    assert stopped == list(range(stopped[0], look))
    assert len(stopped) > 8
    assert sum("changed while it was read" in problem for problem in problems) >= 2


def test_an_issuer_and_a_key_that_a_reorganisation_takes_back_are_registered_again(deep: MakeSite) -> None:
    site = deep()
    issuers.add_issuer(site.view, "academy", "did:web:academy.example", {"name": "Academy"})
    keys.add_hosted_key(site.view, VAULT, "academy", secret=hashlib.sha256(b"academy's secret").digest())

    def seen() -> tuple[int | None, int | None]:
        with site.view.read() as session:
            key = session.scalars(select(IssuerKey).where(IssuerKey.issuer_id == "academy")).one()
            return session.get_one(Issuer, "academy").chain_added_at, key.chain_added_at

    batch = sealed.seal(site.view, issuer="academy")
    for _ in range(2):
        site.worker.tick()
        site.mine()
    site.worker.tick()
    issuer_before, key_before = seen()
    assert issuer_before is not None
    assert key_before is not None
    assert site.states() == ["sealed"]  # a key that is not final is not relied on
    registered = site.sent(REGISTRAR)

    reorganise(site, 2, keep=False)
    report = site.worker.tick()
    assert report.signed == ["add issuer academy"]
    assert seen() == (None, None)
    assert site.sent(REGISTRAR) == registered - 2
    site.settle(limit=20)
    issuer_after, key_after = seen()
    assert issuer_after is not None
    assert key_after is not None
    assert issuer_after > issuer_before
    with site.view.read() as session:
        anchor_number = session.get_one(Batch, batch.id).anchor_number
        assert anchor_number is not None
        assert session.get_one(Anchored, anchor_number).block_time > key_after
    site.check(1)
    assert [entry.kind for entry in site.log()].count(5) == 2  # KEY_ADDED: the template's, and this one once
