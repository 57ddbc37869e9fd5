"""Binance's market lists and the ids in them."""

from __future__ import annotations

from datetime import UTC, datetime

import orjson

from hedgewatch.simulator.listings import Kind, Listing
from hedgewatch.simulator.wire.form import Ask, Row, UnknownSymbolError, decimals, text

ENDLESS = 4_133_404_800_000  # the delivery date that Binance gives to perpetuals
LINEAR = (Kind.PERPETUAL, Kind.FUTURE)
INVERSE = (Kind.INVERSE, Kind.INVERSE_FUTURE)
LIMITS = [
    {"rateLimitType": "REQUEST_WEIGHT", "interval": "MINUTE", "intervalNum": 1, "limit": 6000},
    {"rateLimitType": "ORDERS", "interval": "MINUTE", "intervalNum": 1, "limit": 1200},
]


def symbol_of(listing: Listing) -> str:
    """Write the exchange's own id."""
    if listing.expiry is None:
        return f"{listing.pair}_PERP" if listing.is_inverse else listing.pair
    return f"{listing.pair}_{datetime.fromtimestamp(listing.expiry / 1000, UTC):%y%m%d}"


def find(ask: Ask, symbol: str, *kinds: Kind) -> Listing:
    """Return the listing with this id; raise UnknownSymbolError where there is none."""
    pair, _, tail = symbol.partition("_")
    kind = kinds[0] if tail in {"", "PERP"} else kinds[-1]
    listing = ask.named(pair.removesuffix("USD" if kind in INVERSE else "USDT"), kind)
    if symbol_of(listing) != symbol:
        raise UnknownSymbolError(symbol)
    return listing


def wanted(ask: Ask, *kinds: Kind) -> tuple[Listing, ...]:
    """Return the listings that ``symbol`` or ``symbols`` name, or all."""
    if symbol := ask.query.get("symbol"):
        return (find(ask, symbol, *kinds),)
    if symbols := ask.query.get("symbols"):
        try:
            names = orjson.loads(symbols)
        except orjson.JSONDecodeError as error:
            raise UnknownSymbolError(symbols) from error
        return tuple(find(ask, str(name), *kinds) for name in names)
    return ask.listed(*kinds)


def filters(listing: Listing, *, notional: Row) -> list[Row]:
    """Write a market's steps and limits."""
    tick, lot = text(listing.tick), text(listing.lot)
    return [
        {"filterType": "PRICE_FILTER", "minPrice": tick, "maxPrice": "1000000", "tickSize": tick},
        {"filterType": "LOT_SIZE", "minQty": lot, "maxQty": "1000000", "stepSize": lot},
        {"filterType": "MARKET_LOT_SIZE", "minQty": lot, "maxQty": "100000", "stepSize": lot},
        {"filterType": "MAX_NUM_ORDERS", "limit": 200, "maxNumOrders": 200},
        notional,
    ]


def spot_market(listing: Listing) -> Row:
    """Write one entry of the spot exchangeInfo."""
    return {
        "symbol": symbol_of(listing),
        "status": "TRADING" if listing.is_trading else "BREAK",
        "baseAsset": listing.asset.name,
        "baseAssetPrecision": 8,
        "quoteAsset": "USDT",
        "quotePrecision": 8,
        "quoteAssetPrecision": 8,
        "orderTypes": ["LIMIT", "LIMIT_MAKER", "MARKET"],
        "icebergAllowed": True,
        "isSpotTradingAllowed": True,
        "isMarginTradingAllowed": True,
        "filters": filters(listing, notional={"filterType": "NOTIONAL", "minNotional": "5.00000000"}),
        "permissions": [],
        "permissionSets": [["SPOT"]],
    }


def contract_market(listing: Listing) -> Row:
    """Write what linear and inverse entries share."""
    return {
        "symbol": symbol_of(listing),
        "pair": listing.pair,
        "contractType": "PERPETUAL" if listing.expiry is None else "CURRENT_QUARTER",
        "deliveryDate": listing.expiry or ENDLESS,
        "onboardDate": 1_569_398_400_000,
        "maintMarginPercent": "2.5000",
        "requiredMarginPercent": "5.0000",
        "baseAsset": listing.asset.name,
        "quoteAsset": listing.quote,
        "marginAsset": listing.settle,
        "pricePrecision": decimals(listing.tick),
        "quantityPrecision": decimals(listing.lot),
        "baseAssetPrecision": 8,
        "quotePrecision": 8,
        "underlyingType": "COIN",
        "filters": [
            *filters(listing, notional={"filterType": "MIN_NOTIONAL", "notional": "5"}),
            {
                "filterType": "PERCENT_PRICE",
                "multiplierUp": "1.1500",
                "multiplierDown": "0.8500",
                "multiplierDecimal": "4",
            },
        ],
        "orderTypes": ["LIMIT", "MARKET", "STOP"],
        "timeInForce": ["GTC", "IOC", "FOK", "GTX"],
    }


def state_of(listing: Listing) -> str:
    """Write whether a contract trades or is being taken off."""
    return "TRADING" if listing.is_trading else "SETTLING"


def linear_market(listing: Listing) -> Row:
    """Write one entry of the linear exchangeInfo."""
    return contract_market(listing) | {"status": state_of(listing)}


def inverse_market(listing: Listing) -> Row:
    """Write one entry of the inverse exchangeInfo: its face in USD, and another name for its state."""
    face = {"contractSize": int(listing.contract_size), "contractStatus": state_of(listing), "equalQtyPrecision": 4}
    return contract_market(listing) | face


def exchange_info(ask: Ask, rows: list[Row]) -> Row:
    """Wrap markets as exchangeInfo does."""
    return {
        "timezone": "UTC",
        "serverTime": ask.clock,
        "rateLimits": LIMITS,
        "exchangeFilters": [],
        "symbols": rows,
    }


def spot_info(ask: Ask) -> object:
    """Answer /api/v3/exchangeInfo."""
    return exchange_info(ask, [spot_market(listing) for listing in wanted(ask, Kind.SPOT)])


def linear_info(ask: Ask) -> object:
    """Answer /fapi/v1/exchangeInfo."""
    return exchange_info(ask, [linear_market(listing) for listing in ask.listed(*LINEAR)])


def inverse_info(ask: Ask) -> object:
    """Answer /dapi/v1/exchangeInfo."""
    return exchange_info(ask, [inverse_market(listing) for listing in ask.listed(*INVERSE)])
