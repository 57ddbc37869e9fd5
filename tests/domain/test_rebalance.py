"""Rebalance: the trade that brings a hedge to its target, and none after it."""

from __future__ import annotations

from decimal import Decimal, localcontext
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from hedgewatch.domain.errors import InvalidValueError
from hedgewatch.domain.exposure import PricedPosition, coins_of
from hedgewatch.domain.instrument import Payoff
from hedgewatch.domain.numbers import CONTEXT
from hedgewatch.domain.order import Side
from hedgewatch.domain.rebalance import (
    Grid,
    Rebalance,
    RebalanceAction,
    RebalanceTo,
    Shortage,
    TargetMode,
    rebalance,
    target_coins,
    trade_of,
)
from hedgewatch.domain.sizing import Rounding, contracts_for_coin

LINEAR, INVERSE, QUANTO = Payoff
HOLD, TRADE, BELOW_MIN = RebalanceAction
QUICK = settings(deadline=None, max_examples=300)


def position(contracts: str, payoff: Payoff = LINEAR, size: str = "0.001", price: str = "60000") -> PricedPosition:
    return PricedPosition(
        payoff=payoff, contracts=Decimal(contracts), contract_size=Decimal(size), price=Decimal(price)
    )


def mended(coins: str, held: PricedPosition, grid: Grid | None = None, **changes: Any) -> Rebalance:
    return rebalance(Decimal(coins), held, grid or Grid(), **changes)


@pytest.mark.parametrize(
    ("coins", "held", "grid", "action", "side", "contracts"),
    [
        ("5", position("-4900"), Grid(), HOLD, None, 0),  # exactly on the band
        ("5", position("-4899"), Grid(), TRADE, Side.SELL, 101),
        ("5", position("-5100"), Grid(), HOLD, None, 0),
        ("5", position("-5101"), Grid(), TRADE, Side.BUY, 101),
        ("5", position("0"), Grid(), TRADE, Side.SELL, 5000),
        ("5", position("100"), Grid(), TRADE, Side.SELL, 5100),  # a long future is sold as well
        ("0", position("0"), Grid(), HOLD, None, 0),  # nothing held, nothing short: nothing to do
        ("0", position("100"), Grid(), TRADE, Side.SELL, 100),
        ("-1", position("-5000"), Grid(), TRADE, Side.BUY, 5000),  # a debt of coins is no target to be long of
        ("5", position("-4800"), Grid(lot_step=Decimal(150)), TRADE, Side.SELL, 150),
        ("5", position("-4800"), Grid(lot_step=Decimal(150), rounding=Rounding.UP), TRADE, Side.SELL, 300),
        ("5", position("-4800"), Grid(lot_step=Decimal(500)), BELOW_MIN, None, 0),
        ("5", position("-4800"), Grid(min_contracts=Decimal(200)), TRADE, Side.SELL, 200),
        ("5", position("-4800"), Grid(min_contracts=Decimal(201)), BELOW_MIN, None, 0),
        ("5", position("-4800"), Grid(min_notional=Decimal(12000)), TRADE, Side.SELL, 200),
        ("5", position("-4800"), Grid(min_notional=Decimal(12001)), BELOW_MIN, None, 0),
        ("4", position("-5000"), Grid(min_notional=Decimal(999999)), TRADE, Side.BUY, 1000),  # reduce-only is exempt
        ("4", position("-5000"), Grid(min_contracts=Decimal(1001)), BELOW_MIN, None, 0),
    ],
)
def test_a_hedge_is_brought_to_its_target(
    coins: str, held: PricedPosition, grid: Grid, *, action: RebalanceAction, side: Side | None, contracts: int
) -> None:
    found = mended(coins, held, grid)
    assert (found.action, found.side, found.contracts) == (action, side, contracts)
    assert found.reduce_only is (side is Side.BUY)


def test_trading_to_the_edge_stops_just_inside_the_band() -> None:
    held = position("-4800")
    found = mended("5", held, rebalance_to=RebalanceTo.EDGE)
    assert (found.side, found.contracts, found.trade_coin) == (Side.SELL, 100, Decimal("-0.1"))
    assert mended("5", position("-4900"), rebalance_to=RebalanceTo.EDGE).action is HOLD


def test_where_the_edge_is_no_nearer_than_the_target_the_target_is_traded_to() -> None:
    grid = Grid(lot_step=Decimal(200))
    assert mended("5", position("-4800"), grid, rebalance_to=RebalanceTo.EDGE).contracts == 200
    too_small = Grid(min_contracts=Decimal(150))
    assert mended("5", position("-4800"), too_small, rebalance_to=RebalanceTo.EDGE).contracts == 200
    orphan = mended("0", position("-4800"), rebalance_to=RebalanceTo.EDGE)
    assert (orphan.side, orphan.contracts) == (Side.BUY, 4800)


@pytest.mark.parametrize(
    ("field", "call"),
    [
        ("band", lambda: mended("5", position("-4800"), band=Decimal(-1))),
        ("target_ratio", lambda: mended("5", position("-4800"), target_ratio=Decimal(-1))),
        ("payoff", lambda: mended("5", position("-4800", QUANTO))),
        ("price", lambda: mended("5", position("-4800", price="0"))),
        ("contract_size", lambda: mended("5", position("-4800", size="-1"))),
        ("lot_step", lambda: Grid(lot_step=Decimal(0))),
        ("min_contracts", lambda: Grid(min_contracts=Decimal(-1))),
        ("min_notional", lambda: Grid(min_notional=Decimal(-1))),
        ("spot_price", lambda: target_coins(TargetMode.VALUE, Decimal(5), future_price=Decimal(1))),
        ("future_price", lambda: target_coins(TargetMode.VALUE, Decimal(5), spot_price=Decimal(1))),
        ("target_usd", lambda: target_coins(TargetMode.FIXED_USD, Decimal(5), spot_price=Decimal(1))),
    ],
)
def test_what_makes_no_sense_is_refused_by_its_name(field: str, call: Any) -> None:
    with pytest.raises(InvalidValueError, match=rf"^{field}"):
        call()


@pytest.mark.parametrize(
    ("mode", "coins", "ratio", "target"),
    [
        (TargetMode.COIN, "5", "1", "-5.000000"),
        (TargetMode.VALUE, "5", "1", "-4.950495"),  # the futures trade 1 % above spot
        (TargetMode.FIXED_USD, "5", "1", "-4.000000"),
        (TargetMode.COIN, "5", "0.5", "-2.500000"),
        (TargetMode.COIN, "0", "1", "0.000000"),
        (TargetMode.VALUE, "-1", "1", "0.000000"),
        (TargetMode.FIXED_USD, "0", "1", "0.000000"),
    ],
)
def test_the_target_depends_on_its_mode(mode: TargetMode, coins: str, ratio: str, target: str) -> None:
    found = target_coins(
        mode,
        Decimal(coins),
        Decimal(ratio),
        spot_price=Decimal(60000),
        future_price=Decimal(60600),
        target_usd=Decimal(240_000),
    )
    assert round(found, 6) == Decimal(target)


def test_only_a_fixed_amount_of_dollars_drifts_by_the_price_alone() -> None:
    usd = Decimal(300_000)
    before, after = (
        target_coins(TargetMode.FIXED_USD, Decimal(5), spot_price=Decimal(price), target_usd=usd)
        for price in (60000, 40000)
    )
    assert (before, after) == (-5, Decimal("-7.5"))


def test_a_purchase_is_never_larger_than_what_is_short_there() -> None:
    several_legs = Decimal(3)  # over-hedged by three coins, of which this leg is short one and a half lots
    found = trade_of(several_legs, position("-1.5", size="1"), Grid())
    assert (found.contracts, found.reduce_only, found.shortage) == (1, True, None)
    assert trade_of(several_legs, position("2", size="1"), Grid()).shortage is Shortage.CONTRACTS


decimals = st.decimals(allow_nan=False, allow_infinity=False, places=4)
payoffs = st.sampled_from([LINEAR, INVERSE])
sizes = st.sampled_from(["0.0001", "0.001", "1", "10", "100"]).map(Decimal)
lots = st.sampled_from(["0.001", "0.005", "1", "3", "10"]).map(Decimal)
prices = st.decimals("0.01", "200000", places=2)


@given(payoff=payoffs, coins=st.decimals("0", "10000", places=8), size=sizes, price=prices, lot=lots)
@QUICK
def test_contracts_never_hold_more_than_asked_when_rounding_down(
    payoff: Payoff, coins: Decimal, size: Decimal, price: Decimal, lot: Decimal
) -> None:
    found = contracts_for_coin(payoff, coins, size, price, lot_step=lot)
    with localcontext(CONTEXT):
        one_lot = coins_of(payoff, lot, size, price)
        held = coins_of(payoff, found.contracts, size, price)
        snapped = one_lot * Decimal("1e-9")  # a count this close to a step is that step
        assert -snapped <= found.residual_coin < one_lot
        assert held <= coins + snapped
        assert found.contracts % lot == 0
        assert abs(coins - held - found.residual_coin) <= Decimal("1e-25")


@given(
    payoff=payoffs,
    coins=st.decimals("0", "1000", places=6),
    held=st.decimals("-100000", "1000", places=0),
    size=sizes,
    price=prices,
    lot=st.sampled_from(["0.001", "1", "3"]).map(Decimal),
    target=st.decimals("0", "2", places=3),
    rounding=st.sampled_from(Rounding),
    to=st.sampled_from(RebalanceTo),
)
@settings(deadline=None, max_examples=600)
def test_a_rebalance_applied_once_is_followed_by_hold(  # noqa: PLR0917  what Hypothesis draws
    payoff: Payoff,
    coins: Decimal,
    held: Decimal,
    size: Decimal,
    price: Decimal,
    lot: Decimal,
    target: Decimal,
    rounding: Rounding,
    to: RebalanceTo,
) -> None:
    with localcontext(CONTEXT):
        held = (held / lot).to_integral_value() * lot
        grid = Grid(lot_step=lot, rounding=rounding)
        before = PricedPosition(payoff=payoff, contracts=held, contract_size=size, price=price)
        assume(coins == 0 or coins_of(payoff, lot, size, price) <= coins * Decimal("0.02"))  # a lot fits into the band
        found = rebalance(coins, before, grid, target_ratio=target, rebalance_to=to)
        traded = found.contracts if found.side is Side.BUY else -found.contracts
        after = PricedPosition(payoff=payoff, contracts=held + traded, contract_size=size, price=price)
        again = rebalance(coins, after, grid, target_ratio=target, rebalance_to=to)
    assert again.action is HOLD, (found, again)
