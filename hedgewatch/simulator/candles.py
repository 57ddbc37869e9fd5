"""The candles of the world: what its prices were while each lasted."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from hedgewatch.simulator.listings import DAY, Listing
from hedgewatch.simulator.market import Quote, World


@dataclass(frozen=True, slots=True, kw_only=True)
class Candle:
    """One candle: ``at`` is its opening (epoch milliseconds); volume in units of the book, turnover in quote."""

    at: int
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal


def candles(world: World, listing: Listing, opened: range, *, of_mark: bool) -> list[Candle]:
    """Return the candles that open at the moments of ``opened``, of trades or of the mark price.

    A candle opens where the one before it closed; its middle is looked at too.
    """
    step = opened.step
    found, close = [], _price(world.quote(listing, opened.start), of_mark=of_mark) if len(opened) else Decimal(0)
    for at in opened:
        start, quote = close, world.quote(listing, at + step)
        middle = _price(world.quote(listing, at + step // 2), of_mark=of_mark)
        close = _price(quote, of_mark=of_mark)
        prices = (start, middle, close)
        volume = round(quote.volume * step / DAY, 3)
        found.append(Candle(at=at, open=start, high=max(prices), low=min(prices), close=close, volume=volume))
    return found


def _price(quote: Quote, *, of_mark: bool) -> Decimal:
    return quote.mark if of_mark else quote.last
