"""Resident memory of a worker's parts after many cycles, five exchanges of 4,000 markets, beside the stock library.

Run: python tests/benchmarks/bench_memory.py [cycles] [stock cycles]. Each runs in a process of its own.
"""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from bench_stall import stock_client, stock_cycle
from listed import SystemClock, listed_server
from program import EXCHANGES, PROJECT, environment, write_configuration

from hedgewatch.bootstrap.watching import watching
from hedgewatch.settings.load import load_settings

LISTED = 2_000  # assets: spot and perpetual are 4,000 markets
CYCLES, STOCK_CYCLES = 300, 20
WARM_SHARE = 5  # the first fifth is growing up


def resident() -> float:
    """Return this process's resident memory in MB."""
    status = Path("/proc/self/status").read_text()
    found = re.search(r"VmRSS:\s+(\d+) kB", status)
    return int(found[1]) / 1024 if found else 0.0


async def ours(config: str, cycles: int) -> tuple[float, float]:
    """Return MB after the first fifth of the cycles and after all of them."""
    warm = 0.0
    async with watching(load_settings(Path(config), {}), os.environ, SystemClock()) as part:
        for source in part.cycle._collector._sources.values():
            source.client.enableRateLimit = False  # type: ignore[attr-defined]  # hours of polls in minutes
        for number in range(cycles):
            await part.cycle.run()
            if number == cycles // WARM_SHARE:
                warm = resident()
        return warm, resident()


async def stock(base_url: str, cycles: int) -> tuple[float, float]:
    """The same facts by the library's batch calls."""
    clients = [stock_client(exchange, base_url) for exchange in EXCHANGES]
    await asyncio.gather(*(client.load_markets() for client in clients))
    warm = 0.0
    for number in range(cycles):
        await asyncio.gather(*(stock_cycle(client, ["ETH/USDT"], ["ETH/USDT:USDT"]) for client in clients))
        if number == cycles // WARM_SHARE:
            warm = resident()
    found = warm, resident()
    await asyncio.gather(*(client.close() for client in clients))
    return found


def measured(kind: str, place: str, cycles: int) -> tuple[float, float]:
    """Measure in a process of its own."""
    command = [sys.executable, __file__, kind, place, str(cycles)]
    told = subprocess.run(command, check=True, cwd=PROJECT, env=environment(), stdout=subprocess.PIPE, text=True)
    warm, end = told.stdout.split()[-2:]
    return float(warm), float(end)


async def main(cycles: int, stock_cycles: int) -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        async with listed_server(LISTED, latency=0) as base_url:
            config = write_configuration(Path(folder), base_url)
            own = await asyncio.to_thread(measured, "ours", str(config), cycles)
            other = await asyncio.to_thread(measured, "stock", base_url, stock_cycles)
    slope = (own[1] - own[0]) / (cycles - cycles // WARM_SHARE) * 1000
    print(f"Resident memory, {len(EXCHANGES)} exchanges of {2 * LISTED} markets, MB")
    for name, (warm, end), count in (("ours", own, cycles), ("ccxt batch", other, stock_cycles)):
        print(f"  {name:12} {warm:6.0f} after {count // WARM_SHARE} cycles, {end:6.0f} after {count}")
    print(f"  {other[1] / own[1]:.1f} x below (goal: 3), {own[1]:.0f} MB (goal: 150 at most)")
    print(f"  {slope:+.1f} MB in 1,000 cycles (goal: 0)")


if __name__ == "__main__":
    if len(sys.argv) > 1 and sys.argv[1] in {"ours", "stock"}:
        work = ours if sys.argv[1] == "ours" else stock
        print(*asyncio.run(work(sys.argv[2], int(sys.argv[3]))))
    else:
        given = [int(text) for text in sys.argv[1:]]
        asyncio.run(main(*(given + [CYCLES, STOCK_CYCLES][len(given) :])))
