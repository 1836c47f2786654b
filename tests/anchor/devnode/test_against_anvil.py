"""The same transactions on anvil: an independent EVM must come to the same receipts, logs, state and answers."""

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from web3 import Web3
from web3.exceptions import Web3Exception

from contracts import artifact
from tests.support import chains, probe

SEED = 20260
COUNT = 30


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Web3, Web3]]:
    """Both chains with one id, so that one signature fits both."""
    path: Path = tmp_path_factory.mktemp("devnode")
    with chains.anvil() as url, chains.devnode(path, chain_id=chains.ANVIL_CHAIN_ID) as (_, server):
        yield chains.web3(server.url), chains.web3(url)


def both(pair: tuple[Web3, Web3], raw: bytes) -> tuple[Any, Any]:
    """The receipts of one transaction on both chains."""
    receipts = []
    time = max(w3.eth.get_block("latest")["timestamp"] for w3 in pair) + 12
    for w3 in pair:
        w3.provider.make_request("evm_setNextBlockTimestamp", [time])  # type: ignore[arg-type]
        sent = w3.eth.send_raw_transaction(raw)
        receipts.append(w3.eth.wait_for_transaction_receipt(sent, timeout=20, poll_latency=0.02))
    return receipts[0], receipts[1]


def essence(receipt: Any) -> dict[str, Any]:
    """What two chains must agree on: all but the block's hash, which covers the funds of anvil's own accounts."""
    logs = [(entry["address"], tuple(entry["topics"]), entry["data"], entry["logIndex"]) for entry in receipt["logs"]]
    fields = (
        "transactionHash",
        "status",
        "gasUsed",
        "contractAddress",
        "from",
        "to",
        "type",
        "logsBloom",
        "blockNumber",
    )
    return {name: receipt[name] for name in fields} | {"logs": logs}


def answer(ask: Any, *arguments: Any) -> Any:
    """A result, or the data that the failure carries."""
    try:
        return ask(*arguments)
    except Web3Exception as problem:
        return type(problem).__name__, getattr(problem, "data", None)


def test_random_transactions_have_the_same_effect(pair):
    ours, account = pair[0], chains.FUNDED[1]
    random_source = random.Random(SEED)
    receipt, other = both(pair, probe.signed(ours, account, data=probe.CREATION, gas=300_000))
    assert essence(receipt) == essence(other)
    address, outcomes = receipt["contractAddress"], set()
    for _ in range(COUNT):
        choice = random_source.randrange(7)
        payload = [
            probe.do("store", random_source.randrange(4), random_source.randrange(3)),
            probe.do("logs", *(random_source.getrandbits(256) for _ in range(4))),
            probe.fail(random_source.randbytes(random_source.randrange(80))),
            probe.do("invalid"),
            probe.do("dive"),
            b"\0" + random_source.randbytes(2000),  # no action: the calldata floor of EIP-7623 decides
            b"",
        ][choice]
        gas = random_source.choice([120_000, 400_000])
        receipt, other = both(pair, probe.signed(ours, account, to=address, data=payload, gas=gas))
        assert essence(receipt) == essence(other), (choice, gas)
        outcomes.add((choice, receipt["status"]))
    assert len(outcomes) >= 7
    for slot in range(5):
        assert pair[0].eth.get_storage_at(address, slot) == pair[1].eth.get_storage_at(address, slot)
    for data in (probe.do("load", 1), probe.fail(b"\x01\x02\x03\x04\x05"), probe.do("dive")):
        assert len({str(answer(w3.eth.call, {"to": address, "data": data})) for w3 in pair}) == 1
    slots = ["0x" + slot.to_bytes(32, "big").hex() for slot in range(5)]
    proofs = [w3.eth.get_proof(address, slots) for w3 in pair]
    assert proofs[0]["storageHash"] == proofs[1]["storageHash"]
    assert proofs[0]["codeHash"] == proofs[1]["codeHash"]
    assert [entry["proof"] for entry in proofs[0]["storageProof"]] == [e["proof"] for e in proofs[1]["storageProof"]]


def test_money_and_nonces_move_alike(pair):
    ours, sender, target = pair[0], chains.FUNDED[2], Web3.to_checksum_address("0x" + "5a" * 20)
    for value in (0, 1, 10**18):
        receipt, other = both(pair, probe.signed(ours, sender, to=target, value=value, gas=21_000))
        assert essence(receipt) == essence(other)
    assert {w3.eth.get_balance(target) for w3 in pair} == {10**18 + 1}
    assert {w3.eth.get_transaction_count(sender.address) for w3 in pair} == {3}


def test_the_registry_contract_behaves_alike(pair):
    ours, admin, built = pair[0], chains.FUNDED[3], artifact()
    encode = ours.eth.contract(abi=built.abi, bytecode=built.bytecode)
    nothing = (0, "0x" + "00" * 20, 0, b"\0" * 32)
    creation = encode.constructor(admin.address, 0, nothing).data_in_transaction
    receipt, other = both(pair, probe.signed(ours, admin, data=creation, gas=12_000_000))
    assert essence(receipt) == essence(other)
    assert receipt["status"] == 1
    address = receipt["contractAddress"]
    assert pair[0].eth.get_code(address) == pair[1].eth.get_code(address) == built.runtime
    contract = ours.eth.contract(address=address, abi=built.abi)
    role = Web3.keccak(text="OPERATOR_ROLE")
    steps = [("grantRole", [role, admin.address]), ("anchor", [1, b"\x01" * 32]), ("anchor", [2, b"\x02" * 32])]
    for name, arguments in steps:
        data = contract.encode_abi(name, arguments)
        receipt, other = both(pair, probe.signed(ours, admin, to=address, data=data, gas=500_000))
        assert essence(receipt) == essence(other)
        assert receipt["status"] == 1
        assert receipt["logs"]
    again = {"to": address, "from": admin.address, "data": contract.encode_abi("anchor", [2, b"\x01" * 32])}
    assert answer(pair[0].eth.call, again)[0] == "ContractCustomError"
    estimates = [w3.eth.estimate_gas(again | {"data": contract.encode_abi("anchor", [3, b"\x03" * 32])}) for w3 in pair]
    assert abs(estimates[0] - estimates[1]) <= max(estimates) * 0.02
