"""What can go wrong with an account's answers, on command."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import aiohttp
import ccxt.async_support as ccxt
import pytest

from hedgewatch.simulator.accounts import Account
from hedgewatch.simulator.server import SimulatedExchanges

EXCHANGES = ("binance", "bybit", "bingx", "weex", "mexc")
NOW = 1_795_500_000_123
PERPETUAL = "BTC/USDT:USDT"
SignIn = Callable[..., Any]

# Where each exchange's positions are asked, and the names of what its rows say.
PATHS = {
    "binance": "positionRisk",
    "bybit": "position/list",
    "bingx": "user/positions",
    "weex": "allPosition",
    "mexc": "open_positions",
}
AMOUNTS = {
    "binance": "positionAmt",
    "bybit": "size",
    "bingx": "positionAmt",
    "weex": "size",
    "mexc": "holdVol",
}
TIMES = {
    "binance": "updateTime",
    "bybit": "updatedTime",
    "bingx": "updateTime",
    "weex": "updatedTime",
    "mexc": "updateTime",
}

pytestmark = pytest.mark.parametrize("exchange", EXCHANGES)


@pytest.fixture
def held(account: Account, exchange: str, server: SimulatedExchanges) -> Callable[..., list[str]]:
    account.deposit("linear", "USDT", "100000")
    for asset in ("BTC", "ETH", "SOL"):
        account.open(asset, "-100" if exchange == "mexc" else "-1")

    def strike(kind: str, **details: Any) -> Any:
        return server.faults.set(exchange, kind, path=PATHS[exchange], **details)

    return strike


async def rows(client: Any) -> list[dict[str, Any]]:
    return [position["info"] for position in await client.fetch_positions()]


async def test_an_empty_list_keeps_the_good_envelope(sign_in: SignIn, held: Any) -> None:
    client = sign_in()
    assert len(await rows(client)) == 3
    held("empty_list")
    assert await client.fetch_positions() == []


@pytest.mark.parametrize(("kind", "body"), [("list", "[]"), ("object", "{}"), ("null", "null"), ("empty_body", "")])
async def test_an_answer_may_be_a_bare_nothing(kind: str, body: str, sign_in: SignIn, held: Any) -> None:
    held(kind)
    client = sign_in()
    await client.load_markets()
    seen: list[str] = []
    client.on_rest_response = lambda *told: seen.append(told[5]) or told[5].strip()
    # what ccxt makes of it, accidents of its own included, is no matter of the simulator
    await asyncio.gather(client.fetch_positions(), return_exceptions=True)
    assert body in seen


async def test_one_position_drops_out(sign_in: SignIn, held: Any) -> None:
    client = sign_in()
    symbol = next(row["symbol"] for row in await rows(client) if row["symbol"].startswith("ETH"))
    held("missing", symbol=symbol)
    assert [row["symbol"][:3] for row in await rows(client)] == ["BTC", "SOL"]


@pytest.mark.parametrize(("details", "left"), [({}, 1), ({"keep": 2}, 2), ({"keep": 0}, 0)])
async def test_a_list_shrinks(details: dict[str, int], left: int, sign_in: SignIn, held: Any) -> None:
    held("shrunken", **details)
    assert len(await rows(sign_in())) == left


async def test_every_row_stands_twice(sign_in: SignIn, held: Any) -> None:
    held("duplicate")
    found = [row["symbol"][:3] for row in await rows(sign_in())]
    assert found == ["BTC", "BTC", "ETH", "ETH", "SOL", "SOL"]


async def test_times_lie_back(exchange: str, sign_in: SignIn, held: Any) -> None:
    client = sign_in()
    fresh = await rows(client)
    held("stale", seconds=600)
    stale = await rows(client)
    name = TIMES[exchange]
    assert [int(row[name]) for row in stale] == [int(row[name]) - 600_000 for row in fresh]
    assert [row[AMOUNTS[exchange]] for row in stale] == [row[AMOUNTS[exchange]] for row in fresh]


@pytest.mark.parametrize(("value", "text"), [("nan", "NaN"), ("infinity", "Infinity")])
async def test_figures_become_text_that_is_no_number(
    exchange: str, value: str, text: str, server: SimulatedExchanges, sign_in: SignIn, held: Any
) -> None:
    client = sign_in()
    await client.load_markets()
    held("garbage", value=value, field=AMOUNTS[exchange])
    raw = await raw_positions(exchange, client)
    assert {row[AMOUNTS[exchange]] for row in raw} == {text}
    server.faults.clear()
    held("garbage", value=value)
    assert {row[AMOUNTS[exchange]] for row in await raw_positions(exchange, client)} == {text}


async def raw_positions(exchange: str, client: Any) -> list[dict[str, Any]]:
    if exchange == "binance":
        return list(await client.fapiPrivateV3GetPositionRisk())
    if exchange == "bybit":
        query = {"category": "linear", "settleCoin": "USDT"}
        return list((await client.privateGetV5PositionList(query))["result"]["list"])
    if exchange == "weex":
        return list(await client.contractPrivateGetCapiV3AccountPositionAllPosition())
    method = (
        client.swapV2PrivateGetUserPositions if exchange == "bingx" else client.contractPrivateGetPositionOpenPositions
    )
    return list((await method())["data"])


async def test_a_fault_of_signed_paths_leaves_the_public_ones(
    exchange: str, server: SimulatedExchanges, sign_in: SignIn, held: Any
) -> None:
    client = sign_in()
    await client.load_markets()
    held("503")
    assert await client.fetch_ticker("BTC/USDT")
    with pytest.raises(ccxt.ExchangeNotAvailable):
        await client.fetch_positions()
    assert server.faults.standing()[0].path == PATHS[exchange]


async def test_a_ban_grows_with_each_knock_and_ends_for_who_waits(
    exchange: str, server: SimulatedExchanges, sign_in: SignIn, clock: Any
) -> None:
    client = sign_in()
    await client.load_markets()
    server.faults.set(exchange, "418", seconds=10, doubling=1)
    for ends_after in (10_000, 20_000, 40_000):
        with pytest.raises(ccxt.BaseError, match=f"banned until {clock.now + ends_after}"):
            await client.fetch_open_orders(PERPETUAL)
        clock.now += 1_000
    clock.now += 38_000
    with pytest.raises(ccxt.BaseError, match=f"banned until {clock.now + 80_000}"):
        await client.fetch_open_orders(PERPETUAL)
    clock.now += 80_000
    assert await client.fetch_open_orders(PERPETUAL) == []


async def test_a_plain_ban_is_as_long_at_each_knock(exchange: str, server: SimulatedExchanges) -> None:
    server.faults.set(exchange, "418", seconds=10)
    async with aiohttp.ClientSession(server.base_url) as session:
        for _ in range(2):
            async with session.get(f"/api.{exchange}.com/anything") as response:
                assert f"banned until {NOW + 10_000}" in await response.text()
