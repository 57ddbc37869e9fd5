"""Alert latency: from the last answer of an exchange to the verified signed POST, the outbox durable in between.

Run: python tests/benchmarks/bench_alert.py [rounds]. A worker watches 250 hedges of 500 instruments; in each round one
more future trades 10 % above spot for the first time. All are measured, judged and stored before the POST leaves.
Beside it: ccxt's batch calls on the same answers and a POST, nothing judged or stored.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import aiohttp
from bench_cycle import stock_client
from listed import RAISE, SystemClock, listed_server

from hedgewatch.bootstrap.watching import watching
from hedgewatch.exchanges.door import Door
from hedgewatch.monitoring.cycle import CycleResult, MonitorCycle
from hedgewatch.monitoring.garbage import settle_down
from hedgewatch.monitoring.ports import CycleRecord
from hedgewatch.settings.load import load_settings
from hedgewatch.simulator.receiver import WebhookReceiver

HEDGES = 250
ROUNDS = 40
WARM = 5
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYqrTwjU"
HEAD = """
[storage]
url = "sqlite:///{folder}/bench.db"
[exchanges.binance]
base_url = "{base_url}"
[channels.desk]
kind = "webhook"
url = "{url}"
secret = "env:BENCH_SECRET"
[rules.basis_adverse]
channels = ["desk"]
critical = {{ for = 0 }}
"""
HEDGE = """
[[holdings]]
name = "h{number}"
asset = "A{number:04d}"
quantity = 1
[[hedges]]
name = "h{number}"
asset = "A{number:04d}"
holdings = [{{ name = "h{number}" }}]
spot = "binance:A{number:04d}/USDT"
futures = "binance:A{number:04d}/USDT:USDT"
position = {{ coins = -1, entry_basis = 0 }}
"""


class Answers:
    """Remembers when the last answer arrived, before it is decoded."""

    def __init__(self, door: Door) -> None:
        self.last_at = 0.0
        self._decode = door.decode
        door.decode = self.note  # type: ignore[method-assign]  # a stopwatch around it

    def note(self, url: str, body: str) -> Any:
        self.last_at = time.time()
        return self._decode(url, body)


def configured(folder: Path, base_url: str, url: str) -> Path:
    path = folder / "bench.toml"
    hedges = (HEDGE.format(number=each) for each in range(HEDGES))
    path.write_text(HEAD.format(folder=folder, base_url=base_url, url=url) + "".join(hedges))
    path.chmod(0o600)
    return path


class Stages:
    """Remembers when a cycle was judged and when it was stored."""

    def __init__(self, cycle: MonitorCycle) -> None:
        self.judged_at = self.stored_at = 0.0
        self._record = cycle._store.record
        cycle._store.record = self.note  # type: ignore[method-assign]  # a stopwatch around it

    async def note(self, cycle: CycleRecord) -> None:
        self.judged_at = time.time()
        await self._record(cycle)
        self.stored_at = time.time()


async def ours(folder: Path, base_url: str, rounds: int) -> list[tuple[float, ...]]:
    """Return for each round the milliseconds until all was judged, stored, and received."""
    took: list[tuple[float, ...]] = []
    async with WebhookReceiver(SECRET) as receiver, aiohttp.ClientSession() as session:
        settings = load_settings(configured(folder, base_url, receiver.url), {"BENCH_SECRET": SECRET})
        async with watching(settings, {"BENCH_SECRET": SECRET}, SystemClock()) as furnished:
            part = furnished.watching
            await part.lease.hold()
            await part.cycle.look()  # which reads the market lists
            await asyncio.sleep(1)
            (source,) = furnished.parts.collector._exchanges.sources.values()
            answers, stages = Answers(source.door), Stages(part.cycle)  # type: ignore[attr-defined]  # a CcxtSource

            async def tell(result: CycleResult) -> None:
                if result.verdict.events:
                    await part.deliverer.deliver_due()

            settle_down()
            for number in range(-WARM, rounds):
                if number >= 0:
                    await (await session.get(f"{base_url}{RAISE}A{number:04d}USDT")).release()
                before = len(receiver.received)
                await part.cycle.run(tell)
                assert len(receiver.received) == before + (number >= 0)
                if number >= 0:
                    ends = (stages.judged_at, stages.stored_at, receiver.received[before].at)
                    took.append(tuple((end - answers.last_at) * 1000 for end in ends))
    return took


async def stock(base_url: str, rounds: int) -> list[float]:
    """What a script does with the library: batch calls, compare, POST; nothing is stored or signed."""
    client = await stock_client(base_url)
    spots = [f"A{number:04d}/USDT" for number in range(HEDGES)]
    futures = [f"{symbol}:USDT" for symbol in spots]
    took: list[float] = []
    stamps = [0.0]
    decode = client.on_json_response

    def note(body: str) -> Any:
        stamps[0] = time.time()
        return decode(body)

    client.on_json_response = note
    async with WebhookReceiver(SECRET) as receiver, aiohttp.ClientSession() as session:
        for _ in range(rounds):
            spot, future, rates = await asyncio.gather(
                client.fetch_bids_asks(spots, {"type": "spot"}),
                client.fetch_bids_asks(futures),
                client.fetch_funding_rates(futures),
            )
            found = [symbol for symbol in spots if spot[symbol]["bid"] < future[f"{symbol}:USDT"]["ask"]]
            async with session.post(receiver.url, json={"symbols": found[:1], "rates": len(rates)}) as answer:
                assert answer.status == 401  # unsigned: it arrived, which is all that is measured
            took.append((time.time() - stamps[0]) * 1000)
    await client.close()
    return took[1:]


def told(name: str, took: Sequence[float]) -> str:
    p50, p99 = statistics.median(took), statistics.quantiles(took, n=100)[98]
    return f"  {name:44} p50 {p50:7.1f} ms   p99 {p99:7.1f} ms   of {len(took)}"


async def main(rounds: int) -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        async with listed_server(HEDGES) as base_url:
            baseline = await stock(base_url, rounds)
            own = await ours(Path(folder), base_url, rounds)
    print(f"Last answer to received POST, {HEDGES} hedges of {2 * HEDGES} instruments")
    print(told("ccxt batch, nothing judged, stored or signed", baseline))
    for stage, name in enumerate(("ours: all decoded, measured, judged", "and stored", "and signed, sent, received")):
        print(told(name, [each[stage] for each in own]))
    ratio = statistics.median(each[-1] for each in own) / statistics.median(baseline)
    print(f"  ours takes {ratio:.1f} x the time of ccxt batch (goal: less than 1; p50 10 ms, p99 40 ms at most)")


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS))
