"""Binance: futures tickers lack bid and ask, and only adjusted contracts are listed with their funding interval."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from hedgewatch.domain.instrument import OrderUnit, Payoff
from hedgewatch.domain.market import UnknownReason
from hedgewatch.exchanges.quirks.shape import Call, Depth, Quirk, Terms, codes_of, paths

BINANCE = Quirk(
    exchange="binance",
    calls=(
        Call(
            name="spot bookTicker",
            method="publicGetTickerBookTicker",
            futures=False,
            path="/api/v3/ticker/bookTicker",
            bid="bidPrice",
            ask="askPrice",
        ),
        Call(
            name="futures bookTicker",
            method="fapiPublicGetTickerBookTicker",
            futures=True,
            payoff=Payoff.LINEAR,
            path="/fapi/v1/ticker/bookTicker",
            bid="bidPrice",
            ask="askPrice",
            time="time",
        ),
        Call(
            name="premiumIndex",
            method="fapiPublicGetPremiumIndex",
            futures=True,
            payoff=Payoff.LINEAR,
            path="/fapi/v1/premiumIndex",
            mark="markPrice",
            index="indexPrice",
            rate="lastFundingRate",
            settles_at="nextFundingTime",
            time="time",
        ),
        Call(
            name="inverse bookTicker",
            method="dapiPublicGetTickerBookTicker",
            futures=True,
            payoff=Payoff.INVERSE,
            path="/dapi/v1/ticker/bookTicker",
            bid="bidPrice",
            ask="askPrice",
            time="time",
        ),
        Call(
            name="inverse premiumIndex",
            method="dapiPublicGetPremiumIndex",
            futures=True,
            payoff=Payoff.INVERSE,
            path="/dapi/v1/premiumIndex",
            mark="markPrice",
            index="indexPrice",
            rate="lastFundingRate",
            settles_at="nextFundingTime",
            time="time",
        ),
    ),
    # https://developers.binance.com/docs/derivatives/usds-margined-futures/market-data/rest-api/Get-Funding-Rate-Info
    terms=Terms(
        call=Call(
            name="fundingInfo",
            method="fapiPublicGetFundingInfo",
            futures=True,
            payoff=Payoff.LINEAR,
            interval="fundingIntervalHours",
        ),
        every=timedelta(hours=1),
        absent_hours=Decimal(8),
    ),
    inverse_terms=Terms(
        call=Call(
            name="inverse fundingInfo",
            method="dapiPublicGetFundingInfo",
            futures=True,
            payoff=Payoff.INVERSE,
            interval="fundingIntervalHours",
        ),
        every=timedelta(hours=1),
        absent_hours=Decimal(8),
    ),
    options={"fetchMarkets": {"types": ["spot", "linear"]}, "fetchMargins": False},
    inverse_options={"fetchMarkets": {"types": ["spot", "linear", "inverse"]}},
    allowed=(
        paths("api.binance.com", r"/api/v3/(exchangeInfo|klines|ticker/bookTicker|time)"),
        paths(
            "fapi.binance.com",
            r"/fapi/v1/(exchangeInfo|klines|markPriceKlines|ticker/bookTicker|ticker/24hr|premiumIndex|fundingInfo)",
        ),
        paths("fapi.binance.com", r"/fapi/v1/(fundingRate|depth|time)"),
        paths(
            "dapi.binance.com",
            r"/dapi/v1/(exchangeInfo|klines|markPriceKlines|ticker/bookTicker|ticker/24hr|premiumIndex|fundingInfo)",
        ),
        paths("dapi.binance.com", r"/dapi/v1/(fundingRate|depth|time)"),
    ),
    # https://developers.binance.com/docs/binance-spot-api-docs/errors
    codes=codes_of(
        {
            UnknownReason.RATE_LIMITED: "-1003 -1015",
            UnknownReason.CLOCK_SKEW: "-1021",
            UnknownReason.UNKNOWN_SYMBOL: "-1121",
            UnknownReason.MAINTENANCE: "-1016",
            UnknownReason.BAD_KEY: "-1022 -2008 -2014 -2015",
            UnknownReason.NO_PERMISSION: "-1002",
        }
    ),
    id_begins_with_base=True,
    linear_order_unit=OrderUnit.BASE,
    depth=Depth(name="depth", method="fapiPublicGetDepth", params={"limit": 1000}, time="T"),
    inverse_depth=Depth(name="inverse depth", method="dapiPublicGetDepth", params={"limit": 1000}, time="T"),
)
