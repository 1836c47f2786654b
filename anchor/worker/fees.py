"""What to pay: pure arithmetic on wei per gas, with a cap that nothing exceeds."""

from dataclasses import dataclass

from anchor.chain import ChainConfig

BUMP = 9, 8
"""A replacement pays an eighth more and 1 wei: geth wants a tenth on both fields, reth more than exactly a tenth."""

FULL_BLOCKS = 6
"""So many full blocks in a row, more than a minute, a transaction stays payable; they double the base fee."""

GAS_MARGIN = 5, 4
GAS_EXTRA = 10_000
"""On top of the estimate: a log that grew by an entry in between may write one slot more."""


@dataclass(frozen=True)
class Fees:
    """EIP-1559 fees of a transaction, wei per gas."""

    max_fee: int
    max_tip: int


def fresh(base_fee: int, suggestion: int, config: ChainConfig) -> Fees | None:
    """Fees that outlast FULL_BLOCKS; None when even the next block costs more than the cap."""
    tip = min(max(suggestion, config.min_tip), config.max_fee)
    if base_fee + config.min_tip > config.max_fee:
        return None
    max_fee = min(_after_full_blocks(base_fee) + tip, config.max_fee)
    return Fees(max_fee, min(tip, max_fee - base_fee))


def bumped(new: Fees, previous: Fees, config: ChainConfig) -> Fees | None:
    """Fees that replace `previous` in any pool, and are not below the market's; None when that exceeds the cap."""
    more, of = BUMP
    max_fee = max(new.max_fee, previous.max_fee * more // of + 1)
    max_tip = max(new.max_tip, previous.max_tip * more // of + 1)
    return Fees(max_fee, max_tip) if max_fee <= config.max_fee else None


def _after_full_blocks(base_fee: int) -> int:
    for _ in range(FULL_BLOCKS):
        base_fee += max(base_fee // 8, 1)  # EIP-1559
    return base_fee


def gas_limit(estimate: int) -> int:
    """What to allow for a call that was estimated at `estimate` gas."""
    more, of = GAS_MARGIN
    return estimate * more // of + GAS_EXTRA
