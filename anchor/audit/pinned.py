"""The chain as one node shows it at one finalized block: every read names that block's hash."""

from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import dataclass
from typing import Any, TypeVar

from eth_abi.abi import encode
from eth_utils.crypto import keccak

from anchor.errors import Unreachable
from anchor.jsonrpc import JsonRpc, RpcError, data, quantity
from registry.verify.evidence import WrongChain

T = TypeVar("T")

BLOCKS_PER_QUERY = 10_000
"""Range of one eth_getLogs; nodes that allow less say so and get halves."""


NO_SUCH_METHOD = -32601
"""JSON-RPC 2.0, section 5.1: an old node, which says nothing about its history by that."""


@dataclass(frozen=True)
class Block:
    """A block as a node names it; `time` in Unix seconds."""

    number: int
    hash: bytes
    time: int


class Pinned:
    """A node, a contract, a block. Raises Unreachable for anything the node does not answer properly."""

    def __init__(self, rpc: JsonRpc, chain_id: int, contract: bytes, block: int | None = None) -> None:
        self.rpc = rpc
        self.chain_id = chain_id
        found = self._read(lambda: quantity(rpc.call("eth_chainId")))
        if found != chain_id:
            raise WrongChain(chain_id, found)
        self.contract = contract
        self.address = "0x" + contract.hex()
        self.block = self._pin(block)
        self._at = {"blockHash": "0x" + self.block.hash.hex()}

    def code(self) -> bytes:
        """The contract's runtime code; empty when there is none."""
        return self._read(lambda: data(self.rpc.call("eth_getCode", self.address, self._at)))

    def slot(self, position: bytes) -> bytes:
        """32 bytes of the contract's storage."""
        place = "0x" + position.hex()
        return self._read(
            lambda: data(self.rpc.call("eth_getStorageAt", self.address, place, self._at)).rjust(32, b"\0")
        )

    def proof(self, positions: Sequence[bytes]) -> Any:
        """What eth_getProof answers of the contract and these slots, unread. Raises RpcError, Unreachable."""
        keys = ["0x" + position.hex() for position in positions]
        try:
            return self.rpc.call("eth_getProof", self.address, keys, self._at)
        except RpcError:  # some nodes take a number alone here; what they answer is proved under the hash all the same
            return self.rpc.call("eth_getProof", self.address, keys, hex(self.block.number))

    def call(self, signature: str, *arguments: bytes | int) -> list[bytes]:
        """Words that the view `signature` answers, like call("keyOf(bytes32)", key_id)."""
        return self.calls([(signature, arguments)])[0]

    def calls(self, calls: Sequence[tuple[str, Sequence[bytes | int]]]) -> list[list[bytes]]:
        """Many views in few requests, in order."""
        requests = [("eth_call", [{"to": self.address, "data": _calldata(*call)}, self._at]) for call in calls]
        return self._read(lambda: [_words(data(answer)) for answer in self.rpc.batch(requests)])

    def logs(self, first_block: int, topic: bytes, last_block: int | None = None) -> list[dict[str, Any]]:
        """Every log of the contract with this first topic, from `first_block` to `last_block`, else the pinned one."""
        last = self.block.number if last_block is None else last_block
        found: list[dict[str, Any]] = []
        start, step = first_block, BLOCKS_PER_QUERY
        while start <= last:
            end = min(start + step - 1, last)
            query = {
                "address": self.address,
                "fromBlock": hex(start),
                "toBlock": hex(end),
                "topics": ["0x" + topic.hex()],
            }
            try:
                answer = self.rpc.call("eth_getLogs", query)
            except RpcError as refusal:
                if step == 1:
                    raise Unreachable(self.rpc.endpoint, f"it gives no logs: {refusal.message}") from None
                step = max(1, step // 2)
                continue
            if not isinstance(answer, list) or not all(isinstance(log, dict) for log in answer):
                raise Unreachable(self.rpc.endpoint, "its logs are not a list of objects")
            found += answer
            start = end + 1
        return found

    def pruned(self, number: int) -> bool:
        """Whether the node says that it no longer has this block, or what happened in it."""
        if self.block_numbered(number) is None:
            return True
        try:
            return self.rpc.call("eth_getBlockReceipts", hex(number)) is None
        except RpcError as refusal:
            return refusal.code != NO_SUCH_METHOD

    def block_numbered(self, number: int) -> Block | None:
        """The node's block with that number, None when it has none."""
        return self._read(lambda: _block(self.rpc.call("eth_getBlockByNumber", hex(number), False)))

    def headers(self, numbers: Sequence[int]) -> list[dict[str, Any]]:
        """Blocks as the node tells them, in order; those that it does not have are left out."""
        requests = [("eth_getBlockByNumber", [hex(number), False]) for number in numbers]
        return self._read(
            lambda: [one for one in self.rpc.batch(requests) if _block(one) is not None and data(one["parentHash"], 32)]
        )

    def earlier(self, number: int) -> "Pinned | None":
        """The same node and contract at an earlier block; None when it has no such block."""
        block = self.block_numbered(number)
        if block is None:
            return None
        then = copy(self)
        then.block, then._at = block, {"blockHash": "0x" + block.hash.hex()}
        return then

    def keeps_state(self) -> bool:
        """Whether the node still has the state at this block."""
        try:
            self.rpc.call("eth_getStorageAt", self.address, "0x" + bytes(32).hex(), self._at)
        except RpcError:
            return False
        return True

    def _pin(self, number: int | None) -> Block:
        final = self._read(lambda: _block(self.rpc.call("eth_getBlockByNumber", "finalized", False)))
        if final is None:
            raise Unreachable(self.rpc.endpoint, "it knows no finalized block yet")
        if number is None:
            return final
        if number > final.number:
            raise Unreachable(self.rpc.endpoint, f"block {number} is not final; the newest final one is {final.number}")
        block = self.block_numbered(number)
        if block is None:
            raise Unreachable(self.rpc.endpoint, f"it has no block {number}")
        return block

    def _read(self, question: Callable[[], T]) -> T:
        try:
            return question()
        except RpcError as refusal:
            raise Unreachable(self.rpc.endpoint, f"{refusal.method}: {refusal.message}") from None
        except (ValueError, KeyError, TypeError):
            raise Unreachable(self.rpc.endpoint, "its answer is not what Ethereum JSON-RPC defines") from None


def _block(answer: Any) -> Block | None:
    if answer is None:
        return None
    return Block(quantity(answer["number"]), data(answer["hash"], 32), quantity(answer["timestamp"]))


def _calldata(signature: str, arguments: Sequence[bytes | int]) -> str:
    types = [kind for kind in signature[signature.index("(") + 1 : -1].split(",") if kind]
    return "0x" + (keccak(text=signature)[:4] + encode(types, list(arguments))).hex()


def _words(answer: bytes) -> list[bytes]:
    if not answer or len(answer) % 32:
        raise ValueError("not whole words")
    return [answer[start : start + 32] for start in range(0, len(answer), 32)]
