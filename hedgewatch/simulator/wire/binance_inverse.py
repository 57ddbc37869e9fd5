"""Binance's coin-margined contracts: lists also where one symbol was asked for, and a pair beside each symbol."""

from __future__ import annotations

from hedgewatch.simulator.listings import Kind
from hedgewatch.simulator.market import Quote
from hedgewatch.simulator.wire.binance import (
    adjusted_intervals,
    day,
    depth,
    levels,
    past_funding,
    premium,
    server_time,
    top_of_book,
)
from hedgewatch.simulator.wire.binance_markets import INVERSE, find, inverse_info, wanted
from hedgewatch.simulator.wire.form import Ask, Row, Wire, text


def paired(quote: Quote, row: Row) -> Row:
    """Add the pair to a row."""
    return row | {"pair": quote.listing.pair}


def books(ask: Ask) -> object:
    """Answer /dapi/v1/ticker/bookTicker: amounts in contracts."""
    return [paired(quote, top_of_book(quote) | {"time": ask.clock}) for quote in ask.quotes(wanted(ask, *INVERSE))]


def days(ask: Ask) -> object:
    """Answer /dapi/v1/ticker/24hr: the volume in contracts, its worth in coins."""
    rows = []
    for quote in ask.quotes(wanted(ask, *INVERSE)):
        row = {name: value for name, value in day(ask, quote).items() if name != "quoteVolume"}
        coins = quote.volume * quote.listing.contract_size / quote.last
        rows.append(paired(quote, row | {"baseVolume": text(coins, 8)}))
    return rows


def premiums(ask: Ask) -> object:
    """Answer /dapi/v1/premiumIndex."""
    return [paired(quote, premium(ask, quote)) for quote in ask.quotes(wanted(ask, *INVERSE))]


def intervals(ask: Ask) -> object:
    """Answer /dapi/v1/fundingInfo."""
    return adjusted_intervals(ask, Kind.INVERSE)


def settled(ask: Ask) -> object:
    """Answer /dapi/v1/fundingRate."""
    return past_funding(ask, Kind.INVERSE)


def book(ask: Ask) -> object:
    """Answer /dapi/v1/depth."""
    listing = find(ask, ask.query.get("symbol", ""), *INVERSE)
    head = {"lastUpdateId": ask.at, "symbol": ask.query["symbol"], "pair": listing.pair, "E": ask.clock, "T": ask.clock}
    return head | levels(depth(ask, *INVERSE))


WIRE = Wire(
    markets={"/dapi/v1/exchangeInfo": inverse_info, "/dapi/v1/fundingInfo": intervals},
    lists={
        "/dapi/v1/ticker/bookTicker": books,
        "/dapi/v1/ticker/24hr": days,
        "/dapi/v1/premiumIndex": premiums,
    },
    answers={"/dapi/v1/fundingRate": settled, "/dapi/v1/depth": book, "/dapi/v1/time": server_time},
)
