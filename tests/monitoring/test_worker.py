"""The clock itself: it starts jobs, and a stop at any moment lets what runs end."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from random import SystemRandom

import pytest

from hedgewatch.bootstrap.watching import Watching
from hedgewatch.domain.errors import LeaseLostError, StoreUnavailableError
from hedgewatch.monitoring.collect import Collector
from hedgewatch.monitoring.cycle import CycleResult, MonitorCycle, Watch
from hedgewatch.monitoring.delivery import Deliverer
from hedgewatch.monitoring.leading import Lease, Tenure
from hedgewatch.monitoring.ports import CycleRecord
from hedgewatch.monitoring.routing import Routing
from hedgewatch.monitoring.supervision import NoOverseer
from hedgewatch.storage.memory import MemoryStore, SoleLease
from hedgewatch.worker import SystemClock, Worker
from tests.domain.samples import FUTURES, SPOT, hedge, leg
from tests.monitoring.sources import QuotedExchange, SteppedClock

BOOKS = {SPOT.symbol: ("59999.5", "60000.5"), FUTURES.symbol: ("60019.5", "60020.5")}


class GivenLease:
    """A lease that is given and taken by the test."""

    name, renew_seconds = "here", Decimal("0.05")

    def __init__(self) -> None:
        self.epoch: int | None = None
        self.held = asyncio.Event()

    async def hold(self) -> Tenure:
        self.held.set()
        return Tenure(holder="here" if self.epoch else "elsewhere", epoch=self.epoch or 1, is_mine=bool(self.epoch))

    async def release(self) -> None:
        self.epoch = None


class Overtaken(MemoryStore):
    """A store in which another worker has taken over by the time a cycle is to be stored."""

    def __init__(self, lease: GivenLease) -> None:
        super().__init__()
        self.lease = lease

    async def record(self, cycle: CycleRecord) -> None:
        self.lease.epoch = None
        raise LeaseLostError(f"another worker leads: the cycle of {cycle.read_at} is not stored")


def watching(lease: Lease | None = None, store: MemoryStore | None = None, poll: Decimal = Decimal(1)) -> Watching:
    clock = SystemClock()
    watch = Watch(
        hedges=(hedge(leg("-5")),),
        exchange_rules={},
        routing=Routing(channels={}),
        poll_seconds=poll,
        dashboard_url="http://127.0.0.1:8710",
    )
    store = store or MemoryStore()
    exchange = QuotedExchange(exchange="binance", clock=SteppedClock(), books=dict(BOOKS))
    collector = Collector([exchange], deadline_seconds=Decimal(1), clock=clock)
    cycle = MonitorCycle(watch, collector=collector, store=store, clock=clock)
    deliverer = Deliverer(store, [], clock, SystemRandom())
    return Watching(watch=watch, cycle=cycle, deliverer=deliverer, clock=clock, lease=lease or SoleLease())


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


async def test_a_worker_polls_only_while_it_leads_and_at_once_when_it_begins_to() -> None:
    lease, store = GivenLease(), MemoryStore()
    committed: asyncio.Queue[CycleResult] = asyncio.Queue()
    worker = Worker(watching(lease, store, poll=Decimal("0.05")), on_cycle=committed.put_nowait)
    running = asyncio.create_task(worker.run())
    async with asyncio.timeout(10):
        for _ in range(3):
            lease.held.clear()
            await lease.held.wait()
        assert (worker.cycles, store.cycles) == (0, [])
        lease.epoch = 2
        await committed.get()
        await committed.get()
    worker.stop()
    await running


async def test_the_first_cycle_does_not_wait_for_the_next_poll() -> None:
    lease = GivenLease()
    committed: asyncio.Queue[CycleResult] = asyncio.Queue()
    worker = Worker(watching(lease, poll=Decimal(600)), on_cycle=committed.put_nowait)
    running = asyncio.create_task(worker.run())
    async with asyncio.timeout(10):
        await lease.held.wait()
        lease.epoch = 2
        await committed.get()
    worker.stop()
    await running


async def test_a_worker_that_was_overtaken_stands_down_and_goes_on() -> None:
    lease = GivenLease()
    lease.epoch = 1
    worker = Worker(watching(lease, Overtaken(lease), poll=Decimal("0.05")))
    running = asyncio.create_task(worker.run())
    async with asyncio.timeout(10):
        for _ in range(3):
            lease.held.clear()
            await lease.held.wait()
    assert lease.epoch is None
    assert (worker.cycles, running.done()) == (0, False)
    worker.stop()
    await running


class Listener(NoOverseer):
    """An overseer that keeps what it is told."""

    def __init__(self) -> None:
        self.told: asyncio.Queue[tuple[str, str]] = asyncio.Queue()

    def ready(self, words: str) -> None:
        self.told.put_nowait(("ready", words))

    def alive(self, words: str) -> None:
        self.told.put_nowait(("alive", words))


async def test_a_standby_is_ready_and_alive_for_whoever_started_it() -> None:
    listener = Listener()
    worker = Worker(watching(GivenLease(), poll=Decimal(600)), overseer=listener)
    running = asyncio.create_task(worker.run())
    async with asyncio.timeout(10):
        told = [await listener.told.get() for _ in range(2)]
    assert told == [("ready", "standing by for elsewhere"), ("alive", "standing by for elsewhere")]
    worker.stop()
    await running


class StuckLease(GivenLease):
    """A lease whose database does not answer."""

    async def hold(self) -> Tenure:
        raise StoreUnavailableError("storage: no answer")


async def test_a_standby_that_cannot_ask_who_leads_is_not_called_alive() -> None:
    listener = Listener()
    worker = Worker(watching(StuckLease(), poll=Decimal("0.05")), overseer=listener)
    running = asyncio.create_task(worker.run())
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(1.5):
            await listener.told.get()
    worker.stop()
    await running
