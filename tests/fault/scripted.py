"""A worker without exchanges: the real cycle, store, outbox, lease and webhook over prices out of a script.

It is started by fork from a process that has imported everything, so that thousands of kills fit into minutes.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import random
import signal
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, tzinfo
from decimal import Decimal
from multiprocessing.process import BaseProcess
from random import SystemRandom
from typing import Self

import apscheduler.schedulers.base
from sqlalchemy import Connection

from hedgewatch.bootstrap.crashing import CrashPoint
from hedgewatch.bootstrap.watching import Watching
from hedgewatch.domain.hedge import Hedge, Leg
from hedgewatch.domain.held import DeclaredPosition
from hedgewatch.domain.instrument import InstrumentRef
from hedgewatch.domain.inventory import HeldShare, Holding
from hedgewatch.domain.market import ExchangeAnswer, ExchangeOutcome, MarketReading, Quote, Stamp
from hedgewatch.domain.rules import HEDGE_RULES
from hedgewatch.domain.thresholds import Level, Patience, RuleSettings, Severity
from hedgewatch.monitoring.collect import Collector
from hedgewatch.monitoring.cycle import MonitorCycle, Watch
from hedgewatch.monitoring.delivery import Deliverer
from hedgewatch.monitoring.ports import Clock, Wanted
from hedgewatch.monitoring.routing import Routing
from hedgewatch.notify import make_notifier
from hedgewatch.notify.channels import WebhookChannel
from hedgewatch.settings import Settings, rule_settings
from hedgewatch.storage.cycle_store import SqlCycleStore
from hedgewatch.storage.database import Database, open_database
from hedgewatch.storage.lease import SqlLease, worker_name
from hedgewatch.storage.outbox import SqlOutbox
from hedgewatch.storage.types import to_ms
from hedgewatch.worker import SystemClock, Worker
from tests.fault.killing import CALM, CRITICAL, ENTRY_BASIS, SECRET, WARNING
from tests.fault.mutants import MUTANTS, Mutant
from tests.monitoring.sources import instrument

EXCHANGE, CHANNEL, SPOT = "binance", "hook", 60_000
FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["tests.fault.scripted"])
BASIS = RuleSettings(
    rule="basis_adverse",
    enabled=True,
    levels={
        Severity.WARNING: Level(fire=Decimal("0.005"), clear=Decimal("0.0025"), patience=Patience()),
        Severity.CRITICAL: Level(fire=Decimal("0.015"), clear=Decimal("0.0075"), patience=Patience()),
    },
    keep_firing_for=Patience(polls=1),
)
SHIPPED = Settings.model_validate({})
RULES = {rule: replace(rule_settings(SHIPPED, rule), enabled=False) for rule in HEDGE_RULES} | {BASIS.rule: BASIS}


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """What one worker is to do.

    crash_at: a step of bootstrap/crashing.py. ahead: of its clock, in seconds. is_fenced, claims_by_database: as the
    real one, or wrongly not.
    """

    url: str
    hook: str
    seed: int
    hedges: int = 12
    poll: str = "0.05"
    slot: float = 0.25
    lease: str = "15"
    crash_at: str | None = None
    mutant: str | None = None
    ahead: float = 0
    is_fenced: bool = True
    claims_by_database: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class AheadClock:
    """The machine's clocks, the wall clock set wrongly."""

    clock: Clock
    ahead: timedelta

    def now(self) -> datetime:
        return self.clock.now() + self.ahead

    def monotonic(self) -> Decimal:
        return self.clock.monotonic()


class ScriptedExchange:
    """Quotes what the script says of this moment: each hedge's future jumps by itself, all spots tick."""

    exchange = EXCHANGE

    def __init__(self, script: Script, clock: Clock) -> None:
        self._script = script
        self._clock = clock

    async def fetch(self, wanted: Wanted) -> ExchangeAnswer:
        now = self._clock.now()
        slot = int(datetime.now(UTC).timestamp() / self._script.slot)
        readings = tuple(self.reading(ref, slot, now) for ref in wanted.instruments)
        return ExchangeAnswer(exchange=EXCHANGE, outcome=ExchangeOutcome.OK, calls=1, error=None, readings=readings)

    def reading(self, ref: InstrumentRef, slot: int, now: datetime) -> MarketReading:
        price = SPOT + (now.second + now.microsecond // 1000) % 10
        if ":" in ref.symbol:
            chance = random.Random(f"{self._script.seed} {ref.symbol} {slot}")  # noqa: S311  the same world for all
            price += chance.choice((CALM, CALM, WARNING, CRITICAL))
        stamp = Stamp(exchange_time=now, received_at=now, source="script")
        quote = Quote(bid=Decimal(price), ask=Decimal(price), stamp=stamp)
        return MarketReading(instrument=instrument(ref), quote=quote, mark=None, funding=None)

    async def close(self) -> None: ...


def hedge(number: int) -> Hedge:
    asset = f"A{number:02}"
    future = InstrumentRef(exchange=EXCHANGE, symbol=f"{asset}/USDT:USDT")
    holding = Holding(
        name=asset, asset=asset, quantity=Decimal(5), counts_as_asset=asset, counts_as_per_unit=Decimal(1)
    )
    position = DeclaredPosition(coins=Decimal(-5), entry_basis=Decimal(ENTRY_BASIS))
    return Hedge(
        name=f"hedge-{number:02}",
        asset=asset,
        held=(HeldShare(holding=holding, share=Decimal(1)),),
        spot=(InstrumentRef(exchange=EXCHANGE, symbol=f"{asset}/USDT"),),
        legs=(Leg(name=str(future), futures=future, account=None, position=position),),
        target_ratio=Decimal(1),
        rules=RULES,
    )


def watch_of(script: Script) -> Watch:
    told = (CHANNEL,)
    return Watch(
        hedges=tuple(hedge(number) for number in range(script.hedges)),
        exchange_rules={},
        routing=Routing(channels={Severity.CRITICAL: told, Severity.WARNING: told}),
        poll_seconds=Decimal(script.poll),
        dashboard_url="http://127.0.0.1",
        channels=told,
    )


def clock_of(script: Script) -> Clock:
    return AheadClock(clock=SystemClock(), ahead=timedelta(seconds=script.ahead))


class Trusting:
    """A fence that lets through whoever has ever led."""

    def __init__(self, lease: SqlLease) -> None:
        self._lease = lease
        self._led: int | None = None

    @property
    def epoch(self) -> int | None:
        self._led = self._lease.epoch or self._led
        return self._led

    def require(self, _: Connection) -> int | None:
        return self.epoch


def own_time(_: Connection, now: datetime) -> int:
    """Tell the time of claims by the worker's own clock."""
    return to_ms(now)


def tell_the_scheduler(clock: Clock) -> None:
    """Let APScheduler read a clock that is wrong: on a machine whose clock is, it would; it knows no other way."""

    class Told(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Self:
            return cls.fromtimestamp(clock.now().timestamp(), tz)

    apscheduler.schedulers.base.datetime = Told


async def live(script: Script) -> None:
    """Run the worker until SIGTERM, or whatever kills it."""
    clock = clock_of(script)
    tell_the_scheduler(clock)
    crash, mutant = CrashPoint(at=script.crash_at), MUTANTS.get(script.mutant or "", Mutant())
    async with AsyncExitStack() as stack:
        database = open_database(script.url)
        stack.callback(database.close)
        lease = SqlLease(database, worker_name(), seconds=Decimal(script.lease))
        stack.push_async_callback(lease.release)
        channel = WebhookChannel(name=CHANNEL, url=script.hook, secret=SECRET)
        [notifier] = crash.notifiers((make_notifier(channel),))
        stack.push_async_callback(notifier.close)
        time = None if script.claims_by_database else own_time
        outbox = mutant.outbox(crash.outbox(SqlOutbox(database, lease.name, time=time)))
        deliverer = Deliverer(outbox, (notifier,), clock, SystemRandom())
        stack.push_async_callback(deliverer.drain)
        fence = lease if script.is_fenced else Trusting(lease)
        store = crash.store(SqlCycleStore(database, clock, fence=fence, steps=crash.steps()))
        collector = Collector((ScriptedExchange(script, clock),), deadline_seconds=Decimal(5), clock=clock)
        watch = watch_of(script)
        cycle = MonitorCycle(watch, collector=collector, store=mutant.store(store, notifier), clock=clock)
        worker = Worker(Watching(watch=watch, cycle=cycle, deliverer=deliverer, clock=clock, lease=lease))
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, worker.stop)
        await worker.run()


async def nothing(_: Script) -> None:
    """End at once: the process that others are forked from has imported everything by then."""


async def empty(script: Script) -> None:
    """Deliver what waits, as a worker of much later would, and end."""
    clock = clock_of(script)
    async with AsyncExitStack() as stack:
        database = Database(script.url)
        stack.callback(database.close)
        lease = SqlLease(database, worker_name())
        stack.push_async_callback(lease.release)
        await lease.hold()  # what the dead had claimed is free
        notifier = make_notifier(WebhookChannel(name=CHANNEL, url=script.hook, secret=SECRET))
        stack.push_async_callback(notifier.close)
        deliverer = Deliverer(SqlOutbox(database, lease.name), (notifier,), clock, SystemRandom())
        await deliverer.deliver_due(Decimal(240))
        await deliverer.drain()


def _quietly(work: object, script: Script) -> None:
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):
        os.dup2(nowhere, stream)
    asyncio.run(work(script))  # type: ignore[operator]  # live or empty


def start(script: Script, work: object = live) -> BaseProcess:
    """Start a worker; whoever starts it ends it."""
    process = FORKS.Process(target=_quietly, args=(work, script), daemon=True)
    process.start()
    return process
