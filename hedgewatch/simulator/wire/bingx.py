"""BingX: dashes in symbols, a code and a message around everything."""

from __future__ import annotations

from decimal import Decimal

from hedgewatch.simulator.depth import book_of
from hedgewatch.simulator.listings import DAY, Kind, Listing
from hedgewatch.simulator.market import Quote
from hedgewatch.simulator.wire.form import (
    Ask,
    Row,
    UnknownSymbolError,
    Window,
    Wire,
    change,
    change_rate,
    decimals,
    settlements,
    text,
    turnover,
)

HISTORY = Window(otherwise=100, most=1000, counts_from_start=False)


def symbol_of(listing: Listing) -> str:
    """Write the exchange's own id."""
    return f"{listing.asset.name}-{listing.quote}"


def wanted(ask: Ask, kind: Kind) -> tuple[Listing, ...]:
    """Return the listings of a kind, or the one that ``symbol`` names."""
    symbol = ask.query.get("symbol")
    if not symbol:
        return ask.listed(kind)
    listing = ask.named(symbol.partition("-")[0], kind)
    if symbol_of(listing) != symbol:
        raise UnknownSymbolError(symbol)
    return (listing,)


def swap(result: object) -> Row:
    """Wrap an answer of the contract side."""
    return {"code": 0, "msg": "", "data": result}


def spot(ask: Ask, result: object) -> Row:
    """Wrap an answer of the spot side."""
    return {"code": 0, "timestamp": ask.clock, "data": result}


def one_or_all(ask: Ask, rows: list[Row]) -> object:
    """Send a bare object where one ``symbol`` was asked for (contracts only)."""
    return swap(rows[0] if ask.query.get("symbol") else rows)


def spot_markets(ask: Ask) -> object:
    """Answer spot/v1/common/symbols: steps as JSON numbers."""
    return {
        "code": 0,
        "msg": "",
        "debugMsg": "",
        "data": {"symbols": [spot_market(listing) for listing in wanted(ask, Kind.SPOT)]},
    }


def spot_market(listing: Listing) -> Row:
    """Write one spot entry."""
    return {
        "symbol": symbol_of(listing),
        "minQty": float(listing.lot),
        "maxQty": 1_000_000,
        "minNotional": 5,
        "maxNotional": 500_000,
        "status": int(listing.is_trading),
        "tickSize": float(listing.tick),
        "stepSize": float(listing.lot),
        "apiStateSell": True,
        "apiStateBuy": True,
        "timeOnline": 0,
        "offTime": 0,
        "maintainTime": 0,
    }


def contracts(ask: Ask) -> object:
    """Answer swap/v2/quote/contracts."""
    listings = wanted(ask, Kind.PERPETUAL)
    return swap([contract(number, listing) for number, listing in enumerate(listings, 100)])


def contract(number: int, listing: Listing) -> Row:
    """Write one perpetual entry; states are the words true and false."""
    return {
        "contractId": str(number),
        "symbol": symbol_of(listing),
        "size": text(listing.lot),
        "quantityPrecision": str(decimals(listing.lot)),
        "pricePrecision": str(decimals(listing.tick)),
        "feeRate": "0.0005",
        "makerFeeRate": "0.0002",
        "takerFeeRate": "0.0005",
        "tradeMinLimit": "0",
        "tradeMinQuantity": text(listing.lot),
        "tradeMinUSDT": "2",
        "maxLongLeverage": "125",
        "maxShortLeverage": "125",
        "currency": "USDT",
        "asset": listing.asset.name,
        "status": "1" if listing.is_trading else "25",
        "apiStateOpen": str(listing.is_trading).lower(),
        "apiStateClose": str(listing.is_trading).lower(),
        "ensureTrigger": True,
        "triggerFeeRate": "0.00050000",
    }


def day(ask: Ask, quote: Quote) -> Row:
    """Write the 24-hour figures; the percentage carries its sign in the text."""
    return {
        "symbol": symbol_of(quote.listing),
        "openPrice": text(quote.open),
        "highPrice": text(quote.high),
        "lowPrice": text(quote.low),
        "lastPrice": text(quote.last),
        "priceChange": text(change(quote)),
        "priceChangePercent": f"{text(change_rate(quote) * 100, 2)}%",
        "volume": text(quote.volume),
        "quoteVolume": text(turnover(quote), 2),
        "openTime": ask.at - DAY,
        "closeTime": ask.clock,
        "askPrice": text(quote.ask),
        "askQty": text(quote.ask_size),
        "bidPrice": text(quote.bid),
        "bidQty": text(quote.bid_size),
    }


def spot_days(ask: Ask) -> object:
    """Answer spot/v1/ticker/24hr: a list, also for one symbol."""
    return spot(ask, [day(ask, quote) for quote in ask.quotes(wanted(ask, Kind.SPOT))])


def contract_days(ask: Ask) -> object:
    """Answer swap/v2/quote/ticker: only here is there a lastQty."""
    rows = [day(ask, quote) | {"lastQty": text(quote.bid_size)} for quote in ask.quotes(wanted(ask, Kind.PERPETUAL))]
    return one_or_all(ask, rows)


def spot_books(ask: Ask) -> object:
    """Answer spot/v2/quote/bookTicker."""
    fields = ("symbol", "bidPrice", "bidQty", "askPrice", "askQty")
    rows = [day(ask, quote) for quote in ask.quotes(wanted(ask, Kind.SPOT))]
    return spot(ask, [{name: row[name] for name in fields} | {"time": ask.clock} for row in rows])


def contract_book(ask: Ask) -> object:
    """Answer swap/v2/quote/bookTicker, which takes one symbol."""
    quote = ask.quotes(wanted(ask, Kind.PERPETUAL))[0]
    figures = {
        "symbol": symbol_of(quote.listing),
        "bid_price": float(quote.bid),
        "bid_qty": float(quote.bid_size),
        "ask_price": float(quote.ask),
        "ask_qty": float(quote.ask_size),
        "lastUpdateId": ask.at,
        "time": ask.clock,
    }
    return swap({"book_ticker": figures})


def premium(ask: Ask, quote: Quote) -> Row:
    """Write one entry of premiumIndex: lastFundingRate is the coming rate."""
    return {
        "symbol": symbol_of(quote.listing),
        "markPrice": text(quote.mark),
        "indexPrice": text(quote.index),
        "lastFundingRate": text(quote.funding_rate),
        "nextFundingTime": quote.next_settlement,
        "fundingIntervalHours": quote.interval_hours,
        "updateTime": ask.clock,
    }


def premiums(ask: Ask) -> object:
    """Answer swap/v2/quote/premiumIndex."""
    return one_or_all(ask, [premium(ask, quote) for quote in ask.quotes(wanted(ask, Kind.PERPETUAL))])


def past_funding(ask: Ask) -> object:
    """Answer swap/v2/quote/fundingRate, newest first."""
    listing = wanted(ask, Kind.PERPETUAL)[0]
    rows = [
        {"symbol": symbol_of(listing), "fundingRate": text(rate), "fundingTime": moment}
        for moment, rate in reversed(settlements(ask, listing, HISTORY))
    ]
    return swap(rows)


def sides(ask: Ask, quote: Quote) -> dict[str, list[list[str]]]:
    """Write both sides of a book; BingX sends its asks from the highest price down."""
    book = book_of(quote, min(ask.number("limit", 20), 1000), ask.at)
    return {
        "bids": [[text(price), text(coins)] for price, coins in book.bids],
        "asks": [[text(price), text(coins)] for price, coins in reversed(book.asks)],
    }


def spot_depth(ask: Ask) -> object:
    """Answer spot/v1/market/depth."""
    rows = sides(ask, ask.quotes(wanted(ask, Kind.SPOT))[0])
    return spot(ask, {**rows, "ts": ask.clock, "lastUpdateId": ask.at})


def contract_depth(ask: Ask) -> object:
    """Answer swap/v2/quote/depth: bids and asks in coins, their twins times the contract's size."""
    quote = ask.quotes(wanted(ask, Kind.PERPETUAL))[0]
    rows = sides(ask, quote)
    size = quote.listing.lot
    twins = {
        f"{side}Coin": [[price, text(Decimal(coins) * size, 4)] for price, coins in levels]
        for side, levels in rows.items()
    }
    return swap({"T": ask.clock, **rows, **twins})


def server_time(ask: Ask) -> object:
    """Answer swap/v2/server/time."""
    return swap({"serverTime": ask.clock})


WIRE = Wire(
    markets={
        "/openApi/spot/v1/common/symbols": spot_markets,
        "/openApi/swap/v2/quote/contracts": contracts,
    },
    lists={
        "/openApi/spot/v1/ticker/24hr": spot_days,
        "/openApi/spot/v2/quote/bookTicker": spot_books,
        "/openApi/swap/v2/quote/ticker": contract_days,
        "/openApi/swap/v2/quote/premiumIndex": premiums,
    },
    answers={
        "/openApi/swap/v2/quote/bookTicker": contract_book,
        "/openApi/swap/v2/quote/fundingRate": past_funding,
        "/openApi/spot/v1/market/depth": spot_depth,
        "/openApi/swap/v2/quote/depth": contract_depth,
        "/openApi/swap/v2/server/time": server_time,
    },
    unknown_symbol=(200, {"code": 109425, "msg": "this symbol is not exist, please verify it"}),
    refusals={429: {"code": 100410, "msg": "rate limited, please try again later"}},
)
