"""Bybit v5: one envelope for everything, categories instead of hosts."""

from __future__ import annotations

from datetime import UTC, datetime

from hedgewatch.simulator.depth import book_of
from hedgewatch.simulator.listings import Kind, Listing
from hedgewatch.simulator.market import Quote
from hedgewatch.simulator.tiers import deductions, tiers_of
from hedgewatch.simulator.wire.form import (
    Ask,
    Row,
    UnknownSymbolError,
    Window,
    Wire,
    change_rate,
    decimals,
    settlements,
    text,
    turnover,
    worth,
)

LINEAR, INVERSE = (Kind.PERPETUAL, Kind.FUTURE), (Kind.INVERSE, Kind.INVERSE_FUTURE)
KINDS: dict[str, tuple[Kind, ...]] = {"spot": (Kind.SPOT,), "linear": LINEAR, "inverse": INVERSE, "option": ()}
MONTHS = "FGHJKMNQUVXZ"  # the letters of dated inverse contracts: BTCUSDZ26 is December 2026
PAGE = 500
LONGEST_PAGE = 1000
RISK_PAGE = 15
HISTORY = Window(otherwise=200, most=200, counts_from_start=False)


def symbol_of(listing: Listing) -> str:
    """Write the exchange's own id: a dated USDT future reads BTCUSDT-25DEC26, an inverse one BTCUSDZ26."""
    if listing.expiry is None:
        return listing.pair
    day = datetime.fromtimestamp(listing.expiry / 1000, UTC)
    if listing.is_inverse:
        return f"{listing.pair}{MONTHS[day.month - 1]}{day:%y}"
    return f"{listing.pair}-{day:%d%b%y}".upper()


def wanted(ask: Ask) -> tuple[Listing, ...]:
    """Return the listings of the category, or the one that ``symbol`` names."""
    kinds = KINDS.get(ask.query.get("category", ""), ())
    symbol = ask.query.get("symbol")
    if not kinds or not symbol:
        return ask.listed(*kinds) if kinds else ()
    if kinds is INVERSE:
        return (inverse_named(ask, symbol),)
    name, dash, _ = symbol.partition("-")
    listing = ask.named(name.removesuffix("USDT"), Kind.FUTURE if dash else kinds[0])
    if symbol_of(listing) != symbol:
        raise UnknownSymbolError(symbol)
    return (listing,)


def inverse_named(ask: Ask, symbol: str) -> Listing:
    """Return the inverse listing of an id; raise UnknownSymbolError where there is none."""
    found = next((listing for listing in ask.listed(*INVERSE) if symbol_of(listing) == symbol), None)
    if found is None:
        raise UnknownSymbolError(symbol)
    return found


def envelope(ask: Ask, result: object) -> Row:
    """Wrap a result as every v5 answer is wrapped."""
    return {"retCode": 0, "retMsg": "OK", "result": result, "retExtInfo": {}, "time": ask.clock}


def instruments(ask: Ask) -> object:
    """Answer /v5/market/instruments-info: contracts in pages, spot in one."""
    category = ask.query.get("category", "")
    is_trading = ask.query.get("status", "Trading") == "Trading"
    listings = wanted(ask) if is_trading else ()
    if category == "spot":
        return envelope(ask, {"category": category, "list": [spot_market(listing) for listing in listings]})
    start = ask.number("cursor", 0)
    end = start + min(ask.number("limit", PAGE), LONGEST_PAGE)
    rows = [contract_market(ask, listing) for listing in listings[start:end]]
    cursor = str(end) if end < len(listings) else ""
    return envelope(ask, {"category": category, "list": rows, "nextPageCursor": cursor})


def spot_market(listing: Listing) -> Row:
    """Write one spot entry."""
    return {
        "symbol": symbol_of(listing),
        "baseCoin": listing.asset.name,
        "quoteCoin": "USDT",
        "innovation": "0",
        "status": "Trading",
        "marginTrading": "both",
        "lotSizeFilter": {
            "basePrecision": text(listing.lot),
            "quotePrecision": "0.00000001",
            "minOrderQty": text(listing.lot),
            "maxOrderQty": "1000000",
            "minOrderAmt": "5",
            "maxOrderAmt": "8000000",
        },
        "priceFilter": {"tickSize": text(listing.tick)},
    }


def contract_market(ask: Ask, listing: Listing) -> Row:
    """Write one linear or inverse entry; the funding interval is in minutes."""
    is_dated = listing.expiry is not None
    return {
        "symbol": symbol_of(listing),
        "contractType": f"{'Inverse' if listing.is_inverse else 'Linear'}{'Futures' if is_dated else 'Perpetual'}",
        "status": "Trading" if listing.is_trading else "Delivering",
        "baseCoin": listing.asset.name,
        "quoteCoin": listing.quote,
        "launchTime": "1585526400000",
        "deliveryTime": str(listing.expiry or 0),
        "deliveryFeeRate": "0.0005" if is_dated else "",
        "priceScale": str(decimals(listing.tick)),
        "leverageFilter": {"minLeverage": "1", "maxLeverage": "100.00", "leverageStep": "0.01"},
        "priceFilter": {"minPrice": text(listing.tick), "maxPrice": "1999999.80", "tickSize": text(listing.tick)},
        "lotSizeFilter": {
            "maxOrderQty": "1190.000",
            "minOrderQty": text(listing.lot),
            "qtyStep": text(listing.lot),
            "postOnlyMaxOrderQty": "1190.000",
            "minNotionalValue": "5",
        },
        "unifiedMarginTrade": True,
        "fundingInterval": 0 if is_dated else ask.world.interval_hours(listing) * 60,
        "settleCoin": listing.settle,
        "isPreListing": False,
    }


def tickers(ask: Ask) -> object:
    """Answer /v5/market/tickers."""
    category = ask.query.get("category", "")
    write = spot_ticker if category == "spot" else contract_ticker
    rows = [write(quote) for quote in ask.quotes(wanted(ask))]
    pages = {"nextPageCursor": ""} if category == "spot" else {}
    return envelope(ask, {"category": category, "list": rows} | pages)


def day(quote: Quote) -> Row:
    """Write what spot and linear tickers share."""
    return {
        "symbol": symbol_of(quote.listing),
        "bid1Price": text(quote.bid),
        "bid1Size": text(quote.bid_size),
        "ask1Price": text(quote.ask),
        "ask1Size": text(quote.ask_size),
        "lastPrice": text(quote.last),
        "prevPrice24h": text(quote.open),
        "price24hPcnt": text(change_rate(quote)),
        "highPrice24h": text(quote.high),
        "lowPrice24h": text(quote.low),
        "turnover24h": text(turnover(quote)),
        "volume24h": text(quote.volume),
    }


def spot_ticker(quote: Quote) -> Row:
    """Write a spot ticker."""
    return day(quote) | {"usdIndexPrice": text(quote.index)}


def contract_ticker(quote: Quote) -> Row:
    """Write a linear ticker; a dated future has no funding but a basis and a delivery."""
    is_dated = quote.listing.expiry is not None
    basis = quote.mark - quote.index
    return day(quote) | {
        "turnover24h": text(worth(quote)),
        "indexPrice": text(quote.index),
        "markPrice": text(quote.mark),
        "prevPrice1h": text(quote.open),
        "openInterest": text(quote.volume),
        "openInterestValue": text(worth(quote)),
        "fundingRate": text(quote.funding_rate),
        "nextFundingTime": str(quote.next_settlement),
        "fundingIntervalHour": "" if is_dated else str(quote.interval_hours),
        "fundingCap": "" if is_dated else "0.02",
        "predictedDeliveryPrice": "",
        "basisRate": text(round(basis / quote.index, 8)) if is_dated else "",
        "deliveryFeeRate": "0.0005" if is_dated else "",
        "deliveryTime": str(quote.listing.expiry or 0),
        "basis": text(basis) if is_dated else "",
        "preOpenPrice": "",
        "preQty": "",
        "curPreListingPhase": "",
    }


def past_funding(ask: Ask) -> object:
    """Answer /v5/market/funding/history, newest first."""
    rows: list[Row] = []
    for listing in wanted(ask)[:1]:
        rows = [
            {"symbol": symbol_of(listing), "fundingRate": text(rate), "fundingRateTimestamp": str(moment)}
            for moment, rate in reversed(settlements(ask, listing, HISTORY))
        ]
    return envelope(ask, {"category": ask.query.get("category", ""), "list": rows})


def order_book(ask: Ask) -> object:
    """Answer /v5/market/orderbook."""
    if not (listings := wanted(ask)):
        raise UnknownSymbolError(ask.query.get("symbol", ""))
    quote = ask.world.quote(listings[0], ask.at)
    book = book_of(quote, min(ask.number("limit", 25), 200), ask.at)
    sides = {"b": book.bids, "a": book.asks}
    rows = {side: [[text(price), text(coins)] for price, coins in levels] for side, levels in sides.items()}
    place = ask.at // 100 % 1_000_000_000
    return envelope(ask, {"s": symbol_of(quote.listing), **rows, "ts": ask.clock, "u": place, "seq": place * 3})


def risk_limits(ask: Ask) -> object:
    """Answer /v5/market/risk-limit: the tiers of a symbol, or of fifteen symbols a page; rates as fractions."""
    listings = wanted(ask)
    start = ask.number("cursor", 0)
    end = start + RISK_PAGE
    rows = [row for listing in listings[start:end] for row in risk_rows(listing)]
    cursor = str(end) if end < len(listings) else ""
    return envelope(ask, {"category": ask.query.get("category", ""), "list": rows, "nextPageCursor": cursor})


def risk_rows(listing: Listing) -> list[Row]:
    """Write the tiers of a contract; their limits are in USDT, or in coins if it is inverse."""
    tiers = tiers_of(listing)
    return [
        {
            "id": place,
            "symbol": symbol_of(listing),
            "riskLimitValue": text(tier.cap),
            "maintenanceMargin": text(tier.rate),
            "initialMargin": text(round(1 / tier.leverage, 4)),
            "isLowestRisk": int(place == 1),
            "maxLeverage": text(tier.leverage, 2),
            "mmDeduction": text(taken),
        }
        for place, (tier, taken) in enumerate(zip(tiers, deductions(tiers), strict=True), 1)
    ]


def server_time(ask: Ask) -> object:
    """Answer /v5/market/time."""
    return envelope(ask, {"timeSecond": str(ask.clock // 1000), "timeNano": f"{ask.clock}000000"})


WIRE = Wire(
    markets={
        "/v5/market/instruments-info": instruments,
        "/v5/market/risk-limit": risk_limits,
    },
    lists={"/v5/market/tickers": tickers},
    answers={
        "/v5/market/funding/history": past_funding,
        "/v5/market/orderbook": order_book,
        "/v5/market/time": server_time,
    },
    unknown_symbol=(
        200,
        {"retCode": 10001, "retMsg": "params error: Symbol Invalid", "result": {}, "retExtInfo": {}, "time": 0},
    ),
    refusals={429: {"retCode": 10006, "retMsg": "Too many visits!", "result": {}, "retExtInfo": {}, "time": 0}},
)
