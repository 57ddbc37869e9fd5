"""Answers that live exchanges gave, from the folder beside the project: each quirk reads them rightly."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from hedgewatch.domain.market import Stamp
from hedgewatch.exchanges.answers import decode_and_cut, rows_of
from hedgewatch.exchanges.parse import moment_of, parse_interval, parse_mark, parse_quote, parse_rate
from hedgewatch.exchanges.quirks import QUIRKS
from hedgewatch.exchanges.quirks.shape import Call

RESPONSES = Path(__file__).resolve().parents[3] / "shared" / "exchange-responses"
STAMP = Stamp(exchange_time=None, received_at=datetime(2026, 4, 7, tzinfo=UTC), source="recorded")

pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(not RESPONSES.is_dir(), reason="the folder of recorded answers is not beside the project"),
]


def recorded(path: str) -> str:
    found: dict[str, Any] = json.loads((RESPONSES / path).read_text())
    return json.dumps(found["httpResponse"])


def call_of(exchange: str, name: str) -> Call:
    quirk = QUIRKS[exchange]
    calls = [*quirk.calls, *([quirk.terms.call] if quirk.terms else [])]
    return next(call for call in calls if call.name == name)


def row_of(exchange: str, name: str, path: str, market_id: str) -> tuple[dict[str, Any], Call]:
    call = call_of(exchange, name)
    rows = rows_of(decode_and_cut(recorded(path), call, {market_id}), call)
    assert rows
    return rows[0], call


@pytest.mark.parametrize(
    ("exchange", "name", "path", "market_id", "bid", "ask"),
    [
        ("binance", "futures bookTicker", "binance/fetchBidsAsks-swap.json", "BTCUSDT", "21321.90", "21322.00"),
        ("bybit", "linear tickers", "bybit/fetchTicker-swap.json", "BTCUSDT", "51444.30", "51444.40"),
        ("bybit", "spot tickers", "bybit/fetchTickers-spot.json", "BTCUSDT", "20517.96", "20527.77"),
        ("bingx", "spot ticker", "bingx/fetchTicker-spot.json", "BTC-USDT", "73371.33", "73372.81"),
        ("weex", "contract bookTicker", "weex/fetchBidsAsks.json", "ETHUSDT", "1921.65", "1921.66"),
        ("weex", "spot bookTicker", "weex/fetchTicker-spot.json", "ETHUSDT", None, None),
        ("mexc", "contract ticker", "mexc/fetchTickers-swap.json", "ETH_USDT", "3581.25", "3581.5"),
        ("mexc", "spot bookTicker", "mexc/fetchBidsAsks-one-bug.json", "AEUSDT", "0.11001", "0.11127"),
    ],
)
def test_a_recorded_book_is_read(
    exchange: str, name: str, path: str, market_id: str, bid: str | None, ask: str | None
) -> None:
    row, call = row_of(exchange, name, path, market_id)
    quote = parse_quote(row, call, STAMP)
    assert quote.bid < quote.ask
    if bid is not None and ask is not None:
        assert (quote.bid, quote.ask) == (Decimal(bid), Decimal(ask))


@pytest.mark.parametrize(
    ("exchange", "name", "path", "market_id", "mark", "index", "rate", "settles_at"),
    [
        (
            *("binance", "premiumIndex", "binance/fetchFundingRate.json", "BTCUSDT"),
            *("45802.81129892", "45745.47701915", "0.00063521", 1621267200000),
        ),
        (
            *("bybit", "linear tickers", "bybit/fetchTicker-swap.json", "BTCUSDT"),
            *("51444.40", "51469.95", "-0.00046295", 1707926400000),
        ),
        (
            *("bingx", "premiumIndex", "bingx/fetchFundingRate.json", "BTC-USDT"),
            *("16884.5", "16886.9", "0.0001", 1672041600000),
        ),
        (
            *("weex", "premiumIndex", "weex/fetchFundingRate.json", "ETHUSDT"),
            *("2128.98", "2129.575", "0.00005460", 1775606400000),
        ),
        (
            "mexc",
            "contract ticker",
            "mexc/fetchTickers-swap.json",
            "ETH_USDT",
            "3581.08",
            "3580.7852",
            "0.000063",
            None,
        ),
    ],
)
def test_recorded_marks_and_coming_rates_are_read(  # noqa: PLR0917  a table row
    exchange: str, name: str, path: str, market_id: str, mark: str, index: str, rate: str, settles_at: int | None
) -> None:
    row, call = row_of(exchange, name, path, market_id)
    read = parse_mark(row, call, STAMP)
    assert (read.mark_price, read.index_price) == (Decimal(mark), Decimal(index))
    assert parse_rate(row, call, "recorded") == Decimal(rate)
    assert moment_of(row.get(call.settles_at or "")) == moment_of(settles_at)


@pytest.mark.parametrize(
    ("exchange", "name", "path", "market_id", "hours"),
    [
        ("binance", "fundingInfo", "binance/fetchFundingIntervals.json", "BLZUSDT", 4),
        ("bingx", "premiumIndex", "bingx/fetchFundingRate.json", "BTC-USDT", 8),
        ("bingx", "premiumIndex", "bingx/fetchFundingRates-old.json", "BTC-USDT", None),
        ("weex", "premiumIndex", "weex/fetchFundingRate.json", "ETHUSDT", 8),
        ("mexc", "funding_rate", "mexc/fetchFundingRate.json", "BTC_USDT", 8),
        ("bybit", "linear tickers", "bybit/fetchTicker-swap.json", "BTCUSDT", None),
    ],
)
def test_recorded_intervals_are_hours_or_unknown(
    exchange: str, name: str, path: str, market_id: str, hours: int | None
) -> None:
    row, call = row_of(exchange, name, path, market_id)
    assert parse_interval(row, call) == hours


def test_weex_already_settled_rate_is_not_taken_for_the_coming_one() -> None:
    row, call = row_of("weex", "premiumIndex", "weex/fetchFundingRate.json", "ETHUSDT")
    settled = json.loads(recorded("weex/fetchFundingRateHistory.json"))[0]["fundingRate"]
    assert row["lastFundingRate"] == settled
    assert parse_rate(row, call, "recorded") != Decimal(settled)
