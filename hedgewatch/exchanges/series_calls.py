"""Series calls: where each exchange tells candles and settled funding, and how much of it a call gives.

Page limits are the documented ones, or the smaller ones that ccxt 4.5.90 found in practice; none was tried live.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from hedgewatch.domain.candle import SeriesKind
from hedgewatch.domain.instrument import Payoff

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
PLAIN_STEPS: Mapping[timedelta, str] = {MINUTE: "1m", HOUR: "1h"}
BY_PLACE = ("0", "1", "2", "3", "4", "5")
BY_NAME = ("time", "open", "high", "low", "close", "volume")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SeriesCall:
    """One call that tells a stretch of a series.

    limit: rows a page. rows: keys that lead to them. columns: they are columns of equal length instead. keys: time,
    open, high, low, close, volume in a row (funding: time, rate); by place where rows are lists, volume may be absent.
    in_seconds: times are seconds, else milliseconds. before_start: the exchange leaves out what is at the start itself.
    latest_only: it takes no times and tells the latest rows. by_page: it takes no times and tells pages, newest first.
    volume_in_contracts: to be multiplied by the contract's size.
    """

    method: str
    limit: int
    steps: Mapping[timedelta, str] = field(default_factory=lambda: PLAIN_STEPS)
    params: Mapping[str, str | int] = field(default_factory=dict)
    rows: tuple[str, ...] = ()
    columns: bool = False
    keys: tuple[str, ...] = BY_PLACE
    start_key: str = "startTime"
    end_key: str = "endTime"
    limit_key: str | None = "limit"
    in_seconds: bool = False
    before_start: bool = False
    latest_only: bool = False
    by_page: bool = False
    volume_in_contracts: bool = False


Key = tuple[str, Payoff | None, SeriesKind]  # exchange; payoff, None for spot; what is told
SPOT, LINEAR, INVERSE = None, Payoff.LINEAR, Payoff.INVERSE
TRADES, MARK, FUNDING = SeriesKind.TRADES, SeriesKind.MARK, SeriesKind.FUNDING


def _binance(method: str, volume: str | None = "5") -> SeriesCall:
    return SeriesCall(method=method, limit=1000, keys=(*BY_PLACE[:5], *((volume,) if volume else ())))


def _bybit(method: str, category: str, volume: str | None = None) -> SeriesCall:
    return SeriesCall(
        method=method,
        limit=1000,
        steps={MINUTE: "1", HOUR: "60"},
        params={"category": category},
        rows=("result", "list"),
        keys=(*BY_PLACE[:5], *((volume,) if volume else ())),
        start_key="start",
        end_key="end",
    )


def _bybit_funding(category: str) -> SeriesCall:
    return SeriesCall(
        method="publicGetV5MarketFundingHistory",
        limit=200,
        params={"category": category},
        rows=("result", "list"),
        keys=("fundingRateTimestamp", "fundingRate"),
    )


def _mexc(method: str, *, volume: bool = False, scaled: bool = False) -> SeriesCall:
    return SeriesCall(
        method=method,
        limit=2000,
        steps={MINUTE: "Min1", HOUR: "Min60"},
        rows=("data",),
        columns=True,
        keys=(*BY_NAME[:5], *(("vol",) if volume else ())),
        start_key="start",
        end_key="end",
        limit_key=None,
        in_seconds=True,
        volume_in_contracts=scaled,
    )


MEXC_FUNDING = SeriesCall(
    method="contractPublicGetFundingRateHistory",
    limit=100,
    limit_key="page_size",
    rows=("data", "resultList"),
    keys=("settleTime", "fundingRate"),
    by_page=True,
)


def _weex(price: str, volume: str | None) -> SeriesCall:
    return SeriesCall(
        method="contractGetCapiV3MarketHistoryKlines",
        limit=100,
        limit_key=None,
        params={"priceType": price},
        keys=(*BY_PLACE[:5], *((volume,) if volume else ())),
    )


def _funding(method: str, rows: tuple[str, ...] = ()) -> SeriesCall:
    return SeriesCall(method=method, limit=1000, rows=rows, keys=("fundingTime", "fundingRate"))


SERIES_CALLS: Mapping[Key, SeriesCall] = {
    ("binance", SPOT, TRADES): _binance("publicGetKlines"),
    ("binance", LINEAR, TRADES): _binance("fapiPublicGetKlines"),
    ("binance", LINEAR, MARK): _binance("fapiPublicGetMarkPriceKlines", None),
    ("binance", LINEAR, FUNDING): _funding("fapiPublicGetFundingRate"),
    ("binance", INVERSE, TRADES): _binance("dapiPublicGetKlines", "7"),
    ("binance", INVERSE, MARK): _binance("dapiPublicGetMarkPriceKlines", None),
    ("binance", INVERSE, FUNDING): _funding("dapiPublicGetFundingRate"),
    ("bybit", SPOT, TRADES): _bybit("publicGetV5MarketKline", "spot", "5"),
    ("bybit", LINEAR, TRADES): _bybit("publicGetV5MarketKline", "linear", "5"),
    ("bybit", LINEAR, MARK): _bybit("publicGetV5MarketMarkPriceKline", "linear"),
    ("bybit", LINEAR, FUNDING): _bybit_funding("linear"),
    ("bybit", INVERSE, TRADES): _bybit("publicGetV5MarketKline", "inverse", "6"),
    ("bybit", INVERSE, MARK): _bybit("publicGetV5MarketMarkPriceKline", "inverse"),
    ("bybit", INVERSE, FUNDING): _bybit_funding("inverse"),
    ("bingx", SPOT, TRADES): SeriesCall(
        method="spotV1PublicGetMarketKline", limit=1440, params={"timeZone": 0}, rows=("data",), before_start=True
    ),
    ("bingx", LINEAR, TRADES): SeriesCall(
        method="swapV3PublicGetQuoteKlines", limit=1440, rows=("data",), keys=BY_NAME, before_start=True
    ),
    ("bingx", LINEAR, MARK): SeriesCall(
        method="swapV1PublicGetMarketMarkPriceKlines",
        limit=1440,
        rows=("data",),
        keys=("openTime", *BY_NAME[1:5]),
        before_start=True,
    ),
    ("bingx", LINEAR, FUNDING): _funding("swapV2PublicGetQuoteFundingRate", ("data",)),
    ("weex", SPOT, TRADES): SeriesCall(method="publicGetApiV3MarketKlines", limit=300, latest_only=True),
    ("weex", LINEAR, TRADES): _weex("LAST", "5"),
    ("weex", LINEAR, MARK): _weex("MARK", None),
    ("weex", LINEAR, FUNDING): _funding("contractGetCapiV3MarketFundingRate"),
    ("mexc", SPOT, TRADES): SeriesCall(method="spotPublicGetKlines", limit=500, steps={MINUTE: "1m", HOUR: "60m"}),
    ("mexc", LINEAR, TRADES): _mexc("contractPublicGetKlineSymbol", volume=True, scaled=True),
    ("mexc", LINEAR, MARK): _mexc("contractPublicGetKlineFairPriceSymbol"),
    ("mexc", LINEAR, FUNDING): MEXC_FUNDING,
    ("mexc", INVERSE, TRADES): _mexc("contractPublicGetKlineSymbol"),
    ("mexc", INVERSE, MARK): _mexc("contractPublicGetKlineFairPriceSymbol"),
    ("mexc", INVERSE, FUNDING): MEXC_FUNDING,
}
