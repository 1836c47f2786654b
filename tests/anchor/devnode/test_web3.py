"""web3 against the node over HTTP: what the worker, the auditor and the command line do."""

import pytest
from eth_account import Account
from web3.exceptions import ContractCustomError, ContractLogicError, Web3RPCError

from anchor.devnode import DEVELOPMENT_CHAIN_ID
from tests.support import probe
from tests.support.chains import ETHER


def test_every_surface_says_development_chain(chain):
    assert "development chain" in chain.w3.client_version
    assert b"development chain" in chain.w3.eth.get_block(0)["extraData"]
    assert chain.w3.eth.chain_id == DEVELOPMENT_CHAIN_ID == int(chain.w3.net.version)


def test_a_transaction_has_a_block_and_a_receipt_when_sending_returns(chain):
    before = chain.w3.eth.get_balance(chain.accounts[1].address)
    sent = chain.send(to=chain.accounts[1].address, value=ETHER)
    receipt = chain.w3.eth.get_transaction_receipt(sent)
    assert (receipt["status"], receipt["gasUsed"], receipt["blockNumber"]) == (1, 21_000, 1)
    assert chain.w3.eth.get_balance(chain.accounts[1].address) == before + ETHER
    block = chain.w3.eth.get_block(1, full_transactions=True)
    assert [tx["hash"] for tx in block["transactions"]] == [receipt["transactionHash"]]
    assert block["transactions"][0] == chain.w3.eth.get_transaction(sent)
    assert receipt["effectiveGasPrice"] == block["baseFeePerGas"] + 10**9


@pytest.mark.parametrize(
    "fees",
    [
        {"gasPrice": 5 * 10**9},
        {
            "type": 1,
            "gasPrice": 5 * 10**9,
            "accessList": [{"address": "0x" + "11" * 20, "storageKeys": ["0x" + "22" * 32]}],
        },
    ],
    ids=["legacy", "access list"],
)
def test_older_kinds_of_transactions_are_executed_and_shown(chain, fees):
    sender = chain.accounts[0]
    fields = {"chainId": chain.w3.eth.chain_id, "nonce": 0, "to": sender.address, "value": 1, "gas": 50_000, **fees}
    signed = sender.sign_transaction(fields)
    sent = chain.w3.eth.send_raw_transaction(signed.raw_transaction)
    shown = chain.w3.eth.get_transaction(sent)
    assert (int.from_bytes(shown["r"], "big"), int.from_bytes(shown["s"], "big"), shown["v"]) == (
        signed.r,
        signed.s,
        signed.v,
    )
    assert shown["from"] == sender.address
    assert chain.w3.eth.get_transaction_receipt(sent)["type"] == fees.get("type", 0)


def test_a_failed_transaction_is_in_a_block_with_status_0(chain):
    address = probe.deploy(chain.w3, chain.accounts[0])
    receipt = probe.send(chain.w3, chain.accounts[0], to=address, data=probe.fail(b"\x01\x02\x03\x04"))
    assert (receipt["status"], receipt["logs"]) == (0, [])


def test_a_custom_error_reaches_the_caller_with_its_data(chain):
    address = probe.deploy(chain.w3, chain.accounts[0])
    data = b"\xde\xad\xbe\xef" + b"\x07" * 32
    for ask in (chain.w3.eth.call, chain.w3.eth.estimate_gas):
        with pytest.raises(ContractCustomError) as caught:
            ask({"to": address, "data": probe.fail(data)})
        assert caught.value.data == "0x" + data.hex()
    error = chain.error("eth_call", {"to": address, "data": "0x" + probe.fail(data).hex()}, "latest")
    assert (error["code"], error["data"]) == (3, "0x" + data.hex())


def test_a_revert_with_a_reason_says_it_and_one_without_says_nothing_more(chain):
    address = probe.deploy(chain.w3, chain.accounts[0])
    reason = bytes.fromhex("08c379a0") + (32).to_bytes(32, "big") + (5).to_bytes(32, "big") + b"sorry".ljust(32, b"\0")
    with pytest.raises(ContractLogicError, match="execution reverted: sorry"):
        chain.w3.eth.call({"to": address, "data": probe.fail(reason)})
    error = chain.error("eth_call", {"to": address, "data": "0x" + probe.fail(b"").hex()}, "latest")
    assert error == {"code": -32000, "message": "execution reverted"}


@pytest.mark.parametrize(("action", "words"), [("burn", "out of gas"), ("invalid", "invalid opcode")])
def test_other_failures_are_named(chain, action, words):
    address = probe.deploy(chain.w3, chain.accounts[0])
    with pytest.raises(Web3RPCError, match=words):
        chain.w3.eth.call({"to": address, "data": probe.do(action), "gas": 100_000})


def test_an_estimate_is_enough_and_at_most_one_and_a_half_percent_too_much(chain):
    address = probe.deploy(chain.w3, chain.accounts[0])
    for data in (probe.do("store", 1, 2), probe.do("store", 1, 0), probe.do("logs", 1, 2, 3, 4)):
        message = {"to": address, "data": data, "from": chain.accounts[0].address}
        gas = chain.w3.eth.estimate_gas(message)
        assert chain.w3.eth.call(message | {"gas": gas}) == b""
        with pytest.raises(Web3RPCError):
            chain.w3.eth.call(message | {"gas": int(gas * 0.98)})
        receipt = probe.send(chain.w3, chain.accounts[0], to=address, data=data, gas=gas)
        assert receipt["status"] == 1


def test_a_plain_transfer_is_estimated_exactly(chain):
    assert chain.w3.eth.estimate_gas({"to": "0x" + "11" * 20, "value": 1, "from": chain.accounts[0].address}) == 21_000


def test_calls_with_more_money_than_there_is_are_refused(chain):
    poor = Account.from_key(b"\x09" * 32).address
    for ask in (chain.w3.eth.call, chain.w3.eth.estimate_gas):
        with pytest.raises(Web3RPCError, match="insufficient funds"):
            ask({"from": poor, "to": poor, "value": 1})
    message = {"from": chain.accounts[0].address, "to": "0x" + "11" * 20, "data": "0x00", "maxFeePerGas": 10**30}
    with pytest.raises(Web3RPCError, match=r"gas required exceeds allowance"):
        chain.w3.eth.estimate_gas(message)


def test_a_call_sees_the_block_it_names_and_changes_nothing(chain):
    address = probe.deploy(chain.w3, chain.accounts[0])
    probe.send(chain.w3, chain.accounts[0], to=address, data=probe.do("store", 5, 77))
    probe.send(chain.w3, chain.accounts[0], to=address, data=probe.do("store", 5, 88))
    old = chain.w3.eth.get_block(2)
    load = {"to": address, "data": probe.do("load", 5)}
    assert int.from_bytes(chain.w3.eth.call(load, 2), "big") == 77
    assert int.from_bytes(chain.w3.eth.call(load, old["hash"]), "big") == 77
    named = {"blockHash": old["hash"].to_0x_hex(), "requireCanonical": True}
    assert int(chain.rpc("eth_call", {"to": address, "data": "0x" + probe.do("load", 5).hex()}, named), 16) == 77
    assert int.from_bytes(chain.w3.eth.call(load), "big") == 88
    chain.w3.eth.call({"to": address, "data": probe.do("store", 5, 99)})
    assert int.from_bytes(chain.w3.eth.get_storage_at(address, 5), "big") == 88
    seen = chain.w3.eth.call({"to": address, "data": probe.do("look")}, 2)
    number, timestamp, _, parent, chain_id = (seen[i : i + 32] for i in range(0, 160, 32))
    assert (int.from_bytes(number, "big"), int.from_bytes(timestamp, "big")) == (2, old["timestamp"])
    assert parent == old["parentHash"]
    assert int.from_bytes(chain_id, "big") == DEVELOPMENT_CHAIN_ID


def test_a_contract_that_calls_itself_as_deep_as_its_gas_allows_harms_nobody(chain):
    address = probe.deploy(chain.w3, chain.accounts[0])
    receipt = probe.send(chain.w3, chain.accounts[0], to=address, data=probe.do("dive"), gas=30_000_000)
    assert receipt["status"] == 1
    assert int.from_bytes(chain.w3.eth.get_storage_at(address, 1), "big") > 300
    assert chain.w3.eth.call({"to": address, "data": probe.do("dive")}) == b""


def test_a_contract_may_be_the_sender_of_a_call(chain):
    address = probe.deploy(chain.w3, chain.accounts[0])
    assert chain.w3.eth.call({"from": address, "to": address, "data": probe.do("load", 5)}) == b"\0" * 32


def test_fee_history_follows_eip_1559(chain):
    for nonce in range(3):
        chain.send(nonce=nonce)
    history = chain.w3.eth.fee_history(10, "latest", [0, 50, 100])
    assert history["oldestBlock"] == 0
    assert len(history["baseFeePerGas"]) == len(history["gasUsedRatio"]) + 1 == 5
    for parent, (fee, following) in enumerate(
        zip(history["baseFeePerGas"], history["baseFeePerGas"][1:], strict=False)
    ):
        target, used = 15_000_000, chain.w3.eth.get_block(parent)["gasUsed"]
        assert following == fee - fee * (target - used) // target // 8
    assert history["reward"] == [[0, 0, 0], *([[10**9] * 3] * 3)]
    assert chain.w3.eth.gas_price == history["baseFeePerGas"][-1] + chain.w3.eth.max_priority_fee


def test_the_reward_percentile_is_weighed_by_gas(chain):
    chain.rpc("evm_setAutomine", False)
    address = chain.deploy_later()
    chain.rpc("evm_mine")
    for account, tip in ((0, 10**9), (1, 2 * 10**9), (2, 3 * 10**9)):
        chain.send(account, to=address, gas=100_000, data=probe.do("store", account, 1), maxPriorityFeePerGas=tip)
    chain.rpc("evm_mine")
    rewards = chain.w3.eth.fee_history(1, "latest", [10, 50, 90])["reward"]
    assert rewards == [[10**9, 2 * 10**9, 3 * 10**9]]


def test_a_batch_is_answered_in_one_request(chain):
    chain.send()
    with chain.w3.batch_requests() as batch:
        batch.add(chain.w3.eth.get_block("latest"))
        batch.add(chain.w3.eth.get_block("finalized"))
        latest, final = batch.execute()
    assert (latest["number"], final["number"]) == (1, 0)


def test_what_is_not_there_is_null_or_an_error_as_on_other_nodes(chain):
    nothing = "0x" + "ab" * 32
    for name, params in {
        "eth_getBlockByNumber": ["0x64", False],
        "eth_getBlockByHash": [nothing, False],
        "eth_getBlockReceipts": ["0x64"],
        "eth_getTransactionByHash": [nothing],
        "eth_getTransactionReceipt": [nothing],
        "eth_getTransactionByBlockNumberAndIndex": ["0x0", "0x0"],
        "eth_getBlockTransactionCountByHash": [nothing],
    }.items():
        assert chain.rpc(name, *params) is None
    address = chain.accounts[0].address
    assert chain.error("eth_getBalance", address, "0x64")["message"] == "header not found"
    assert chain.error("eth_getBalance", address, nothing)["message"] == "header for hash not found"


def test_a_block_and_its_receipts_agree(chain):
    chain.rpc("evm_setAutomine", False)
    address = chain.deploy_later()
    chain.rpc("evm_mine")
    for account in range(3):
        chain.send(account, to=address, gas=200_000, data=probe.do("logs", 1, 2, 3, 4))
    chain.rpc("evm_mine")
    receipts = chain.w3.eth.get_block_receipts("latest")
    assert [r["transactionIndex"] for r in receipts] == [0, 1, 2]
    assert [entry["logIndex"] for r in receipts for entry in r["logs"]] == list(range(9))
    assert (
        receipts[-1]["cumulativeGasUsed"] == sum(r["gasUsed"] for r in receipts) == chain.w3.eth.get_block(2)["gasUsed"]
    )
    for receipt in receipts:
        assert chain.w3.eth.get_transaction_receipt(receipt["transactionHash"]) == receipt
    assert chain.rpc("eth_getBlockTransactionCountByNumber", "latest") == "0x3"
    second = chain.rpc("eth_getTransactionByBlockNumberAndIndex", "latest", "0x1")
    assert second["hash"] == receipts[1]["transactionHash"].to_0x_hex()
