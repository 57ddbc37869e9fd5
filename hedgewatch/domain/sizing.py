"""Sizing: orders that bring a hedge to its target, on the exchange's grid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import ROUND_CEILING, ROUND_DOWN, ROUND_FLOOR, ROUND_HALF_DOWN, ROUND_UP, Decimal
from enum import StrEnum

from hedgewatch.domain.exposure import contracts_of, hedge_ratio, position_value
from hedgewatch.domain.hedge import HedgeSnapshot, LegSnapshot
from hedgewatch.domain.instrument import Instrument, OrderUnit, Payoff
from hedgewatch.domain.market import MarketReading, Quote
from hedgewatch.domain.numbers import ZERO, exactly, plain, positive
from hedgewatch.domain.order import Order, Side, TimeInForce

SNAP = Decimal("1e-9")
SLIPPAGE_CAP = Decimal("0.001")
DEEPEST_DISCOUNT = Decimal("0.01")
VALID_FOR = timedelta(seconds=60)


class Rounding(StrEnum):
    """Toward zero, to the nearest step (ties toward zero), or away from zero."""

    DOWN = "down"
    NEAREST = "nearest"
    UP = "up"


ROUNDINGS = {Rounding.DOWN: ROUND_DOWN, Rounding.NEAREST: ROUND_HALF_DOWN, Rounding.UP: ROUND_UP}


@exactly
def round_price(side: Side, price: Decimal, tick: Decimal) -> Decimal:
    """Put a price on the tick, never worse than asked: a sale rounds up, a purchase down (domain specification 1.2).

    Raises InvalidValueError for a price or tick that is not above zero.
    """
    steps = positive(price, "price") / positive(tick, "tick")
    return steps.to_integral_value(ROUND_CEILING if side is Side.SELL else ROUND_FLOOR) * tick


@exactly
def round_contracts(contracts: Decimal, lot_step: Decimal, rounding: Rounding = Rounding.DOWN) -> Decimal:
    """Put contracts on the lot grid; a count within 1e-9 of a step is that step (domain specification 0.7).

    Raises InvalidValueError for a lot step that is not above zero.
    """
    steps = contracts / positive(lot_step, "lot_step")
    nearest = steps.to_integral_value(ROUND_HALF_DOWN)
    if abs(steps - nearest) > SNAP:
        nearest = steps.to_integral_value(ROUNDINGS[rounding])
    return nearest * lot_step


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """The orders that mend a hedge; where there are none although there is a drift, ``why_none`` says why."""

    orders: tuple[Order, ...] = ()
    why_none: str | None = None


@exactly
def rebalance_orders(snapshot: HedgeSnapshot, *, is_critical: bool) -> Advice:
    """Return the order that brings a hedge back to its target, on the grid of the leg it is for.

    A sale is for the first leg, a purchase for the first one that is short.
    Never past the target (contracts round down). Under-hedged: sell, passive, or if critical marketable with a cap of
    10 bp; none while the future is bid more than 1 % below spot. Over-hedged: buy, reduce-only, passive, at most what
    is short. Source: domain specification 2.4, contracts section 5.
    """
    if snapshot.exposure is None or snapshot.futures_coins is None or not snapshot.legs:
        return Advice(why_none="the position is not known")
    trade = -snapshot.hedge.target_ratio * snapshot.exposure - snapshot.futures_coins
    side = Side.SELL if trade < 0 else Side.BUY
    leg = _leg_for(side, snapshot.legs)
    if not isinstance(leg.reading, MarketReading) or leg.reading.quote is None:
        return Advice(why_none=f"{leg.leg.futures} has no live quote to price an order at")
    instrument, quote = leg.reading.instrument, leg.reading.quote
    if side is Side.SELL and (refusal := _locked_in(quote, snapshot.spot_price)):
        return Advice(why_none=refusal)
    wanted = min(abs(trade), -min(ZERO, leg.coins or ZERO)) if side is Side.BUY else abs(trade)
    contracts = _on_grid(instrument, wanted, _counted_at(leg, quote))
    if contracts is None:
        return Advice(why_none=f"the lot size of {leg.leg.futures} is not known")
    is_marketable = is_critical and side is Side.SELL
    price = _limit_price(side, quote, instrument.tick, is_marketable=is_marketable)
    if shortage := _below_minimum(instrument, contracts, price, side):
        return Advice(why_none=shortage)
    return Advice(orders=(_order(snapshot, leg, contracts, price, side=side, is_marketable=is_marketable),))


def _leg_for(side: Side, legs: Sequence[LegSnapshot]) -> LegSnapshot:
    short = (leg for leg in legs if leg.coins is not None and leg.coins < 0)
    return next(short, legs[0]) if side is Side.BUY else legs[0]


def _counted_at(leg: LegSnapshot, quote: Quote) -> Decimal:
    """Return the price that turns contracts into coins: the mark, by which the position itself is counted."""
    return leg.mark_price if leg.mark_price is not None else quote.mid


def _locked_in(quote: Quote, spot_price: Decimal | None) -> str | None:
    if spot_price is None or quote.bid >= spot_price * (1 - DEEPEST_DISCOUNT):
        return None
    discount = (1 - quote.bid / spot_price) * 100
    return f"no order: selling now would lock in {discount:.2f} % below spot"


def _on_grid(instrument: Instrument, coins: Decimal, price: Decimal) -> Decimal | None:
    if instrument.lot_step is None or instrument.payoff is None:
        return None
    raw = contracts_of(instrument.payoff, coins, instrument.contract_size, price)
    return round_contracts(raw, instrument.lot_step)


def _limit_price(side: Side, quote: Quote, tick: Decimal | None, *, is_marketable: bool) -> Decimal:
    passive = quote.ask if side is Side.SELL else quote.bid
    price = quote.bid * (1 - SLIPPAGE_CAP) if is_marketable else passive
    return round_price(side, price, tick) if tick is not None else price


def _below_minimum(instrument: Instrument, contracts: Decimal, price: Decimal, side: Side) -> str | None:
    """Say what would be enough if the order is too small for the exchange; reduce-only orders need no notional."""
    least = max(instrument.min_contracts or ZERO, instrument.lot_step or ZERO)
    if contracts < least or contracts == 0:
        return f"no order: {instrument.ref.symbol} takes {plain(least)} contracts or more"
    notional = _notional_of(instrument, contracts, price)
    if side is Side.SELL and instrument.min_notional is not None and notional < instrument.min_notional:
        found, enough = plain(notional, 6), plain(instrument.min_notional)
        return f"no order: it would be worth {found} {instrument.quote}, and {enough} is the least there"
    return None


def _notional_of(instrument: Instrument, contracts: Decimal, price: Decimal) -> Decimal:
    payoff = instrument.payoff or Payoff.LINEAR
    return position_value(payoff, contracts, instrument.contract_size, price).notional_quote


def _order(
    snapshot: HedgeSnapshot, leg: LegSnapshot, contracts: Decimal, price: Decimal, *, side: Side, is_marketable: bool
) -> Order:
    reading = leg.reading
    assert isinstance(reading, MarketReading)  # noqa: S101  the caller has priced the order from it
    assert reading.quote is not None  # noqa: S101  as above
    instrument, counted_at = reading.instrument, _counted_at(leg, reading.quote)
    payoff = instrument.payoff or Payoff.LINEAR
    coins = position_value(payoff, contracts, instrument.contract_size, counted_at).coin_quantity
    quantities = {
        OrderUnit.BASE: coins,
        OrderUnit.CONTRACTS: contracts,
        OrderUnit.QUOTE: contracts * instrument.contract_size,
    }
    fee = instrument.taker_fee if is_marketable else instrument.maker_fee
    signed = coins if side is Side.BUY else -coins
    after = None
    if snapshot.futures_coins is not None and snapshot.exposure is not None:
        after = hedge_ratio(snapshot.exposure, snapshot.futures_coins + signed)
    return Order(
        ref=instrument.ref,
        account=leg.leg.account,
        side=side,
        position_side=None,
        coins=coins,
        contracts=contracts,
        order_quantity=quantities[instrument.order_unit],
        order_unit=instrument.order_unit,
        limit_price=price,
        time_in_force=TimeInForce.IOC if is_marketable else TimeInForce.POST_ONLY,
        reduce_only=side is Side.BUY,
        valid_until=snapshot.read_at + VALID_FOR,
        estimated_fee_usd=None if fee is None else _notional_of(instrument, contracts, price) * fee,
        hedge_ratio_after=after,
    )
