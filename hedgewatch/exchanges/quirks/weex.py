"""WEEX: the coming rate is forecastFundingRate (lastFundingRate is settled), and a contract is one base coin."""

from __future__ import annotations

from hedgewatch.domain.instrument import OrderUnit
from hedgewatch.domain.market import UnknownReason
from hedgewatch.exchanges.quirks.shape import Call, Depth, Quirk, codes_of, paths

WEEX = Quirk(
    exchange="weex",
    calls=(
        Call(
            name="spot bookTicker",
            method="publicGetApiV3MarketTickerBookTicker",
            futures=False,
            path="/api/v3/market/ticker/bookTicker",
            bid="bidPrice",
            ask="askPrice",
            time="time",
        ),
        Call(
            name="contract bookTicker",
            method="contractGetCapiV3MarketTickerBookTicker",
            futures=True,
            path="/capi/v3/market/ticker/bookTicker",
            bid="bidPrice",
            ask="askPrice",
            time="time",
        ),
        # https://www.weex.com/api-doc/contract/Market_API/GetCurrentFundingRate
        Call(
            name="premiumIndex",
            method="contractGetCapiV3MarketPremiumIndex",
            futures=True,
            path="/capi/v3/market/premiumIndex",
            mark="markPrice",
            index="indexPrice",
            rate="forecastFundingRate",
            settles_at="nextFundingTime",
            interval="collectCycle",
            interval_minutes=True,
            time="time",
        ),
    ),
    allowed=(
        paths("api-spot.weex.com", r"/api/v3/(exchangeInfo|market/(ticker/bookTicker|klines)|time)"),
        paths(
            "api-contract.weex.com",
            r"/capi/v3/market/(exchangeInfo|ticker/(bookTicker|24hr)|premiumIndex|fundingRate|historyKlines|depth|time)",
        ),
    ),
    codes=codes_of(
        {
            UnknownReason.RATE_LIMITED: "429 -1003",
            UnknownReason.CLOCK_SKEW: "-1043 -1046",
            UnknownReason.UNKNOWN_SYMBOL: "-1121 -2007",
            UnknownReason.BAD_KEY: "-1040 -1041 -1042 -1044 -1047 -1049",
            UnknownReason.NO_PERMISSION: "-1050 -1051 -1052 -1053 -1055 -1056 -1057 -1058 -1190 -3235 -3236",
        }
    ),
    base_unit_contracts=True,
    id_begins_with_base=True,
    linear_order_unit=OrderUnit.BASE,
    depth=Depth(name="depth", method="contractGetCapiV3MarketDepth", params={"limit": 200}),  # 15 levels or 200
)
