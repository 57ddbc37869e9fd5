"""MEXC: text on the spot side, JSON numbers and amounts in contracts on the other."""

from __future__ import annotations

from decimal import Decimal

from hedgewatch.simulator.depth import Level, book_of
from hedgewatch.simulator.listings import DAY
from hedgewatch.simulator.market import Quote
from hedgewatch.simulator.wire.form import (
    NO_TIME,
    Ask,
    Row,
    Wire,
    change,
    change_rate,
    number,
    text,
    turnover,
    worth,
)
from hedgewatch.simulator.wire.mexc_markets import (
    contract_symbol,
    contract_wanted,
    contracts,
    contracts_of,
    one_or_all,
    spot_markets,
    spot_symbol,
    spot_wanted,
    success,
)

PAGE = 20


def top_of_book(quote: Quote) -> Row:
    """Write spot bid and ask."""
    return {
        "symbol": spot_symbol(quote.listing),
        "bidPrice": text(quote.bid),
        "bidQty": text(quote.bid_size),
        "askPrice": text(quote.ask),
        "askQty": text(quote.ask_size),
    }


def spot_books(ask: Ask) -> object:
    """Answer /api/v3/ticker/bookTicker: no time."""
    return one_or_all(ask, [top_of_book(quote) for quote in ask.quotes(spot_wanted(ask))])


def spot_days(ask: Ask) -> object:
    """Answer /api/v3/ticker/24hr."""
    return one_or_all(ask, [spot_day(ask, quote) for quote in ask.quotes(spot_wanted(ask))])


def spot_day(ask: Ask, quote: Quote) -> Row:
    """Write one spot day; the change is a fraction though its name says percent."""
    return top_of_book(quote) | {
        "priceChange": text(change(quote)),
        "priceChangePercent": text(change_rate(quote)),
        "prevClosePrice": text(quote.open),
        "lastPrice": text(quote.last),
        "lastQty": "",
        "openPrice": text(quote.open),
        "highPrice": text(quote.high),
        "lowPrice": text(quote.low),
        "volume": text(quote.volume),
        "quoteVolume": text(turnover(quote)),
        "openTime": ask.at - DAY,
        "closeTime": ask.clock,
        "count": None,
    }


def tickers(ask: Ask) -> object:
    """Answer /api/v1/contract/ticker: the fair price is the mark; volume in contracts."""
    return success(one_or_all(ask, [ticker(ask, quote) for quote in ask.quotes(contract_wanted(ask))]))


def ticker(ask: Ask, quote: Quote) -> Row:
    """Write one contract's ticker."""
    volume = contracts_of(quote.listing, quote.volume)
    return {
        "symbol": contract_symbol(quote.listing),
        "lastPrice": number(quote.last),
        "bid1": number(quote.bid),
        "ask1": number(quote.ask),
        "volume24": volume,
        "amount24": number(worth(quote)),
        "holdVol": volume,
        "lower24Price": number(quote.low),
        "high24Price": number(quote.high),
        "riseFallRate": number(round(change_rate(quote), 4)),
        "riseFallValue": number(change(quote)),
        "indexPrice": number(quote.index),
        "fairPrice": number(quote.mark),
        "fundingRate": number(quote.funding_rate),
        "maxBidPrice": number(round(quote.index * Decimal("1.1"), 5)),
        "minAskPrice": number(round(quote.index * Decimal("0.9"), 5)),
        "timestamp": ask.clock,
    }


def funding(ask: Ask) -> object:
    """Answer /api/v1/contract/funding_rate/{symbol}."""
    quote = ask.quotes(contract_wanted(ask))[0]
    row = {
        "symbol": contract_symbol(quote.listing),
        "fundingRate": number(quote.funding_rate),
        "maxFundingRate": 0.003,
        "minFundingRate": -0.003,
        "collectCycle": quote.interval_hours,
        "nextSettleTime": quote.next_settlement,
        "timestamp": ask.clock,
    }
    return success(row)


def past_funding(ask: Ask) -> object:
    """Answer /api/v1/contract/funding_rate/history: pages, newest first."""
    listing = contract_wanted(ask)[0]
    page, size = max(1, ask.number("page_num", 1)), min(max(1, ask.number("page_size", PAGE)), 1000)
    rates = ask.world.history(listing, NO_TIME, ask.at, page * size)[::-1]
    rows = [
        {"symbol": contract_symbol(listing), "fundingRate": number(rate), "settleTime": moment}
        for moment, rate in rates[(page - 1) * size :]
    ]
    total = 1000 * PAGE
    pages = {"pageSize": size, "totalCount": total, "totalPage": -(-total // size), "currentPage": page}
    return success(pages | {"resultList": rows})


def spot_depth(ask: Ask) -> object:
    """Answer /api/v3/depth."""
    book = book_of(ask.quotes(spot_wanted(ask))[0], min(ask.number("limit", 100), 1000), ask.at)
    sides = {"bids": book.bids, "asks": book.asks}
    rows = {side: [[text(price), text(coins)] for price, coins in levels] for side, levels in sides.items()}
    return {"lastUpdateId": ask.at, **rows, "timestamp": ask.clock}


def contract_depth(ask: Ask) -> object:
    """Answer /api/v1/contract/depth/{symbol}: price, contracts, number of orders."""
    quote = ask.quotes(contract_wanted(ask))[0]
    book = book_of(quote, min(ask.number("limit", 20), 1000), ask.at)

    def write(levels: tuple[Level, ...]) -> list[list[object]]:
        return [[number(price), max(1, contracts_of(quote.listing, amount)), 1] for price, amount in levels]

    sides = {"asks": write(book.asks), "bids": write(book.bids)}
    return success({**sides, "version": ask.at, "timestamp": ask.clock})


def server_time(ask: Ask) -> object:
    """Answer /api/v3/time."""
    return {"serverTime": ask.clock}


def contract_ping(ask: Ask) -> object:
    """Answer /api/v1/contract/ping: the time is the answer."""
    return success(ask.clock)


WIRE = Wire(
    markets={
        "/api/v3/exchangeInfo": spot_markets,
        "/api/v1/contract/detail": contracts,
    },
    lists={
        "/api/v3/ticker/bookTicker": spot_books,
        "/api/v3/ticker/24hr": spot_days,
        "/api/v1/contract/ticker": tickers,
    },
    answers={
        "/api/v1/contract/funding_rate/history": past_funding,
        "/api/v1/contract/funding_rate/*": funding,
        "/api/v1/contract/depth/*": contract_depth,
        "/api/v3/depth": spot_depth,
        "/api/v3/time": server_time,
        "/api/v3/ping": lambda _ask: {},
        "/api/v1/contract/ping": contract_ping,
    },
    unknown_symbol=(400, {"code": -1121, "msg": "Invalid symbol."}),
    refusals={429: {"code": 429, "msg": "Too Many Requests"}},
)
