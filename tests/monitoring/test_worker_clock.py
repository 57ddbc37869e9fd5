"""The clock of the worker: it keeps its pace whatever becomes of the machine's own."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta, tzinfo
from decimal import Decimal
from random import SystemRandom
from typing import Self

import apscheduler.schedulers.base
import pytest

from hedgewatch.bootstrap.watching import Watching
from hedgewatch.monitoring.collect import Collector
from hedgewatch.monitoring.cycle import CycleResult, MonitorCycle, Watch
from hedgewatch.monitoring.delivery import Deliverer
from hedgewatch.monitoring.routing import Routing
from hedgewatch.schedule import Every
from hedgewatch.storage.memory import MemoryStore, SoleLease
from hedgewatch.worker import Worker

POLL = Decimal("0.1")
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


class WallClock:
    """A machine whose wall clock is set while the daemon runs; its monotonic clock cannot be."""

    def __init__(self) -> None:
        self.ahead = timedelta(0)

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def monotonic(self) -> Decimal:
        return Decimal(time.monotonic_ns()) / 1_000_000_000


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> WallClock:
    """A wall clock that APScheduler reads as well: it knows no other way to be told the time."""
    wall = WallClock()

    class Told(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Self:
            return cls.fromtimestamp(wall.now().timestamp(), tz)

    monkeypatch.setattr(apscheduler.schedulers.base, "datetime", Told)
    return wall


def nothing_to_watch(clock: WallClock) -> Watching:
    store = MemoryStore()
    watch = Watch(hedges=(), exchange_rules={}, routing=Routing(), poll_seconds=POLL, dashboard_url="http://127.0.0.1")
    collector = Collector((), deadline_seconds=POLL, clock=clock)
    cycle = MonitorCycle(watch, collector=collector, store=store, clock=clock)
    deliverer = Deliverer(store, (), clock, SystemRandom())
    return Watching(watch=watch, cycle=cycle, deliverer=deliverer, clock=clock, lease=SoleLease())


@pytest.mark.parametrize(
    "set_by",
    [timedelta(hours=1), timedelta(hours=-1), timedelta(days=400), timedelta(days=-400), timedelta(days=20_000)],
    ids=["an hour on", "an hour back", "400 days on", "400 days back", "from 1970 on a machine that kept no time"],
)
async def test_cycles_go_on_when_the_wall_clock_is_set(clock: WallClock, set_by: timedelta) -> None:
    if set_by > timedelta(days=10_000):
        clock.ahead = -set_by
    committed: asyncio.Queue[CycleResult] = asyncio.Queue()
    worker = Worker(nothing_to_watch(clock), on_cycle=committed.put_nowait)
    running = asyncio.create_task(worker.run())
    await cycles(committed, 3)
    clock.ahead += set_by
    started = time.monotonic()
    await cycles(committed, 6)
    lasted = time.monotonic() - started
    assert lasted < 5, "the clock's jump held the cycles up"
    assert lasted > 3 * POLL, "the jump brought a backlog of cycles"
    worker.stop()
    await running


async def cycles(committed: asyncio.Queue[CycleResult], number: int) -> None:
    async with asyncio.timeout(20):
        for _ in range(number):
            await committed.get()


@pytest.mark.parametrize(
    ("late", "following"),
    [
        (timedelta(0), timedelta(seconds=30)),
        (timedelta(seconds=29), timedelta(seconds=30)),
        (timedelta(seconds=30), timedelta(seconds=60)),
        (timedelta(seconds=100), timedelta(seconds=120)),
        (timedelta(days=400), timedelta(days=400, seconds=30)),
        (timedelta(seconds=-5), timedelta(seconds=30)),
    ],
)
def test_the_next_run_is_the_first_one_still_to_come(late: timedelta, following: timedelta) -> None:
    assert Every(timedelta(seconds=30)).get_next_fire_time(NOON, NOON + late) == NOON + following


def test_the_first_run_is_now() -> None:
    assert Every(timedelta(seconds=30)).get_next_fire_time(None, NOON) == NOON
