"""BingX' coin-margined contracts: a time in every envelope, lists also where one symbol was asked for."""

from __future__ import annotations

from hedgewatch.simulator.depth import book_of
from hedgewatch.simulator.listings import Kind, Listing
from hedgewatch.simulator.wire.bingx import day, premium, symbol_of, wanted
from hedgewatch.simulator.wire.form import Ask, Row, Wire, decimals, text

LEVELS = 20


def timed(ask: Ask, result: object) -> Row:
    """Wrap an answer of the coin-margined side."""
    return {"code": 0, "msg": "", "timestamp": ask.clock, "data": result}


def contracts(ask: Ask) -> object:
    """Answer cswap/v1/market/contracts: minTickSize is the face in USD."""
    return timed(ask, [contract(listing) for listing in wanted(ask, Kind.INVERSE)])


def contract(listing: Listing) -> Row:
    """Write one entry."""
    return {
        "symbol": symbol_of(listing),
        "pricePrecision": decimals(listing.tick),
        "minTickSize": text(listing.contract_size),
        "minTradeValue": text(listing.contract_size),
        "minQty": text(listing.lot, 8),
        "status": int(listing.is_trading),
        "timeOnline": 1_713_175_200_000,
    }


def tickers(ask: Ask) -> object:
    """Answer cswap/v1/market/ticker: amounts in contracts."""
    quotes = ask.quotes(wanted(ask, Kind.INVERSE))
    return timed(ask, [day(ask, quote) | {"lastQty": text(quote.bid_size)} for quote in quotes])


def premiums(ask: Ask) -> object:
    """Answer cswap/v1/market/premiumIndex: no interval, no time of its own."""
    names = ("symbol", "lastFundingRate", "markPrice", "indexPrice", "nextFundingTime")
    rows = [premium(ask, quote) for quote in ask.quotes(wanted(ask, Kind.INVERSE))]
    return timed(ask, [{name: row[name] for name in names} for row in rows])


def depth(ask: Ask) -> object:
    """Answer cswap/v1/market/depth: amounts in contracts, asks from the highest price down."""
    book = book_of(ask.quotes(wanted(ask, Kind.INVERSE))[0], ask.number("limit", LEVELS), ask.at)
    sides = {"bids": book.bids, "asks": book.asks[::-1]}
    rows = {side: [[text(price), text(amount, 1)] for price, amount in levels] for side, levels in sides.items()}
    return timed(ask, {"T": ask.clock, **rows})


WIRE = Wire(
    markets={"/openApi/cswap/v1/market/contracts": contracts},
    lists={
        "/openApi/cswap/v1/market/ticker": tickers,
        "/openApi/cswap/v1/market/premiumIndex": premiums,
    },
    answers={"/openApi/cswap/v1/market/depth": depth},
)
