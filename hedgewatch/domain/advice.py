"""Advice: orders that bring a hedge to its target, priced and worded so that they cannot hurt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from hedgewatch.domain.exposure import PricedPosition, coins_of, hedge_ratio, position_value
from hedgewatch.domain.hedge import HedgeSnapshot, LegSnapshot
from hedgewatch.domain.instrument import Instrument
from hedgewatch.domain.market import MarketReading, Quote
from hedgewatch.domain.numbers import ZERO, exactly, plain
from hedgewatch.domain.order import Order, Side, TimeInForce
from hedgewatch.domain.rebalance import Grid, Shortage, TargetMode, Trade, target_coins, trade_of
from hedgewatch.domain.sizing import order_quantity, round_price

SLIPPAGE_CAP = Decimal("0.001")
DEEPEST_DISCOUNT = Decimal("0.01")
VALID_FOR = timedelta(seconds=60)


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """The orders that mend a hedge; where there are none although there is a drift, ``why_none`` says why."""

    orders: tuple[Order, ...] = ()
    why_none: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Priced:
    """A trade in a leg, with the price it would be placed at."""

    leg: LegSnapshot
    instrument: Instrument
    position: PricedPosition
    trade: Trade
    price: Decimal
    is_marketable: bool

    @property
    def notional(self) -> Decimal:
        """What the order is worth at its own price, in quote."""
        size = self.position.contract_size
        return position_value(self.position.payoff, self.trade.contracts, size, self.price).notional_quote

    @property
    def coins(self) -> Decimal:
        """How many coins it moves, counted at the mark as the position is."""
        return coins_of(self.position.payoff, self.trade.contracts, self.position.contract_size, self.position.price)


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
    wanted = target_coins(TargetMode.COIN, snapshot.exposure, snapshot.hedge.target_ratio) - snapshot.futures_coins
    side = Side.SELL if wanted < 0 else Side.BUY
    leg = _leg_for(side, snapshot.legs)
    if not isinstance(leg.reading, MarketReading) or leg.reading.quote is None:
        return Advice(why_none=f"{leg.leg.futures} has no live quote to price an order at")
    instrument, quote = leg.reading.instrument, leg.reading.quote
    if side is Side.SELL and (refusal := _locked_in(quote, snapshot.spot_price)):
        return Advice(why_none=refusal)
    position, grid = _position(leg, instrument, quote), _grid(instrument)
    if position is None or grid is None:
        return Advice(why_none=f"the lot size of {leg.leg.futures} is not known")
    is_marketable = is_critical and side is Side.SELL
    price = _limit_price(side, quote, instrument.tick, is_marketable=is_marketable)
    trade = trade_of(wanted, position, grid, limit_price=price)
    priced = _Priced(
        leg=leg, instrument=instrument, position=position, trade=trade, price=price, is_marketable=is_marketable
    )
    if trade.shortage is not None:
        return Advice(why_none=_shortage_words(priced))
    return Advice(orders=(_order(snapshot, priced),))


def _leg_for(side: Side, legs: Sequence[LegSnapshot]) -> LegSnapshot:
    short = (leg for leg in legs if leg.coins is not None and leg.coins < 0)
    return next(short, legs[0]) if side is Side.BUY else legs[0]


def _position(leg: LegSnapshot, instrument: Instrument, quote: Quote) -> PricedPosition | None:
    """Return what the leg holds, at the mark: contracts become coins as in the position itself."""
    if instrument.payoff is None:
        return None
    return PricedPosition(
        payoff=instrument.payoff,
        contracts=leg.contracts or ZERO,
        contract_size=instrument.contract_size,
        price=leg.mark_price if leg.mark_price is not None else quote.mid,
    )


def _grid(instrument: Instrument) -> Grid | None:
    if instrument.lot_step is None:
        return None
    return Grid(
        lot_step=instrument.lot_step,
        min_contracts=max(instrument.min_contracts or ZERO, instrument.lot_step),
        min_notional=instrument.min_notional or ZERO,
    )


@exactly
def deep_discount(bid: Decimal, spot_price: Decimal | None) -> Decimal | None:
    """Return how far a future's bid is below spot, a fraction, where that is too far to open a short: above 1 %.

    None where it is not, and where the spot price is not known. Prices in quote, above zero.
    """
    if spot_price is None or bid >= spot_price * (1 - DEEPEST_DISCOUNT):
        return None
    return 1 - bid / spot_price


def _locked_in(quote: Quote, spot_price: Decimal | None) -> str | None:
    discount = deep_discount(quote.bid, spot_price)
    return None if discount is None else f"no order: selling now would lock in {discount * 100:.2f} % below spot"


def _limit_price(side: Side, quote: Quote, tick: Decimal | None, *, is_marketable: bool) -> Decimal:
    passive = quote.ask if side is Side.SELL else quote.bid
    price = quote.bid * (1 - SLIPPAGE_CAP) if is_marketable else passive
    return round_price(side, price, tick) if tick is not None else price


def _shortage_words(priced: _Priced) -> str:
    """Say what would be enough for the exchange."""
    instrument = priced.instrument
    if priced.trade.shortage is Shortage.CONTRACTS:
        least = max(instrument.min_contracts or ZERO, instrument.lot_step or ZERO)
        return f"no order: {instrument.ref.symbol} takes {plain(least)} contracts or more"
    found, enough = plain(priced.notional, 6), plain(instrument.min_notional or ZERO)
    return f"no order: it would be worth {found} {instrument.quote}, and {enough} is the least there"


def _order(snapshot: HedgeSnapshot, priced: _Priced) -> Order:
    instrument, trade, coins = priced.instrument, priced.trade, priced.coins
    fee = instrument.taker_fee if priced.is_marketable else instrument.maker_fee
    after = None
    if snapshot.futures_coins is not None and snapshot.exposure is not None:
        signed = coins if trade.side is Side.BUY else -coins
        after = hedge_ratio(snapshot.exposure, snapshot.futures_coins + signed)
    return Order(
        ref=instrument.ref,
        account=priced.leg.leg.account,
        side=trade.side,
        position_side=None,
        coins=coins,
        contracts=trade.contracts,
        order_quantity=order_quantity(trade.contracts, instrument.contract_size, instrument.order_unit),
        order_unit=instrument.order_unit,
        limit_price=priced.price,
        time_in_force=TimeInForce.IOC if priced.is_marketable else TimeInForce.POST_ONLY,
        reduce_only=trade.reduce_only,
        valid_until=snapshot.read_at + VALID_FOR,
        estimated_fee_usd=None if fee is None else priced.notional * fee,
        hedge_ratio_after=after,
    )
