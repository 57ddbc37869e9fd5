"""A mirror serves markets, books, tickers, marks and funding, and 404 for everything else: that only degrades."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from hedgewatch.domain.errors import ConfigurationError
from hedgewatch.domain.instrument import InstrumentRef
from hedgewatch.domain.market import ExchangeOutcome, MarketReading
from hedgewatch.exchanges.door import Door, checked_base_url
from hedgewatch.exchanges.faults import BlockedRequestError
from hedgewatch.exchanges.quirks import QUIRKS
from hedgewatch.monitoring.ports import Wanted
from hedgewatch.simulator.server import SimulatedExchanges

EXCHANGES = ("binance", "bybit", "bingx", "weex", "mexc")
PREFIX = "/mirror/v1"
SERVED = (
    "exchangeInfo",
    "instruments-info",
    "quote/contracts",
    "common/symbols",
    "contract/detail",
    "bookTicker",
    "ticker",
    "tickers",
    "ticker/24hr",
    "premiumIndex",
    "fundingInfo",
    "funding_rate/BTC_USDT",
)


class Mirror:
    """Hands served paths on to the simulator, and remembers what was asked."""

    def __init__(self, behind: str) -> None:
        self.behind = behind
        self.asked: list[str] = []

    async def answer(self, request: web.Request) -> web.Response:
        self.asked.append(request.path)
        path = request.path.removeprefix(PREFIX)
        if not path.endswith(SERVED) or "cswap" in path or request.query.get("status") == "PreLaunch":
            return web.json_response({"error": "not here"}, status=404)
        async with aiohttp.ClientSession() as session, session.get(self.behind + path, params=request.query) as answer:
            return web.Response(body=await answer.read(), content_type="application/json")


@pytest.fixture
async def mirror(server: SimulatedExchanges) -> AsyncIterator[tuple[Mirror, str]]:
    standing = Mirror(server.base_url)
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", standing.answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield standing, f"http://127.0.0.1:{runner.addresses[0][1]}{PREFIX}/"
    await runner.cleanup()


@pytest.mark.parametrize("exchange", EXCHANGES)
async def test_paths_that_are_not_served_only_degrade(exchange: str, source: Any, mirror: tuple[Mirror, str]) -> None:
    standing, base_url = mirror
    one = source(exchange, base_url)
    wanted = tuple(InstrumentRef(exchange=exchange, symbol=symbol) for symbol in ("BTC/USDT", "BTC/USDT:USDT"))
    since = {wanted[1]: one._clock.now() - timedelta(hours=33)}
    answer = await one.fetch(Wanted(instruments=wanted, settled_since=since))
    assert answer.outcome is ExchangeOutcome.DEGRADED
    assert answer.settled == ()
    assert "404" in str(answer.error)
    for reading in answer.readings:
        assert isinstance(reading, MarketReading)
        assert reading.quote is not None
        assert reading.problems == ()
    assert standing.asked
    assert all(path.startswith(PREFIX + "/") and exchange in path for path in standing.asked)


@pytest.mark.parametrize("exchange", EXCHANGES)
def test_every_address_of_ccxt_is_sent_to_the_base_url(exchange: str, source: Any) -> None:
    def addresses(found: Any) -> list[str]:
        if isinstance(found, dict):
            return [address for value in found.values() for address in addresses(value)]
        return [found] if isinstance(found, str) else []

    client = source(exchange, "https://mirror.example/a/b").client
    told = addresses(client.urls["api"])
    assert told
    for address in told:
        assert address.startswith(("https://mirror.example/a/b/", "wss://mirror.example/a/b/")), address
        assert exchange in address.split("/")[5] or "{hostname}" in address.split("/")[5]


@pytest.mark.parametrize("base_url", ["ftp://x", "127.0.0.1:80", "http://", "http://x/?a=1"])
def test_a_base_url_that_is_none_is_refused(base_url: str) -> None:
    with pytest.raises(ConfigurationError, match="base_url"):
        checked_base_url(base_url)


def test_with_a_base_url_nothing_goes_to_the_exchange_itself(clock: Any) -> None:
    door = Door(QUIRKS["binance"], clock, base_url="http://127.0.0.1:1")
    with pytest.raises(BlockedRequestError, match="was blocked"):
        door.permit("GET", "https://api.binance.com/api/v3/time")
    door.permit("GET", "http://127.0.0.1:1/api.binance.com/api/v3/time")
