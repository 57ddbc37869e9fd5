"""Exchanges without a quirk of their own, on documented shapes: what is read, what stays unknown, nothing invented."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import pytest
from aiohttp import web

from hedgewatch.domain.instrument import InstrumentRef
from hedgewatch.domain.market import ExchangeAnswer, MarketReading, ReadingFailure
from hedgewatch.exchanges.source import CcxtSource, Patience
from hedgewatch.monitoring.ports import Wanted
from tests.exchanges.accounts.conftest import listed
from tests.exchanges.conftest import NOW, MemoryShelf

SPOT, PERPETUAL = "BTC/USDT", "BTC/USDT:USDT"
MS = round(NOW.timestamp() * 1000)
COMING = MS - MS % 28_800_000 + 28_800_000
IDS = {
    "okx": ("BTC-USDT", "BTC-USDT-SWAP", "0.01"),
    "bitget": ("BTCUSDT", "BTCUSDT", "1"),
    "gate": ("BTC_USDT", "BTC_USDT", "0.0001"),
    "kucoin": ("BTC-USDT", "XBTUSDTM", "0.001"),
    "deribit": ("BTC_USDT", "BTC_USDT-PERPETUAL", "0.0001"),
    "hyperliquid": ("142", "0", "1"),
}
# paths as documented by each exchange, rows as the library's source quotes them
ANSWERS: dict[str, dict[str, Any]] = {
    "okx": {
        "/api/v5/market/tickers?instType=SPOT": {
            "code": "0",
            "msg": "",
            "data": [{"instType": "SPOT", "instId": "BTC-USDT", "bidPx": "59999.5", "askPx": "60000.5", "ts": str(MS)}],
        },
        "/api/v5/market/tickers?instType=SWAP": {
            "code": "0",
            "msg": "",
            "data": [
                {"instType": "SWAP", "instId": "BTC-USDT-SWAP", "bidPx": "60010.1", "askPx": "60010.3", "ts": str(MS)}
            ],
        },
        "/api/v5/public/funding-rate": {
            "code": "0",
            "msg": "",
            "data": [
                {
                    "instType": "SWAP",
                    "instId": "BTC-USDT-SWAP",
                    "fundingRate": "0.000063",
                    "fundingTime": str(COMING),
                    "nextFundingTime": str(COMING + 28_800_000),
                    "nextFundingRate": "",
                    "ts": str(MS),
                }
            ],
        },
    },
    "bitget": {
        "/api/v2/spot/market/tickers": {
            "code": "00000",
            "msg": "success",
            "requestTime": MS,
            "data": [{"symbol": "BTCUSDT", "bidPr": "59999.5", "askPr": "60000.5", "lastPr": "60000", "ts": str(MS)}],
        },
        "/api/v2/mix/market/tickers": {
            "code": "00000",
            "msg": "success",
            "requestTime": MS,
            "data": [
                {
                    "symbol": "BTCUSDT",
                    "bidPr": "60010.1",
                    "askPr": "60010.3",
                    "lastPr": "60010",
                    "markPrice": "60010.2",
                    "indexPrice": "60001.1",
                    "fundingRate": "0.000063",
                    "ts": str(MS),
                }
            ],
        },
        "/api/v2/mix/market/current-fund-rate": {
            "code": "00000",
            "msg": "success",
            "requestTime": MS,
            "data": [
                {
                    "symbol": "BTCUSDT",
                    "fundingRate": "0.000063",
                    "fundingRateInterval": "8",
                    "nextUpdate": str(COMING),
                }
            ],
        },
    },
    "gate": {
        "/api/v4/spot/tickers": [
            {"currency_pair": "BTC_USDT", "last": "60000", "highest_bid": "59999.5", "lowest_ask": "60000.5"}
        ],
        "/api/v4/futures/usdt/tickers": [
            {
                "contract": "BTC_USDT",
                "last": "60010",
                "mark_price": "60010.2",
                "index_price": "60001.1",
                "funding_rate": "0.000063",
                "highest_bid": "60010.1",
                "lowest_ask": "60010.3",
            }
        ],
        "/api/v4/futures/usdt/contracts": [
            {
                "name": "BTC_USDT",
                "mark_price": "60010.2",
                "index_price": "60001.1",
                "funding_rate": "0.000063",
                "funding_interval": 28800,
                "funding_next_apply": COMING // 1000,
            }
        ],
    },
    "kucoin": {
        "/api/v1/market/allTickers": {
            "code": "200000",
            "data": {"time": MS, "ticker": [{"symbol": "BTC-USDT", "buy": "59999.5", "sell": "60000.5"}]},
        },
        "/api/v1/contracts/active": {
            "code": "200000",
            "data": [
                {
                    "symbol": "XBTUSDTM",
                    "markPrice": 60010.2,
                    "indexPrice": 60001.1,
                    "lastTradePrice": 60010,
                    "fundingFeeRate": 0.000063,
                    "nextFundingRateDateTime": COMING,
                }
            ],
        },
    },
    "deribit": {
        "/api/v2/public/get_book_summary_by_currency": {
            "jsonrpc": "2.0",
            "result": [
                {
                    "instrument_name": "BTC_USDT-PERPETUAL",
                    "bid_price": 60010.1,
                    "ask_price": 60010.3,
                    "mark_price": 60010.2,
                    "creation_timestamp": MS,
                },
                {"instrument_name": "BTC_USDT", "bid_price": 59999.5, "ask_price": 60000.5, "creation_timestamp": MS},
            ],
        },
    },
    "hyperliquid": {},
}
ANSWERS["deribit"]["/api/v2/public/get_funding_rate_value"] = {"jsonrpc": "2.0", "result": 0.000063}


class Documented:
    """A small exchange that answers documented paths; the longest that fits wins."""

    def __init__(self, answers: dict[str, Any]) -> None:
        self.answers = answers
        self.spoilt: str | None = None
        self.methods: set[str] = set()

    async def answer(self, request: web.BaseRequest) -> web.Response:
        self.methods.add(request.method)
        asked = "/" + request.path_qs.split("/", 2)[2]
        fitting = [path for path in self.answers if all(piece.lower() in asked.lower() for piece in path.split("?"))]
        if not fitting:
            return web.Response(text='{"code": "404"}', status=404, content_type="application/json")
        body = json.dumps(self.answers[max(fitting, key=len)])
        return web.Response(text=body if self.spoilt is None else self.spoilt, content_type="application/json")


@pytest.fixture
async def other(exchange: str, clock: Any, shelf: MemoryShelf) -> AsyncIterator[tuple[Documented, CcxtSource]]:
    documented = Documented(ANSWERS[exchange])
    runner = web.ServerRunner(web.Server(documented.answer, access_log=None), shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    spot_id, future_id, size = IDS[exchange]
    shelf.kept[exchange] = {SPOT: listed(SPOT, spot_id), PERPETUAL: listed(PERPETUAL, future_id, size)}
    source = CcxtSource(
        exchange=exchange,
        base_url=f"http://127.0.0.1:{runner.addresses[0][1]}",
        patience=Patience(answer_seconds=Decimal(5), listing_seconds=Decimal(5)),
        shelf=shelf,
        clock=clock,
    )
    source.client.timeout_on_exit = 1
    source.client.enableRateLimit = False
    yield documented, source
    await asyncio.gather(source.close(), runner.cleanup())


async def read(source: CcxtSource) -> ExchangeAnswer:
    wanted = tuple(InstrumentRef(exchange=source.exchange, symbol=symbol) for symbol in (SPOT, PERPETUAL))
    return await source.fetch(Wanted(instruments=wanted, settled_since={}))


def told(reading: MarketReading | ReadingFailure) -> dict[str, str | None]:
    """Write what a reading says, None for what it does not."""
    if isinstance(reading, ReadingFailure):
        return {}
    quote, mark, funding = reading.quote, reading.mark, reading.funding
    found = {
        "bid": quote and quote.bid,
        "mark": mark and mark.mark_price,
        "rate": funding and funding.rate,
        "interval": funding and funding.interval_hours,
        "settles": funding and funding.settles_at and funding.settles_at.hour,
    }
    return {
        name: None if value is None else f"{value:f}" if isinstance(value, Decimal) else str(value)
        for name, value in found.items()
    }


ALL = {"bid": "60010.1", "mark": "60010.2", "rate": "0.000063", "interval": "8", "settles": "8"}
LACKS: dict[str, set[str]] = {  # what is not told there by the library's unified calls
    "okx": {"mark"},
    "bitget": {"interval", "settles"},
    "gate": set(),
    "deribit": {"mark", "rate", "interval", "settles"},
}
GARBAGE = (
    "<html>Just a moment...</html>",
    "",
    "null",
    "[]",
    "{}",
    '{"code": "0", "data": null}',
    '{"data": [[]]}',
    "[null]",
)


@pytest.mark.parametrize("exchange", list(LACKS))
async def test_what_is_told_is_read_and_the_rest_is_unknown(exchange: str, other: Any) -> None:
    documented, source = other
    spot, futures = (await read(source)).readings
    assert told(spot)["bid"] == "59999.5"
    assert told(futures) == {name: None if name in LACKS[exchange] else value for name, value in ALL.items()}
    assert documented.methods == {"GET"}


async def wanting(source: CcxtSource, words: str) -> None:
    spot, futures = (await read(source)).readings
    assert isinstance(futures, ReadingFailure)
    assert words in futures.detail, spot


@pytest.mark.parametrize("exchange", ["kucoin"])
async def test_a_futures_list_without_a_book_is_no_quote(exchange: str, other: Any) -> None:
    await wanting(other[1], "no bid in kucoin fetch_tickers futures")
    assert exchange in ANSWERS


@pytest.mark.parametrize("exchange", ["hyperliquid"])
async def test_an_exchange_that_answers_to_post_alone_is_blocked(exchange: str, other: Any) -> None:
    documented, source = other
    await wanting(source, "POST api.hyperliquid.xyz/info is not on the read-only list")
    assert documented.methods == set(), exchange


@pytest.mark.parametrize("exchange", list(ANSWERS))
async def test_garbage_is_no_number_there_either(exchange: str, other: Any) -> None:
    documented, source = other
    for body in GARBAGE:
        documented.spoilt = body
        answer = await read(source)
        assert [type(reading) for reading in answer.readings] == [ReadingFailure, ReadingFailure], (exchange, body)
        assert answer.error
