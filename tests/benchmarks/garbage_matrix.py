"""The garbage matrix in full: every spoilt body on every question, by our sources and by the stock library.

Run: python -m tests.benchmarks.garbage_matrix [every]. ``every`` 4 takes each fourth cell. Bad cells have a line each.
"""

from __future__ import annotations

import asyncio
import logging
import sys

from tests.exchanges.conftest import EXCHANGES
from tests.exchanges.matrix import run_exchange, simulated
from tests.exchanges.relay import relayed
from tests.exchanges.spoiling import SPOILS
from tests.exchanges.stock import run_stock
from tests.exchanges.tally import Tally


async def main(every: int) -> None:
    """Run everything and print it."""
    logging.disable()
    ours, stock = Tally(), Tally()
    async with simulated() as server:
        for exchange in EXCHANGES:
            tally = await run_exchange(exchange, server.base_url, every)
            print("\n    ".join([tally.line(f"ours, {exchange}"), *tally.bad]))
            ours.add(tally)
        for exchange in EXCHANGES:
            async with relayed(server.base_url) as relay:
                tally = await run_stock(exchange, relay, every)
            print(tally.line(f"stock, {exchange}"))
            stock.add(tally)
    print(ours.line(f"ours, {len(SPOILS)} kinds of body"))
    print(stock.line("the stock library"))


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 1))
