"""Which chain and contract the worker serves, through which nodes, and how much it may pay."""

from collections.abc import Iterable
from dataclasses import dataclass

from anchor.jsonrpc import shown
from registry.store.lease import LEASE_SECONDS

GWEI = 10**9


@dataclass(frozen=True, kw_only=True)
class ChainConfig:
    """Everything about a chain that the worker does not find on it. Durations in seconds, fees in gwei per gas.

    One process serves one contract. The same fields fit the embedded chain, anvil and a public network.
    """

    rpc_urls: tuple[str, ...]  # the first that answers is read; transactions go to all
    chain_id: int
    contract: bytes  # 20 bytes
    code_sha256: bytes  # 32 bytes, of the runtime code
    heartbeat_seconds: float = 86_400
    tick_seconds: float = 2.0
    lease_seconds: int = LEASE_SECONDS  # of silence until another worker takes over
    timeout: float = 10.0  # for one request
    max_fee_gwei: float = 200  # above it nothing is paid, whatever the market says; an alarm is raised instead
    min_tip_gwei: float = 0.1  # below it many nodes do not take a transaction into their pool
    bump_after_blocks: int = 5  # a transaction seen pending for so long is replaced by a dearer one
    finality_depth: int | None = None  # None: the tag `finalized`; a number for chains that have no such tag
    final_witnesses: int = 1  # independent nodes that must agree that a block is final; 2 on a public network

    def __post_init__(self) -> None:
        """Raises ValueError that names the field."""
        _require(len(self.contract) == 20, "contract has 20 bytes")
        _require(len(self.code_sha256) == 32, "code_sha256 has 32 bytes")
        _require(bool(self.rpc_urls), "rpc_urls names at least one node")
        there = independent(self.rpc_urls)
        rule = f"final_witnesses lies between 1 and {there}, the number of different hosts in rpc_urls"
        _require(1 <= self.final_witnesses <= there, rule)
        _require(0 < self.min_tip_gwei <= self.max_fee_gwei, "0 < min_tip_gwei <= max_fee_gwei")
        for name in ("heartbeat_seconds", "tick_seconds", "lease_seconds", "timeout", "bump_after_blocks"):
            _require(getattr(self, name) > 0, f"{name} is more than 0")

    @property
    def max_fee(self) -> int:
        """The cap in wei per gas."""
        return int(self.max_fee_gwei * GWEI)

    @property
    def min_tip(self) -> int:
        """The least tip in wei per gas."""
        return int(self.min_tip_gwei * GWEI)


def independent(rpc_urls: Iterable[str]) -> int:
    """How many of the endpoints can witness for each other: two accounts with one provider are one witness."""
    return len({shown(url) for url in rpc_urls})


def _require(holds: bool, rule: str) -> None:
    if not holds:
        raise ValueError(f"chain configuration: {rule}")
