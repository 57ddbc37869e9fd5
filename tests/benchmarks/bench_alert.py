"""Alert latency: from the last answer of an exchange to the verified signed POST, the outbox durable in between.

Run: python tests/benchmarks/bench_alert.py [rounds]. 250 hedges of 500 instruments, one of which has drifted; judging
and storing all of them is inside. Beside it: ccxt's batch calls on the same answers and a POST, nothing stored.
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
from listed import SystemClock, listed_server

from hedgewatch.bootstrap.watching import Watching, watching
from hedgewatch.exchanges.door import Door
from hedgewatch.settings.load import load_settings
from hedgewatch.simulator.receiver import WebhookReceiver

HEDGES = 250
ROUNDS = 40
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
[rules.drift]
for = 1
channels = ["desk"]
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
position = {{ coins = {coins}, entry_basis = 0 }}
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


def configured(folder: Path, number: int, base_url: str, url: str) -> Path:
    path = folder / f"{number}.toml"
    hedges = (HEDGE.format(number=each, coins="-0.5" if each < number else "-1") for each in range(HEDGES))
    path.write_text(HEAD.format(folder=folder, base_url=base_url, url=url) + "".join(hedges))
    path.chmod(0o600)
    return path


async def one_alert(part: Watching, receiver: WebhookReceiver) -> float:
    """Run a cycle that finds one more drift for the first time; return the milliseconds until it was received."""
    (source,) = part.cycle._collector._exchanges.sources.values()
    await part.cycle.look()
    answers, before = Answers(source.door), len(receiver.received)  # type: ignore[attr-defined]  # a CcxtSource
    await part.cycle.run()
    await part.deliverer.deliver_due()
    assert len(receiver.received) > before
    return (receiver.received[before].at - answers.last_at) * 1000


async def ours(folder: Path, base_url: str, rounds: int) -> list[float]:
    took = []
    async with WebhookReceiver(SECRET) as receiver:
        for number in range(1, rounds + 1):  # each round one more hedge has drifted; the store remembers the others
            settings = load_settings(configured(folder, number, base_url, receiver.url), {"BENCH_SECRET": SECRET})
            async with watching(settings, {"BENCH_SECRET": SECRET}, SystemClock()) as furnished:
                took.append(await one_alert(furnished.watching, receiver))
    return took[1:]


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
    print(told("ours: measured, judged, stored, signed", own))
    ratio = statistics.median(own) / statistics.median(baseline)
    print(f"  ours takes {ratio:.1f} x the time of ccxt batch (goal: less than 1; p50 10 ms, p99 40 ms at most)")


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS))
