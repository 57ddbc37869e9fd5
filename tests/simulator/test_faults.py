"""Every fault does what it says, seen raw and through the real ccxt clients."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import aiohttp
import ccxt.async_support as ccxt
import pytest

from hedgewatch.simulator.server import SimulatedExchanges

NOW = 1_795_500_000_123
BOOKS = "/fapi.binance.com/fapi/v1/ticker/bookTicker"
CLOCK = "/fapi.binance.com/fapi/v1/time"
PLACES = {
    "binance": BOOKS,
    "bybit": "/api.bybit.com/v5/market/tickers?category=linear",
    "bingx": "/open-api.bingx.com/openApi/swap/v2/quote/ticker",
    "weex": "/api-contract.weex.com/capi/v3/market/ticker/bookTicker",
    "mexc": "/contract.mexc.com/api/v1/contract/ticker",
}
PERPETUAL = "BTC/USDT:USDT"


@pytest.fixture
async def http(server: SimulatedExchanges) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(server.base_url) as session:
        yield session


async def answer(http: aiohttp.ClientSession, path: str) -> tuple[int, bytes, Any]:
    async with http.get(path) as response:
        return response.status, await response.read(), response.headers


@pytest.mark.parametrize("exchange", PLACES)
@pytest.mark.parametrize(
    ("kind", "status", "words"),
    [
        ("429", 429, b"{"),
        ("418", 418, f"IP banned until {NOW + 120_000}.".encode()),
        ("451", 451, b"restricted location"),
        ("403", 403, b"<!DOCTYPE html>"),
        ("503", 503, b"maintenance"),
        ("html", 200, b"<!DOCTYPE html>"),
        ("null", 200, b"null"),
        ("empty_body", 200, b""),
    ],
)
async def test_a_refusal_has_its_status_and_words(
    http: aiohttp.ClientSession, server: SimulatedExchanges, exchange: str, kind: str, status: int, words: bytes
) -> None:
    server.faults.set(exchange, kind)
    found, body, _ = await answer(http, PLACES[exchange])
    assert found == status
    assert words in body
    assert kind not in {"null", "empty_body"} or body == words


async def test_too_many_requests_say_when_to_come_back(http: aiohttp.ClientSession, server: SimulatedExchanges) -> None:
    server.faults.set("binance", "429", retry_after=7)
    _, body, headers = await answer(http, BOOKS)
    assert headers["Retry-After"] == "7"
    assert json.loads(body)["code"] == -1003


async def test_a_ban_lasts_as_long_as_it_was_told(http: aiohttp.ClientSession, server: SimulatedExchanges) -> None:
    server.faults.set("binance", "418", seconds=30)
    assert f"banned until {NOW + 30_000}".encode() in (await answer(http, BOOKS))[1]


async def test_a_truncated_answer_is_no_json(http: aiohttp.ClientSession, server: SimulatedExchanges) -> None:
    _, whole, _ = await answer(http, BOOKS)
    server.faults.set("binance", "truncated")
    status, body, headers = await answer(http, BOOKS)
    assert (status, headers["Content-Type"]) == (200, "application/json")
    assert whole.startswith(body)
    with pytest.raises(json.JSONDecodeError):
        json.loads(body)


@pytest.mark.parametrize("exchange", PLACES)
async def test_an_empty_list_keeps_its_envelope(
    http: aiohttp.ClientSession, server: SimulatedExchanges, exchange: str
) -> None:
    server.faults.set(exchange, "empty_list")
    found = json.loads((await answer(http, PLACES[exchange]))[1])
    rows = found if isinstance(found, list) else found.get("data", found.get("result", {}).get("list"))
    assert rows == []


async def test_a_slow_exchange_answers_late_and_the_others_at_once(
    http: aiohttp.ClientSession, server: SimulatedExchanges
) -> None:
    server.faults.set("binance", "latency", seconds=0.3)
    started = time.monotonic()
    await answer(http, PLACES["bybit"])
    quick = time.monotonic() - started
    assert (await answer(http, BOOKS))[0] == 200
    assert quick < 0.25 <= time.monotonic() - started - quick


async def test_faults_add_up(http: aiohttp.ClientSession, server: SimulatedExchanges) -> None:
    server.faults.set("binance", "latency", seconds=0.2)
    server.faults.set("binance", "503")
    started = time.monotonic()
    assert (await answer(http, BOOKS))[0] == 503
    assert time.monotonic() - started >= 0.19


async def test_a_fault_ends_after_its_count(http: aiohttp.ClientSession, server: SimulatedExchanges) -> None:
    server.faults.set("binance", "503", count=2)
    assert [(await answer(http, BOOKS))[0] for _ in range(3)] == [503, 503, 200]


async def test_a_fault_ends_after_its_duration(
    http: aiohttp.ClientSession, server: SimulatedExchanges, clock: Any
) -> None:
    server.faults.set("binance", "503", duration=10)
    assert (await answer(http, BOOKS))[0] == 503
    clock.now += 10_000
    assert (await answer(http, BOOKS))[0] == 200


async def test_a_fault_strikes_only_its_paths(http: aiohttp.ClientSession, server: SimulatedExchanges) -> None:
    server.faults.set("binance", "503", path="premiumIndex")
    assert (await answer(http, BOOKS))[0] == 200
    assert (await answer(http, "/fapi.binance.com/fapi/v1/premiumIndex"))[0] == 503


async def test_clearing_ends_what_was_named(http: aiohttp.ClientSession, server: SimulatedExchanges) -> None:
    server.faults.set("binance", "503")
    server.faults.set("binance", "latency", seconds=0.01)
    server.faults.set("mexc", "503")
    assert server.faults.clear("binance", "503") == 1
    assert (await answer(http, BOOKS))[0] == 200
    assert server.faults.clear() == 2
    assert (await answer(http, PLACES["mexc"]))[0] == 200


async def test_a_frozen_clock_stands_still_while_prices_go_on(
    http: aiohttp.ClientSession, server: SimulatedExchanges, clock: Any
) -> None:
    server.faults.set("binance", "frozen_clock")
    first = json.loads((await answer(http, BOOKS))[1])
    clock.now += 60_000
    later = json.loads((await answer(http, BOOKS))[1])
    assert json.loads((await answer(http, CLOCK))[1]) == {"serverTime": NOW}
    assert {row["time"] for row in later} == {NOW}
    assert later[0]["bidPrice"] != first[0]["bidPrice"]


async def test_a_frozen_book_stands_still_while_the_clock_goes_on(
    http: aiohttp.ClientSession, server: SimulatedExchanges, clock: Any
) -> None:
    server.faults.set("binance", "frozen_book")
    first = json.loads((await answer(http, BOOKS))[1])
    clock.now += 60_000
    later = json.loads((await answer(http, BOOKS))[1])
    assert [row | {"time": 0} for row in later] == [row | {"time": 0} for row in first]
    assert {row["time"] for row in later} == {NOW + 60_000}


async def test_a_skewed_clock_is_off_by_what_was_said(http: aiohttp.ClientSession, server: SimulatedExchanges) -> None:
    server.faults.set("binance", "skewed_clock", seconds=-2.5)
    assert json.loads((await answer(http, CLOCK))[1]) == {"serverTime": NOW - 2_500}


@pytest.mark.parametrize("exchange", PLACES)
async def test_a_reset_cuts_the_connection(
    http: aiohttp.ClientSession, server: SimulatedExchanges, exchange: str
) -> None:
    server.faults.set(exchange, "reset", count=2)
    # aiohttp asks once more by itself where a kept connection was cut.
    with pytest.raises((aiohttp.ServerDisconnectedError, aiohttp.ClientOSError)):
        await answer(http, PLACES[exchange])


async def test_a_hang_never_answers_and_stopping_does_not_wait_for_it(
    http: aiohttp.ClientSession, server: SimulatedExchanges
) -> None:
    server.faults.set("binance", "hang")
    hanging = asyncio.ensure_future(answer(http, BOOKS))
    await asyncio.wait({hanging}, timeout=0.3)
    assert not hanging.done()
    started = time.monotonic()
    await server.stop()
    assert time.monotonic() - started < 2
    await asyncio.gather(hanging, return_exceptions=True)


@pytest.mark.parametrize(
    ("value", "expected"),
    [("nan", "NaN"), ("infinity", "Infinity"), ("zero", "0"), ("negative", "-60010.1"), ("jump", "600101")],
)
@pytest.mark.parametrize("exchange", PLACES)
async def test_garbage_stands_in_place_of_prices(
    http: aiohttp.ClientSession, server: SimulatedExchanges, exchange: str, value: str, expected: str
) -> None:
    server.world.pin("BTC", futures=("60010.1", "60010.1"))
    server.faults.set(exchange, "garbage", value=value)
    _, body, _ = await answer(http, PLACES[exchange])
    found = json.loads(body)
    rows = found if isinstance(found, list) else found.get("data", found.get("result", {}).get("list"))
    row = next(row for row in rows if row["symbol"].startswith("BTC"))
    bid = next(row[name] for name in ("bidPrice", "bid1Price", "bid1") if name in row)
    assert str(bid).removesuffix(".0") == expected


async def test_garbage_and_absence_can_strike_one_symbol(
    http: aiohttp.ClientSession, server: SimulatedExchanges
) -> None:
    server.faults.set("binance", "garbage", value="zero", symbol="BTCUSDT")
    server.faults.set("binance", "missing", symbol="ETHUSDT")
    rows = {row["symbol"]: row for row in json.loads((await answer(http, BOOKS))[1])}
    assert rows["BTCUSDT"]["bidPrice"] == "0"
    assert float(rows["SOLUSDT"]["bidPrice"]) > 0
    assert "ETHUSDT" not in rows


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("429", ccxt.DDoSProtection),
        ("418", ccxt.DDoSProtection),
        ("451", ccxt.ExchangeNotAvailable),
        ("403", ccxt.ExchangeNotAvailable),
        ("503", ccxt.ExchangeNotAvailable),
        ("reset", ccxt.ExchangeNotAvailable),
        ("hang", ccxt.RequestTimeout),
    ],
)
async def test_ccxt_raises_what_it_raises_live(
    server: SimulatedExchanges, connect: Callable[..., Any], kind: str, error: type[Exception]
) -> None:
    client = connect("binance", timeout=400)
    await client.load_markets()
    server.faults.set("binance", kind)
    with pytest.raises(error):
        await client.fetch_bids_asks([PERPETUAL])


@pytest.mark.parametrize("kind", ["html", "truncated", "empty_body", "empty_list"])
async def test_ccxt_takes_a_spoilt_market_list_for_an_empty_one(
    server: SimulatedExchanges, connect: Callable[..., Any], kind: str
) -> None:
    client = connect("binance")
    server.faults.set("binance", kind)
    assert await client.load_markets() == {}


@pytest.mark.parametrize(
    ("exchange", "kind", "details"),
    [("kraken", "429", {}), ("binance", "flood", {}), ("binance", "429", {"speed": 1})],
)
def test_a_fault_that_does_not_exist_is_refused(
    server: SimulatedExchanges, exchange: str, kind: str, details: dict[str, float]
) -> None:
    with pytest.raises(ValueError, match=r"kraken|flood|speed"):
        server.faults.set(exchange, kind, **details)
