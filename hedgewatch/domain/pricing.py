"""Pricing: one trade in one leg, on its grid and at its price, or why it must not be placed."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from hedgewatch.domain.exposure import PricedPosition, coins_of, position_value
from hedgewatch.domain.hedge import LegSnapshot
from hedgewatch.domain.instrument import Instrument
from hedgewatch.domain.market import MarketReading, Quote
from hedgewatch.domain.numbers import ZERO, exactly, plain
from hedgewatch.domain.order import Side
from hedgewatch.domain.rebalance import Grid, Shortage, Trade, trade_of
from hedgewatch.domain.sizing import round_price

SLIPPAGE_CAP = Decimal("0.001")
DEEPEST_DISCOUNT = Decimal("0.01")


@dataclass(frozen=True, slots=True, kw_only=True)
class Priced:
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


def price_trade(
    side: Side, leg: LegSnapshot, coins: Decimal, spot_price: Decimal | None, *, is_marketable: bool
) -> Priced | str:
    """Price a trade of so many coins (positive) in a leg, or say why there must be none."""
    if not isinstance(leg.reading, MarketReading) or leg.reading.quote is None:
        return f"{leg.leg.futures} has no live quote to price an order at"
    if leg.size_doubt is not None:
        return f"no order in {leg.leg.futures} while its contract is in doubt: {leg.size_doubt}"
    instrument, quote = leg.reading.instrument, leg.reading.quote
    if side is Side.SELL and (refusal := _locked_in(quote, spot_price)):
        return refusal
    position, grid = position_of(leg), grid_of(instrument)
    if position is None or grid is None:
        return f"the lot size of {leg.leg.futures} is not known"
    price = limit_price(side, quote, instrument.tick, is_marketable=is_marketable)
    trade = trade_of(-coins if side is Side.SELL else coins, position, grid, limit_price=price)
    priced = Priced(
        leg=leg, instrument=instrument, position=position, trade=trade, price=price, is_marketable=is_marketable
    )
    return priced if trade.shortage is None else shortage_words(instrument, trade, priced.notional)


def position_of(leg: LegSnapshot) -> PricedPosition | None:
    """Return what a leg holds, at the mark: contracts become coins as in the position itself."""
    if not isinstance(leg.reading, MarketReading) or leg.reading.instrument.payoff is None:
        return None
    quote = leg.reading.quote
    price = leg.mark_price if leg.mark_price is not None else quote.mid if quote is not None else None
    if price is None:
        return None
    return PricedPosition(
        payoff=leg.reading.instrument.payoff,
        contracts=leg.contracts or ZERO,
        contract_size=leg.reading.instrument.contract_size,
        price=price,
    )


def grid_of(instrument: Instrument) -> Grid | None:
    """Return what an instrument's exchange takes, None where its lot size is not known."""
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


def limit_price(side: Side, quote: Quote, tick: Decimal | None, *, is_marketable: bool) -> Decimal:
    """Return the price of an order, on the tick: passive at the best of its own side, else 10 bp beyond the bid."""
    passive = quote.ask if side is Side.SELL else quote.bid
    price = quote.bid * (1 - SLIPPAGE_CAP) if is_marketable else passive
    return round_price(side, price, tick) if tick is not None else price


def slippage(side: Side, quote: Quote, price: Decimal, coins: Decimal) -> Decimal:
    """Return what an order loses against the mid price if it is filled at its limit, in quote: + is a cost."""
    return coins * (quote.mid - price if side is Side.SELL else price - quote.mid)


def shortage_words(instrument: Instrument, trade: Trade, notional: Decimal) -> str:
    """Say what would be enough for the exchange. notional: quote, what the order would be worth."""
    if trade.shortage is Shortage.CONTRACTS:
        least = max(instrument.min_contracts or ZERO, instrument.lot_step or ZERO)
        return f"no order: {instrument.ref.symbol} takes {plain(least)} contracts or more"
    found, enough = plain(notional, 6), plain(instrument.min_notional or ZERO)
    return f"no order: it would be worth {found} {instrument.quote}, and {enough} is the least there"
