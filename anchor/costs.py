"""What final anchors cost, computed from the chain's own receipts whenever somebody asks; nothing of it is stored."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from anchor.errors import Unreachable
from anchor.jsonrpc import RpcError, data, quantity
from anchor.node import Rpc
from registry.store.anchors import Settled


@dataclass(frozen=True)
class Cost:
    """One anchor: its transaction used `gas` units and cost `wei` in all, for so many credentials."""

    number: int
    credentials: int
    gas: int
    wei: int


@dataclass(frozen=True)
class Costs:
    """Of several anchors. `unknown` are numbers of anchors whose receipt the node does not show any more."""

    known: tuple[Cost, ...]
    unknown: tuple[int, ...]

    @property
    def wei(self) -> int:
        """Everything that was paid for the known ones."""
        return sum(cost.wei for cost in self.known)

    @property
    def per_anchor(self) -> int | None:
        """Wei, rounded down; None where nothing is known."""
        return self.wei // len(self.known) if self.known else None

    @property
    def per_credential(self) -> int | None:
        """Wei, rounded down, heartbeats without a credential included; None where there is no credential."""
        credentials = sum(cost.credentials for cost in self.known)
        return self.wei // credentials if credentials else None


def costs(rpc: Rpc, anchors: Sequence[Settled]) -> Costs:
    """What `anchors` cost. Raises Unreachable, also when a receipt is not one."""
    calls = [("eth_getTransactionReceipt", ["0x" + anchor.tx_hash.hex()]) for anchor in anchors]
    try:
        receipts = rpc.batch(calls)
    except RpcError as refusal:
        raise Unreachable(rpc.endpoint, f"{refusal.method}: {refusal.message}") from None
    found = [_cost(rpc.endpoint, anchor, receipt) for anchor, receipt in zip(anchors, receipts, strict=True)]
    unknown = tuple(anchor.number for anchor, cost in zip(anchors, found, strict=True) if cost is None)
    return Costs(tuple(cost for cost in found if cost is not None), unknown)


def _cost(endpoint: str, anchor: Settled, receipt: Any) -> Cost | None:
    """None for a receipt that the node has thrown away, or of another block than the final one."""
    if receipt is None:
        return None
    try:
        if (
            data(receipt["blockHash"], 32) != anchor.block_hash
            or data(receipt["transactionHash"], 32) != anchor.tx_hash
        ):
            return None
        gas = quantity(receipt["gasUsed"])
        # Rollups of the OP Stack charge for publishing on their parent chain, too, and say so in a field of their own.
        wei = gas * quantity(receipt["effectiveGasPrice"]) + quantity(receipt.get("l1Fee") or "0x0")
    except (TypeError, KeyError, ValueError, AttributeError):
        raise Unreachable(endpoint, "its receipt is not what Ethereum JSON-RPC defines") from None
    return Cost(anchor.number, anchor.credentials, gas, wei)
