"""JSON-RPC 2.0: which error for which mistake, batches, notifications, limits, and what the read-only door opens."""

import pytest

from anchor.devnode import limits


def ask(name="eth_chainId", params=(), **members):
    return {"jsonrpc": "2.0", "id": 1, "method": name, "params": list(params)} | members


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"nonsense",
        b"\xff\xfe",
        b'{"a":NaN}',
        b"[" * 1_000_000,
        b'{"a":' * 200_000,
        b'{"jsonrpc":"2.0"',
        b"1 2",
    ],
)
def test_what_is_not_json_is_a_parse_error(chain, body):
    answer = chain.answer(body)
    assert (answer["error"]["code"], answer["id"], answer["jsonrpc"]) == (-32700, None, "2.0")


@pytest.mark.parametrize(
    ("body", "identity"),
    [
        (1, None),
        ("eth_chainId", None),
        ({}, None),
        ([], None),
        ({"jsonrpc": "1.0", "id": 7, "method": "eth_chainId"}, 7),
        ({"id": "x", "method": "eth_chainId"}, "x"),
        ({"jsonrpc": "2.0", "id": 7}, 7),
        ({"jsonrpc": "2.0", "id": 7, "method": 5}, 7),
        ({"jsonrpc": "2.0", "id": {}, "method": "eth_chainId"}, None),
        ({"jsonrpc": "2.0", "id": True, "method": "eth_chainId"}, None),
    ],
)
def test_what_is_no_request_is_an_invalid_request(chain, body, identity):
    answer = chain.answer(body)
    assert (answer["error"]["code"], answer["id"]) == (-32600, identity)


@pytest.mark.parametrize("name", ["eth_sendTransaction", "eth_accounts2", "", "__init__", "debug_traceTransaction"])
def test_an_unknown_method_is_named_in_the_error(chain, name):
    answer = chain.answer(ask(name))
    assert answer["error"] == {"code": -32601, "message": f"the method {name} does not exist/is not available"}


@pytest.mark.parametrize(
    ("name", "params", "words"),
    [
        ("eth_getBalance", [], "missing value for required argument 0"),
        ("eth_getStorageAt", ["0x" + "00" * 20], "missing value for required argument 1"),
        ("eth_chainId", [1], "too many arguments, want at most 0"),
        ("eth_call", [{}, "latest", {}], "too many arguments"),
        ("eth_getBalance", ["0x00"], "an address has 20 bytes, not 1"),
        ("eth_getBalance", [None, "latest"], "not an even number of hexadecimal digits"),
        ("eth_getBalance", ["0x" + "0g" * 20], "not an even number of hexadecimal digits"),
        ("eth_getBalance", ["0x" + "00" * 20, "newest"], "not a hexadecimal quantity"),
        ("eth_getBalance", ["0x" + "00" * 20, "0x01"], "not a hexadecimal quantity"),
        ("eth_getBalance", ["0x" + "00" * 20, {"blockHash": "0x00"}], "a hash has 32 bytes"),
        ("eth_getBalance", ["0x" + "00" * 20, {}], "needs blockHash or blockNumber"),
        ("eth_getBalance", ["0x" + "00" * 20, {"blockNumber": "0x0", "blockHash": "0x" + "00" * 32}], "choose one"),
        ("eth_getBlockByNumber", ["latest", "yes"], "not true or false"),
        ("eth_getTransactionReceipt", ["0x00"], "a hash has 32 bytes"),
        ("eth_getStorageAt", ["0x" + "00" * 20, "5"], "not a storage position"),
        ("eth_call", ["0x"], "a call is an object"),
        ("eth_call", [{"too": "0x" + "00" * 20}], "a call has no member 'too'"),
        ("eth_call", [{"gasPrice": "0x1", "maxFeePerGas": "0x1"}], "both gasPrice and"),
        ("eth_call", [{"data": "0x01", "input": "0x02"}], 'both "data" and "input"'),
        ("eth_call", [{"value": "0x" + "f" * 65}], "not a hexadecimal quantity"),
        ("eth_call", [{"accessList": [{"address": "0x"}]}], "an address has 20 bytes"),
        ("eth_feeHistory", ["0x1", "latest", [50, 20]], "does not lie above"),
        ("eth_feeHistory", ["0x1", "latest", [101]], "not between 0 and 100"),
        ("eth_feeHistory", ["0x1", "latest", ["50"]], "not between 0 and 100"),
        ("eth_getProof", ["0x" + "00" * 20, "0x0"], "storage keys are an array"),
        ("eth_getProof", ["0x" + "00" * 20, ["0x0"] * 1025], "at most 1024"),
        ("eth_sendRawTransaction", [5], "not an even number"),
        ("evm_setAutomine", [1], "not true or false"),
        ("evm_increaseTime", [-1], "not a hexadecimal quantity"),
        ("evm_increaseTime", [2**60], "cannot be moved beyond"),
        ("evm_setNextBlockTimestamp", [1], "is not after the newest block's"),
        ("dev_mine", [0], "is not between 1 and"),
        ("dev_mine", [limits.MAX_DEPTH + 1], "is not between 1 and"),
    ],
)
def test_wrong_parameters_are_named_in_the_error(chain, name, params, words):
    answer = chain.answer(ask(name, params))
    assert answer["error"]["code"] == -32602
    assert words in answer["error"]["message"]


def test_parameters_by_name_are_refused(chain):
    answer = chain.answer(ask(params=[]) | {"params": {"a": 1}})
    assert (answer["error"]["code"], "non-array args" in answer["error"]["message"]) == (-32602, True)


def test_trailing_nulls_are_not_given(chain):
    assert chain.answer(ask("eth_getBalance", ["0x" + "00" * 20, None]))["result"] == "0x0"
    assert "result" in chain.answer(ask() | {"params": None})


def test_a_notification_is_executed_and_not_answered(chain):
    silent = ask("evm_mine")
    del silent["id"]
    assert chain.answer(silent) is None
    assert chain.answer([silent, silent]) is None
    assert chain.answer([silent, ask("eth_blockNumber")]) == [{"jsonrpc": "2.0", "id": 1, "result": "0x4"}]
    wrong = ask("eth_getBalance")
    del wrong["id"]
    assert chain.answer(wrong) is None


def test_a_batch_answers_each_request_in_order(chain):
    batch = [ask(id=1), 5, ask("no_such", id="two"), ask("eth_blockNumber", id=3)]
    answers = chain.answer(batch)
    assert [answer["id"] for answer in answers] == [1, None, "two", 3]
    assert [answer.get("error", {}).get("code") for answer in answers] == [None, -32600, -32601, None]


def test_a_batch_is_bounded(chain):
    assert len(chain.answer([ask()] * limits.MAX_BATCH)) == limits.MAX_BATCH
    answer = chain.answer([ask()] * (limits.MAX_BATCH + 1))
    assert (answer["error"]["code"], "batch too large" in answer["error"]["message"]) == (-32600, True)


def test_an_answer_is_bounded(chain, monkeypatch):
    monkeypatch.setattr(limits, "MAX_ANSWER_BYTES", 1000)
    block = ask("eth_getBlockByNumber", ["latest", False])
    assert chain.answer(block)["error"]["code"] == -32003
    answers = chain.answer([ask()] * 50)
    assert "result" in answers[0]
    assert answers[-1]["error"]["code"] == -32003


READING = {
    "eth_chainId": [],
    "net_version": [],
    "web3_clientVersion": [],
    "eth_blockNumber": [],
    "eth_getBlockByNumber": ["latest", False],
    "eth_getBlockByHash": ["0x" + "00" * 32, False],
    "eth_getBlockReceipts": ["latest"],
    "eth_getTransactionReceipt": ["0x" + "00" * 32],
    "eth_getTransactionByHash": ["0x" + "00" * 32],
    "eth_call": [{"to": "0x" + "00" * 20}],
    "eth_getLogs": [{}],
    "eth_getProof": ["0x" + "00" * 20, []],
    "eth_getCode": ["0x" + "00" * 20],
    "eth_getStorageAt": ["0x" + "00" * 20, "0x0"],
}


def test_the_read_only_door_serves_what_a_verifier_needs(chain):
    for name, params in READING.items():
        assert "result" in chain.answer(ask(name, params), read_only=True), name


def test_the_read_only_door_lets_nothing_through_that_changes_or_costs(chain):
    closed = {name for name in chain.node._dispatcher._methods if name.startswith(("evm_", "dev_", "txpool_"))}
    closed |= {"eth_sendRawTransaction", "eth_estimateGas", "eth_feeHistory"}
    assert len(closed) > 12
    raw = "0x" + chain.sign(nonce=0).hex()
    for name in closed:
        answer = chain.answer(ask(name, [raw] if name == "eth_sendRawTransaction" else []), read_only=True)
        assert answer["error"]["message"] == f"the method {name} is not available at the read-only door"
    silent = ask("evm_mine")
    del silent["id"]
    assert chain.answer([silent, ask("eth_blockNumber")], read_only=True)[0]["result"] == "0x0"


def test_a_defect_is_an_internal_error_and_not_the_end(chain, monkeypatch, caplog):
    from anchor.devnode.execute import Executor

    monkeypatch.setattr(Executor, "call", lambda *_: 1 // 0)
    answer = chain.answer(ask("eth_call", [{"to": "0x" + "00" * 20}]))
    assert answer["error"]["code"] == -32603
    assert "ZeroDivisionError" in answer["error"]["message"]
    assert "eth_call failed" in caplog.text
    assert chain.answer(ask())["result"]


SPECIFIED = """web3_clientVersion net_version eth_chainId eth_syncing eth_accounts eth_blockNumber eth_gasPrice
    eth_maxPriorityFeePerGas eth_feeHistory eth_getBalance eth_getCode
    eth_getStorageAt eth_getTransactionCount eth_getBlockByNumber eth_getBlockByHash
    eth_getTransactionByHash eth_getTransactionReceipt eth_getBlockReceipts eth_call
    eth_estimateGas eth_getLogs eth_getProof eth_sendRawTransaction
    txpool_content evm_mine evm_setAutomine evm_increaseTime
    evm_setNextBlockTimestamp evm_snapshot evm_revert dev_mine
    dev_reorg dev_dropTransaction dev_setFinality"""


def test_every_method_of_the_specification_is_there(chain):
    for name in SPECIFIED.split():
        error = chain.answer(ask(name, [{}] * 9))["error"]
        assert error["code"] == -32602, name  # it is known: only the arguments are wrong
