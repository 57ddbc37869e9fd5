"""Binance: spot and USDT-margined contracts; the coin-margined ones are in binance_inverse."""

from __future__ import annotations

from decimal import Decimal

from hedgewatch.simulator.depth import Book, book_of
from hedgewatch.simulator.listings import DAY, Kind, Listing
from hedgewatch.simulator.market import Quote
from hedgewatch.simulator.wire.binance_markets import (
    LINEAR,
    find,
    linear_info,
    spot_info,
    symbol_of,
    wanted,
)
from hedgewatch.simulator.wire.form import (
    Ask,
    Row,
    Window,
    Wire,
    change,
    change_rate,
    settlements,
    text,
    turnover,
)

STANDARD_HOURS = 8  # fundingInfo lists only contracts that differ from this
HISTORY = Window(otherwise=100, most=1000)


def one_or_all(ask: Ask, rows: list[Row]) -> object:
    """Send a bare object where one ``symbol`` was asked for."""
    return rows[0] if ask.query.get("symbol") else rows


def top_of_book(quote: Quote, places: int | None = None) -> Row:
    """Write bid and ask."""
    return {
        "symbol": symbol_of(quote.listing),
        "bidPrice": text(quote.bid, places),
        "bidQty": text(quote.bid_size, places),
        "askPrice": text(quote.ask, places),
        "askQty": text(quote.ask_size, places),
    }


def spot_books(ask: Ask) -> object:
    """Answer /api/v3/ticker/bookTicker: eight decimals, no time."""
    return one_or_all(ask, [top_of_book(quote, 8) for quote in ask.quotes(wanted(ask, Kind.SPOT))])


def linear_books(ask: Ask) -> object:
    """Answer /fapi/v1/ticker/bookTicker."""
    rows = [top_of_book(quote) | {"time": ask.clock} for quote in ask.quotes(wanted(ask, *LINEAR))]
    return one_or_all(ask, rows)


def day(ask: Ask, quote: Quote, places: int | None = None) -> Row:
    """Write the 24-hour figures that spot and futures share."""
    return {
        "symbol": symbol_of(quote.listing),
        "priceChange": text(change(quote), places),
        "priceChangePercent": text(change_rate(quote) * 100, 3),
        "weightedAvgPrice": text((quote.open + quote.last) / 2, places),
        "lastPrice": text(quote.last, places),
        "lastQty": text(quote.bid_size, places),
        "openPrice": text(quote.open, places),
        "highPrice": text(quote.high, places),
        "lowPrice": text(quote.low, places),
        "volume": text(quote.volume, places),
        "quoteVolume": text(turnover(quote), places),
        "openTime": ask.at - DAY,
        "closeTime": ask.clock,
        "firstId": 3_476_288_989,
        "lastId": 3_479_476_926,
        "count": 3_187_938,
    }


def spot_days(ask: Ask) -> object:
    """Answer /api/v3/ticker/24hr."""
    rows = [
        day(ask, quote, 8) | top_of_book(quote, 8) | {"prevClosePrice": text(quote.open, 8)}
        for quote in ask.quotes(wanted(ask, Kind.SPOT))
    ]
    return one_or_all(ask, rows)


def linear_days(ask: Ask) -> object:
    """Answer /fapi/v1/ticker/24hr: no bid, no ask."""
    return one_or_all(ask, [day(ask, quote) for quote in ask.quotes(wanted(ask, *LINEAR))])


def premium(ask: Ask, quote: Quote) -> Row:
    """Write one entry of premiumIndex; a dated future has no rate and no settlement."""
    return {
        "symbol": symbol_of(quote.listing),
        "markPrice": text(quote.mark, 8),
        "indexPrice": text(quote.index, 8),
        "estimatedSettlePrice": text(quote.index, 8),
        "lastFundingRate": text(quote.funding_rate, 8) if quote.funding_rate is not None else "",
        "interestRate": "0.00010000",
        "nextFundingTime": quote.next_settlement,
        "time": ask.clock,
    }


def premiums(ask: Ask) -> object:
    """Answer /fapi/v1/premiumIndex."""
    return one_or_all(ask, [premium(ask, quote) for quote in ask.quotes(wanted(ask, *LINEAR))])


def adjusted_intervals(ask: Ask, kind: Kind = Kind.PERPETUAL) -> object:
    """Answer /fapi/v1/fundingInfo: only contracts that do not settle every eight hours."""
    rows = [(listing, ask.world.interval_hours(listing)) for listing in ask.listed(kind)]
    return [
        {
            "symbol": symbol_of(listing),
            "adjustedFundingRateCap": "0.02000000",
            "adjustedFundingRateFloor": "-0.02000000",
            "fundingIntervalHours": hours,
            "disclaimer": False,
        }
        for listing, hours in rows
        if hours != STANDARD_HOURS
    ]


def past_funding(ask: Ask, kind: Kind = Kind.PERPETUAL) -> object:
    """Answer /fapi/v1/fundingRate, oldest first; without a symbol the last rate of each."""
    if not (symbol := ask.query.get("symbol")):
        window = Window(limit="", otherwise=1)
        past = [(listing, settlements(ask, listing, window)) for listing in ask.listed(kind)]
        return [past_row(ask, listing, *row) for listing, rows in past for row in rows][:100]
    listing = find(ask, symbol, kind)
    return [past_row(ask, listing, *row) for row in settlements(ask, listing, HISTORY)]


def past_row(ask: Ask, listing: Listing, moment: int, rate: Decimal) -> Row:
    """Write one settled rate."""
    mark = ask.world.quote(listing, moment).mark
    return {
        "symbol": symbol_of(listing),
        "fundingTime": moment,
        "fundingRate": text(rate, 8),
        "markPrice": text(mark, 8),
    }


def levels(book: Book, places: int | None = None) -> Row:
    """Write both sides of a book."""
    sides = {"bids": book.bids, "asks": book.asks}
    return {side: [[text(price, places), text(coins, places)] for price, coins in rows] for side, rows in sides.items()}


def depth(ask: Ask, *kinds: Kind) -> Book:
    """Build the book that was asked for; 100 levels if nothing is said."""
    quote = ask.world.quote(find(ask, ask.query.get("symbol", ""), *kinds), ask.at)
    return book_of(quote, min(ask.number("limit", 100), 1000), ask.at)


def spot_depth(ask: Ask) -> object:
    """Answer /api/v3/depth: no time."""
    return {"lastUpdateId": ask.at, **levels(depth(ask, Kind.SPOT), 8)}


def linear_depth(ask: Ask) -> object:
    """Answer /fapi/v1/depth."""
    return {"lastUpdateId": ask.at, "E": ask.clock, "T": ask.clock, **levels(depth(ask, *LINEAR))}


def server_time(ask: Ask) -> object:
    """Answer the time endpoints."""
    return {"serverTime": ask.clock}


WIRE = Wire(
    markets={
        "/api/v3/exchangeInfo": spot_info,
        "/fapi/v1/exchangeInfo": linear_info,
        "/fapi/v1/fundingInfo": adjusted_intervals,
    },
    lists={
        "/api/v3/ticker/bookTicker": spot_books,
        "/api/v3/ticker/24hr": spot_days,
        "/fapi/v1/ticker/bookTicker": linear_books,
        "/fapi/v1/ticker/24hr": linear_days,
        "/fapi/v1/premiumIndex": premiums,
    },
    answers={
        "/fapi/v1/fundingRate": past_funding,
        "/api/v3/depth": spot_depth,
        "/fapi/v1/depth": linear_depth,
        "/api/v3/time": server_time,
        "/fapi/v1/time": server_time,
    },
    unknown_symbol=(400, {"code": -1121, "msg": "Invalid symbol."}),
    refusals={429: {"code": -1003, "msg": "Too many requests; current limit is 6000 request weight per 1 MINUTE."}},
)
