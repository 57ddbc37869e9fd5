"""Bybit: one ticker call a kind carries everything; the answer's own time is outside its rows."""

from __future__ import annotations

from datetime import timedelta

from hedgewatch.domain.instrument import OrderUnit, Payoff
from hedgewatch.domain.market import UnknownReason
from hedgewatch.exchanges.quirks.shape import Call, Depth, Quirk, codes_of, paths

BYBIT = Quirk(
    exchange="bybit",
    calls=(
        Call(
            name="spot tickers",
            method="publicGetV5MarketTickers",
            futures=False,
            path="/v5/market/tickers",
            marker="category=spot",
            params={"category": "spot"},
            rows=("result", "list"),
            bid="bid1Price",
            ask="ask1Price",
            envelope_time="time",
        ),
        Call(
            name="linear tickers",
            method="publicGetV5MarketTickers",
            futures=True,
            payoff=Payoff.LINEAR,
            path="/v5/market/tickers",
            marker="category=linear",
            params={"category": "linear"},
            rows=("result", "list"),
            bid="bid1Price",
            ask="ask1Price",
            mark="markPrice",
            index="indexPrice",
            rate="fundingRate",
            settles_at="nextFundingTime",
            interval="fundingIntervalHour",
            envelope_time="time",
        ),
        Call(
            name="inverse tickers",
            method="publicGetV5MarketTickers",
            futures=True,
            payoff=Payoff.INVERSE,
            path="/v5/market/tickers",
            marker="category=inverse",
            params={"category": "inverse"},
            rows=("result", "list"),
            bid="bid1Price",
            ask="ask1Price",
            mark="markPrice",
            index="indexPrice",
            rate="fundingRate",
            settles_at="nextFundingTime",
            interval="fundingIntervalHour",
            envelope_time="time",
        ),
    ),
    options={"fetchMarkets": {"types": ["spot", "linear"]}},
    inverse_options={"fetchMarkets": {"types": ["spot", "linear", "inverse"]}},
    # Contracts before their launch have no book to watch: the question is spared and answered with an empty list.
    spared={"status=PreLaunch": {"retCode": 0, "retMsg": "OK", "result": {"list": []}}},
    allowed=(
        paths("api.bybit.com", r"/v5/market/(instruments-info|tickers|funding/history|orderbook|risk-limit|time)"),
        paths("api.bybit.com", r"/v5/market/(mark-price-)?kline"),
    ),
    # https://bybit-exchange.github.io/docs/v5/error
    codes=codes_of(
        {
            UnknownReason.RATE_LIMITED: "10006 10018 429",
            UnknownReason.CLOCK_SKEW: "10002",
            UnknownReason.BANNED: "10009",
            UnknownReason.GEO_BLOCKED: "10024",
            UnknownReason.BAD_KEY: "10003 10004 10007 33004",
            UnknownReason.NO_PERMISSION: "10005 10010",
        }
    ),
    forbidden_means=UnknownReason.RATE_LIMITED,  # its 403 says "access too frequent", and lasts ten minutes
    forbidden_wait=timedelta(minutes=10),
    market_interval="fundingInterval",
    id_begins_with_base=True,
    linear_order_unit=OrderUnit.BASE,
    depth=Depth(
        name="orderbook",
        method="publicGetV5MarketOrderbook",
        params={"category": "linear", "limit": 500},
        rows=("result",),
        bids="b",
        asks="a",
        time="ts",
    ),
    inverse_depth=Depth(
        name="inverse orderbook",
        method="publicGetV5MarketOrderbook",
        params={"category": "inverse", "limit": 500},
        rows=("result",),
        bids="b",
        asks="a",
        time="ts",
    ),
)
