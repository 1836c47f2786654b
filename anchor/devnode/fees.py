"""Fees: the next base fee, a suggested price, and eth_feeHistory."""

from typing import Any

from anchor.devnode import blockref, params
from anchor.devnode.chain import Chain
from anchor.devnode.errors import invalid
from anchor.devnode.evm import Evm
from anchor.devnode.limits import MAX_FEE_HISTORY, MAX_PERCENTILES, SUGGESTED_TIP
from anchor.devnode.shapes import Header
from anchor.devnode.views import Json


class Fees:
    """Answers about fees; everything in wei per gas."""

    def __init__(self, evm: Evm, chain: Chain) -> None:
        self._evm = evm
        self._chain = chain

    def next_base_fee(self, header: Header) -> int:
        """Base fee of the block after this one (EIP-1559)."""
        return self._evm.child(header, header.timestamp + 1, b"\0" * 32).base_fee_per_gas

    def gas_price(self) -> int:
        """A price for a transaction without EIP-1559 fields."""
        return self.next_base_fee(self._chain.head) + SUGGESTED_TIP

    def history(self, count: Any, newest: Any, percentiles: Any) -> Json:
        """eth_feeHistory. Raises Fault for a count or percentiles that are no such thing."""
        wanted = min(params.number(count), MAX_FEE_HISTORY)
        header = blockref.need(self._chain, newest)
        ranks = _percentiles(percentiles)
        first = max(0, header.block_number - wanted + 1)
        headers = [self._chain.at(n) for n in range(first, header.block_number + 1)]
        if not headers:
            return {"oldestBlock": "0x0", "baseFeePerGas": [], "gasUsedRatio": []}
        answer: Json = {
            "oldestBlock": hex(first),
            "baseFeePerGas": [hex(h.base_fee_per_gas) for h in headers] + [hex(self.next_base_fee(header))],
            "gasUsedRatio": [h.gas_used / h.gas_limit for h in headers],
            "baseFeePerBlobGas": ["0x1"] * (len(headers) + 1),
            "blobGasUsedRatio": [0.0] * len(headers),
        }
        if ranks:
            answer["reward"] = [[hex(tip) for tip in self._tips(h, ranks)] for h in headers]
        return answer

    def _tips(self, header: Header, ranks: list[float]) -> list[int]:
        """The tip at each percentile of the block's gas, cheapest gas first; 0 for an empty block."""
        paid = sorted(
            (found.transaction.effective_tip(header.base_fee_per_gas), found.gas_used)
            for found in self._chain.included(header)
        )
        if not paid:
            return [0] * len(ranks)
        tips, position, gas = [], 0, paid[0][1]
        for rank in ranks:
            while gas < header.gas_used * rank / 100 and position < len(paid) - 1:
                position += 1
                gas += paid[position][1]
            tips.append(paid[position][0])
        return tips


def _percentiles(value: Any) -> list[float]:
    if value is None:
        return []
    if not isinstance(value, list) or len(value) > MAX_PERCENTILES:
        raise invalid(f"reward percentiles are an array of at most {MAX_PERCENTILES} numbers")
    ranks: list[float] = []
    for entry in value:
        if isinstance(entry, bool) or not isinstance(entry, (int, float)) or not 0 <= entry <= 100:
            raise invalid(f"invalid reward percentile: {entry!r} is not between 0 and 100")
        if ranks and entry <= ranks[-1]:
            raise invalid(f"invalid reward percentile: {entry!r} does not lie above the one before it")
        ranks.append(float(entry))
    return ranks
