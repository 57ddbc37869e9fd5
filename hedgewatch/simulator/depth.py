"""The order book behind a quote."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from hedgewatch.simulator.market import Quote, on
from hedgewatch.simulator.noise import seed_of, uniform

Level = tuple[Decimal, Decimal]


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """Bids from the highest, asks from the lowest: (price, coins)."""

    bids: tuple[Level, ...]
    asks: tuple[Level, ...]


def book_of(quote: Quote, levels: int, at: int) -> Book:
    """Build ``levels`` levels a side around a quote: steps of half the spread or more, sizes that grow outward."""
    tick, lot = quote.listing.tick, quote.listing.lot
    step = max(tick, on(tick, float(quote.ask - quote.bid) / 2))
    key = seed_of(quote.listing.exchange, quote.listing.asset.name, quote.listing.kind)

    def size(top: Decimal, level: int, side: int) -> Decimal:
        grown = float(top) * (1.0 + level * 0.35) * (1.0 + 0.4 * uniform(key + side, at // 1000 + level))
        return top if level == 0 else max(lot, on(lot, grown))

    bids = [(quote.bid - step * level, size(quote.bid_size, level, 0)) for level in range(levels)]
    asks = [(quote.ask + step * level, size(quote.ask_size, level, 1)) for level in range(levels)]
    return Book(bids=tuple(level for level in bids if level[0] > 0), asks=tuple(asks))
