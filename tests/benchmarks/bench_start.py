"""Start of the process to its first committed cycle, five exchanges of 4,000 markets, against import + load_markets.

Run: python tests/benchmarks/bench_start.py. Bytecode is written before; the exchanges are in another process.
"""

from __future__ import annotations

import asyncio
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from listed import listed_server
from program import EXCHANGES, PROJECT, compile_package, environment, took, write_configuration

LISTED = 4_000
ROUNDS = 3
STOCK = """
import asyncio, sys
sys.path.insert(0, "tests/benchmarks")
from bench_stall import EXCHANGES, stock_client
async def main():
    clients = [stock_client(name, sys.argv[1]) for name in EXCHANGES]
    await asyncio.gather(*(client.load_markets() for client in clients))
    print(sum(len(client.markets) for client in clients))
    await asyncio.gather(*(client.close() for client in clients))
asyncio.run(main())
"""


def first_commit(config: Path) -> float:
    """Start a worker and return the seconds from then to the first committed cycle; every exchange must be in it."""
    database = config.parent / "bench.db"
    started_at = time.time()
    command = [sys.executable, "-m", "hedgewatch", "--config", str(config), "worker", "--log-format", "json"]
    process = subprocess.Popen(command, cwd=PROJECT, env=environment(), stderr=subprocess.DEVNULL)
    try:
        while time.time() < started_at + 60:
            rows = _cycle_since(database, started_at)
            if rows:
                assert {outcome for _, outcome in rows} == {"ok"}, rows
                assert len(rows) == len(EXCHANGES)
                return float(rows[0][0]) / 1000 - started_at
            time.sleep(0.02)
    finally:
        process.terminate()
        process.wait()
    raise SystemExit("no cycle was committed within a minute")


def _cycle_since(database: Path, started_at: float) -> list[tuple[int, str]]:
    if not database.exists():
        return []
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    try:
        question = "SELECT committed_at_ms, outcome FROM cycle_history WHERE started_at_ms >= ?"
        return connection.execute(question, (int(started_at * 1000),)).fetchall()
    except sqlite3.OperationalError:  # the schema is still being made
        return []
    finally:
        connection.close()


def measure(base_url: str) -> None:
    """Measure and print."""
    compile_package()
    with tempfile.TemporaryDirectory() as folder:
        config = write_configuration(Path(folder), base_url)
        stock = statistics.median(took("-c", STOCK, base_url) for _ in range(ROUNDS))
        bare = statistics.median(took("-c", "import ccxt.async_support") for _ in range(ROUNDS))
        first = first_commit(config)
        again = statistics.median(first_commit(config) for _ in range(ROUNDS))
    print(f"Start to first committed cycle, {len(EXCHANGES)} exchanges of {LISTED} markets, seconds")
    print(f"  import ccxt alone                  {bare:6.2f}   {bare / again:5.2f} x ours")
    print(f"  ccxt: import and load_markets      {stock:6.2f}   {stock / again:5.2f} x ours")
    print(f"  ours, first start (new database)   {first:6.2f}")
    print(f"  ours, with stored markets          {again:6.2f}")
    print(f"  ours is {stock / again:.1f} x faster (goal: 4) and takes {again:.2f} s (goal: 2 at most)")


async def main() -> None:
    """Serve the exchanges and measure beside them."""
    async with listed_server(LISTED, latency=0) as base_url:
        await asyncio.to_thread(measure, base_url)


if __name__ == "__main__":
    asyncio.run(main())
