"""Rebalance: from the coins held and the contracts short to the trade that brings them to the target."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum

from hedgewatch.domain.errors import InvalidValueError
from hedgewatch.domain.exposure import PricedPosition, coins_of, contracts_of, hedge_ratio, position_value
from hedgewatch.domain.instrument import hedging
from hedgewatch.domain.numbers import ONE, ZERO, exact, exactly, non_negative, positive
from hedgewatch.domain.order import Side
from hedgewatch.domain.sizing import SNAP, Rounding, round_contracts

BAND = Decimal("0.02")


class TargetMode(StrEnum):
    """What the short matches: the coins, their value at the futures price, or a fixed amount of dollars."""

    COIN = "coin"
    VALUE = "value"
    FIXED_USD = "fixed_usd"


class RebalanceTo(StrEnum):
    """Where a trade ends: at the target, or at the edge of the band, which pure proportional costs call for."""

    TARGET = "target"
    EDGE = "edge"


class RebalanceAction(StrEnum):
    """Inside the band; trade; or less than the exchange takes."""

    HOLD = "HOLD"
    TRADE = "TRADE"
    BELOW_MIN = "BELOW_MIN"


class Shortage(StrEnum):
    """What an order has too little of for its exchange."""

    CONTRACTS = "contracts"
    NOTIONAL = "notional"


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """What an exchange takes, and how a count is put on it.

    lot_step and min_contracts: contracts; min_notional: quote; a minimum of zero is none. snap: fraction of a step.
    Raises InvalidValueError for a lot step not above zero or a minimum below zero.
    """

    lot_step: Decimal = ONE
    min_contracts: Decimal = ZERO
    min_notional: Decimal = ZERO
    rounding: Rounding = Rounding.DOWN
    snap: Decimal = SNAP

    def __post_init__(self) -> None:
        """Refuse what is no grid."""
        positive(self.lot_step, "lot_step")
        non_negative(self.min_contracts, "min_contracts")
        non_negative(self.min_notional, "min_notional")


@dataclass(frozen=True, slots=True, kw_only=True)
class Trade:
    """Contracts, positive, to buy or sell; a purchase only reduces. shortage: why the exchange would refuse it."""

    side: Side
    contracts: Decimal
    reduce_only: bool
    shortage: Shortage | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rebalance:
    """Where a hedge is, where it should be, and the trade between. Coins: short is negative; contracts: positive.

    hedge_ratio: None where nothing is held. side: None where nothing is to be traded.
    """

    target_coin: Decimal
    current_coin: Decimal
    trade_coin: Decimal
    hedge_ratio: Decimal | None
    action: RebalanceAction
    side: Side | None = None
    contracts: Decimal = ZERO
    reduce_only: bool = False


@exactly
def target_coins(
    mode: TargetMode,
    long_coin: Decimal,
    target_ratio: Decimal = ONE,
    *,
    spot_price: Decimal | None = None,
    future_price: Decimal | None = None,
    target_usd: Decimal | None = None,
) -> Decimal:
    """Return the futures coins that a hedge should have, zero or negative; zero where no coins are held.

    coin: minus ratio times coins. value: that times spot over future. fixed_usd: minus target_usd over spot.
    Source: domain specification 2.3. Raises InvalidValueError for a ratio or amount below zero, and for a price not
    above zero or missing where the mode needs it.
    """
    ratio = non_negative(target_ratio, "target_ratio")
    held = max(ZERO, exact(long_coin, "long_coin"))
    if mode is TargetMode.COIN:
        return -ratio * held
    spot = positive(_needed(spot_price, "spot_price", mode), "spot_price")
    if mode is TargetMode.VALUE:
        return -ratio * held * spot / positive(_needed(future_price, "future_price", mode), "future_price")
    usd = non_negative(_needed(target_usd, "target_usd", mode), "target_usd")
    return -usd / spot if held else ZERO


def _needed(value: Decimal | None, field: str, mode: TargetMode) -> Decimal:
    if value is None:
        raise InvalidValueError(field, f'missing: the target mode "{mode}" needs it')
    return value


@exactly
def trade_of(trade_coin: Decimal, position: PricedPosition, grid: Grid, *, limit_price: Decimal | None = None) -> Trade:
    """Put a wanted change of futures coins (below zero: sell) on the grid of the contract that is held.

    position: at the mark, by which contracts become coins; a purchase never buys more than is short in it. limit_price:
    what the order is worth, left out: the mark. Reduce-only orders need no least notional.
    Source: domain specification 2.4 and 1.2. Raises InvalidValueError for a price or size not above zero, and quanto.
    """
    payoff, size, mark = hedging(position.payoff), position.contract_size, position.price
    side = Side.SELL if trade_coin < 0 else Side.BUY
    raw = exact(contracts_of(payoff, abs(trade_coin), size, mark), "contract_size")
    contracts = round_contracts(raw, grid.lot_step, grid.rounding, snap=grid.snap)
    if side is Side.BUY:
        contracts = min(contracts, round_contracts(max(ZERO, -position.contracts), grid.lot_step))
    shortage = None
    if contracts == 0 or contracts < grid.min_contracts:
        shortage = Shortage.CONTRACTS
    elif side is Side.SELL and grid.min_notional:
        at = mark if limit_price is None else limit_price
        if position_value(payoff, contracts, size, at).notional_quote < grid.min_notional:
            shortage = Shortage.NOTIONAL
    return Trade(side=side, contracts=contracts, reduce_only=side is Side.BUY, shortage=shortage)


@exactly
def rebalance(
    long_coin: Decimal,
    position: PricedPosition,
    grid: Grid,
    *,
    target_ratio: Decimal = ONE,
    band: Decimal = BAND,
    rebalance_to: RebalanceTo = RebalanceTo.TARGET,
) -> Rebalance:
    """Say what brings one position back to its target: nothing inside the band (its edge included), else a trade.

    long_coin: coins; where there are none, the whole short is bought back. position: at the mark. band: a fraction, the
    distance of the hedge ratio from its target. A trade goes to the target, or with ``edge`` just inside the band.
    Source: domain specification 2.4; to the edge: 2.5 (Davis and Norman 1990).
    Raises InvalidValueError for a price or size not above zero, a ratio or band below zero, and quanto.
    """
    payoff, size = hedging(position.payoff), position.contract_size
    current = exact(coins_of(payoff, position.contracts, size, position.price), "position_contracts")
    target = exact(target_coins(TargetMode.COIN, long_coin, target_ratio), "long_coin")
    ratio, wanted = hedge_ratio(long_coin, current), target - current
    trade = trade_of(wanted, position, grid)
    action = RebalanceAction.HOLD
    if wanted and (ratio is None or abs(ratio - target_ratio) > non_negative(band, "band")):
        if ratio is not None and rebalance_to is RebalanceTo.EDGE:
            wanted, trade = _nearer(wanted, band * long_coin, trade, position, grid)
        action = RebalanceAction.TRADE if trade.shortage is None else RebalanceAction.BELOW_MIN
    is_trade = action is RebalanceAction.TRADE
    return Rebalance(
        target_coin=target,
        current_coin=current,
        trade_coin=wanted,
        hedge_ratio=ratio,
        action=action,
        side=trade.side if is_trade else None,
        contracts=trade.contracts if is_trade else ZERO,
        reduce_only=trade.reduce_only and is_trade,
    )


def _nearer(
    wanted: Decimal, band_coin: Decimal, whole: Trade, position: PricedPosition, grid: Grid
) -> tuple[Decimal, Trade]:
    """Trade to the edge of the band, rounded up so that it ends inside; to the target where that is no longer less."""
    beyond = (abs(wanted) - band_coin).copy_sign(wanted)
    trade = trade_of(beyond, position, replace(grid, rounding=Rounding.UP, snap=ZERO))
    is_less = trade.shortage is None and trade.contracts < whole.contracts
    return (beyond, trade) if is_less else (wanted, whole)
