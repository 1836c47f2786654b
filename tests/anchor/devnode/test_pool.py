"""The pool: geth's rules, in geth's words."""

import pytest
from eth_account import Account
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from anchor.devnode import limits
from tests.support.chains import ETHER

GWEI = 10**9


@pytest.fixture
def idle(chain):
    """Sent transactions stay in the pool."""
    chain.rpc("evm_setAutomine", False)
    return chain


def test_refusals_have_the_texts_of_geth(idle):
    raw = "0x" + idle.sign(nonce=0).hex()
    idle.rpc("eth_sendRawTransaction", raw)
    assert idle.error("eth_sendRawTransaction", raw) == {"code": -32000, "message": "already known"}
    assert idle.refusal(nonce=1, chainId=1) == f"invalid chain id for signer: have 1 want {limits.DEVELOPMENT_CHAIN_ID}"
    assert idle.refusal(nonce=1, gas=20_999) == "intrinsic gas too low: gas 20999, minimum needed 21000"
    assert idle.refusal(nonce=1, gas=limits.GAS_LIMIT + 1) == "exceeds block gas limit"
    floor = 21_000 + 40 * 1000
    assert idle.refusal(nonce=1, gas=floor - 1, data=b"\x01" * 1000) == (
        f"insufficient gas for floor data gas cost: gas {floor - 1}, minimum needed {floor}"
    )
    assert idle.refusal(nonce=1, maxPriorityFeePerGas=6 * GWEI) == (
        "max priority fee per gas higher than max fee per gas"
    )
    assert idle.refusal(nonce=1, maxPriorityFeePerGas=0).startswith("transaction underpriced: gas tip cap 0")
    assert idle.refusal(nonce=1, value=1000 * ETHER).startswith("insufficient funds for gas * price + value: balance ")
    assert "max initcode size exceeded" in idle.refusal(nonce=1, to="", gas=3_000_000, data=b"\0" * 49_153)
    assert idle.refusal(nonce=1, gas=10_000_000, data=b"\0" * 131_072).startswith("oversized data: transaction size")
    idle.rpc("evm_mine")
    assert idle.refusal(nonce=0, value=1) == "nonce too low: next nonce 1, tx nonce 0"


def test_bytes_that_are_no_transaction_are_refused(idle):
    good = idle.sign(nonce=0)
    for raw in (b"", b"\x02", b"\xc0", good[:-1], good + b"\0", b"\x03" + good[1:], b"\x7f"):
        error = idle.error("eth_sendRawTransaction", "0x" + raw.hex())
        assert error["code"] == -32000
        assert error["message"].startswith(("rlp: ", "typed transaction too short", "transaction type not supported"))
    assert idle.error("eth_sendRawTransaction", "0x123")["code"] == -32602


def test_a_transaction_without_chain_id_is_refused(idle):
    account = idle.accounts[0]
    fields = {"nonce": 0, "to": account.address, "value": 0, "gas": 21_000, "gasPrice": 5 * GWEI}
    raw = account.sign_transaction(fields).raw_transaction
    error = idle.error("eth_sendRawTransaction", "0x" + raw.hex())
    assert error["message"] == "only replay-protected (EIP-155) transactions allowed over RPC"


def test_a_signature_with_a_large_s_is_refused(idle):
    import rlp

    fields = rlp.decode(idle.sign(nonce=0)[1:])
    order = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
    fields[-3] = b"" if fields[-3] else b"\x01"
    fields[-1] = (order - int.from_bytes(fields[-1], "big")).to_bytes(32, "big")
    error = idle.error("eth_sendRawTransaction", "0x02" + rlp.encode(fields).hex())
    assert error["message"] == "invalid transaction v, r, s values"


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(10**9, 10**12), st.integers(1, 10**9))
def test_ten_percent_on_both_fields_replaces_and_one_wei_less_does_not(idle, cap, tip):
    def raised(fee):
        return -(-fee * 110 // 100)

    old = idle.send(nonce=0, maxFeePerGas=cap, maxPriorityFeePerGas=tip)
    for fields in (
        {"maxFeePerGas": raised(cap) - 1, "maxPriorityFeePerGas": min(raised(tip), raised(cap) - 1)},
        {"maxFeePerGas": raised(cap), "maxPriorityFeePerGas": raised(tip) - 1},
    ):
        if fields == {"maxFeePerGas": cap, "maxPriorityFeePerGas": tip}:
            continue  # that is the same transaction
        assert idle.refusal(nonce=0, **fields) in ("replacement transaction underpriced", "already known")
    new = idle.send(nonce=0, maxFeePerGas=raised(cap), maxPriorityFeePerGas=raised(tip))
    assert idle.rpc("eth_getTransactionByHash", old) is None
    assert idle.rpc("dev_dropTransaction", new)


def test_a_gap_waits_and_is_mined_when_it_is_filled(chain):
    later = chain.send(nonce=1)
    assert chain.rpc("eth_blockNumber") == "0x0"
    assert chain.rpc("eth_getTransactionByHash", later)["blockHash"] is None
    assert chain.rpc("txpool_status") == {"pending": "0x0", "queued": "0x1"}
    assert chain.rpc("eth_getTransactionCount", chain.accounts[0].address, "pending") == "0x0"
    chain.send(nonce=0)
    assert chain.rpc("eth_blockNumber") == "0x1"
    assert chain.rpc("eth_getTransactionReceipt", later)["transactionIndex"] == "0x1"
    assert chain.rpc("eth_getTransactionCount", chain.accounts[0].address, "pending") == "0x2"


def test_a_transaction_below_the_base_fee_stays_until_the_base_fee_has_fallen(chain):
    base = chain.w3.eth.get_block("latest")["baseFeePerGas"]
    cheap = chain.send(nonce=0, maxFeePerGas=base // 2, maxPriorityFeePerGas=1)
    assert chain.rpc("eth_blockNumber") == "0x0"
    chain.rpc("dev_mine", 3)
    assert chain.rpc("eth_getTransactionReceipt", cheap) is None
    chain.rpc("dev_mine", 5)
    receipt = chain.rpc("eth_getTransactionReceipt", cheap)
    assert int(receipt["effectiveGasPrice"], 16) <= base // 2


def test_the_best_tip_comes_first_and_every_account_in_order_of_nonce(idle):
    low = [idle.send(0, nonce=0, maxPriorityFeePerGas=1), idle.send(0, nonce=1, maxPriorityFeePerGas=4 * GWEI)]
    high = [idle.send(1, nonce=n, maxPriorityFeePerGas=2 * GWEI) for n in range(2)]
    idle.rpc("evm_mine")
    assert idle.rpc("eth_getBlockByNumber", "latest", False)["transactions"] == [*high, *low]


def test_what_does_not_fit_into_a_block_waits_for_the_next(idle):
    first = idle.send(0, nonce=0, maxPriorityFeePerGas=3 * GWEI)
    whole = idle.send(1, nonce=0, gas=limits.GAS_LIMIT, maxPriorityFeePerGas=2 * GWEI)
    last = idle.send(2, nonce=0, maxPriorityFeePerGas=1 * GWEI)
    idle.rpc("dev_mine", 2)
    numbers = [idle.rpc("eth_getTransactionReceipt", h)["blockNumber"] for h in (first, whole, last)]
    assert numbers == ["0x1", "0x2", "0x1"]


def test_money_is_promised_once(idle):
    idle.send(nonce=0, value=600 * ETHER)
    text = idle.refusal(nonce=1, value=600 * ETHER)
    assert text.startswith("insufficient funds for gas * price + value: balance ")
    assert "queued cost" in text
    idle.send(nonce=0, value=1, maxFeePerGas=6 * GWEI, maxPriorityFeePerGas=2 * GWEI)
    idle.send(nonce=1, value=600 * ETHER)


def test_a_full_pool_refuses_and_forgets_nothing(idle, monkeypatch):
    monkeypatch.setattr(limits, "POOL_SIZE", 3)
    kept = [idle.send(nonce=n) for n in range(3)]
    assert idle.refusal(nonce=3, maxFeePerGas=50 * GWEI, maxPriorityFeePerGas=50 * GWEI) == "txpool is full"
    idle.send(nonce=2, maxFeePerGas=10 * GWEI, maxPriorityFeePerGas=2 * GWEI)  # a replacement takes no more room
    assert all(idle.rpc("eth_getTransactionByHash", h) for h in kept[:2])


def test_one_account_cannot_fill_the_pool(idle, monkeypatch):
    monkeypatch.setattr(limits, "POOL_PER_SENDER", 2)
    idle.send(nonce=0)
    idle.send(nonce=1)
    assert idle.refusal(nonce=2) == "txpool is full"
    idle.send(1, nonce=0)


def test_a_dropped_transaction_is_gone_and_can_be_sent_again(idle):
    sent = idle.send(nonce=0)
    assert idle.rpc("dev_dropTransaction", sent) is True
    assert idle.rpc("dev_dropTransaction", sent) is False
    assert idle.rpc("eth_getTransactionByHash", sent) is None
    assert idle.send(nonce=0) == sent


def test_the_pool_is_shown_by_account_and_nonce(idle):
    first, gap = idle.send(nonce=0), idle.send(nonce=5)
    content = idle.rpc("txpool_content")
    sender = idle.accounts[0].address.lower()
    assert content["pending"][sender]["0"]["hash"] == first
    assert content["queued"][sender]["5"]["hash"] == gap


def test_a_transaction_that_cannot_be_paid_any_more_stays_and_harms_nobody(idle):
    poor = Account.from_key(b"\x08" * 32)
    idle.send(0, to=poor.address, value=ETHER)
    idle.rpc("evm_mine")
    idle.accounts = (*idle.accounts, poor)
    hashes = [idle.send(5, nonce=0, value=ETHER // 2), idle.send(5, nonce=1, value=ETHER // 4)]
    idle.send(
        5, nonce=0, value=ETHER // 2, to=idle.accounts[0].address, maxFeePerGas=6 * GWEI, maxPriorityFeePerGas=2 * GWEI
    )
    other = idle.send(0, nonce=1)
    idle.rpc("evm_mine")
    assert idle.rpc("eth_getTransactionReceipt", other)
    assert idle.rpc("eth_getTransactionReceipt", hashes[0]) is None
    assert idle.rpc("eth_getTransactionReceipt", hashes[1])
