"""The second route to a contract's size: its day of trade, asked hourly beside the prices."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from hedgewatch.domain.instrument import InstrumentRef
from hedgewatch.domain.numbers import plain
from hedgewatch.monitoring.ports import Wanted

PERPETUAL, COIN = "BTC/USDT:USDT", "BTC/USD:BTC"
DAY = {
    "binance": "/fapi/v1/ticker/24hr",
    "bybit": "/v5/market/tickers",
    "bingx": "/openApi/swap/v2/quote/ticker",
    "weex": "/capi/v3/market/ticker/24hr",
    "mexc": "/api/v1/contract/ticker",
}
each_exchange = pytest.mark.parametrize("exchange", DAY)


async def sizes(one: Any, symbol: str = PERPETUAL) -> Any:
    """Fetch once and return what is known of the contract's size."""
    ref = InstrumentRef(exchange=one.exchange, symbol=symbol)
    answer = await one.fetch(Wanted(instruments=(ref,), settled_since={}))
    assert answer.outcome == "ok", answer
    return answer.sizes.get(ref)


@each_exchange
async def test_the_listed_size_is_what_the_day_of_trade_implies(exchange: str, server: Any, source: Any) -> None:
    check = await sizes(source(exchange, server.base_url))
    assert (check.agrees, check.doubt) == (True, None)


@pytest.mark.parametrize("exchange", ["binance", "bybit", "mexc"])
async def test_of_an_inverse_contract_too(exchange: str, server: Any, source: Any) -> None:
    assert (await sizes(source(exchange, server.base_url), COIN)).agrees


async def test_bingx_tells_nothing_that_an_inverse_size_could_be_held_against(server: Any, source: Any) -> None:
    assert await sizes(source("bingx", server.base_url), COIN) is None


@each_exchange
@pytest.mark.parametrize("factor", [100, "0.01"])
async def test_a_size_that_the_library_reports_wrong_by_a_hundred_is_caught(
    exchange: str, factor: int | str, server: Any, source: Any, shelf: Any
) -> None:
    """Issue 4: "report BingX contract sizes wrong by 100"; here it is the kept list of markets that has it wrong."""
    one = source(exchange, server.base_url)
    await sizes(one)
    listed = json.loads(shelf.kept[exchange][PERPETUAL])
    before = listed["contractSize"]
    listed["contractSize"] = str(Decimal(before) * Decimal(factor))
    shelf.kept[exchange] = {**shelf.kept[exchange], PERPETUAL: json.dumps(listed)}
    check = await sizes(source(exchange, server.base_url))
    if exchange == "weex":  # its listed size is no unit of anything: a contract is one coin whatever it says
        assert check.agrees
        return
    assert not check.agrees
    assert f"listed as {plain(Decimal(listed['contractSize']))}, but {exchange} day of trade" in check.doubt


@each_exchange
async def test_it_is_asked_once_an_hour(exchange: str, server: Any, source: Any, clock: Any) -> None:
    one = source(exchange, server.base_url)
    calls = []
    for seconds in (0, 30, 30, 3600):
        clock.pass_by(seconds=seconds)
        await sizes(one)
        calls.append(one.sizes.due([one.markets.instrument(PERPETUAL)]))
        first = one.sizes.known
    assert calls == [[], [], [], []]
    assert first == one.sizes.known
    clock.pass_by(seconds=3600)
    assert one.sizes.due([one.markets.instrument(PERPETUAL)])


@each_exchange
async def test_a_mirror_without_that_path_leaves_the_prices_as_they_are(
    exchange: str, server: Any, source: Any
) -> None:
    if exchange in {"bybit", "bingx", "mexc"}:
        pytest.skip("the same path tells the prices")
    server.faults.set(exchange, "html", path=DAY[exchange])
    assert await sizes(source(exchange, server.base_url)) is None
