"""BingX: the settlement is in nextFundingTime, the interval may be missing, order quantities are base coins."""

from __future__ import annotations

from decimal import Decimal

from hedgewatch.domain.instrument import OrderUnit, Payoff
from hedgewatch.domain.market import UnknownReason
from hedgewatch.exchanges.quirks.shape import Call, Depth, Quirk, codes_of, paths

BINGX = Quirk(
    exchange="bingx",
    calls=(
        Call(
            name="spot ticker",
            method="spotV1PublicGetTicker24hr",
            futures=False,
            path="/spot/v1/ticker/24hr",
            rows=("data",),
            bid="bidPrice",
            ask="askPrice",
            time="closeTime",
            bare_numbers=True,
        ),
        # its book ticker answers for one instrument a call only, and ccxt's fetch_mark_prices names them wrongly
        Call(
            name="swap ticker",
            method="swapV2PublicGetQuoteTicker",
            futures=True,
            payoff=Payoff.LINEAR,
            path="/swap/v2/quote/ticker",
            rows=("data",),
            bid="bidPrice",
            ask="askPrice",
            time="closeTime",
        ),
        Call(
            name="premiumIndex",
            method="swapV2PublicGetQuotePremiumIndex",
            futures=True,
            payoff=Payoff.LINEAR,
            path="/swap/v2/quote/premiumIndex",
            rows=("data",),
            mark="markPrice",
            index="indexPrice",
            rate="lastFundingRate",
            settles_at="nextFundingTime",
            interval="fundingIntervalHours",
            time="updateTime",
        ),
        Call(
            name="inverse ticker",
            method="cswapV1PublicGetMarketTicker",
            futures=True,
            payoff=Payoff.INVERSE,
            path="/cswap/v1/market/ticker",
            rows=("data",),
            bid="bidPrice",
            ask="askPrice",
            time="closeTime",
        ),
        # it names no interval and there is no history to tell one: the interval of inverse contracts stays unknown
        Call(
            name="inverse premiumIndex",
            method="cswapV1PublicGetMarketPremiumIndex",
            futures=True,
            payoff=Payoff.INVERSE,
            path="/cswap/v1/market/premiumIndex",
            rows=("data",),
            mark="markPrice",
            index="indexPrice",
            rate="lastFundingRate",
            settles_at="nextFundingTime",
            envelope_time="timestamp",
        ),
    ),
    market_calls=("fetch_spot_markets", "fetch_swap_markets"),
    inverse_market_calls=("fetch_inverse_swap_markets",),
    has_inverse_history=False,
    no_inverse_interval=UnknownReason.NOT_AVAILABLE,
    allowed=(
        paths("open-api.bingx.com", r"/openApi/spot/v1/(common/symbols|ticker/24hr|market/kline)"),
        paths("open-api.bingx.com", r"/openApi/swap/v2/quote/(contracts|ticker|premiumIndex|fundingRate|depth)"),
        paths("open-api.bingx.com", r"/openApi/swap/(v2/server/time|v3/quote/klines|v1/market/markPriceKlines)"),
        paths("open-api.bingx.com", r"/openApi/cswap/v1/market/(contracts|ticker|premiumIndex|depth)"),
    ),
    codes=codes_of(
        {
            UnknownReason.RATE_LIMITED: "100410 109429",
            UnknownReason.CLOCK_SKEW: "100421",
            UnknownReason.MAINTENANCE: "80012",
            UnknownReason.BAD_KEY: "100001 100412 100413",
            UnknownReason.NO_PERMISSION: "100004 100414 100419",  # 100419: the address is not on the key's list
            UnknownReason.UNKNOWN_SYMBOL: "100490 109418 109425",
        }
    ),
    interval_from_history=True,
    id_begins_with_base=True,
    linear_order_unit=OrderUnit.BASE,
    # bidsCoin and asksCoin beside them are the same times the listed size, which is no contract size of ours
    depth=Depth(name="depth", method="swapV2PublicGetQuoteDepth", params={"limit": 1000}, rows=("data",), time="T"),
    inverse_depth=Depth(
        name="inverse depth", method="cswapV1PublicGetMarketDepth", params={"limit": 1000}, rows=("data",), time="T"
    ),
    inverse_lot=Decimal(1),
)
