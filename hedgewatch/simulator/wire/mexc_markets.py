"""MEXC's market lists, the ids in them, and its envelopes."""

from __future__ import annotations

from decimal import Decimal

from hedgewatch.simulator.listings import Kind, Listing
from hedgewatch.simulator.tiers import tiers_of
from hedgewatch.simulator.wire.form import Ask, Row, UnknownSymbolError, decimals, number, text

CONTRACTS = (Kind.PERPETUAL, Kind.INVERSE)


def spot_symbol(listing: Listing) -> str:
    """Write the spot side's id."""
    return f"{listing.asset.name}USDT"


def contract_symbol(listing: Listing) -> str:
    """Write the contract side's id."""
    return f"{listing.asset.name}_{listing.quote}"


def spot_wanted(ask: Ask) -> tuple[Listing, ...]:
    """Return the spot listings, or the one that ``symbol`` names."""
    symbol = ask.query.get("symbol")
    return (ask.named(symbol.removesuffix("USDT"), Kind.SPOT),) if symbol else ask.listed(Kind.SPOT)


def contract_wanted(ask: Ask) -> tuple[Listing, ...]:
    """Return the contracts, or the one that ``symbol`` or the end of the path names."""
    symbol = ask.tail or ask.query.get("symbol")
    if not symbol:
        return ask.listed(*CONTRACTS)
    name, _, quote = symbol.partition("_")
    listing = ask.named(name, Kind.INVERSE if quote == "USD" else Kind.PERPETUAL)
    if contract_symbol(listing) != symbol:
        raise UnknownSymbolError(symbol)
    return (listing,)


def contracts_of(listing: Listing, amount: Decimal) -> int:
    """Return an amount of the world's (coins, or contracts where it is inverse) in contracts."""
    return int(amount if listing.is_inverse else amount / listing.contract_size)


def one_or_all(ask: Ask, rows: list[Row]) -> object:
    """Send a bare object where one ``symbol`` was asked for."""
    return rows[0] if ask.query.get("symbol") else rows


def success(result: object) -> Row:
    """Wrap an answer of the contract side."""
    return {"success": True, "code": 0, "data": result}


def spot_markets(ask: Ask) -> object:
    """Answer /api/v3/exchangeInfo."""
    return {
        "timezone": "CST",
        "serverTime": ask.clock,
        "rateLimits": [],
        "exchangeFilters": [],
        "symbols": [spot_market(listing) for listing in spot_wanted(ask)],
    }


def spot_market(listing: Listing) -> Row:
    """Write one spot entry; baseSizePrecision is the smallest amount."""
    return {
        "symbol": spot_symbol(listing),
        "status": "1" if listing.is_trading else "2",
        "baseAsset": listing.asset.name,
        "baseAssetPrecision": decimals(listing.lot),
        "quoteAsset": "USDT",
        "quotePrecision": decimals(listing.tick),
        "quoteAssetPrecision": decimals(listing.tick),
        "baseCommissionPrecision": decimals(listing.lot),
        "quoteCommissionPrecision": decimals(listing.tick),
        "orderTypes": ["LIMIT", "MARKET", "LIMIT_MAKER"],
        "isSpotTradingAllowed": True,
        "isMarginTradingAllowed": False,
        "quoteAmountPrecision": "1",
        "baseSizePrecision": text(listing.lot),
        "permissions": ["SPOT"],
        "filters": [],
        "maxQuoteAmount": "2000000",
        "makerCommission": "0",
        "takerCommission": "0.0005",
    }


def contracts(ask: Ask) -> object:
    """Answer /api/v1/contract/detail."""
    return success(one_or_all(ask, [contract(listing) for listing in contract_wanted(ask)]))


def contract(listing: Listing) -> Row:
    """Write one contract; every figure is a JSON number. Its tiers are a base and a step, in contracts."""
    symbol = contract_symbol(listing)
    tiers = tiers_of(listing)
    first, second = tiers[0], tiers[min(1, len(tiers) - 1)]
    return {
        "symbol": symbol,
        "displayName": f"{symbol}永续",
        "displayNameEn": f"{symbol} SWAP",
        "positionOpenType": 3,
        "baseCoin": listing.asset.name,
        "quoteCoin": listing.quote,
        "settleCoin": listing.settle,
        "contractSize": number(listing.contract_size),
        "minLeverage": 1,
        "maxLeverage": number(first.leverage),
        "priceScale": decimals(listing.tick),
        "volScale": 0,
        "amountScale": 4,
        "priceUnit": number(listing.tick),
        "volUnit": 1,
        "minVol": 1,
        "maxVol": 1_000_000,
        "bidLimitPriceRate": 0.1,
        "askLimitPriceRate": 0.1,
        "takerFeeRate": 0.0002,
        "makerFeeRate": 0,
        "maintenanceMarginRate": number(first.rate),
        "initialMarginRate": number(round(1 / first.leverage, 4)),
        "riskBaseVol": number(first.cap),
        "riskIncrVol": number(second.cap - first.cap),
        "riskIncrMmr": number(second.rate - first.rate),
        "riskIncrImr": number(round(1 / second.leverage - 1 / first.leverage, 4)),
        "riskLevelLimit": len(tiers),
        "priceCoefficientVariation": 0.1,
        "indexOrigin": ["BINANCE", "GATEIO", "HUOBI", "MXC"],
        "state": 0 if listing.is_trading else 3,
        "isNew": False,
        "isHot": listing.asset.name == "BTC",
        "isHidden": False,
    }
