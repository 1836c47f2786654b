"""Block time: strictly rising, moved by the tools, and never far ahead of the clock."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anchor.devnode.clock import Clock
from anchor.devnode.errors import Fault
from anchor.devnode.limits import MAX_AHEAD
from tests.support import chains, probe
from tests.support.waiting import until

START = 1_800_000_000


@given(st.lists(st.integers(-5, 30), max_size=40), st.integers(0, 1000))
def test_block_time_rises_and_is_the_clocks_when_the_clock_has_moved_on(steps, offset):
    wall = [START]
    clock = Clock(lambda: wall[0], offset)
    parent = START + offset - 1
    for step in steps:
        wall[0] += step
        now = clock.next_time(parent)
        assert now > parent
        assert now == clock.now() or now == parent + 1
        assert clock.ahead(parent) == now - max(clock.now(), 0) >= 0
        clock.mined(now)
        parent = now


def test_a_planned_time_is_used_once_and_moves_the_clock():
    clock = Clock(lambda: START + 0.9)
    clock.plan(START + 500, START)
    assert clock.next_time(START) == START + 500
    clock.mined(START + 500)
    assert clock.next_time(START + 500) == START + 501
    assert clock.now() == START + 500


def test_the_past_and_the_end_of_numbers_cannot_be_planned():
    clock = Clock(lambda: START)
    for wrong in (START, START - 1, 2**53):
        with pytest.raises(Fault):
            clock.plan(wrong, START)
    with pytest.raises(Fault):
        clock.increase(2**53)


def test_what_is_kept_is_what_comes_back():
    clock = Clock(lambda: START, 5, START + 9)
    other = Clock(lambda: START)
    other.load(clock.dump())
    assert (other.offset, other.planned) == (5, START + 9)
    other.load(None)
    assert (other.offset, other.planned) == (0, None)


def test_the_tools_move_time_on_the_chain(chain):
    chain.send()
    first = chain.w3.eth.get_block("latest")["timestamp"]
    assert int(chain.rpc("evm_increaseTime", 86_400), 16) == 86_400
    chain.send()
    second = chain.w3.eth.get_block("latest")["timestamp"]
    assert first + 86_399 <= second < first + 86_500  # the first may have been a second ahead
    chain.rpc("evm_setNextBlockTimestamp", hex(second + 7_000))
    chain.send()
    assert chain.w3.eth.get_block("latest")["timestamp"] == second + 7_000
    chain.rpc("evm_mine", {"timestamp": second + 8_000})
    assert chain.w3.eth.get_block("latest")["timestamp"] == second + 8_000


def test_a_burst_runs_at_most_twelve_seconds_ahead_and_then_waits_for_the_clock(tmp_path):
    wall = [START]
    with chains.devnode(tmp_path, block_interval=0.01, wall=lambda: wall[0]) as (node, server):
        w3, account = chains.web3(server.url), chains.FUNDED[0]
        hashes = []
        for nonce in range(MAX_AHEAD + 8):
            raw = probe.signed(w3, account, nonce=nonce, to=account.address, gas=21_000)
            hashes.append(w3.eth.send_raw_transaction(raw))
        until(lambda: w3.eth.get_block("latest")["timestamp"] == START + MAX_AHEAD)
        assert node.request("eth_getTransactionReceipt", hashes[-1].to_0x_hex()) is None
        assert node.request("eth_getTransactionByHash", hashes[-1].to_0x_hex()) is not None
        for _ in range(3):  # a block for all that waited, and two that make it final
            wall[0] += 1
            until(lambda: w3.eth.get_block("latest")["timestamp"] == wall[0] + MAX_AHEAD)
        assert node.request("eth_getTransactionReceipt", hashes[-1].to_0x_hex())["status"] == "0x1"


def test_blocks_made_by_hand_do_not_wait(tmp_path):
    with chains.devnode(tmp_path, wall=lambda: START) as (node, _):
        node.request("dev_mine", 3 * MAX_AHEAD)
        assert node.request("eth_getBlockByNumber", "latest", False)["timestamp"] == hex(START + 3 * MAX_AHEAD)
