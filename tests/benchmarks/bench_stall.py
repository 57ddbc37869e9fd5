"""Five exchanges, 2,000 assets listed, 40 instruments wanted of each: CPU and the longest stall of the event loop.

Run: python tests/benchmarks/bench_stall.py. Only the ratios of one run count. The server is in another process.
"""

from __future__ import annotations

import asyncio
import gc
import re
import statistics
import time
from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any

import aiohttp
import ccxt.async_support
import orjson
from listed import SetShelf, SystemClock, listed_server

from hedgewatch.domain.instrument import InstrumentRef
from hedgewatch.domain.market import MarketReading
from hedgewatch.exchanges.source import CcxtSource, Patience
from hedgewatch.monitoring.ports import Wanted

LISTED = 2_000
WANTED_EACH = 20  # spot and futures: 40 instruments
LATENCY = 0.1
ROUNDS = 5
PAUSE = 0.001
EXCHANGES = ("binance", "bybit", "bingx", "weex", "mexc")
BOOKS = {"bybit": "fetch_tickers", "bingx": "fetch_tickers"}
PATHS = {
    "binance": ("api.binance.com/api/v3/ticker/bookTicker", "fapi.binance.com/fapi/v1/ticker/bookTicker"),
    "bybit": ("api.bybit.com/v5/market/tickers?category=spot", "api.bybit.com/v5/market/tickers?category=linear"),
    "bingx": ("open-api.bingx.com/openApi/spot/v1/ticker/24hr", "open-api.bingx.com/openApi/swap/v2/quote/ticker"),
    "weex": ("api-spot.weex.com/api/v3/market/ticker/bookTicker",),
    "mexc": ("api.mexc.com/api/v3/ticker/bookTicker", "api.mexc.com/api/v1/contract/ticker"),
}
MORE_PATHS = (
    "fapi.binance.com/fapi/v1/premiumIndex",
    "open-api.bingx.com/openApi/swap/v2/quote/premiumIndex",
    "api-contract.weex.com/capi/v3/market/ticker/bookTicker",
    "api-contract.weex.com/capi/v3/market/premiumIndex",
)

Question = Callable[[], Awaitable[Any]]


class Watch:
    """Measures how long the event loop does not turn."""

    def __init__(self) -> None:
        self.longest = 0.0

    async def run(self) -> None:
        while True:
            before = time.perf_counter()
            await asyncio.sleep(PAUSE)
            self.longest = max(self.longest, time.perf_counter() - before - PAUSE)


async def measure(question: Question) -> tuple[float, float, float]:
    """Return median (wall ms, CPU ms, longest stall ms) of a question after one to warm up."""
    await question()
    rounds = []
    for _ in range(ROUNDS):
        gc.collect()
        cpu = time.process_time()
        started = time.perf_counter()
        await question()
        wall, cpu = time.perf_counter() - started, time.process_time() - cpu
        watch = Watch()
        task = asyncio.create_task(watch.run())
        await asyncio.sleep(0)
        await question()
        task.cancel()
        rounds.append((wall * 1000, cpu * 1000, watch.longest * 1000))
    return tuple(statistics.median(column) for column in zip(*rounds, strict=True))  # type: ignore[return-value]  # 3


def stock_client(exchange: str, base_url: str) -> Any:
    client = getattr(ccxt.async_support, exchange)({"enableRateLimit": False})
    client.timeout_on_exit = 1
    if exchange in {"binance", "bybit"}:
        client.options["fetchMarkets"] = {"types": ["spot", "linear"]}
    client.has["fetchCurrencies"] = False

    def rewrite(found: Any) -> Any:
        if isinstance(found, dict):
            return {name: rewrite(value) for name, value in found.items()}
        return re.sub(r"^https://", f"{base_url}/", found) if isinstance(found, str) else found

    client.urls["api"] = rewrite(client.urls["api"])
    return client


async def stock_cycle(client: Any, spots: list[str], futures: list[str]) -> None:
    futures_books = "fetch_tickers" if client.id == "mexc" else BOOKS.get(client.id, "fetch_bids_asks")
    questions = [
        getattr(client, BOOKS.get(client.id, "fetch_bids_asks"))(spots),
        getattr(client, futures_books)(futures),
    ]
    if client.id != "mexc":
        questions.append(client.fetch_funding_rates(futures))
    await asyncio.gather(*questions)


async def main() -> None:
    """Measure and print."""
    async with listed_server(LISTED, latency=LATENCY) as base_url:
        names = [f"A{number:04d}" for number in range(100, 100 + WANTED_EACH)]
        spots, futures = [f"{name}/USDT" for name in names], [f"{name}/USDT:USDT" for name in names]
        clients = [stock_client(exchange, base_url) for exchange in EXCHANGES]
        await asyncio.gather(*(client.load_markets() for client in clients))
        wanted = {
            exchange: Wanted(
                instruments=[InstrumentRef(exchange=exchange, symbol=symbol) for symbol in (*spots, *futures)],
                settled_since={},
            )
            for exchange in EXCHANGES
        }
        sources = [
            CcxtSource(
                exchange=exchange,
                base_url=base_url,
                patience=Patience(answer_seconds=Decimal(60), listing_seconds=Decimal(60)),
                shelf=SetShelf(),
                clock=SystemClock(),
            )
            for exchange in EXCHANGES
        ]
        session = aiohttp.ClientSession()

        async def ours() -> None:
            answers = await asyncio.gather(*(source.fetch(wanted[source.exchange]) for source in sources))
            for answer in answers:
                assert any(isinstance(reading, MarketReading) for reading in answer.readings), answer.error

        async def stock() -> None:
            await asyncio.gather(*(stock_cycle(client, spots, futures) for client in clients))

        async def limit() -> None:
            async def get(path: str) -> Any:
                async with session.get(f"{base_url}/{path}") as response:
                    return orjson.loads(await response.read())

            paths = [path for found in PATHS.values() for path in found]
            await asyncio.gather(*(get(path) for path in (*paths, *MORE_PATHS)))

        for _ in range(2):  # markets, and MEXC's terms within its budget
            await ours()
        took = {
            "aiohttp + orjson, nothing read": await measure(limit),
            "ours": await measure(ours),
            "ccxt batch": await measure(stock),
        }
        for source in sources:
            source.client.timeout_on_exit = 1
        closing = [client.close() for client in clients] + [source.close() for source in sources]
        await asyncio.gather(*closing, session.close())
    print(f"{len(EXCHANGES)} exchanges x {LISTED} assets listed, {2 * WANTED_EACH} instruments wanted of each")
    for name, (wall, cpu, stall) in took.items():
        print(f"  {name:32} wall {wall:7.0f} ms   CPU {cpu:7.0f} ms   longest stall {stall:6.0f} ms")
    (_, cpu, stall), (_, stock_cpu, stock_stall) = took["ours"], took["ccxt batch"]
    print(f"  CPU {stock_cpu / cpu:.1f} x below ccxt batch (goal: 6)")
    print(f"  stall {stock_stall / stall:.1f} x shorter (goal: 8), {stall:.0f} ms (goal: 80 at most)")


if __name__ == "__main__":
    asyncio.run(main())
