"""One exchange that hangs and one mail server that hangs: everybody else is on time."""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest

from hedgewatch.bootstrap.watching import Watching
from hedgewatch.domain.market import ExchangeAnswer, ExchangeOutcome
from hedgewatch.domain.thresholds import Severity
from hedgewatch.monitoring.collect import Collector
from hedgewatch.monitoring.cycle import CycleResult, MonitorCycle, Watch
from hedgewatch.monitoring.delivery import Deliverer
from hedgewatch.monitoring.ports import Delivery, Wanted
from hedgewatch.monitoring.routing import Routing
from hedgewatch.storage.memory import MemoryStore, SoleLease
from hedgewatch.worker import Worker
from tests.domain.samples import FUTURES, SPOT, hedge, leg
from tests.fault.virtual_loop import Machine, VirtualLoop, machines_told, run_virtually, utc
from tests.monitoring.sources import QuotedExchange

POLL = Decimal(30)
BOOKS = {SPOT.symbol: ("59999.5", "60000.5"), FUTURES.symbol: ("60019.5", "60020.5")}
HOURS = 2


@dataclass
class HungExchange:
    """Never answers anything."""

    exchange: str = "bybit"
    asked: int = 0

    async def fetch(self, wanted: Wanted) -> ExchangeAnswer:
        assert wanted
        self.asked += 1
        await asyncio.Event().wait()
        raise AssertionError("nobody waits for ever")

    async def close(self) -> None: ...


@dataclass
class TimedNotifier:
    """Takes everything at once, or (seconds) hangs until it is cut off."""

    channel: str
    loop: VirtualLoop
    hangs: bool = False
    deadline_seconds: Decimal = Decimal(11)
    taken: list[float] = field(default_factory=list)

    async def send(self, delivery: Delivery, now: object) -> None:
        assert now
        if self.hangs:
            await asyncio.Event().wait()
        self.taken.append(self.loop.awake)
        assert delivery.payload

    async def close(self) -> None: ...


class Impatient(Collector):
    """A mutant: it asks one after the other, and waits for the hung one anew in every cycle."""

    async def collect_all(self, *questions: Any) -> Any:
        answers = await super().collect_all(*questions)
        await asyncio.sleep(100)
        return answers


async def watched(
    loop: VirtualLoop, kind: type[Collector], machines: list[Machine]
) -> tuple[list[float], list[float], list[float], bool]:
    """Watch for two hours; return the cycles' gaps, what the good channel waited, when, and whether one was blind."""
    machine = Machine(loop, utc("2026-11-24T12:00:00"))
    machines.append(machine)
    watch = Watch(
        hedges=(hedge(leg("-4.8")),),
        exchange_rules={},
        routing=Routing(channels=dict.fromkeys(Severity, ("good", "dead"))),
        poll_seconds=POLL,
        dashboard_url="http://127.0.0.1:8710",
        channels=("good", "dead"),
    )
    store = MemoryStore()
    exchange = QuotedExchange(exchange="binance", clock=machine, books=dict(BOOKS))  # type: ignore[arg-type]
    collector = kind([exchange, HungExchange()], deadline_seconds=Decimal(10), clock=machine)  # type: ignore[arg-type]
    cycle = MonitorCycle(watch, collector=collector, store=store, clock=machine)
    cycle._by_exchange = {**cycle._by_exchange, "bybit": ()}  # it is asked as well, and never answers
    good, dead = TimedNotifier("good", loop), TimedNotifier("dead", loop, hangs=True)
    deliverer = Deliverer(store, (good, dead), machine, random.Random(1))  # noqa: S311  the same jitter every time
    started: list[float] = []
    results: list[CycleResult] = []

    def note(result: CycleResult) -> None:
        started.append(loop.awake)
        results.append(result)

    watching = Watching(watch=watch, cycle=cycle, deliverer=deliverer, clock=machine, lease=SoleLease())
    worker = Worker(watching, on_cycle=note)
    running = asyncio.create_task(worker.run())
    await asyncio.sleep(HOURS * 3600)
    worker.stop()
    await running
    await deliverer.drain(Decimal(1))
    made = [loop.awake - (machine.now() - kept.delivery.made_at).total_seconds() for kept in store.deliveries.values()]
    waits = [min(abs(at - one) for one in made) for at in good.taken]
    gaps = [after - before for before, after in pairwise([*started, loop.awake])]
    blind = all(one.answers["bybit"].outcome is ExchangeOutcome.FAILED for one in results)
    return gaps, waits, good.taken, blind


def test_what_hangs_holds_up_nobody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    machines = machines_told(monkeypatch)
    gaps, waits, taken, is_told = run_virtually(lambda loop: watched(loop, Collector, machines))
    late = sorted(gaps)[int(0.99 * len(gaps))]
    print(f"hung: {len(gaps)} polls, p99 {late:.1f} s of {POLL} s, {len(taken)} alerts, slowest {max(waits):.1f} s")  # noqa: T201
    assert late < 1.2 * float(POLL)
    assert len(gaps) >= HOURS * 3600 / float(POLL)
    assert taken
    assert max(waits) < 1
    assert is_told


def test_the_fault_test_sees_a_worker_that_waits_for_the_hung_one(monkeypatch: pytest.MonkeyPatch) -> None:
    machines = machines_told(monkeypatch)
    gaps, *_ = run_virtually(lambda loop: watched(loop, Impatient, machines))
    assert sorted(gaps)[int(0.99 * len(gaps))] >= 1.2 * float(POLL)
