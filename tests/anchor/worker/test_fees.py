"""What to pay: never above the cap, enough for six full blocks, and enough to replace what came before."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anchor.chain import GWEI, ChainConfig
from anchor.worker import fees
from anchor.worker.fees import Fees

PLAIN = ChainConfig(rpc_urls=("http://127.0.0.1:1",), chain_id=1, contract=bytes(20), code_sha256=bytes(32))
prices = st.integers(0, 600 * GWEI) | st.integers(0, 2 * GWEI) | st.integers(0, 100)


@st.composite
def configs(draw: Any) -> ChainConfig:
    """Any cap, any least tip below it."""
    cap = draw(st.integers(1, 500 * GWEI))
    return replace(PLAIN, max_fee_gwei=cap / GWEI, min_tip_gwei=draw(st.integers(1, cap)) / GWEI)


def after_full_blocks(base_fee: int, blocks: int) -> int:
    """The base fee as EIP-1559 has it rise: by an eighth of itself, and by 1 wei at least."""
    for _ in range(blocks):
        base_fee += max(base_fee // 8, 1)
    return base_fee


def test_fees_on_a_usual_day() -> None:
    found = fees.fresh(20 * GWEI, GWEI, PLAIN)
    assert found is not None
    assert found.max_tip == GWEI
    assert after_full_blocks(20 * GWEI, 6) + GWEI <= found.max_fee < after_full_blocks(20 * GWEI, 7)


@given(prices, prices, configs())
def test_nothing_exceeds_the_cap_and_the_least_tip_is_always_offered(
    base_fee: int, suggestion: int, config: ChainConfig
) -> None:
    found = fees.fresh(base_fee, suggestion, config)
    assert (found is None) is (base_fee + config.min_tip > config.max_fee)
    if found is not None:
        assert config.min_tip <= found.max_tip <= found.max_fee <= config.max_fee
        assert found.max_tip <= max(suggestion, config.min_tip)
        assert found.max_fee >= base_fee + found.max_tip  # the whole tip is paid in a block like the newest


@given(prices, prices, configs())
def test_fees_outlast_six_full_blocks_or_are_at_the_cap(base_fee: int, suggestion: int, config: ChainConfig) -> None:
    found = fees.fresh(base_fee, suggestion, config)
    if found is not None and found.max_fee < config.max_fee:
        assert found.max_fee >= after_full_blocks(base_fee, 6) + found.max_tip


@given(prices, prices, prices, prices, configs())
def test_fees_rise_with_the_market_and_never_fall_with_it(
    base_fee: int, more: int, suggestion: int, more_tip: int, config: ChainConfig
) -> None:
    low = fees.fresh(base_fee, suggestion, config)
    dear = fees.fresh(base_fee + more, suggestion, config)
    generous = fees.fresh(base_fee, suggestion + more_tip, config)
    assert low is not None or dear is None
    if low is not None and dear is not None:
        assert low.max_fee <= dear.max_fee
    if low is not None and generous is not None:
        assert low.max_fee <= generous.max_fee
        assert low.max_tip <= generous.max_tip


@st.composite
def two_fees(draw: Any) -> Fees:
    tip = draw(prices)
    return Fees(tip + draw(prices), tip)


@given(two_fees(), two_fees(), configs())
def test_a_replacement_is_accepted_by_every_client_or_would_exceed_the_cap(
    market: Fees, previous: Fees, config: ChainConfig
) -> None:
    found = fees.bumped(market, previous, config)
    if found is None:
        assert max(market.max_fee, previous.max_fee * 9 // 8 + 1) > config.max_fee
        return
    assert found.max_tip <= found.max_fee <= config.max_fee
    for new, old, now in zip(*((one.max_fee, one.max_tip) for one in (found, previous, market)), strict=True):
        assert new * 100 >= old * 110  # geth: ten per cent more in both fields
        assert new * 10 > old * 11  # reth: more than exactly a tenth
        assert new >= now
        assert new <= max(now, old * 9 // 8 + 1)  # and no more than that


@given(two_fees())
def test_bumping_ends_at_the_cap(start: Fees) -> None:
    paid, steps = start, 0
    while (dearer := fees.bumped(start, paid, PLAIN)) is not None:
        assert dearer.max_fee > paid.max_fee
        assert dearer.max_tip > paid.max_tip
        paid, steps = dearer, steps + 1
        assert steps < 300
    assert paid == start or paid.max_fee <= PLAIN.max_fee


@given(st.integers(21_000, 30_000_000), st.integers(0, 1_000_000))
def test_the_gas_limit_leaves_room_for_a_quarter_more_and_one_slot(estimate: int, more: int) -> None:
    assert fees.gas_limit(estimate) >= estimate * 1.25 + 9_999
    assert fees.gas_limit(estimate) <= estimate * 1.25 + 10_000
    assert fees.gas_limit(estimate + more) >= fees.gas_limit(estimate)


@pytest.mark.parametrize(("cap", "tip"), [(0, 0.1), (1, 2), (1, 0)])
def test_a_cap_below_the_least_tip_is_no_configuration(cap: float, tip: float) -> None:
    with pytest.raises(ValueError, match="min_tip_gwei"):
        replace(PLAIN, max_fee_gwei=cap, min_tip_gwei=tip)
