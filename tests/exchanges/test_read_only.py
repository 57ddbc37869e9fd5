"""Nothing that could move a coin ever reaches a socket."""

from __future__ import annotations

import asyncio
import inspect
import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web

from hedgewatch.exchanges.accounts.source import CcxtAccountSource
from hedgewatch.exchanges.accounts.table import ACCOUNT_QUIRKS
from hedgewatch.exchanges.credentials import Credentials
from hedgewatch.exchanges.door import Door
from hedgewatch.exchanges.faults import BlockedRequestError
from hedgewatch.exchanges.markets import Markets
from hedgewatch.exchanges.quirks import QUIRKS
from hedgewatch.exchanges.quirks.generic import quirk_of
from hedgewatch.simulator.server import SimulatedExchanges

EXCHANGES = ("binance", "bybit", "bingx", "weex", "mexc")
WRITING = ("create", "cancel", "withdraw", "transfer", "set_", "edit", "close_", "add_", "reduce_", "borrow", "repay")
LOCAL = {
    "set_markets",
    "set_markets_from_exchange",
    "set_sandbox_mode",
    "set_headers",
    "set_property",
    "close_connector",
}
LOCAL |= {"create_expired_option_market", "set_last_request", "close_ws_clients", "set_last_rest_request_timestamp"}
LOCAL |= {"close_connector", "close_proxy_sessions", "set_proxy_agents", "set_fetch_response"}
VALUES = {
    "symbol": "BTC/USDT:USDT",
    "symbols": ["BTC/USDT:USDT"],
    "type": "limit",
    "side": "buy",
    "amount": "1",
    "price": "50000",
    "code": "USDT",
    "id": "1",
    "ids": ["1"],
    "address": "0x1234567890123456789012345678901234567890",
    "tag": "1",
    "fromAccount": "spot",
    "toAccount": "swap",
    "leverage": 5,
    "marginMode": "cross",
    "hedged": False,
    "orders": [{"symbol": "BTC/USDT:USDT", "type": "limit", "side": "buy", "amount": "1", "price": "50000"}],
    "params": {},
}


class Counter:
    """A server that counts what reaches it."""

    def __init__(self) -> None:
        self.requests: list[str] = []

    async def answer(self, request: web.Request) -> web.Response:
        self.requests.append(f"{request.method} {request.path}")
        return web.json_response({"code": 0, "retCode": 0, "data": {}})


@pytest.fixture
async def counter() -> AsyncIterator[tuple[Counter, str]]:
    counting = Counter()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", counting.answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield counting, f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


async def with_keys(source: Any, exchange: str, base_url: str, server: SimulatedExchanges) -> Any:
    """Return a client as dangerous as it can be made: keys, markets, no waiting, pointed at the counter."""
    listing = source(exchange, server.base_url)
    await listing.markets.ready(["BTC/USDT", "BTC/USDT:USDT"])
    client = source(exchange, base_url).client
    client.set_markets_from_exchange(listing.client)
    client.apiKey, client.secret, client.password, client.enableRateLimit = "key", "secret", "phrase", False
    return client


async def call(method: Any) -> None:
    names = inspect.signature(method).parameters
    needed = {name: VALUES.get(name, "1") for name, value in names.items() if value.default is inspect.Parameter.empty}
    given = needed | {name: VALUES[name] for name in names if name in {"symbol", "price", "marginMode", "code"}}
    try:
        answer = method(**{name: value for name, value in given.items() if name in names})
        if inspect.isawaitable(answer):
            await asyncio.wait_for(answer, 2)
    except Exception:  # noqa: BLE001, S110  any refusal will do: only what reaches the socket counts
        pass


@pytest.mark.parametrize("exchange", EXCHANGES)
async def test_no_writing_method_reaches_a_socket(
    exchange: str, source: Any, server: SimulatedExchanges, counter: tuple[Counter, str]
) -> None:
    counting, base_url = counter
    client = await with_keys(source, exchange, base_url, server)
    names = [name for name in dir(client) if name.startswith(WRITING) and name not in LOCAL]
    assert len(names) > 100
    blocked = 0
    for name in names:
        method = getattr(client, name)
        if callable(method):
            before = client.door.calls
            await call(method)
            blocked += client.door.calls == before
    assert counting.requests == []
    assert blocked == sum(callable(getattr(client, name)) for name in names)


@pytest.mark.parametrize("exchange", EXCHANGES)
async def test_no_private_or_writing_endpoint_reaches_a_socket(
    exchange: str, source: Any, server: SimulatedExchanges, counter: tuple[Counter, str]
) -> None:
    counting, base_url = counter
    client = await with_keys(source, exchange, base_url, server)
    words = ("Post", "Put", "Delete", "Patch", "rivate", "Sapi", "sapi", "papi")
    names = [name for name in dir(client) if any(word in name for word in words) and name[0].islower()]
    endpoints = [name for name in names if "_" not in name and callable(getattr(client, name))]
    assert len(endpoints) > 40
    for name in endpoints:
        try:
            await getattr(client, name)({"symbol": "BTCUSDT"})
        except Exception:  # noqa: BLE001, S112  any refusal will do: only what reaches the socket counts
            continue
    assert counting.requests == []


async def signed(source: Any, exchange: str, base_url: str, server: SimulatedExchanges) -> Any:
    """Return the client that reads an account, with keys, markets and no waiting, pointed at the counter."""
    listing = source(exchange, server.base_url)
    await listing.markets.ready(["BTC/USDT", "BTC/USDT:USDT"])
    market = source(exchange, base_url)
    keys = Credentials(api_key="key1", secret="secret", password="phrase")
    one = CcxtAccountSource(
        account="desk", market=market, credentials=keys, clock=market._clock, timeout_seconds=market._timeout
    )
    one.client.timeout_on_exit = 1
    one.client.set_markets_from_exchange(listing.client)
    one.client.enableRateLimit = False
    return one.client


def reads_of(exchange: str, requests: list[str]) -> list[str]:
    """Return the requests that are signed reads; the first part of each path is the host it was meant for."""
    allowed = ACCOUNT_QUIRKS[exchange].signed
    return [
        request
        for request in requests
        if any(
            re.fullmatch(f"{read.method} /{re.escape(read.host)}{read.pattern.pattern}", request) for read in allowed
        )
    ]


@pytest.mark.parametrize("exchange", EXCHANGES)
async def test_no_writing_method_with_keys_reaches_a_socket(
    exchange: str, source: Any, server: SimulatedExchanges, counter: tuple[Counter, str]
) -> None:
    counting, base_url = counter
    client = await signed(source, exchange, base_url, server)
    names = [name for name in dir(client) if name.startswith(WRITING) and name not in LOCAL]
    assert len(names) > 100
    for name in names:
        if callable(getattr(client, name)):
            await call(getattr(client, name))
    reads = reads_of(exchange, counting.requests)  # what ccxt looks up before it writes
    assert [request for request in counting.requests if request not in reads] == []
    assert not any(request.startswith("POST") for request in counting.requests)
    await client.close()


@pytest.mark.parametrize("exchange", EXCHANGES)
async def test_no_endpoint_with_keys_but_the_listed_reads_reaches_a_socket(
    exchange: str, source: Any, server: SimulatedExchanges, counter: tuple[Counter, str]
) -> None:
    counting, base_url = counter
    client = await signed(source, exchange, base_url, server)
    words = ("Post", "Put", "Delete", "Patch", "rivate", "Sapi", "sapi", "papi")
    names = [name for name in dir(client) if any(word in name for word in words) and name[0].islower()]
    endpoints = [name for name in names if "_" not in name and callable(getattr(client, name))]
    for name in endpoints:
        try:
            await getattr(client, name)({"symbol": "BTCUSDT"})
        except Exception:  # noqa: BLE001, S112  any refusal will do: only what reaches the socket counts
            continue
    passed = set(counting.requests)
    assert set(reads_of(exchange, counting.requests)) == passed
    posted = {request for request in passed if request.startswith("POST")}
    assert posted == ({"POST /api-contract.weex.com/capi/v3/account/income"} if exchange == "weex" else set())
    assert len(endpoints) > 8 * len(passed) or exchange == "weex"
    await client.close()


async def test_a_blocked_request_says_so(source: Any, server: SimulatedExchanges, counter: tuple[Counter, str]) -> None:
    client = await with_keys(source, "binance", counter[1], server)
    with pytest.raises(BlockedRequestError, match=r"POST api\.binance\.com/api/v3/order is not on the read-only list"):
        await client.create_order("BTC/USDT", "limit", "buy", 1, 50000)


@pytest.mark.parametrize(
    ("method", "url"),
    [
        ("POST", "https://api.binance.com/api/v3/time"),
        ("GET", "http://api.binance.com/api/v3/time"),
        ("GET", "https://api.binance.com.evil.example/api/v3/time"),
        ("GET", "https://api.binance.com@evil.example/api/v3/time"),
        ("GET", "https://api.binance.com:8443/api/v3/time"),
        ("GET", "https://api.binance.com/api/v3/account"),
        ("GET", "https://api.binance.com/api/v3/time/../account"),
        ("GET", "https://api.binance.com/api/v3/ticker/bookTicker/"),
        ("GET", "https://fapi.binance.com/api/v3/time"),
    ],
)
def test_only_listed_requests_pass(method: str, url: str, clock: Any) -> None:
    door = Door(QUIRKS["binance"], clock)
    door.permit("GET", "https://api.binance.com/api/v3/time")
    with pytest.raises(BlockedRequestError):
        door.permit(method, url)


def test_an_exchange_without_a_list_may_only_be_read_in_public(clock: Any) -> None:
    door = Door(quirk_of("okx", {}), clock)
    door.redirected({"rest": "https://www.okx.com"})
    door.permit("GET", "https://www.okx.com/api/v5/market/tickers?instType=SPOT")
    for method, url in (
        ("POST", "https://www.okx.com/api/v5/market/tickers"),
        ("GET", "https://www.okx.com/api/v5/trade/order"),
        ("GET", "https://www.okx.com/api/v5/asset/withdrawal"),
        ("GET", "https://www.okx.com/x?signature=abc"),
        ("GET", "https://elsewhere.example/api/v5/market/tickers"),
    ):
        with pytest.raises(BlockedRequestError):
            door.permit(method, url)


async def test_a_redirect_does_not_lead_off_the_list(source: Any, counter: tuple[Counter, str]) -> None:
    counting, elsewhere = counter

    async def redirect(_: web.Request) -> web.Response:
        raise web.HTTPFound(elsewhere + "/api.binance.com/api/v3/account")

    app = web.Application()
    app.router.add_get("/{path:.*}", redirect)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    one = source("binance", f"http://127.0.0.1:{runner.addresses[0][1]}")
    with pytest.raises(BlockedRequestError):
        await one.client.fetch_time()
    await one.markets.ready(["BTC/USDT"])  # the twin of the thread follows none either
    await runner.cleanup()
    assert one.markets.problem is not None
    assert counting.requests == []
    assert isinstance(one.markets, Markets)
