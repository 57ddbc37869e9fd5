"""MEXC: orders are in contracts, numbers come bare, and interval and settlement are told one contract a call."""

from __future__ import annotations

from datetime import timedelta

from hedgewatch.domain.instrument import OrderUnit
from hedgewatch.domain.market import UnknownReason
from hedgewatch.exchanges.quirks.shape import Call, Depth, Quirk, Terms, codes_of, paths

MEXC = Quirk(
    exchange="mexc",
    calls=(
        # asked as an endpoint: ccxt's fetch_bids_asks answers {} for exactly one symbol
        Call(
            name="spot bookTicker",
            method="spotPublicGetTickerBookTicker",
            futures=False,
            path="/api/v3/ticker/bookTicker",
            bid="bidPrice",
            ask="askPrice",
        ),
        Call(
            name="contract ticker",
            method="contractPublicGetTicker",
            futures=True,
            path="/api/v1/contract/ticker",
            rows=("data",),
            bid="bid1",
            ask="ask1",
            mark="fairPrice",
            index="indexPrice",
            rate="fundingRate",
            time="timestamp",
            bare_numbers=True,
        ),
    ),
    # https://www.mexc.com/api-docs/futures/market-endpoints/get-funding-rate
    terms=Terms(
        call=Call(
            name="funding_rate",
            method="contractPublicGetFundingRateSymbol",
            futures=True,
            rows=("data",),
            settles_at="nextSettleTime",
            interval="collectCycle",
            each=True,
        ),
        every=timedelta(hours=1),
    ),
    allowed=(
        paths("api.mexc.com", r"/api/v3/(exchangeInfo|klines|ticker/bookTicker|time)"),
        paths("api.mexc.com", r"/api/v1/contract/(detail|ticker|ping|funding_rate/[A-Za-z0-9_]+|depth/[A-Za-z0-9_]+)"),
        paths("api.mexc.com", r"/api/v1/contract/kline/(fair_price/)?[A-Za-z0-9_]+"),
    ),
    codes=codes_of(
        {
            UnknownReason.RATE_LIMITED: "510 429",
            UnknownReason.CLOCK_SKEW: "700003 700005 10073",
            UnknownReason.UNKNOWN_SYMBOL: "1001 -1121 10007",
            UnknownReason.MAINTENANCE: "604 801 11444",
            UnknownReason.BAD_KEY: "401 402 602 10072 700001 700002",
            UnknownReason.NO_PERMISSION: "403 406 511 701 703 700006 700007",
        }
    ),
    history_params={"page_num": 1},
    id_begins_with_base=True,
    linear_order_unit=OrderUnit.CONTRACTS,
    depth=Depth(
        name="depth",
        method="contractPublicGetDepthSymbol",
        params={"limit": 1000},
        rows=("data",),
        time="timestamp",
    ),
)
