"""Blocks that come, become final, and are taken back."""

from itertools import pairwise

import pytest

from tests.support import chains, probe
from tests.support.chains import ETHER
from tests.support.waiting import until


def test_safe_and_finalized_lag_behind_by_the_given_depths(chain):
    assert [chain.w3.eth.get_block(tag)["number"] for tag in ("safe", "finalized")] == [0, 0]
    chain.rpc("dev_mine", 10)
    assert [chain.w3.eth.get_block(tag)["number"] for tag in ("latest", "safe", "finalized", "earliest")] == [
        10,
        9,
        8,
        0,
    ]
    chain.rpc("dev_setFinality", 3, 7)
    assert [chain.w3.eth.get_block(tag)["number"] for tag in ("safe", "finalized")] == [7, 3]
    assert chain.error("dev_setFinality", 8, 7)["code"] == -32602


def test_a_reorganised_transaction_returns_to_the_pool_and_is_mined_again(chain):
    address = probe.deploy(chain.w3, chain.accounts[0])
    sent = chain.send(1, to=address, gas=100_000, data=probe.do("store", 1, 2))
    old = chain.w3.eth.get_transaction_receipt(sent)
    assert chain.rpc("dev_reorg", 1) == [sent]
    assert chain.w3.eth.block_number == 3
    assert chain.rpc("eth_getTransactionReceipt", sent) is None
    assert chain.rpc("eth_getTransactionByHash", sent)["blockHash"] is None
    assert chain.w3.eth.get_transaction_count(chain.accounts[1].address) == 0
    assert chain.rpc("eth_getLogs", {"fromBlock": "0x0", "toBlock": "latest"}) == []
    orphan = {"to": address, "data": "0x" + probe.do("load", 1).hex()}
    assert chain.error("eth_call", orphan, old["blockHash"].to_0x_hex())["message"] == "hash is not currently canonical"
    assert chain.rpc("eth_getBlockByHash", old["blockHash"].to_0x_hex(), False)["number"] == "0x2"
    chain.rpc("evm_mine")
    new = chain.w3.eth.get_transaction_receipt(sent)
    assert (new["blockNumber"], new["status"]) == (4, 1)
    assert new["blockHash"] != old["blockHash"]
    assert len(chain.rpc("eth_getLogs", {"fromBlock": "0x0", "toBlock": "latest"})) == 1


def test_a_reorganised_transaction_can_vanish(chain):
    sent = chain.send(value=ETHER, to=chain.accounts[1].address)
    raw = "0x" + chain.sign(nonce=0, value=ETHER, to=chain.accounts[1].address).hex()
    assert chain.rpc("dev_reorg", 1, False) == [sent]
    assert chain.rpc("eth_getTransactionByHash", sent) is None
    assert chain.w3.eth.get_balance(chain.accounts[1].address) == 1000 * ETHER
    assert chain.rpc("eth_sendRawTransaction", raw) == sent
    assert chain.w3.eth.get_balance(chain.accounts[1].address) == 1001 * ETHER


def test_a_reorganisation_leaves_one_chain_of_parents(chain):
    for _ in range(4):
        chain.send()
    chain.rpc("dev_reorg", 3)
    chain.rpc("dev_reorg", 5, False)
    chain.send()
    head = chain.w3.eth.block_number
    blocks = [chain.w3.eth.get_block(n) for n in range(head + 1)]
    for parent, block in pairwise(blocks):
        assert block["parentHash"] == parent["hash"]
        assert block["timestamp"] > parent["timestamp"]


def test_more_blocks_than_there_are_cannot_be_replaced(chain):
    chain.rpc("dev_mine", 2)
    for depth in (3, 0, 10**9):
        assert chain.error("dev_reorg", depth)["code"] == -32602
    assert chain.w3.eth.block_number == 2


def test_a_snapshot_brings_back_state_pool_and_clock(chain):
    chain.send(value=ETHER, to=chain.accounts[1].address)
    chain.rpc("evm_setAutomine", False)
    waiting = chain.send(2)
    before = chain.w3.eth.get_block("latest")
    first, second = chain.rpc("evm_snapshot"), chain.rpc("evm_snapshot")
    chain.rpc("evm_increaseTime", 100_000)
    chain.send(value=ETHER, to=chain.accounts[1].address)
    chain.rpc("dev_mine", 3)
    assert chain.w3.eth.get_block("latest")["timestamp"] >= before["timestamp"] + 100_000
    assert chain.rpc("evm_revert", first) is True
    assert chain.w3.eth.get_block("latest")["hash"] == before["hash"]
    assert chain.w3.eth.get_balance(chain.accounts[1].address) == 1001 * ETHER
    assert list(chain.rpc("txpool_content")["pending"]) == [chain.accounts[2].address.lower()]
    assert [chain.rpc("evm_revert", number) for number in (first, second)] == [False, False]
    chain.rpc("evm_mine")
    assert chain.rpc("eth_getTransactionReceipt", waiting)
    assert chain.w3.eth.get_block("latest")["timestamp"] < before["timestamp"] + 50_000


def test_a_snapshot_survives_a_reorganisation(chain):
    chain.send()
    snapshot, head = chain.rpc("evm_snapshot"), chain.w3.eth.get_block("latest")["hash"]
    chain.rpc("dev_reorg", 1, False)
    chain.send()
    assert chain.rpc("evm_revert", snapshot) is True
    assert chain.w3.eth.get_block("latest")["hash"] == head
    assert chain.w3.eth.get_transaction_count(chain.accounts[0].address) == 1


def test_empty_blocks_follow_a_transaction_until_it_is_final_and_then_none(tmp_path):
    with chains.devnode(tmp_path, block_interval=0.02) as (_, server):
        w3 = chains.web3(server.url)
        assert w3.eth.block_number == 0
        receipt = probe.send(w3, chains.FUNDED[0], to=chains.FUNDED[0].address)
        until(lambda: w3.eth.get_block("finalized")["number"] >= receipt["blockNumber"])
        head = w3.eth.block_number
        assert head == receipt["blockNumber"] + 2
        probe.send(w3, chains.FUNDED[0], to=chains.FUNDED[0].address)
        until(lambda: w3.eth.get_block("finalized")["number"] == head + 1)
        assert w3.eth.block_number == head + 3


def test_without_automine_no_block_comes_by_itself(tmp_path):
    with chains.devnode(tmp_path, block_interval=0.01) as (node, server):
        w3 = chains.web3(server.url)
        node.request("dev_setFinality", 5, 8)
        probe.send(w3, chains.FUNDED[0], to=chains.FUNDED[0].address)
        node.request("evm_setAutomine", False)
        head = w3.eth.block_number
        sent = w3.eth.send_raw_transaction(probe.signed(w3, chains.FUNDED[0], to=chains.FUNDED[0].address))
        node.request("dev_mine", 1)
        assert w3.eth.get_transaction_receipt(sent)["blockNumber"] == w3.eth.block_number == head + 1
        node.request("evm_setAutomine", True)
        until(lambda: w3.eth.get_block("finalized")["number"] >= head + 1)


@pytest.mark.parametrize("keep", [True, False])
def test_after_a_reorganisation_blocks_come_by_themselves_again(tmp_path, keep):
    with chains.devnode(tmp_path, block_interval=0.02) as (node, server):
        w3 = chains.web3(server.url)
        receipt = probe.send(w3, chains.FUNDED[0], to=chains.FUNDED[0].address)
        until(lambda: w3.eth.get_block("finalized")["number"] >= receipt["blockNumber"])
        node.request("dev_reorg", 3, keep)
        if keep:
            again = w3.eth.wait_for_transaction_receipt(receipt["transactionHash"], timeout=20, poll_latency=0.02)
            until(lambda: w3.eth.get_block("finalized")["number"] >= again["blockNumber"])
        else:
            assert node.request("eth_getTransactionReceipt", receipt["transactionHash"].to_0x_hex()) is None
