"""WEEX: Binance's words with meanings of its own: amounts in coins, lastFundingRate already settled."""

from __future__ import annotations

from hedgewatch.simulator.depth import Book, book_of
from hedgewatch.simulator.listings import DAY, Kind, Listing
from hedgewatch.simulator.market import Quote
from hedgewatch.simulator.wire.form import (
    Ask,
    Row,
    Window,
    Wire,
    change,
    change_rate,
    decimals,
    settlements,
    text,
    turnover,
)

SHALLOW, DEEP = 15, 200
HISTORY = Window(otherwise=100, most=1000, counts_from_start=False)


def symbol_of(listing: Listing) -> str:
    """Write the exchange's own id."""
    return f"{listing.asset.name}USDT"


def wanted(ask: Ask, kind: Kind) -> tuple[Listing, ...]:
    """Return the listings of a kind, or the one that ``symbol`` names."""
    symbol = ask.query.get("symbol")
    return (ask.named(symbol.removesuffix("USDT"), kind),) if symbol else ask.listed(kind)


def one_or_all(ask: Ask, rows: list[Row]) -> object:
    """Send a bare object where one ``symbol`` was asked for."""
    return rows[0] if ask.query.get("symbol") else rows


def coins(ask: Ask) -> object:
    """Answer /api/v3/coins."""
    names = ["USDT", *(listing.asset.name for listing in ask.listed(Kind.SPOT))]
    return [coin(name) for name in names]


def coin(name: str) -> Row:
    """Write one coin with one network."""
    network = {
        "network": "Ethereum (ETH)",
        "coin": name,
        "withdrawIntegerMultiple": "1E-8",
        "isDefault": True,
        "depositEnable": True,
        "withdrawEnable": True,
        "depositDesc": None,
        "withdrawDesc": None,
        "name": "Ethereum (ETH)",
        "withdrawFee": "1",
        "withdrawMin": "20",
        "depositDust": "0.1",
        "minConfirm": "12",
        "withdrawTag": False,
    }
    enabled = {"depositAllEnable": True, "withdrawAllEnable": True}
    return {"coin": name, **enabled, "name": name, "networkList": [network]}


def spot_markets(ask: Ask) -> object:
    """Answer /api/v3/exchangeInfo."""
    return {"symbols": [spot_market(listing) for listing in wanted(ask, Kind.SPOT)]}


def spot_market(listing: Listing) -> Row:
    """Write one spot entry."""
    return {
        "symbol": symbol_of(listing),
        "status": "TRADING" if listing.is_trading else "HALT",
        "baseAsset": listing.asset.name,
        "baseAssetPrecision": "8",
        "quoteAsset": "USDT",
        "quoteAssetPrecision": "8",
        "tickSize": text(listing.tick),
        "stepSize": text(listing.lot),
        "minTradeAmount": text(listing.lot),
        "maxTradeAmount": "99999",
        "takerFeeRate": "0.001",
        "makerFeeRate": "0.001",
        "buyLimitPriceRatio": "0.1",
        "sellLimitPriceRatio": "0.1",
        "marketBuyLimitSize": "99999",
        "marketSellLimitSize": "99999",
        "marketFallbackPriceRatio": "0",
        "enableTrade": True,
        "enableDisplay": True,
        "displayDigitMerge": "0.01,0.1,0.5,1,5",
        "displayNew": False,
        "displayHot": False,
    }


def contract_markets(ask: Ask) -> object:
    """Answer /capi/v3/market/exchangeInfo."""
    return {"symbols": [contract_market(ask, listing) for listing in wanted(ask, Kind.PERPETUAL)]}


def contract_market(ask: Ask, listing: Listing) -> Row:
    """Write one perpetual entry; contractVal is the smallest amount, not a unit of positions."""
    hours = range(0, 24, ask.world.interval_hours(listing))
    return {
        "symbol": symbol_of(listing),
        "baseAsset": listing.asset.name,
        "quoteAsset": "USDT",
        "marginAsset": "USDT",
        "pricePrecision": str(decimals(listing.tick)),
        "quantityPrecision": str(decimals(listing.lot)),
        "baseAssetPrecision": "3",
        "quotePrecision": "8",
        "contractVal": text(listing.lot),
        "delivery": [f"{hour:02d}:00:00" for hour in hours],
        "forwardContractFlag": True,
        "minLeverage": "1",
        "maxLeverage": "400",
        "buyLimitPriceRatio": "0.01",
        "sellLimitPriceRatio": "0.01",
        "makerFeeRate": "0.0002",
        "takerFeeRate": "0.0008",
        "minOrderSize": text(listing.lot),
        "maxOrderSize": "1000000",
        "maxPositionSize": "5000000",
        "marketOpenLimitSize": "2300",
    }


def top_of_book(ask: Ask, quote: Quote) -> Row:
    """Write bid and ask."""
    return {
        "symbol": symbol_of(quote.listing),
        "bidPrice": text(quote.bid),
        "bidQty": text(quote.bid_size),
        "askPrice": text(quote.ask),
        "askQty": text(quote.ask_size),
        "time": ask.clock,
    }


def spot_books(ask: Ask) -> object:
    """Answer /api/v3/market/ticker/bookTicker."""
    return one_or_all(ask, [top_of_book(ask, quote) for quote in ask.quotes(wanted(ask, Kind.SPOT))])


def contract_books(ask: Ask) -> object:
    """Answer /capi/v3/market/ticker/bookTicker."""
    return one_or_all(ask, [top_of_book(ask, quote) for quote in ask.quotes(wanted(ask, Kind.PERPETUAL))])


def day(ask: Ask, quote: Quote) -> Row:
    """Write the 24-hour figures; the change is a fraction though its name says percent."""
    return {
        "symbol": symbol_of(quote.listing),
        "priceChange": text(change(quote)),
        "priceChangePercent": text(change_rate(quote)),
        "lastPrice": text(quote.last),
        "openPrice": text(quote.open),
        "highPrice": text(quote.high),
        "lowPrice": text(quote.low),
        "volume": text(quote.volume),
        "quoteVolume": text(turnover(quote)),
        "openTime": ask.at - DAY,
        "closeTime": ask.clock,
    }


def spot_days(ask: Ask) -> object:
    """Answer /api/v3/market/ticker/24hr."""
    rows = [
        day(ask, quote)
        | {name: value for name, value in top_of_book(ask, quote).items() if name != "time"}
        | {"count": 59_597}
        for quote in ask.quotes(wanted(ask, Kind.SPOT))
    ]
    return one_or_all(ask, rows)


def contract_days(ask: Ask) -> object:
    """Answer /capi/v3/market/ticker/24hr: mark and index, no bid and ask."""
    rows = [
        day(ask, quote) | {"markPrice": text(quote.mark), "indexPrice": text(quote.index)}
        for quote in ask.quotes(wanted(ask, Kind.PERPETUAL))
    ]
    return one_or_all(ask, rows)


def premiums(ask: Ask) -> object:
    """Answer /capi/v3/market/premiumIndex: a list, also for one symbol; lastFundingRate is the settled rate."""
    return [
        {
            "symbol": symbol_of(quote.listing),
            "markPrice": text(quote.mark),
            "indexPrice": text(quote.index),
            "forecastFundingRate": text(quote.funding_rate),
            "lastFundingRate": text(quote.settled_rate),
            "interestRate": "0.001",
            "nextFundingTime": quote.next_settlement,
            "time": ask.clock,
            "collectCycle": quote.interval_hours * 60,
        }
        for quote in ask.quotes(wanted(ask, Kind.PERPETUAL))
    ]


def past_funding(ask: Ask) -> object:
    """Answer /capi/v3/market/fundingRate, newest first."""
    listing = wanted(ask, Kind.PERPETUAL)[0]
    return [
        {
            "symbol": symbol_of(listing),
            "fundingRate": text(rate),
            "fundingTime": moment,
            "markPrice": text(ask.world.quote(listing, moment).mark),
        }
        for moment, rate in reversed(settlements(ask, listing, HISTORY))
    ]


def symbol_price(ask: Ask) -> object:
    """Answer /capi/v3/market/symbolPrice: the index unless priceType says MARK or LAST."""
    quote = ask.quotes(wanted(ask, Kind.PERPETUAL))[0]
    price = {"MARK": quote.mark, "LAST": quote.last}.get(ask.query.get("priceType", ""), quote.index)
    return {"symbol": symbol_of(quote.listing), "price": text(price), "time": ask.clock}


def last_prices(ask: Ask) -> object:
    """Answer /api/v3/market/ticker/price."""
    quotes = ask.quotes(wanted(ask, Kind.SPOT))
    return one_or_all(ask, [{"symbol": symbol_of(quote.listing), "price": text(quote.last)} for quote in quotes])


def levels(ask: Ask, kind: Kind) -> object:
    """Write a book of 15 or 200 levels; no time."""
    limit = DEEP if ask.number("limit", SHALLOW) > SHALLOW else SHALLOW
    book: Book = book_of(ask.quotes(wanted(ask, kind))[0], limit, ask.at)
    sides = {"bids": book.bids, "asks": book.asks}
    rows = {side: [[text(price), text(amount)] for price, amount in found] for side, found in sides.items()}
    return {"lastUpdateId": ask.at, **rows}


def spot_depth(ask: Ask) -> object:
    """Answer /api/v3/market/depth."""
    return levels(ask, Kind.SPOT)


def contract_depth(ask: Ask) -> object:
    """Answer /capi/v3/market/depth."""
    return levels(ask, Kind.PERPETUAL)


def server_time(ask: Ask) -> object:
    """Answer the time endpoints."""
    return {"serverTime": ask.clock}


WIRE = Wire(
    markets={
        "/api/v3/coins": coins,
        "/api/v3/exchangeInfo": spot_markets,
        "/capi/v3/market/exchangeInfo": contract_markets,
    },
    lists={
        "/api/v3/market/ticker/bookTicker": spot_books,
        "/api/v3/market/ticker/24hr": spot_days,
        "/api/v3/market/ticker/price": last_prices,
        "/capi/v3/market/ticker/bookTicker": contract_books,
        "/capi/v3/market/ticker/24hr": contract_days,
        "/capi/v3/market/premiumIndex": premiums,
    },
    answers={
        "/capi/v3/market/fundingRate": past_funding,
        "/capi/v3/market/symbolPrice": symbol_price,
        "/api/v3/market/depth": spot_depth,
        "/capi/v3/market/depth": contract_depth,
        "/api/v3/time": server_time,
        "/capi/v3/market/time": server_time,
    },
    unknown_symbol=(400, {"code": -1142, "msg": "Parameter symbol is invalid."}),
    refusals={429: {"code": 429, "msg": "Too many requests"}},
)
