"""One poll cycle of 500 symbols: ccxt's loops, ccxt's batch calls, ours, and the limit (aiohttp + orjson).

Run: python tests/benchmarks/bench_cycle.py. Only the ratios of one run count.
"""

from __future__ import annotations

import asyncio
import gc
import statistics
import time
from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any

import aiohttp
import ccxt.async_support
import orjson
from listed import BINANCE_BOOKS, SetShelf, SystemClock, listed_server

from hedgewatch.domain.instrument import InstrumentRef
from hedgewatch.domain.market import MarketReading
from hedgewatch.exchanges.source import CcxtSource, Patience
from hedgewatch.monitoring.ports import Wanted

SYMBOLS = 500
ROUNDS = 15
LOOP_ROUNDS = 2
SOON_CLOSED = 1

Question = Callable[[], Awaitable[Any]]


async def measure(question: Question, rounds: int) -> float:
    """Return the median milliseconds of a question after one to warm up."""
    await question()
    took = []
    for _ in range(rounds):
        gc.collect()
        started = time.perf_counter()
        await question()
        took.append((time.perf_counter() - started) * 1000)
    return statistics.median(took)


async def stock_client(base_url: str) -> Any:
    client = ccxt.async_support.binance(
        {"enableRateLimit": False, "options": {"fetchMarkets": {"types": ["spot", "linear"]}}}
    )
    client.timeout_on_exit = SOON_CLOSED
    for name, url in client.urls["api"].items():
        if isinstance(url, str):
            client.urls["api"][name] = url.replace("https://", f"{base_url}/")
    await client.load_markets()
    return client


async def main() -> None:
    """Measure and print."""
    spots = [f"A{number:04d}/USDT" for number in range(SYMBOLS)]
    futures = [f"{symbol}:USDT" for symbol in spots]
    async with listed_server(SYMBOLS) as base_url:
        client = await stock_client(base_url)
        source = CcxtSource(
            exchange="binance",
            base_url=base_url,
            patience=Patience(answer_seconds=Decimal(30), listing_seconds=Decimal(30)),
            shelf=SetShelf(),
            clock=SystemClock(),
        )
        source.client.timeout_on_exit = SOON_CLOSED
        wanted = Wanted(
            instruments=[InstrumentRef(exchange="binance", symbol=symbol) for symbol in (*spots, *futures)],
            settled_since={},
        )
        session = aiohttp.ClientSession()

        def per_symbol() -> list[Awaitable[Any]]:
            return [
                *(client.fetch_ticker(symbol) for symbol in spots),
                *(client.fetch_bids_asks([symbol]) for symbol in futures),
                *(client.fetch_funding_rate(symbol) for symbol in futures),
            ]

        async def sequential() -> None:
            for question in per_symbol():
                await question

        async def gathered() -> None:
            await asyncio.gather(*per_symbol())

        async def batch() -> None:
            await asyncio.gather(
                client.fetch_bids_asks(None, {"type": "spot"}),
                client.fetch_bids_asks(futures),
                client.fetch_funding_rates(futures),
            )

        async def ours() -> None:
            answer = await source.fetch(wanted)
            assert all(isinstance(reading, MarketReading) for reading in answer.readings), answer.error

        async def limit() -> None:
            async def get(path: str) -> Any:
                async with session.get(base_url + path) as response:
                    return orjson.loads(await response.read())

            await asyncio.gather(*(get(path) for path in BINANCE_BOOKS))

        took = {
            "aiohttp + orjson (limit)": await measure(limit, ROUNDS),
            "ours": await measure(ours, ROUNDS),
            "ccxt batch": await measure(batch, ROUNDS),
            "ccxt per symbol, gathered": await measure(gathered, LOOP_ROUNDS),
            "ccxt per symbol, sequential": await measure(sequential, LOOP_ROUNDS),
        }
        await asyncio.gather(client.close(), source.close(), session.close())
    own = took["ours"]
    print(f"One cycle of {SYMBOLS} symbols (spot book, futures book, funding), median ms; the throttle of ccxt off")
    for name, milliseconds in took.items():
        print(f"  {name:30} {milliseconds:9.1f}   {milliseconds / own:7.2f} x ours")
    print(f"  ours is {own / took['aiohttp + orjson (limit)']:.1f} x the limit (goal: 5 at most, 2 by own decoding)")
    print(f"  ours is {took['ccxt per symbol, sequential'] / own:.0f} x faster than the loop (goal: 30, 100)")


if __name__ == "__main__":
    asyncio.run(main())
