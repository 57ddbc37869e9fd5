"""Resident memory of a worker's parts after many cycles, five exchanges of 4,000 markets, beside the stock library.

Run: python tests/benchmarks/bench_memory.py [cycles] [stock cycles]. Each runs in a process of its own.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import tempfile
from pathlib import Path

from listed import listed_server
from program import EXCHANGES, PROJECT, environment, write_configuration

LISTED = 2_000  # assets: spot and perpetual are 4,000 markets
CYCLES, STOCK_CYCLES = 300, 20
WARM_SHARE = 5  # the first fifth is growing up


RESIDENT = """
import asyncio, os, re, sys
from pathlib import Path
def resident():
    return int(re.search(r"VmRSS:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1]) / 1024
warm, cycles = 0.0, int(sys.argv[2])
"""
OURS = (
    RESIDENT
    + """
from hedgewatch.bootstrap.watching import watching
from hedgewatch.monitoring.garbage import settle_down
from hedgewatch.settings import load_settings
from hedgewatch.worker import SystemClock
async def main():
    global warm
    async with watching(load_settings(Path(sys.argv[1]), {}), os.environ, SystemClock()) as furnished:
        part = furnished.watching
        for source in part.cycle._collector._exchanges.sources.values():
            source.client.enableRateLimit = False  # hours of polls in minutes
        settle_down()  # as a worker does
        for number in range(cycles):
            await part.lease.hold()
            await part.cycle.run()
            if number == cycles // 5:
                warm = resident()
        print(warm, resident())
asyncio.run(main())
"""
)
STOCK = (
    RESIDENT
    + """
sys.path.insert(0, "tests/benchmarks")
from bench_stall import EXCHANGES, stock_client, stock_cycle
async def main():
    global warm
    clients = [stock_client(exchange, sys.argv[1]) for exchange in EXCHANGES]
    await asyncio.gather(*(client.load_markets() for client in clients))
    for number in range(cycles):
        await asyncio.gather(*(stock_cycle(client, ["ETH/USDT"], ["ETH/USDT:USDT"]) for client in clients))
        if number == cycles // 5:
            warm = resident()
    print(warm, resident())
    await asyncio.gather(*(client.close() for client in clients))
asyncio.run(main())
"""
)


def measured(program: str, place: str, cycles: int) -> tuple[float, float]:
    """Measure in a process of its own."""
    command = [sys.executable, "-c", program, place, str(cycles)]
    told = subprocess.run(command, check=True, cwd=PROJECT, env=environment(), stdout=subprocess.PIPE, text=True)
    warm, end = told.stdout.split()[-2:]
    return float(warm), float(end)


async def main(cycles: int, stock_cycles: int) -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        async with listed_server(LISTED, latency=0) as base_url:
            config = write_configuration(Path(folder), base_url)
            own = await asyncio.to_thread(measured, OURS, str(config), cycles)
            other = await asyncio.to_thread(measured, STOCK, base_url, stock_cycles)
    slope = (own[1] - own[0]) / (cycles - cycles // WARM_SHARE) * 1000
    print(f"Resident memory, {len(EXCHANGES)} exchanges of {2 * LISTED} markets, MB")
    for name, (warm, end), count in (("ours", own, cycles), ("ccxt batch", other, stock_cycles)):
        print(f"  {name:12} {warm:6.0f} after {count // WARM_SHARE} cycles, {end:6.0f} after {count}")
    print(f"  {other[1] / own[1]:.1f} x below (goal: 3), {own[1]:.0f} MB (goal: 150 at most)")
    print(f"  {slope:+.1f} MB in 1,000 cycles (goal: 0)")


if __name__ == "__main__":
    given = [int(text) for text in sys.argv[1:]]
    asyncio.run(main(*(given + [CYCLES, STOCK_CYCLES][len(given) :])))
