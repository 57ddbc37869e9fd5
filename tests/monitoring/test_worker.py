"""The clock itself: it starts jobs, and a stop at any moment lets what runs end."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from random import SystemRandom

from hedgewatch.bootstrap.watching import Watching
from hedgewatch.monitoring.collect import Collector
from hedgewatch.monitoring.cycle import MonitorCycle, Watch
from hedgewatch.monitoring.delivery import Deliverer
from hedgewatch.monitoring.routing import Routing
from hedgewatch.storage.memory import MemoryStore
from hedgewatch.worker import SystemClock, Worker
from tests.domain.samples import FUTURES, SPOT, hedge, leg
from tests.monitoring.sources import QuotedExchange, SteppedClock

BOOKS = {SPOT.symbol: ("59999.5", "60000.5"), FUTURES.symbol: ("60019.5", "60020.5")}


def watching() -> Watching:
    clock = SystemClock()
    watch = Watch(
        hedges=(hedge(leg("-5")),),
        exchange_rules={},
        routing=Routing(channels={}),
        poll_seconds=Decimal(1),
        dashboard_url="http://127.0.0.1:8710",
    )
    store = MemoryStore()
    exchange = QuotedExchange(exchange="binance", clock=SteppedClock(), books=dict(BOOKS))
    collector = Collector([exchange], deadline_seconds=Decimal(1), clock=clock)
    cycle = MonitorCycle(watch, collector=collector, store=store, clock=clock)
    return Watching(watch=watch, cycle=cycle, deliverer=Deliverer(store, [], clock, SystemRandom()), clock=clock)


async def test_a_stop_waits_for_a_job_that_starts_while_another_one_ends() -> None:
    worker = Worker(watching())
    worker._schedule.start()
    second_runs, ended = asyncio.Event(), []

    async def first() -> None:
        await second_runs.wait()

    async def second() -> None:
        second_runs.set()
        for _ in range(10):
            await asyncio.sleep(0)
        ended.append("second")

    running = asyncio.create_task(worker._guard(first)())
    await asyncio.sleep(0)
    handed_out = asyncio.create_task(worker._guard(second)())  # as the scheduler does: it runs only at the next step
    await worker._drain()
    assert ended == ["second"], "shutting down cancels what still runs, with a traceback"
    await asyncio.gather(running, handed_out)
