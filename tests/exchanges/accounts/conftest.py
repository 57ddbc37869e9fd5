from __future__ import annotations

import asyncio
import copy
import json
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from aiohttp import web

from hedgewatch.domain.instrument import InstrumentRef
from hedgewatch.exchanges.accounts.source import CcxtAccountSource
from hedgewatch.exchanges.credentials import Credentials
from hedgewatch.exchanges.source import CcxtSource, Patience
from hedgewatch.monitoring.ports import AccountWanted
from tests.exchanges.accounts.good import GOOD
from tests.exchanges.conftest import NOW, MemoryShelf, SetClock

KEYS = Credentials(api_key="canaryKEYcanary", secret="canarySECRETcanary", password="canaryPHRASEcanary")
PERPETUAL = "BTC/USDT:USDT"
IDS = {"bingx": "BTC-USDT", "mexc": "BTC_USDT"}
MEXC_RISK = {
    "maxVol": 400000,
    "riskIncrVol": "200000",
    "maintenanceMarginRate": "0.004",
    "initialMarginRate": "0.008",
    "riskIncrMmr": "0.004",
    "riskIncrImr": "0.008",
}

MakeAccount = Callable[..., CcxtAccountSource]


def listed(symbol: str, market_id: str, size: str = "1", info: dict[str, Any] | None = None) -> str:
    """Write a market as the exchange library keeps it."""
    base, _, rest = symbol.partition("/")
    quote, _, settle = rest.partition(":")
    settle = settle.partition("-")[0]
    return json.dumps(
        {
            "id": market_id,
            "symbol": symbol,
            "base": base,
            "quote": quote,
            "settle": settle or None,
            "baseId": base,
            "quoteId": quote,
            "settleId": settle or None,
            "type": "swap" if settle else "spot",
            "spot": not settle,
            "margin": False,
            "swap": bool(settle),
            "future": False,
            "option": False,
            "contract": bool(settle),
            "linear": settle == quote if settle else None,
            "inverse": settle == base if settle else None,
            "contractSize": size if settle else None,
            "active": True,
            "precision": {"price": "0.1", "amount": "0.001"},
            "limits": {"amount": {"min": "0.001"}, "cost": {"min": "5"}},
            "info": info or {},
        }
    )


class Replies:
    """A small exchange: it answers each path with what a test laid there, and remembers what it was asked."""

    def __init__(self, answers: dict[str, Any]) -> None:
        self.answers = copy.deepcopy(answers)
        self.status: dict[str, int] = {}
        self.headers: dict[str, dict[str, str]] = {}
        self.hanging: set[str] = set()
        self.asked: list[tuple[str, str, dict[str, str]]] = []

    async def answer(self, request: web.Request) -> web.Response:
        path = "/" + request.path.split("/", 2)[2]
        asked = dict(request.query) | (await request.json() if request.method == "POST" else {})
        self.asked.append((request.method, path, {key: str(value) for key, value in asked.items()}))
        if path in self.hanging:
            await asyncio.Event().wait()
        found = self.answers.get(path, {"code": -1, "msg": "no such path"})
        found = found(asked) if callable(found) else found
        body = found if isinstance(found, str) else json.dumps(found)
        status = self.status.get(path, 200 if path in self.answers else 404)
        return web.Response(
            text=body, status=status, content_type="application/json", headers=self.headers.get(path, {})
        )

    def paths(self) -> list[str]:
        return [path for _, path, _ in self.asked]


Serve = Callable[[dict[str, Any]], Any]


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    runners: list[web.AppRunner] = []

    async def start(answers: dict[str, Any]) -> tuple[Replies, str]:
        replies = Replies(answers)
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", replies.answer)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        runners.append(runner)
        return replies, f"http://127.0.0.1:{runner.addresses[0][1]}"

    yield start
    await asyncio.gather(*(runner.cleanup() for runner in runners))


@pytest.fixture
async def account(clock: SetClock, shelf: MemoryShelf) -> AsyncIterator[MakeAccount]:
    made: list[Any] = []

    def make(
        exchange: str, base_url: str, *, margin: str = "classic", more: dict[str, str] | None = None, seconds: str = "3"
    ) -> CcxtAccountSource:
        market_id = IDS.get(exchange, "BTCUSDT")
        size = "0.0001" if exchange == "mexc" else "1"
        info = {"symbol": market_id, **MEXC_RISK} if exchange == "mexc" else {}
        shelf.kept[exchange] = {PERPETUAL: listed(PERPETUAL, market_id, size, info), **(more or {})}
        market = CcxtSource(
            exchange=exchange,
            base_url=base_url,
            patience=Patience(answer_seconds=Decimal(seconds), listing_seconds=Decimal(15)),
            shelf=shelf,
            clock=clock,
        )
        one = CcxtAccountSource(
            account="desk",
            market=market,
            credentials=KEYS,
            clock=clock,
            timeout_seconds=Decimal(seconds),
            margin=margin,
        )
        one.client.enableRateLimit = False  # its budget is a real one, of seconds to a minute
        one.client.timeout_on_exit = market.client.timeout_on_exit = 1
        made.extend((one, market))
        return one

    yield make
    await asyncio.gather(*(one.close() for one in made))


def wanted(exchange: str, *symbols: str, days: int | None = None) -> AccountWanted:
    refs = tuple(InstrumentRef(exchange=exchange, symbol=symbol) for symbol in symbols or (PERPETUAL,))
    since = {} if days is None else {ref: NOW - timedelta(days=days) for ref in refs}
    return AccountWanted(instruments=refs, assets=frozenset({"BTC"}), payments_since=since)


@pytest.fixture
def good() -> dict[str, dict[str, Any]]:
    return GOOD
