"""Counts what a process of the worker meets: failed questions by node and method, broadcasts by answer, dearer bids.

Names are those of the metrics (api/metrics.py), labels are few by construction: places in `rpc_urls`, methods that this
package calls, kinds of answers.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from anchor.errors import Unreachable
from anchor.jsonrpc import RpcError
from anchor.node import Rpc

Counts = Counter[tuple[str, ...]]
"""How often what happened: the name of a metric, then its labels' values."""

TICKS, RPC_ERRORS, BROADCASTS, BUMPS, CAPPED, VIOLATIONS, REORGS = (
    "ticks", "rpc_errors", "broadcast", "gas_bumps", "bump_exceeds_cap", "invariant_violation", "reorgs",
)  # fmt: skip

ANSWERS = frozenset({"eth_sendRawTransaction", "eth_estimateGas"})
"""A refusal of these is an answer with a meaning (answers.py), no error of the node."""

BATCH = "batch"
"""Stands for the method where several were asked at once and nothing came back."""


class CountedRpc:
    """A node whose failures are counted under its place in `rpc_urls`, never under its address: that may hold a key."""

    def __init__(self, rpc: Rpc, place: int, counts: Counts) -> None:
        self._rpc = rpc
        self._place = str(place)
        self._counts = counts
        self.endpoint = rpc.endpoint

    def call(self, method: str, *params: Any) -> Any:
        """As `Rpc.call`."""
        try:
            return self._rpc.call(method, *params)
        except (Unreachable, RpcError) as problem:
            self._count(problem, method)
            raise

    def batch(self, calls: Sequence[tuple[str, Sequence[Any]]]) -> list[Any]:
        """As `Rpc.batch`."""
        try:
            return self._rpc.batch(calls)
        except (Unreachable, RpcError) as problem:
            self._count(problem, calls[0][0] if len(calls) == 1 else BATCH)
            raise

    def close(self) -> None:
        """As `Rpc.close`."""
        self._rpc.close()

    def _count(self, problem: Unreachable | RpcError, method: str) -> None:
        if isinstance(problem, RpcError):
            if problem.method in ANSWERS:
                return
            method = problem.method
        self._counts[RPC_ERRORS, self._place, method] += 1
