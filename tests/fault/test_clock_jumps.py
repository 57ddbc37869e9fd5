"""Whatever becomes of the clock: no poll is missed, nothing fires early or late, and a dead scheduler is replaced."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal
from itertools import pairwise

import pytest

from hedgewatch.bootstrap.watching import Watching
from hedgewatch.domain.alert import EventType
from hedgewatch.domain.thresholds import Severity
from hedgewatch.monitoring.collect import Collector
from hedgewatch.monitoring.cycle import CycleResult, MonitorCycle, Watch
from hedgewatch.monitoring.delivery import Deliverer
from hedgewatch.monitoring.routing import Routing
from hedgewatch.storage.memory import MemoryStore, SoleLease
from hedgewatch.worker import Worker
from tests.domain.samples import AT_ONCE, FUTURES, SETTINGS, SPOT, hedge, leg, level, seconds
from tests.fault.killing import SEED
from tests.fault.virtual_loop import Machine, VirtualLoop, machines_told, run_virtually, utc
from tests.monitoring.sources import QuotedExchange

POLL = Decimal(30)
PATIENCE = 600  # seconds that the hedge must have drifted
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
BOOKS = {SPOT.symbol: ("59999.5", "60000.5"), FUTURES.symbol: ("60019.5", "60020.5")}
WINTER = "2026-11-24T12:00:00"
DRIFT = replace(
    SETTINGS["drift"], levels={Severity.WARNING: level("0.02", "0.015", seconds(PATIENCE))}, keep_firing_for=AT_ONCE
)


@dataclass
class Scene:
    """One worker in virtual time, and when its cycles began: seconds awake."""

    machine: Machine
    worker: Worker
    loop: VirtualLoop
    started: list[float] = field(default_factory=list)
    fired: list[float] = field(default_factory=list)


Deed = Callable[[Scene], None]


def set_by(jump: timedelta) -> Deed:
    return lambda scene: scene.machine.set_by(jump)


def sleep(lasted: timedelta, *, counts: bool) -> Deed:
    return lambda scene: scene.machine.sleep(lasted, counts=counts)


def lose_timer(scene: Scene) -> None:
    """What a failed job store does: the scheduler says that it runs, and starts nothing ever again."""
    scheduler = scene.worker._schedule.scheduler
    scheduler._stop_timer()
    scheduler.wakeup = lambda: None


def end_scheduler(scene: Scene) -> None:
    scene.worker._schedule.scheduler.shutdown(wait=False)


def shaken(scene: Scene) -> None:
    """Set the clock about at random, again and again."""
    chance = random.Random(SEED)  # noqa: S311  a seed that can be told, not a secret

    def shake() -> None:
        scene.machine.set_by(timedelta(seconds=chance.choice((-1, 1)) * chance.choice((1, 30, 3_600, 86_400))))
        scene.loop.call_later(chance.uniform(5, 200), shake)

    shake()


# A zone's summer time moves no clock that we read: these cases begin minutes before it does.
CASES: Mapping[str, tuple[str, Deed]] = {
    "a second on": (WINTER, set_by(timedelta(seconds=1))),
    "a second back": (WINTER, set_by(timedelta(seconds=-1))),
    "an hour on": (WINTER, set_by(HOUR)),
    "an hour back": (WINTER, set_by(-HOUR)),
    "a day on": (WINTER, set_by(DAY)),
    "a day back": (WINTER, set_by(-DAY)),
    "summer time begins": ("2026-03-29T00:50:00", lambda _: None),
    "summer time ends": ("2026-10-25T00:50:00", lambda _: None),
    "summer time kept by hand": ("2026-10-25T00:50:00", set_by(-HOUR)),
    "a leap second": ("2026-12-31T23:50:00", set_by(timedelta(seconds=-1))),
    "asleep for 3 h": (WINTER, sleep(3 * HOUR, counts=False)),
    "asleep for 3 h by a clock that counts them": (WINTER, sleep(3 * HOUR, counts=True)),
    "shaken": (WINTER, shaken),
    "a scheduler without its timer": (WINTER, lose_timer),
    "a scheduler that ended": (WINTER, end_scheduler),
}


# The supervisor hears of a dead scheduler by its silence: deliveries are missed first, after 5 s.
SLACK = {lose_timer: 7.0, end_scheduler: 7.0}


class Unsupervised(Worker):
    """A mutant: nobody looks whether the scheduler starts anything."""

    def _look_after(self, monotonic: Decimal) -> None: ...


class WallTimed(Machine):
    """A mutant's machine: durations are taken from the wall clock."""

    def monotonic(self) -> Decimal:
        return Decimal(repr(self.now().timestamp()))


@pytest.fixture
def machines(monkeypatch: pytest.MonkeyPatch) -> list[Machine]:
    return machines_told(monkeypatch)


def watching(machine: Machine) -> Watching:
    drifted = hedge(leg("-4.8"))
    watch = Watch(
        hedges=(replace(drifted, rules={**drifted.rules, "drift": DRIFT}),),
        exchange_rules={},
        routing=Routing(),
        poll_seconds=POLL,
        dashboard_url="http://127.0.0.1:8710",
    )
    store = MemoryStore()
    exchange = QuotedExchange(exchange="binance", clock=machine, books=dict(BOOKS))  # type: ignore[arg-type]
    collector = Collector([exchange], deadline_seconds=Decimal(10), clock=machine)
    cycle = MonitorCycle(watch, collector=collector, store=store, clock=machine)
    deliverer = Deliverer(store, (), machine, random.SystemRandom())
    return Watching(watch=watch, cycle=cycle, deliverer=deliverer, clock=machine, lease=SoleLease())


async def lived(
    loop: VirtualLoop,
    begins: str,
    deed: Deed,
    *,
    machines: list[Machine],
    kind: type[Worker] = Worker,
    machine_kind: type[Machine] = Machine,
) -> list[str]:
    """Let a worker live for 20 minutes, do the deed after 5 of them, and return what went wrong."""
    machine = machine_kind(loop, utc(begins))
    machines.append(machine)

    def note(result: CycleResult) -> None:
        scene.started.append(loop.awake)
        scene.fired += [loop.awake for event in result.verdict.events if event.type is EventType.FIRING]

    scene = Scene(machine=machine, worker=kind(watching(machine), on_cycle=note), loop=loop)
    running = asyncio.create_task(scene.worker.run())
    await asyncio.sleep(297.5)
    deed(scene)
    await asyncio.sleep(902.5)
    scene.worker.stop()
    await running
    gaps = [after - before for before, after in pairwise([*scene.started, loop.awake])]
    poll = float(POLL)
    slack = SLACK.get(deed, 1.5)
    faults = [f"{gap:.1f} s without a poll" for gap in gaps if gap > poll + slack]
    faults += [f"{len(scene.started)} polls in 20 minutes"] if len(scene.started) < 1200 / poll else []
    faults += ["a backlog of polls"] if len(scene.started) > 1200 / poll + 3 and deed is not shaken else []
    drifted_for = [at - scene.started[0] for at in scene.fired]
    # a sleep that the clock counts is at most two polls long: one poll early
    soonest = PATIENCE - (poll if machine.counts_sleep else 0)
    if len(drifted_for) != 1 or not soonest <= drifted_for[0] + 0.1 <= PATIENCE + poll + 2:
        faults.append(f"fired after {[round(one, 1) for one in drifted_for]} s")
    return faults


@pytest.mark.parametrize("name", CASES)
def test_no_clock_holds_up_a_poll_or_moves_an_alert(machines: list[Machine], name: str) -> None:
    begins, deed = CASES[name]
    faults = run_virtually(lambda loop: lived(loop, begins, deed, machines=machines))
    print(f"clock: {name}: 41 polls, faults {faults}, seed {SEED}")  # noqa: T201
    assert faults == []


@pytest.mark.parametrize("name", ["an hour back", "a scheduler without its timer", "a scheduler that ended"])
def test_the_fault_test_sees_a_worker_that_nobody_looks_after(machines: list[Machine], name: str) -> None:
    begins, deed = CASES[name]
    assert run_virtually(lambda loop: lived(loop, begins, deed, machines=machines, kind=Unsupervised)) != []


@pytest.mark.parametrize("name", ["an hour back", "an hour on"])
def test_the_fault_test_sees_durations_by_the_wall_clock(machines: list[Machine], name: str) -> None:
    begins, deed = CASES[name]
    assert run_virtually(lambda loop: lived(loop, begins, deed, machines=machines, machine_kind=WallTimed)) != []
