"""eth_getProof, checked with the trie library against a header that hashes to the block's hash."""

import pytest
import rlp
from eth_utils import keccak
from trie import HexaryTrie
from trie.exceptions import BadTrieProof

from tests.support import probe

HEADER_FIELDS = """parentHash sha3Uncles miner stateRoot transactionsRoot receiptsRoot logsBloom difficulty number
    gasLimit gasUsed timestamp extraData mixHash nonce baseFeePerGas withdrawalsRoot blobGasUsed excessBlobGas
    parentBeaconBlockRoot requestsHash"""
NUMBERS = {"difficulty", "number", "gasLimit", "gasUsed", "timestamp", "baseFeePerGas", "blobGasUsed", "excessBlobGas"}


def header_bytes(block):
    """The header's RLP, from the JSON."""
    fields = []
    for name in HEADER_FIELDS.split():
        fields.append(_number(block[name]) if name in NUMBERS else _bytes(block[name]))
    return rlp.encode(fields)


def proved(root, key, nodes):
    """What the nodes prove for the key under the root; b"" is proved absence."""
    return HexaryTrie.get_from_proof(root, keccak(key), [rlp.decode(bytes.fromhex(node[2:])) for node in nodes])


def test_every_header_hashes_to_its_block_hash(chain):
    chain.send()
    probe.deploy(chain.w3, chain.accounts[1])
    for number in range(3):
        block = chain.rpc("eth_getBlockByNumber", hex(number), False)
        assert "0x" + keccak(header_bytes(block)).hex() == block["hash"]


def test_account_and_slots_are_proved_under_the_state_root(chain):
    address = probe.deploy(chain.w3, chain.accounts[0])
    for slot in range(1, 12):
        probe.send(chain.w3, chain.accounts[0], to=address, data=probe.do("store", slot, slot * 1000))
    block = chain.rpc("eth_getBlockByNumber", "latest", False)
    root = bytes.fromhex(block["stateRoot"][2:])
    proof = chain.rpc("eth_getProof", address, ["0x5", "0x" + "00" * 31 + "0b", "0xff"], block["hash"])
    nonce, balance, storage, code = rlp.decode(proved(root, bytes.fromhex(address[2:]), proof["accountProof"]))
    assert (nonce, balance) == (b"\x01", b"")
    assert "0x" + storage.hex() == proof["storageHash"]
    assert code == keccak(probe.RUNTIME)
    values = []
    for entry in proof["storageProof"]:
        found = proved(storage, int(entry["key"], 16).to_bytes(32, "big"), entry["proof"])
        values.append(int.from_bytes(rlp.decode(found), "big") if found else 0)
        assert int(entry["value"], 16) == values[-1]
    assert values == [5000, 11000, 0]


def test_a_changed_or_shortened_proof_proves_nothing(chain):
    address = probe.deploy(chain.w3, chain.accounts[0])
    for slot in range(1, 6):
        probe.send(chain.w3, chain.accounts[0], to=address, data=probe.do("store", slot, 7))
    root = bytes.fromhex(chain.rpc("eth_getBlockByNumber", "latest", False)["stateRoot"][2:])
    nodes = chain.rpc("eth_getProof", address, ["0x1"])["accountProof"]
    assert len(nodes) > 1
    changed = nodes[-1][:-2] + ("00" if nodes[-1][-2:] != "00" else "01")
    for wrong in (nodes[:-1], [*nodes[:-1], changed], []):
        with pytest.raises(BadTrieProof):
            proved(root, bytes.fromhex(address[2:]), wrong)


def test_an_account_that_does_not_exist_is_proved_absent(chain):
    root = bytes.fromhex(chain.rpc("eth_getBlockByNumber", "latest", False)["stateRoot"][2:])
    nobody = "0x" + "77" * 20
    proof = chain.rpc("eth_getProof", nobody, ["0x0"])
    assert proved(root, bytes.fromhex(nobody[2:]), proof["accountProof"]) == b""
    assert (proof["balance"], proof["nonce"], proof["storageProof"][0]["value"]) == ("0x0", "0x0", "0x0")


def test_a_proof_of_an_older_block_belongs_to_that_block(chain):
    address = probe.deploy(chain.w3, chain.accounts[0])
    for value in (1, 2):
        probe.send(chain.w3, chain.accounts[0], to=address, data=probe.do("store", 9, value))
    old, new = (chain.rpc("eth_getProof", address, ["0x9"], number) for number in ("0x2", "0x3"))
    assert (old["storageProof"][0]["value"], new["storageProof"][0]["value"]) == ("0x1", "0x2")
    assert old["storageHash"] != new["storageHash"]


def test_the_receipts_root_is_rebuilt_from_the_receipts(chain):
    chain.rpc("evm_setAutomine", False)
    address = chain.deploy_later()
    chain.rpc("evm_mine")
    for account in range(3):
        chain.send(account, to=address, gas=200_000, data=probe.do("logs", 1, 2, 3, account))
    chain.rpc("evm_mine")
    trie = HexaryTrie({})
    for receipt in chain.rpc("eth_getBlockReceipts", "latest"):
        logs = [[_bytes(e["address"]), [_bytes(t) for t in e["topics"]], _bytes(e["data"])] for e in receipt["logs"]]
        assert len(logs) == 3
        body = [_number(receipt["status"]), _number(receipt["cumulativeGasUsed"]), _bytes(receipt["logsBloom"]), logs]
        trie[rlp.encode(int(receipt["transactionIndex"], 16))] = b"\x02" + rlp.encode(body)
    assert "0x" + trie.root_hash.hex() == chain.rpc("eth_getBlockByNumber", "latest", False)["receiptsRoot"]


def _bytes(value):
    return bytes.fromhex(value[2:])


def _number(value):
    return int(value, 16).to_bytes((int(value, 16).bit_length() + 7) // 8, "big")
