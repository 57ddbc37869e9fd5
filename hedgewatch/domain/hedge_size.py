"""Hedge size: what to sell of one contract so that coins are hedged, what margin that takes, and where it ends."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from hedgewatch.domain.errors import InvalidValueError
from hedgewatch.domain.exposure import coins_of, hedge_ratio, position_value
from hedgewatch.domain.funding_payments import funding_payment
from hedgewatch.domain.instrument import Instrument, Payoff, PositionSide, hedging
from hedgewatch.domain.liquidation import distance_to
from hedgewatch.domain.liquidation_rules import LiquidationRule, TiersBy, liquidation_by
from hedgewatch.domain.liquidity import BookWalk, LargestSize, book_walk, max_size_in_budget, slippage_budget
from hedgewatch.domain.margin import Tiers, maintenance_margin
from hedgewatch.domain.market import OrderBook
from hedgewatch.domain.numbers import ONE, ZERO, exact, exactly, positive
from hedgewatch.domain.order import Side
from hedgewatch.domain.rebalance import Shortage
from hedgewatch.domain.sizing import (
    ContractCount,
    Rounding,
    contracts_for_coin,
    order_quantity,
    round_contracts,
    round_price,
)

HOURS_OF_DAY = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedHedge:
    """What is to be hedged: coins, or what they are worth in quote; one of them. leverage: notional over margin."""

    coins: Decimal | None = None
    notional: Decimal | None = None
    leverage: Decimal = ONE


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractMarket:
    """Where a contract and its coin trade. None: not known.

    coin_price: quote, by which a notional becomes coins. futures_price: quote, by which coins become contracts.
    spot_price: quote, where it is a price of its own. funding_rate: fraction per interval, of the coming settlement.
    """

    coin_price: Decimal
    futures_price: Decimal
    bid: Decimal | None = None
    ask: Decimal | None = None
    spot_price: Decimal | None = None
    funding_rate: Decimal | None = None
    funding_interval_hours: Decimal | None = None
    next_funding_at: datetime | None = None
    book: OrderBook | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MarginTerms:
    """By which rule a contract is liquidated. tiers: (floor, rate); one flat rate is one tier from 0."""

    rule: LiquidationRule
    tiers: Tiers


@dataclass(frozen=True, slots=True, kw_only=True)
class BookRoom:
    """How an order meets the book. budget and walk.slippage: fractions of the mid; carries.quantity: coins."""

    budget: Decimal
    carries: LargestSize
    walk: BookWalk


@dataclass(frozen=True, slots=True, kw_only=True)
class MarginNeeded:
    """Margin in the settle asset. liquidation_price: quote, None: it cannot be liquidated.

    liquidation_distance: fraction of the futures price, None with it. maintenance_margin_rate: fraction, of the tier
    that the whole position reaches.
    """

    at_1x: Decimal
    chosen: Decimal
    liquidation_price: Decimal | None
    liquidation_distance: Decimal | None
    maintenance_margin_rate: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class HedgeSize:
    """The order that hedges what was asked, passive, and what it brings. Contracts and coins: positive, to be sold.

    count.raw: before rounding; count.residual_coin: coins left unhedged. limit_price: quote, on the tick where that is
    known. notional: quote, at the limit price. hedge_ratio: of the coins asked. margin: None where nothing can be sold.
    funding_per_day: settle asset, + received, None: rate or interval not known. shortage: what the exchange would
    refuse the order for; least_contracts: what it takes, None: no minimum is known. room: None: no book is known.
    """

    side: Side
    asked_coins: Decimal
    asked_notional: Decimal
    count: ContractCount
    coins: Decimal
    hedge_ratio: Decimal | None
    order_quantity: Decimal
    limit_price: Decimal
    notional: Decimal
    leverage: Decimal
    margin: MarginNeeded | None
    funding_per_day: Decimal | None
    shortage: Shortage | None
    least_contracts: Decimal | None
    room: BookRoom | None


@exactly
def size_hedge(instrument: Instrument, market: ContractMarket, asked: AskedHedge, terms: MarginTerms) -> HedgeSize:
    """Size the short that hedges coins with one contract: rounded down, priced passively, entered at its limit price.

    A notional becomes coins at the coin price and coins become contracts at the futures price (coin matching). Without
    a lot step contracts are not rounded. Source: domain specification 1.1, 1.2, 2.3, 4, 5.1, 5.3 and 6.
    Raises InvalidValueError for what is asked not above zero, a leverage, price or size not above zero, and quanto.
    """
    payoff, size = hedging(_payoff(instrument)), instrument.contract_size
    coin_price = positive(market.coin_price, "price")
    coins = _asked_coins(asked, coin_price)
    count = contracts_for_coin(payoff, coins, size, market.futures_price, lot_step=instrument.lot_step or ONE)
    if instrument.lot_step is None:
        count = ContractCount(raw=count.raw, contracts=count.raw, residual_coin=ZERO)
    held = coins - count.residual_coin
    limit = _limit_price(market, instrument.tick)
    least = least_contracts(instrument, limit)
    return HedgeSize(
        side=Side.SELL,
        asked_coins=coins,
        asked_notional=coins * coin_price,
        count=count,
        coins=held,
        hedge_ratio=hedge_ratio(coins, -held),
        order_quantity=order_quantity(count.contracts, size, instrument.order_unit),
        limit_price=limit,
        notional=position_value(payoff, count.contracts, size, limit).notional_quote,
        leverage=positive(asked.leverage, "leverage"),
        margin=_margin(instrument, market, asked, terms, contracts=count.contracts, entry=limit),
        funding_per_day=_funding_per_day(payoff, count.contracts, size, market),
        shortage=_shortage(instrument, count.contracts, limit),
        least_contracts=least,
        room=_room(instrument, market, held),
    )


def _payoff(instrument: Instrument) -> Payoff:
    if instrument.payoff is None:
        raise InvalidValueError("futures", f"{instrument.ref} is spot: a hedge is sold in a future")
    return instrument.payoff


def _asked_coins(asked: AskedHedge, coin_price: Decimal) -> Decimal:
    if (asked.coins is None) == (asked.notional is None):
        raise InvalidValueError("coins", "give coins or a notional, and one of them only")
    if asked.coins is not None:
        return positive(asked.coins, "coins")
    return positive(asked.notional or ZERO, "notional") / coin_price


def _limit_price(market: ContractMarket, tick: Decimal | None) -> Decimal:
    best = market.futures_price if market.ask is None else market.ask
    return positive(best, "ask") if tick is None else round_price(Side.SELL, best, tick)


def _margin(
    instrument: Instrument,
    market: ContractMarket,
    asked: AskedHedge,
    terms: MarginTerms,
    *,
    contracts: Decimal,
    entry: Decimal,
) -> MarginNeeded | None:
    if contracts == 0:
        return None
    payoff, size = _payoff(instrument), instrument.contract_size
    whole = position_value(payoff, contracts, size, entry).value_settle
    margin = whole / positive(asked.leverage, "leverage")
    found = liquidation_by(
        terms.rule,
        payoff,
        PositionSide.SHORT,
        contracts=-contracts,
        contract_size=size,
        entry=entry,
        margin=margin,
        tiers=terms.tiers,
        taker_fee=instrument.taker_fee,
    )
    distance = None if found.price is None else distance_to(PositionSide.SHORT, market.futures_price, found.price)
    counted = contracts if terms.rule.tiers_by is TiersBy.CONTRACTS else whole
    return MarginNeeded(
        at_1x=whole,
        chosen=margin,
        liquidation_price=found.price,
        liquidation_distance=distance,
        maintenance_margin_rate=maintenance_margin(terms.tiers, counted).mmr,
    )


def _funding_per_day(payoff: Payoff, contracts: Decimal, size: Decimal, market: ContractMarket) -> Decimal | None:
    if market.funding_rate is None or market.funding_interval_hours is None:
        return None
    once = funding_payment(payoff, -contracts, size, market.futures_price, market.funding_rate).cash_flow
    return once * HOURS_OF_DAY / positive(market.funding_interval_hours, "funding_interval")


def _shortage(instrument: Instrument, contracts: Decimal, limit: Decimal) -> Shortage | None:
    if contracts == 0 or contracts < (instrument.min_contracts or ZERO):
        return Shortage.CONTRACTS
    worth = position_value(_payoff(instrument), contracts, instrument.contract_size, limit).notional_quote
    return Shortage.NOTIONAL if worth < (instrument.min_notional or ZERO) else None


@exactly
def least_contracts(instrument: Instrument, price: Decimal) -> Decimal | None:
    """Return the fewest contracts that the exchange takes at a price, on its lot grid; None: no minimum is known.

    Source: domain specification 1.2. Raises InvalidValueError for a price or size not above zero.
    """
    one = position_value(_payoff(instrument), ONE, instrument.contract_size, price).notional_quote
    known = [instrument.lot_step, instrument.min_contracts]
    if instrument.min_notional is not None:
        known.append(instrument.min_notional / one)
    floors = [exact(floor, "min_contracts") for floor in known if floor is not None]
    if not floors:
        return None
    least = max(floors)
    return least if instrument.lot_step is None else round_contracts(least, instrument.lot_step, Rounding.UP)


def _room(instrument: Instrument, market: ContractMarket, coins: Decimal) -> BookRoom | None:
    book = market.book
    if book is None:
        return None
    payoff, size = _payoff(instrument), instrument.contract_size
    # in coins, so that the average price of inverse contracts is that of the coins they stand for
    bids = [(price, coins_of(payoff, contracts, size, price)) for price, contracts in book.bids]
    mid = (book.bids[0][0] + book.asks[0][0]) / 2
    budget = slippage_budget(instrument.base)
    return BookRoom(
        budget=budget,
        carries=max_size_in_budget(Side.SELL, bids, mid, budget),
        walk=book_walk(Side.SELL, bids, coins, mid),
    )
