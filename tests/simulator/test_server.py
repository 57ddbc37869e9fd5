from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from hedgewatch.simulator.listings import Kind
from hedgewatch.simulator.market import World
from hedgewatch.simulator.server import SimulatedExchanges

NOW = 1_795_500_000_123
BOOKS = "/fapi.binance.com/fapi/v1/ticker/bookTicker"


@pytest.fixture
async def http(server: SimulatedExchanges) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(server.base_url) as session:
        yield session


async def fetch(http: aiohttp.ClientSession, path: str, **query: str) -> Any:
    async with http.get(path, params=query) as response:
        return await response.json()


async def command(http: aiohttp.ClientSession, method: str, name: str, /, **body: Any) -> tuple[int, Any]:
    async with http.request(method, f"/_control/{name}", json=body) as response:
        return response.status, await response.json()


async def test_prices_stand_within_a_tick_and_move_after_it(http: aiohttp.ClientSession, clock: Any) -> None:
    first = await fetch(http, BOOKS, symbol="BTCUSDT")
    clock.now += 50
    same = await fetch(http, BOOKS, symbol="BTCUSDT")
    clock.now += 2_000
    moved = await fetch(http, BOOKS, symbol="BTCUSDT")
    assert same == first | {"time": NOW + 50}
    assert moved["bidPrice"] != first["bidPrice"]


async def test_kept_lists_carry_the_clock_of_the_moment(http: aiohttp.ClientSession, clock: Any) -> None:
    await fetch(http, BOOKS)
    clock.now += 7
    assert {row["time"] for row in await fetch(http, BOOKS)} == {NOW + 7}


async def test_a_pin_shows_at_once_although_lists_are_kept(http: aiohttp.ClientSession, world: World) -> None:
    await fetch(http, BOOKS)
    world.pin("BTC", futures=("1", "2"))
    row = next(row for row in await fetch(http, BOOKS) if row["symbol"] == "BTCUSDT")
    assert (row["bidPrice"], row["askPrice"]) == ("1", "2")


async def test_binance_serves_only_the_symbols_asked_for(http: aiohttp.ClientSession) -> None:
    path = "/api.binance.com/api/v3/ticker/bookTicker"
    rows = await fetch(http, path, symbols='["ETHUSDT","BTCUSDT"]')
    assert [row["symbol"] for row in rows] == ["ETHUSDT", "BTCUSDT"]
    async with http.get(path, params={"symbols": '["ETHUSDT","GONEUSDT"]'}) as response:
        assert (response.status, (await response.json())["code"]) == (400, -1121)


async def test_bybit_serves_its_contracts_in_pages(http: aiohttp.ClientSession, world: World) -> None:
    found: list[str] = []
    cursor = ""
    for _ in range(10):
        query = {"category": "linear", "limit": "5", "cursor": cursor}
        result = (await fetch(http, "/api.bybit.com/v5/market/instruments-info", **query))["result"]
        found += [row["symbol"] for row in result["list"]]
        cursor = result["nextPageCursor"]
        if not cursor:
            break
    assert len(found) == len(set(found)) == len(world.listings("bybit", Kind.PERPETUAL, Kind.FUTURE))


@pytest.mark.parametrize("query", [{"category": "linear", "status": "PreLaunch"}, {"category": "option"}])
async def test_bybit_lists_nothing_before_launch_and_no_options(
    http: aiohttp.ClientSession, query: dict[str, str]
) -> None:
    answer = await fetch(http, "/api.bybit.com/v5/market/instruments-info", **query)
    assert (answer["retCode"], answer["result"]["list"]) == (0, [])


async def test_mexc_sends_json_numbers_and_binance_text(http: aiohttp.ClientSession, world: World) -> None:
    world.pin("BTC", futures=("59999.5", "60000"), funding_rate="0.000014")
    mexc = (await fetch(http, "/api.mexc.com/api/v1/contract/ticker", symbol="BTC_USDT"))["data"]
    binance = await fetch(http, BOOKS, symbol="BTCUSDT")
    assert (mexc["bid1"], mexc["ask1"], mexc["fundingRate"]) == (59999.5, 60000, 0.000014)
    assert (binance["bidPrice"], binance["askPrice"]) == ("59999.5", "60000")


@pytest.mark.parametrize(
    "path",
    [
        "/api.bybit.com/v5/market/orderbook?category=inverse&symbol=SOLUSD",
        "/api.bybit.com/v5/market/tickers?category=linear&symbol=GONEUSDT",
        "/open-api.bingx.com/openApi/swap/v2/quote/depth?symbol=BTCUSDT",
        "/api.binance.com/api/v3/ticker/24hr?symbols=BTCUSDT",
        "/fapi.binance.com/fapi/v1/depth?symbol=BTCUSDT_200101",
        "/api.mexc.com/api/v1/contract/funding_rate/BTCUSD",
        "/api-contract.weex.com/capi/v3/market/symbolPrice?symbol=XYZUSDT",
    ],
)
async def test_a_symbol_that_is_not_listed_is_a_refusal_and_no_accident(http: aiohttp.ClientSession, path: str) -> None:
    async with http.get(path) as response:
        assert response.status in {200, 400}
        told = await response.json()
    assert told.get("code", told.get("retCode")) != 0


@pytest.mark.parametrize(
    ("path", "status"),
    [("/api.kraken.com/0/public/Time", 404), ("/api.binance.com/api/v3/myTrades", 404), ("/", 404)],
)
async def test_what_is_not_simulated_is_not_found(http: aiohttp.ClientSession, path: str, status: int) -> None:
    async with http.get(path) as response:
        assert response.status == status


async def test_nothing_can_be_posted_to_an_exchange(http: aiohttp.ClientSession) -> None:
    async with http.post("/api.binance.com/api/v3/time") as response:
        assert response.status == 404


async def test_the_server_is_commanded_over_http(http: aiohttp.ClientSession, world: World) -> None:
    assert await command(http, "POST", "scenario", scenario="crash") == (
        200,
        {"scenario": "crash", "seed": 7, "started_at": NOW - 1_000},
    )
    status, fault = await command(http, "POST", "faults", exchange="bybit", kind="429", path="tickers", count=2)
    assert (status, fault["kind"], fault["count"], fault["since"]) == (200, "429", 2, NOW)
    assert (await command(http, "GET", "faults"))[1] == [fault]
    assert await command(http, "DELETE", "faults", exchange="bybit") == (200, {"cleared": 1})
    await command(http, "POST", "pin", asset="BTC", futures=["60000.1", "60000.2"], exchange="binance")
    assert (await fetch(http, BOOKS, symbol="BTCUSDT"))["askPrice"] == "60000.2"
    await command(http, "DELETE", "pin")
    assert (await fetch(http, BOOKS, symbol="BTCUSDT"))["askPrice"] != "60000.2"
    assert world.scenario == "crash"


async def test_accounts_are_commanded_over_http(http: aiohttp.ClientSession, server: SimulatedExchanges) -> None:
    status, told = await command(
        http, "POST", "accounts", exchange="mexc", name="desk", key="k", secret="canary-secret", can_trade=True
    )
    assert (status, told["key"]["can_trade"], told["positions"]) == (200, True, [])
    for order in (
        {"do": "deposit", "wallet": "linear", "asset": "USDT", "amount": 1000.5},
        {"do": "open", "asset": "BTC", "contracts": "-500", "leverage": 5, "is_isolated": True, "margin": "400"},
        {"do": "reduce", "asset": "BTC", "contracts": "100", "price": "60000"},
        {"do": "rest", "asset": "BTC", "contracts": "-100", "price": "61000"},
        {"do": "move", "asset": "USDT", "amount": "100", "source": "linear", "target": "spot"},
        {"do": "key", "can_withdraw": True},
        {"do": "configure", "is_dual_side": True},
    ):
        status, told = await command(http, "POST", "account", exchange="mexc", name="desk", **order)
        assert status == 200, told
    assert [(position["contracts"], position["margin"]) for position in told["positions"]] == [("-400", "320.00000000")]
    assert told["key"]["can_withdraw"] is True
    assert len(told["orders"]) == 1
    assert await command(http, "GET", "accounts") == (200, [told])
    assert "canary" not in str(told)
    await command(http, "POST", "account", exchange="mexc", name="desk", do="close", asset="BTC")
    await command(http, "POST", "account", exchange="mexc", name="desk", do="cancel", number=told["orders"][0]["id"])
    account = server.accounts.get("mexc", "desk")
    assert (account.positions, account.orders) == ([], {})


async def test_listings_are_commanded_over_http(http: aiohttp.ClientSession) -> None:
    detail = "/contract.mexc.com/api/v1/contract/detail"
    where = {"exchange": "mexc", "asset": "BTC", "kind": "perpetual"}
    assert (await command(http, "POST", "listing", contract_size="0.001", is_trading=False, **where))[0] == 200
    row = (await fetch(http, detail, symbol="BTC_USDT"))["data"]
    assert (row["contractSize"], row["state"]) == (0.001, 3)
    assert (await command(http, "DELETE", "listing", **where))[0] == 200
    async with http.get(detail, params={"symbol": "BTC_USDT"}) as response:
        assert response.status == 400
    assert (await command(http, "DELETE", "listing", **where))[0] == 400


@pytest.mark.parametrize(
    ("exchange", "path", "name", "value"),
    [
        ("binance", "/fapi.binance.com/fapi/v1/exchangeInfo", "status", "SETTLING"),
        ("bybit", "/api.bybit.com/v5/market/instruments-info?category=linear", "status", "Delivering"),
        ("bingx", "/open-api.bingx.com/openApi/swap/v2/quote/contracts", "apiStateOpen", "false"),
        ("mexc", "/contract.mexc.com/api/v1/contract/detail", "state", 3),
    ],
)
async def test_a_halted_contract_says_so(
    http: aiohttp.ClientSession, world: World, exchange: str, path: str, name: str, value: Any
) -> None:
    world.change(exchange, "ETH", "perpetual", is_trading=False)
    told = await fetch(http, path)
    rows = told.get("symbols") or told.get("data") or told["result"]["list"]
    states = {row["symbol"].replace("-", "").replace("_", ""): row[name] for row in rows}
    assert states["ETHUSDT"] == value != states["BTCUSDT"]


async def test_calls_are_counted_and_forgotten_over_http(http: aiohttp.ClientSession) -> None:
    await fetch(http, BOOKS)
    await fetch(http, BOOKS)
    _, counts = await command(http, "GET", "calls")
    assert counts["binance"] == {"/fapi/v1/ticker/bookTicker": 2}
    await command(http, "DELETE", "calls")
    assert (await command(http, "GET", "calls"))[1]["binance"] == {}


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("scenario", {"scenario": "boom"}),
        ("scenario", {}),
        ("faults", {"exchange": "kraken", "kind": "429"}),
        ("faults", {"exchange": "bybit", "kind": "flood"}),
        ("faults", {"exchange": "bybit", "kind": "429", "wrong": 1}),
        ("pin", {"asset": "BTC", "price": "1"}),
        ("accounts", {"exchange": "binance", "name": "desk"}),
        ("accounts", {"exchange": "binance", "name": "desk", "key": "k", "secret": "s", "colour": "red"}),
        ("account", {"exchange": "binance", "name": "nobody", "do": "open"}),
        ("listing", {"exchange": "binance", "asset": "BTC", "kind": "perpetual", "tick": "much"}),
        ("listing", {"exchange": "binance", "asset": "BTC", "kind": "perpetual", "tiers": []}),
    ],
)
async def test_a_wrong_command_is_refused_with_its_reason(
    http: aiohttp.ClientSession, name: str, body: dict[str, Any]
) -> None:
    status, answer = await command(http, "POST", name, **body)
    assert status == 400
    assert answer["error"]


async def test_an_unknown_command_names_the_known_ones(http: aiohttp.ClientSession) -> None:
    status, answer = await command(http, "GET", "weather")
    assert status == 404
    assert "POST faults" in answer["known"]


async def test_a_taken_port_is_refused(server: SimulatedExchanges, world: World) -> None:
    taken = int(server.base_url.rpartition(":")[2])
    with pytest.raises(OSError, match="in use"):
        await SimulatedExchanges(world).start(taken)


async def test_it_listens_where_it_is_told(world: World) -> None:
    server = SimulatedExchanges(world)
    assert (await server.start(host="localhost")).startswith("http://localhost:")
    await server.stop()


async def test_a_stopped_server_starts_again(world: World) -> None:
    again = SimulatedExchanges(world)
    for _ in range(2):
        await again.start()
        async with aiohttp.ClientSession(again.base_url) as session:
            assert (await fetch(session, "/api.binance.com/api/v3/time"))["serverTime"] > 0
        await again.stop()


async def test_a_page_of_bybit_holds_a_thousand_contracts_at_most(clock: Any) -> None:
    async with (
        SimulatedExchanges(World(7, "calm", NOW, listed=2_400), clock=clock) as server,
        aiohttp.ClientSession(server.base_url) as session,
    ):
        path = "/api.bybit.com/v5/market/instruments-info"
        result = (await fetch(session, path, category="linear", limit="5000"))["result"]
    assert (len(result["list"]), result["nextPageCursor"]) == (1_000, "1000")


async def test_two_servers_of_one_seed_send_the_same_bytes(clock: Any) -> None:
    async def sent() -> list[bytes]:
        paths = (BOOKS, "/api.bybit.com/v5/market/tickers?category=linear", "/api.mexc.com/api/v1/contract/ticker")
        async with (
            SimulatedExchanges(World(11, "crash", NOW - 30_000), clock=clock) as server,
            aiohttp.ClientSession(server.base_url) as session,
        ):
            bodies = []
            for path in paths:
                async with session.get(path) as response:
                    bodies.append(await response.read())
            return bodies

    assert await sent() == await sent()
