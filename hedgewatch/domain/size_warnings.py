"""Size warnings: what to know before a hedge of this size is sold."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from hedgewatch.domain.exposure import coins_of, position_value
from hedgewatch.domain.hedge_size import ContractMarket, HedgeSize
from hedgewatch.domain.instrument import Instrument
from hedgewatch.domain.numbers import exactly, plain
from hedgewatch.domain.pricing import deep_discount
from hedgewatch.domain.rules.catalogue import CATALOGUE
from hedgewatch.domain.thresholds import Severity

LEAST_RATIO = Decimal("0.95")
DIGITS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class SizeWarning:
    """One thing to know. code: for programs; message: for people."""

    code: str
    message: str


@exactly
def size_warnings(instrument: Instrument, market: ContractMarket, size: HedgeSize) -> tuple[SizeWarning, ...]:
    """Return what to know before a hedge of this size is sold, gravest first; that a book is unknown is not said here.

    Thresholds: leverage as the rule ``leverage`` ships it; 95 % of what was asked; the slippage budget; 1 % below spot.
    """
    return (
        *_of_order(instrument, size),
        *_of_price(market),
        *_of_margin(market, size),
        *_of_book(instrument, size),
        *_of_contract(instrument),
    )


def _of_order(instrument: Instrument, size: HedgeSize) -> Iterator[SizeWarning]:
    if size.shortage is not None:
        yield SizeWarning(code="below_minimum", message=_enough(instrument, size))
    ratio = size.hedge_ratio
    if ratio is not None and ratio < LEAST_RATIO:
        hedged, asked = plain(size.coins, DIGITS), plain(size.asked_coins, DIGITS)
        share = f"{ratio * 100:.1f} %"
        message = f"only {share} is hedged: {hedged} of {asked} {instrument.base}, contracts are rounded down"
        yield SizeWarning(code="hedge_below_95_percent", message=message)


def _enough(instrument: Instrument, size: HedgeSize) -> str:
    least = size.least_contracts
    if least is None or instrument.payoff is None:
        return "the order holds no contract"
    worth = position_value(instrument.payoff, least, instrument.contract_size, size.limit_price).notional_quote
    coins = coins_of(instrument.payoff, least, instrument.contract_size, size.limit_price)
    enough = f"{plain(coins, DIGITS)} {instrument.base} worth {plain(worth, DIGITS)} {instrument.quote}"
    return f"too small for the exchange: {plain(least)} contracts would be enough ({enough})"


def _of_price(market: ContractMarket) -> Iterator[SizeWarning]:
    bid = market.futures_price if market.bid is None else market.bid
    discount = deep_discount(bid, market.spot_price)
    if discount is not None:
        message = f"the future is {discount * 100:.2f} % below spot: selling now would lock that in"
        yield SizeWarning(code="future_below_spot", message=message)


def _of_margin(market: ContractMarket, size: HedgeSize) -> Iterator[SizeWarning]:
    margin = size.margin
    if margin is None:
        return
    end = margin.liquidation_price
    if end is not None and end <= market.futures_price:
        message = f"it would be liquidated at once, at {plain(end, DIGITS)}: the margin is below what must be kept"
        yield SizeWarning(code="liquidated_at_once", message=message)
    fires = {severity: level.fire for severity, level in CATALOGUE["leverage"].levels.items()}
    for severity, words in ((Severity.CRITICAL, "dangerous for"), (Severity.WARNING, "high for")):
        fire = fires[severity]
        if fire is not None and size.leverage > fire:
            how = f"leverage {plain(size.leverage, DIGITS)}x is above {plain(fire)}x, {words} a hedge"
            where = "" if end is None else f": liquidated at {plain(end, DIGITS)}, and the coins are naked then"
            yield SizeWarning(code=f"leverage_above_{plain(fire)}", message=how + where)
            return


def _of_book(instrument: Instrument, size: HedgeSize) -> Iterator[SizeWarning]:
    room = size.room
    if room is None or size.coins <= room.carries.quantity:
        return
    budget, base = f"{plain(room.budget * 10_000)} bp", instrument.base
    carries = f"{plain(room.carries.quantity, DIGITS)} of {plain(size.coins, DIGITS)} {base} within {budget}"
    beyond = ", and more may lie beyond what the exchange shows" if room.carries.exhausted else ""
    cost = room.walk.slippage if room.walk.complete else None
    whole = "" if cost is None else f"; sold at once it would cost {cost * 10_000:.1f} bp"
    yield SizeWarning(
        code="book_too_thin", message=f"the book carries {carries}{beyond}{whole}: sell in parts, or elsewhere"
    )


def _of_contract(instrument: Instrument) -> Iterator[SizeWarning]:
    if instrument.active is False:
        yield SizeWarning(code="not_trading", message=f"{instrument.ref} is listed, and does not trade now")
