"""What the worker asks an Ethereum node, typed; every read names one block by its hash.

Built on our own JSON-RPC client: web3's repeats eth_sendRawTransaction by itself, follows redirects, sets no bound on
answers, and turns a block hash into a number before it asks.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from anchor.errors import Inconsistent, Unreachable
from anchor.jsonrpc import RpcError, data, quantity

MAX_LOG_BLOCKS = 2000
"""Blocks per eth_getLogs: what the strictest public nodes accept at once."""


class Rpc(Protocol):
    """One node. `anchor.jsonrpc.JsonRpc` is one; tests put a development chain of the same process behind it."""

    endpoint: str  # as it may be shown

    def call(self, method: str, *params: Any) -> Any:
        """Raises RpcError, Unreachable."""
        ...

    def batch(self, calls: Sequence[tuple[str, Sequence[Any]]]) -> list[Any]:
        """Raises RpcError for the first call that is refused, Unreachable."""
        ...

    def close(self) -> None:
        """Drop the kept connection."""
        ...


@dataclass(frozen=True)
class Header:
    """A block as named in all that follows. Time in Unix seconds, base fee in wei."""

    number: int
    hash: bytes
    time: int
    base_fee: int


@dataclass(frozen=True)
class Heads:
    """What a node says first: which chain it serves, the code at an address, its newest and its newest final block."""

    chain_id: int
    code: bytes
    latest: Header
    final: Header


class Node:
    """Typed reads from one node. Raises Unreachable for whatever is not an answer.

    RpcError for a refusal, where a refusal tells something; Inconsistent where it only says "not in this block".
    """

    def __init__(self, rpc: Rpc) -> None:
        self._rpc = rpc
        self.endpoint = rpc.endpoint

    def heads(self, address: bytes, finality_depth: int | None) -> Heads:
        """Newest and final block, in one request. `finality_depth` is for chains without the tag `finalized`.

        The code is asked for here, since a view that another contract does not have is refused, which says less.
        """
        code = ("eth_getCode", ["0x" + address.hex(), "latest"])
        calls: list[tuple[str, list[Any]]] = [("eth_chainId", []), block_by_tag("latest"), code]
        if finality_depth is None:
            calls.append(block_by_tag("finalized"))
        found = self.ask(calls)
        latest = self.header(found[1])
        if finality_depth is not None:
            found += self.ask([block_by_tag(hex(max(0, latest.number - finality_depth)))])
        return Heads(self.quantity(found[0]), self.data(found[2]), latest, self.header(found[3]))

    def ask(self, calls: Sequence[tuple[str, Sequence[Any]]]) -> list[Any]:
        """One batch of reads, answers in order.

        Raises Inconsistent when one is refused: so nodes answer about a block that was orphaned meanwhile, or that
        another machine behind the same address does not have yet, and about logs that they do not keep.
        """
        try:
            return self._rpc.batch(calls)
        except RpcError as refusal:
            raise Inconsistent(str(refusal).rstrip(".")) from None

    def header(self, answer: Any) -> Header:
        """Read a block. None, for a block that the node does not have, is Unreachable."""
        try:
            return Header(
                number=quantity(answer["number"]),
                hash=data(answer["hash"], 32),
                time=quantity(answer["timestamp"]),
                base_fee=quantity(answer.get("baseFeePerGas", "0x0")),
            )
        except (TypeError, KeyError, ValueError, AttributeError):
            raise Unreachable(self.endpoint, "it does not know a block that must be there") from None

    def quantity(self, answer: Any) -> int:
        """Read a number."""
        try:
            return quantity(answer)
        except ValueError:
            raise self.unusable() from None

    def data(self, answer: Any, length: int | None = None) -> bytes:
        """Read bytes."""
        try:
            return data(answer, length)
        except ValueError:
            raise self.unusable() from None

    def unusable(self) -> Unreachable:
        """The error for an answer of the wrong form."""
        return Unreachable(self.endpoint, "its answer is not what Ethereum JSON-RPC defines")

    def estimate_gas(self, sender: bytes, to: bytes, payload: bytes) -> int:
        """Gas that the call would use on top of the newest block; a free try-out. Raises RpcError when it reverts.

        The block is named: nodes whose default is the pending one would try the call after our own waiting transaction.
        """
        call = {"from": "0x" + sender.hex(), "to": "0x" + to.hex(), "data": "0x" + payload.hex()}
        return self.quantity(self._rpc.call("eth_estimateGas", call, "latest"))

    def tip_suggestion(self) -> int:
        """Wei per gas; 0 from a node that gives no suggestion."""
        try:
            return self.quantity(self._rpc.call("eth_maxPriorityFeePerGas"))
        except RpcError:
            return 0

    def is_pending(self, tx_hash: bytes) -> bool:
        """Whether the node has the transaction in its pool, not in a block."""
        found = self._rpc.call("eth_getTransactionByHash", "0x" + tx_hash.hex())
        return isinstance(found, dict) and found.get("blockNumber") is None

    def send(self, raw: bytes) -> None:
        """Broadcast, once. Raises RpcError with the node's answer, Unreachable when there is none.

        On a fresh connection: on a kept one that turns out closed, the client would have to ask again.
        """
        self._rpc.close()
        self._rpc.call("eth_sendRawTransaction", "0x" + raw.hex())


def block_by_tag(tag: str) -> tuple[str, list[Any]]:
    """The call for a block by tag or hexadecimal number, without its transactions."""
    return "eth_getBlockByNumber", [tag, False]


def at(block_hash: bytes) -> dict[str, Any]:
    """One named state (EIP-1898); an orphaned block is an error, not another block's answer."""
    return {"blockHash": "0x" + block_hash.hex(), "requireCanonical": True}
