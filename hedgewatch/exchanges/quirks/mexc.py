"""MEXC: orders are in contracts, numbers come bare, and interval and settlement are told one contract a call."""

from __future__ import annotations

from datetime import timedelta

from hedgewatch.domain.instrument import OrderUnit
from hedgewatch.domain.market import UnknownReason
from hedgewatch.exchanges.quirks.shape import Call, Depth, Quirk, Terms, paths

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
        paths("api.mexc.com", r"/api/v3/(exchangeInfo|ticker/bookTicker|time)"),
        paths("api.mexc.com", r"/api/v1/contract/(detail|ticker|ping|funding_rate/[A-Za-z0-9_]+|depth/[A-Za-z0-9_]+)"),
    ),
    codes={
        "510": UnknownReason.RATE_LIMITED,
        "429": UnknownReason.RATE_LIMITED,
        "700003": UnknownReason.CLOCK_SKEW,
        "1001": UnknownReason.UNKNOWN_SYMBOL,
        "-1121": UnknownReason.UNKNOWN_SYMBOL,
    },
    history_params={"page_num": 1},
    linear_order_unit=OrderUnit.CONTRACTS,
    depth=Depth(
        name="depth",
        method="contractPublicGetDepthSymbol",
        params={"limit": 1000},
        rows=("data",),
        time="timestamp",
    ),
)
