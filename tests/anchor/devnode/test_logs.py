"""eth_getLogs: addresses, topics, wildcards, ranges, limits."""

import pytest

from anchor.devnode import limits
from tests.support import chains, probe


def topic(number):
    return "0x" + number.to_bytes(32, "big").hex()


@pytest.fixture
def logged(chain):
    """Block 3 holds a log without topics, one with (1) and one with (1, 2, 3, 4); block 4 a stored value in slot 9."""
    first, second = (probe.deploy(chain.w3, account) for account in chain.accounts[:2])
    probe.send(chain.w3, chain.accounts[0], to=first, data=probe.do("logs", 1, 2, 3, 4))
    probe.send(chain.w3, chain.accounts[0], to=second, data=probe.do("store", 9, 99))
    chain.first, chain.second = first.lower(), second.lower()
    return chain


def found(chain, **criteria):
    """Block number and log index of what matches."""
    logs = chain.rpc("eth_getLogs", {"fromBlock": "0x0", "toBlock": "latest"} | criteria)
    return [(int(entry["blockNumber"], 16), int(entry["logIndex"], 16)) for entry in logs]


ALL = [(3, 0), (3, 1), (3, 2), (4, 0)]


@pytest.mark.parametrize(
    ("topics", "matching"),
    [
        ([], ALL),
        ([None], ALL[1:]),
        ([[]], ALL[1:]),
        ([1], [(3, 1), (3, 2)]),
        ([1, 2], [(3, 2)]),
        ([1, None, 3], [(3, 2)]),
        ([1, [], 3], [(3, 2)]),
        ([None, 9], [(4, 0)]),
        ([[1, 5]], [(3, 1), (3, 2)]),
        ([None, [2, 9]], [(3, 2), (4, 0)]),
        ([2], []),
        ([None, None, None, None], [(3, 2)]),
        ([1, 9], []),
    ],
)
def test_topics_select_by_position(logged, topics, matching):
    def shown(entry):
        return [topic(n) for n in entry] if isinstance(entry, list) else entry and topic(entry)

    assert found(logged, topics=[shown(entry) for entry in topics]) == matching


def test_addresses_select_one_any_or_all(logged):
    assert found(logged, address=logged.first) == ALL[:3]
    assert found(logged, address=[logged.second]) == ALL[3:]
    assert found(logged, address=[logged.first, logged.second]) == found(logged, address=[]) == found(logged) == ALL
    assert found(logged, address="0x" + "77" * 20) == []


def test_blocks_select_by_number_tag_or_hash(logged):
    assert found(logged, fromBlock="0x4") == found(logged, fromBlock="latest") == ALL[3:]
    assert found(logged, toBlock="0x3") == found(logged, toBlock="safe") == ALL[:3]
    assert found(logged, fromBlock="0x5", toBlock="0x64") == []
    assert found(logged, toBlock="0x64") == ALL
    block = logged.rpc("eth_getBlockByNumber", "0x3", False)["hash"]
    assert len(logged.rpc("eth_getLogs", {"blockHash": block})) == 3
    assert logged.rpc("eth_getLogs", {}) == logged.rpc("eth_getLogs", {"fromBlock": "0x4"})


def test_a_log_says_where_it_is(logged):
    entry = logged.rpc("eth_getLogs", {"fromBlock": "0x4"})[0]
    receipt = logged.rpc("eth_getTransactionReceipt", entry["transactionHash"])
    assert receipt["logs"] == [entry]
    assert entry["blockHash"] == receipt["blockHash"]
    assert entry["topics"] == [probe.STORED, topic(9)]
    assert (entry["data"], entry["removed"], entry["address"]) == (topic(99), False, logged.second)


@pytest.mark.parametrize(
    ("criteria", "code"),
    [
        ({"topics": [None] * 5}, -32602),
        ({"topics": "0x00"}, -32602),
        ({"topics": ["0x00"]}, -32602),
        ({"address": "0x00"}, -32602),
        ({"address": ["0x" + "00" * 20] * 1001}, -32602),
        ({"fromBlock": "0x3", "toBlock": "0x2"}, -32602),
        ({"fromBlock": 1}, -32602),
        ({"fromBlock": topic(1)}, -32602),
        ({"blockHash": topic(1)}, -32000),
        ({"blockHash": topic(1), "fromBlock": "0x0"}, -32602),
        ({"adress": "0x" + "00" * 20}, -32602),
        ([], -32602),
    ],
)
def test_a_filter_that_makes_no_sense_is_refused(chain, criteria, code):
    assert chain.error("eth_getLogs", criteria)["code"] == code


def test_too_many_blocks_or_results_are_refused(tmp_path, monkeypatch):
    with chains.devnode(tmp_path, max_log_range=5) as (node, server):
        w3 = chains.web3(server.url)
        address = probe.deploy(w3, chains.FUNDED[0])
        probe.send(w3, chains.FUNDED[0], to=address, data=probe.do("logs", 1, 2, 3, 4))
        node.request("dev_mine", 4)
        ask = {"fromBlock": "0x1", "toBlock": "0x6"}
        answer = w3.provider.make_request("eth_getLogs", [ask])
        assert answer["error"]["code"] == -32005
        assert "block range of 6 is over the limit of 5" in answer["error"]["message"]
        assert len(node.request("eth_getLogs", ask | {"fromBlock": "0x2"})) == 3
        monkeypatch.setattr("anchor.devnode.logs.MAX_LOGS", 2)
        answer = w3.provider.make_request("eth_getLogs", [ask | {"fromBlock": "0x2"}])
        assert (answer["error"]["code"], "more than 2 results" in answer["error"]["message"]) == (-32005, True)
    assert limits.MAX_LOGS == limits.MAX_LOG_RANGE == 10_000
