"""What the benchmarks of the cycle share: a server of canned answers in another process, and small fillings."""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from decimal import Decimal
from multiprocessing.connection import Connection
from typing import Any

from aiohttp import web

from hedgewatch.simulator import listings
from hedgewatch.simulator.market import World
from hedgewatch.simulator.server import SimulatedExchanges

BINANCE_BOOKS = (
    "/api.binance.com/api/v3/ticker/bookTicker",
    "/fapi.binance.com/fapi/v1/ticker/bookTicker",
    "/fapi.binance.com/fapi/v1/premiumIndex",
)
RAISE = "/raise/"


class SystemClock:
    """Fills the port Clock with the machine's."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> Decimal:
        return Decimal(time.monotonic_ns()) / 10**9


class SetShelf:
    """Fills the port MarketShelf in memory."""

    def __init__(self) -> None:
        self.kept: dict[str, dict[str, str]] = {}

    async def markets(self, exchange: str) -> Mapping[str, str]:
        return self.kept.get(exchange, {})

    async def keep(self, exchange: str, markets: Mapping[str, str], at: datetime) -> None:
        assert at.tzinfo
        self.kept.setdefault(exchange, {}).update(markets)


class Canned:
    """Binance's answers for so many assets, encoded once: whole, and by symbol."""

    def __init__(self, count: int) -> None:
        self.ids = [f"A{number:04d}USDT" for number in range(count)]
        self.lists: dict[str, bytes] = {}
        self.asked = 0
        self.rows: dict[tuple[str, str], bytes] = {}
        for path in BINANCE_BOOKS:
            rows = [self._row(path, market_id) for market_id in self.ids]
            self.lists[path] = json.dumps(rows).encode()
            self.rows |= {(path, row["symbol"]): json.dumps(row).encode() for row in rows}
        day = "/api.binance.com/api/v3/ticker/24hr"
        self.rows |= {(day, market_id): json.dumps(self._day(market_id)).encode() for market_id in self.ids}
        spot = [self._market(market_id) for market_id in self.ids]
        futures = [market | {"contractType": "PERPETUAL", "marginAsset": "USDT"} for market in spot]
        self.lists |= {
            "/api.binance.com/api/v3/exchangeInfo": json.dumps({"symbols": spot}).encode(),
            "/fapi.binance.com/fapi/v1/exchangeInfo": json.dumps({"symbols": futures}).encode(),
            "/fapi.binance.com/fapi/v1/fundingInfo": b"[]",
            "/api.binance.com/api/v3/time": json.dumps({"serverTime": int(time.time() * 1000)}).encode(),
        }

    @staticmethod
    def _row(path: str, market_id: str) -> dict[str, Any]:
        now = int(time.time() * 1000)
        if path.endswith("premiumIndex"):
            coming = (now // 28_800_000 + 1) * 28_800_000
            prices = {"markPrice": "60010.40000000", "indexPrice": "60001.20000000"}
            rates = {"lastFundingRate": "0.00006300", "interestRate": "0.00010000", "nextFundingTime": coming}
            return {"symbol": market_id, **prices, "estimatedSettlePrice": "60001.10", **rates, "time": now}
        book = {"bidPrice": "59999.50", "bidQty": "1.50000", "askPrice": "60000.50", "askQty": "1.20000"}
        return {"symbol": market_id, **book} | ({"time": now} if "fapi" in path else {})

    @staticmethod
    def _day(market_id: str) -> dict[str, Any]:
        keys = ("priceChange", "priceChangePercent", "weightedAvgPrice", "prevClosePrice", "lastPrice", "lastQty")
        keys += ("bidPrice", "bidQty", "askPrice", "askQty", "openPrice", "highPrice", "lowPrice", "volume")
        return {"symbol": market_id, **dict.fromkeys(keys, "60000.50"), "closeTime": 1_795_500_000_123, "count": 9}

    @staticmethod
    def _market(market_id: str) -> dict[str, Any]:
        base = market_id.removesuffix("USDT")
        return {
            "symbol": market_id,
            "status": "TRADING",
            "baseAsset": base,
            "quoteAsset": "USDT",
            "baseAssetPrecision": 8,
            "quotePrecision": 8,
            "permissions": ["SPOT"],
            "filters": [
                {"filterType": "PRICE_FILTER", "minPrice": "0.01", "maxPrice": "1000000", "tickSize": "0.01"},
                {"filterType": "LOT_SIZE", "minQty": "0.001", "maxQty": "9000", "stepSize": "0.001"},
                {"filterType": "NOTIONAL", "minNotional": "5"},
            ],
        }

    def raise_price(self, market_id: str) -> None:
        """Let a future trade 10 % higher from now on."""
        path = BINANCE_BOOKS[1]
        book = json.loads(self.rows[path, market_id]) | {"bidPrice": "66000.50", "askPrice": "66001.50"}
        self.rows[path, market_id] = json.dumps(book).encode()
        self.lists[path] = b"[" + b",".join(self.rows[path, each] for each in self.ids) + b"]"

    def moving(self, body: bytes) -> bytes:
        """Let every book differ a little from the one before, as they do: one that does not is taken for frozen."""
        self.asked += 1
        return body.replace(b'000.50"', f'000.{50 + self.asked % 7}"'.encode())

    async def answer(self, request: web.BaseRequest) -> web.Response:
        if request.path.startswith(RAISE):
            self.raise_price(request.path.removeprefix(RAISE))
            return web.Response()
        symbol = request.query.get("symbol")
        body = self.rows.get((request.path, symbol)) if symbol else self.lists.get(request.path)
        if body and request.path in BINANCE_BOOKS:
            body = self.moving(body)
        return web.Response(body=body or b"{}", status=200 if body else 404, content_type="application/json")


def _serve_canned(count: int, told: Connection) -> None:
    canned = Canned(count)

    async def serve() -> None:
        runner = web.ServerRunner(web.Server(canned.answer, access_log=None))
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0, backlog=4096).start()
        told.send(f"http://127.0.0.1:{runner.addresses[0][1]}")
        await asyncio.Event().wait()

    asyncio.run(serve())


def _serve_simulated(count: int, latency: float, told: Connection) -> None:
    async def serve() -> None:
        world = World(7, "calm", int(time.time() * 1000), listed=count)
        async with SimulatedExchanges(world) as server:
            for exchange in listings.Exchange:
                server.faults.set(exchange, "latency", seconds=latency)
            told.send(server.base_url)
            await asyncio.Event().wait()

    asyncio.run(serve())


@asynccontextmanager
async def listed_server(count: int, *, latency: float | None = None) -> AsyncIterator[str]:
    """Serve so many assets from a process of its own: canned Binance answers, or all five by the simulator."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    task = (_serve_canned, (count, theirs)) if latency is None else (_serve_simulated, (count, latency, theirs))
    process = context.Process(target=task[0], args=task[1], daemon=True)
    process.start()
    try:
        yield await asyncio.to_thread(ours.recv)
    finally:
        process.terminate()
        process.join()
