"""The file: nothing acknowledged is lost, and no wrong file is opened."""

import itertools
import os
import random
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from anchor.devnode import DEVELOPMENT_CHAIN_ID, DevNode
from anchor.devnode.errors import AlreadyFounded, Fault, FileInUse, ForeignFile
from tests.support import chains, probe
from tests.support.chains import ETHER, FUNDED

SERVE = """
import sys, signal
from pathlib import Path
from anchor.devnode import DevNode, serve
funds = dict.fromkeys(sys.argv[2:], 1000 * 10**18)
with DevNode(Path(sys.argv[1]), prefund=funds, block_interval=0.05) as node, serve(node) as server:
    print(server.url, flush=True)
    signal.pause()
"""
"""A node in a process of its own that can be killed at any instruction."""

ROOT = Path(__file__).parents[3]


ROUNDS = 3


def start(path: Path) -> tuple["subprocess.Popen[str]", str]:
    command = [sys.executable, "-c", SERVE, str(path), *(account.address for account in FUNDED)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    assert process.stdout is not None
    return process, process.stdout.readline().strip()


def kill(process: "subprocess.Popen[str]") -> None:
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()


def test_no_acknowledged_transaction_is_lost_and_the_file_is_free_when_the_process_is_killed(tmp_path):
    path, account, acknowledged = tmp_path / "chain.db", FUNDED[0], []
    for round_number in range(ROUNDS):
        process, url = start(path)
        with pytest.raises(FileInUse, match="another process has it open"):
            DevNode(path)
        w3 = chains.web3(url)
        nonce = w3.eth.get_transaction_count(account.address, "pending")
        assert nonce >= len(acknowledged)
        for sent in acknowledged:
            assert w3.eth.get_transaction(sent)["from"] == account.address
        killer = threading.Timer(random.uniform(0, 0.06), kill, (process,))
        try:
            for count in itertools.count():
                if count == 2 + round_number:
                    killer.start()
                raw = probe.signed(w3, account, nonce=nonce, to=account.address, gas=21_000)
                acknowledged.append(w3.eth.send_raw_transaction(raw))
                nonce += 1
        except OSError:
            pass  # the node is gone in the middle of a request, which is the point
        killer.join()
    assert len(acknowledged) >= 2 * ROUNDS
    with DevNode(path, block_interval=0) as node:
        while node.request("txpool_status")["pending"] != "0x0":
            node.request("evm_mine")
        numbers = []
        for sent in acknowledged:
            receipt = node.request("eth_getTransactionReceipt", sent.to_0x_hex())
            assert receipt["status"] == "0x1"
            numbers.append(int(receipt["blockNumber"], 16))
        assert numbers == sorted(numbers)
        unanswered = int(node.request("eth_getTransactionCount", account.address), 16) - len(acknowledged)
        assert 0 <= unanswered <= ROUNDS  # at most one a round was accepted and its answer lost


def test_everything_is_there_after_a_restart(tmp_path):
    with chains.devnode(tmp_path, automine=False, safe_depth=2, finality_depth=4) as (node, server):
        w3 = chains.web3(server.url)
        raw = probe.signed(w3, FUNDED[0], data=probe.CREATION, gas=300_000)
        node.request("eth_sendRawTransaction", "0x" + raw.hex())
        node.request("evm_increaseTime", 5000)
        node.request("dev_mine", 6)
        waiting = node.request("eth_sendRawTransaction", "0x" + probe.signed(w3, FUNDED[1]).hex())
        snapshot = node.request("evm_snapshot")
        node.request("evm_setNextBlockTimestamp", 4_000_000_000)
        head = node.request("eth_getBlockByNumber", "latest", False)
        receipt = node.request("eth_getBlockReceipts", "0x1")
        code = node.request("eth_getCode", receipt[0]["contractAddress"])
    with chains.devnode(tmp_path) as (node, _):
        assert node.request("eth_getBlockByNumber", "latest", False) == head
        assert node.request("eth_getBlockReceipts", "0x1") == receipt
        assert node.request("eth_getCode", receipt[0]["contractAddress"]) == code == "0x" + probe.RUNTIME.hex()
        assert node.request("eth_getBlockByNumber", "finalized", False)["number"] == "0x2"
        assert node.request("eth_getBlockByNumber", "safe", False)["number"] == "0x4"
        assert node.request("eth_getTransactionByHash", waiting)["blockHash"] is None
        node.request("evm_mine")
        assert node.request("eth_getBlockByNumber", "latest", False)["timestamp"] == hex(4_000_000_000)
        assert node.request("evm_revert", snapshot) is True
        assert node.request("eth_getBlockByNumber", "latest", False) == head


def test_a_change_that_fails_leaves_nothing_behind(tmp_path, monkeypatch):
    from anchor.devnode.chain import Chain

    with chains.devnode(tmp_path) as (node, server):
        w3 = chains.web3(server.url)
        raw = "0x" + probe.signed(w3, FUNDED[0], to=FUNDED[1].address, value=ETHER).hex()
        before = node.request("eth_getBlockByNumber", "latest", True)
        append = Chain.append

        def failing(self, *values):
            append(self, *values)
            raise sqlite3.OperationalError("database or disk is full")

        monkeypatch.setattr(Chain, "append", failing)
        with pytest.raises(Fault, match="disk is full") as caught:
            node.request("eth_sendRawTransaction", raw)
        assert caught.value.code == -32603
        monkeypatch.undo()
        assert node.request("eth_getBlockByNumber", "latest", True) == before
        assert node.request("txpool_status") == {"pending": "0x0", "queued": "0x0"}
        assert node.request("eth_getBalance", FUNDED[1].address) == hex(1000 * ETHER)
        sent = node.request("eth_sendRawTransaction", raw)
        assert node.request("eth_getTransactionReceipt", sent)["blockNumber"] == "0x1"
        assert node.request("eth_getBalance", FUNDED[1].address) == hex(1001 * ETHER)


def test_a_file_of_another_chain_is_refused(tmp_path):
    path = tmp_path / "chain.db"
    DevNode(path, chain_id=77, block_interval=0).close()
    with pytest.raises(ForeignFile, match=f"it holds the chain with id 77, not {DEVELOPMENT_CHAIN_ID}"):
        DevNode(path)
    with DevNode(path, chain_id=77, block_interval=0) as node:
        assert node.request("eth_chainId") == "0x4d"


def test_a_file_of_another_program_is_refused_and_left_alone(tmp_path):
    database = tmp_path / "other.db"
    with sqlite3.connect(database) as connection:
        connection.execute("CREATE TABLE people (name TEXT)")
    connection.close()
    text = tmp_path / "notes.txt"
    text.write_text("these are not the bytes you are looking for\n" * 50)
    for path in (database, text):
        before = path.read_bytes()
        with pytest.raises(ForeignFile, match=r"database of another program|not an SQLite file"):
            DevNode(path)
        assert path.read_bytes()[100:] == before[100:]


def test_a_file_of_another_format_is_refused(tmp_path):
    path = tmp_path / "chain.db"
    DevNode(path, block_interval=0).close()
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE meta SET value = '99' WHERE key = 'format'")
    connection.close()
    with pytest.raises(ForeignFile, match="it has format 99"):
        DevNode(path)


def test_a_file_that_is_open_already_is_refused(tmp_path):
    path = tmp_path / "chain.db"
    with DevNode(path, block_interval=0), pytest.raises(FileInUse, match="another process has it open"):
        DevNode(path)
    DevNode(path, block_interval=0).close()


def test_money_for_a_new_account_is_refused_once_the_chain_exists(tmp_path):
    path = tmp_path / "chain.db"
    DevNode(path, prefund={FUNDED[0].address: ETHER}, block_interval=0).close()
    DevNode(path, prefund={FUNDED[0].address.lower(): ETHER}, block_interval=0).close()
    with pytest.raises(AlreadyFounded, match=FUNDED[1].address.lower()):
        DevNode(path, prefund={FUNDED[1].address: ETHER})


def test_many_clients_at_once_lose_nothing(tmp_path):
    with chains.devnode(tmp_path, block_interval=0.02) as (node, server):
        failures: list[BaseException] = []

        def client(number: int) -> None:
            try:
                w3, account = chains.web3(server.url), FUNDED[number]
                for nonce in range(6):
                    sent = w3.eth.send_raw_transaction(probe.signed(w3, account, nonce=nonce, to=account.address))
                    block = w3.eth.get_block("latest")
                    assert w3.eth.get_block(block["number"])["number"] == block["number"]
                    w3.eth.wait_for_transaction_receipt(sent, timeout=60, poll_latency=0.05)
            except BaseException as problem:
                failures.append(problem)

        threads = [threading.Thread(target=client, args=(number,)) for number in range(len(FUNDED))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert failures == []
        for account in FUNDED:
            assert node.request("eth_getTransactionCount", account.address) == "0x6"
        newest = int(node.request("eth_getBlockByNumber", "latest", False)["timestamp"], 16)
        assert newest <= time.time() + 12 + 1
