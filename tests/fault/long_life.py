"""A worker whose time passes as fast as it works: real cycles, store, outbox and webhook; only waiting is skipped."""

from __future__ import annotations

import json
import os
import random
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TextIO

from hedgewatch.domain.instrument import InstrumentRef
from hedgewatch.domain.market import ExchangeAnswer, ExchangeOutcome, ReadingFailure, UnknownReason
from hedgewatch.monitoring.collect import Collector
from hedgewatch.monitoring.cycle import CycleResult, MonitorCycle
from hedgewatch.monitoring.delivery import Deliverer
from hedgewatch.monitoring.garbage import settle_down
from hedgewatch.monitoring.ports import Delivery, Notifier, Wanted
from hedgewatch.notify import make_notifier
from hedgewatch.notify.channels import WebhookChannel
from hedgewatch.storage.cycle_store import SqlCycleStore
from hedgewatch.storage.database import open_database
from hedgewatch.storage.lease import SqlLease, worker_name
from hedgewatch.storage.outbox import SqlOutbox
from tests.fault.killing import SECRET
from tests.fault.scripted import CHANNEL, EXCHANGE, Script, ScriptedExchange, watch_of

BEGIN = datetime(2026, 11, 22, 18, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
FAULTY = 0.01  # of the answers: half of them fail whole, half for one instrument
PAGE_MB = os.sysconf("SC_PAGE_SIZE") / 1_000_000
LEAKED_BYTES = 200_000  # by the mutant in each cycle, beside all it has seen
SLOT_SECONDS = 300  # of the script: so long the futures stand


@dataclass(frozen=True, slots=True, kw_only=True)
class LongScript(Script):
    """cycles: how many. sampled_every: so many. leaks: keeps all that it sees, and opens a file in every cycle."""

    cycles: int
    samples: str
    sampled_every: int
    leaks: bool = False


class SkippingClock:
    """Fills Clock: the machine's time, from which the waiting is cut out."""

    def __init__(self) -> None:
        self._skipped = timedelta(0)
        self._began = time.monotonic()

    def now(self) -> datetime:
        return BEGIN + self._skipped + timedelta(seconds=time.monotonic() - self._began)

    def monotonic(self) -> Decimal:
        return Decimal((self.now() - BEGIN) // timedelta(microseconds=1)) / 1_000_000

    def skip_to(self, moment: datetime) -> None:
        """Let the time pass until then; what is past already stays so."""
        self._skipped += max(timedelta(0), moment - self.now())


class UnreliableExchange:
    """Answers by the script, and now and then not, or not for everything."""

    exchange = EXCHANGE

    def __init__(self, script: LongScript, clock: SkippingClock) -> None:
        self._behind = ScriptedExchange(script, clock)
        self._clock = clock
        self._chance = random.Random(script.seed)  # noqa: S311  a seed that can be told, not a secret
        self.faults = 0

    async def fetch(self, wanted: Wanted) -> ExchangeAnswer:
        now = self._clock.now()
        slot = int((now - BEGIN).total_seconds() // SLOT_SECONDS)
        out = self._out(wanted.instruments)
        readings = tuple(
            ReadingFailure(ref=ref, reason=UnknownReason.FETCH_ERROR, detail="HTTP 503")
            if ref in out
            else self._behind.reading(ref, slot, now)
            for ref in wanted.instruments
        )
        answer = ExchangeAnswer(exchange=EXCHANGE, outcome=ExchangeOutcome.OK, calls=1, error=None, readings=readings)
        is_whole = len(out) < len(wanted.instruments)
        return answer if is_whole else replace(answer, outcome=ExchangeOutcome.FAILED, error="HTTP 503")

    def _out(self, refs: Sequence[InstrumentRef]) -> set[InstrumentRef]:
        drawn = self._chance.random()
        self.faults += drawn < FAULTY
        if drawn >= FAULTY:
            return set()
        return set(refs) if drawn < FAULTY / 2 else {self._chance.choice(refs)}

    async def close(self) -> None: ...


@dataclass
class Watched:
    """A notifier that remembers what it could not tell: only then is the outbox asked between two cycles."""

    behind: Notifier
    waiting: set[str] = field(default_factory=set)

    @property
    def channel(self) -> str:
        return self.behind.channel

    @property
    def deadline_seconds(self) -> Decimal:
        return self.behind.deadline_seconds

    async def send(self, delivery: Delivery, now: datetime) -> None:
        self.waiting.add(delivery.event_id)
        assert now >= delivery.made_at
        await self.behind.send(delivery, datetime.now(UTC))  # the receiver refuses what was signed at another time
        self.waiting.discard(delivery.event_id)

    async def close(self) -> None:
        await self.behind.close()


def sample(day: float, faults: int) -> str:
    """Describe this process: resident megabytes and open descriptors."""
    resident = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * PAGE_MB
    opened = sum(1 for _ in Path("/proc/self/fd").iterdir())
    return json.dumps({"day": day, "resident_mb": resident, "descriptors": opened, "faults": faults})


def _opened(path: str) -> TextIO:
    return Path(path).open("w", encoding="utf-8")


async def live_long(script: LongScript) -> None:
    """Live so many cycles, and write down how large the process has become."""
    clock, kept = SkippingClock(), list[object]()
    async with AsyncExitStack() as stack:
        database = open_database(script.url)
        stack.callback(database.close)
        lease = SqlLease(database, worker_name())
        stack.push_async_callback(lease.release)
        notifier = Watched(make_notifier(WebhookChannel(name=CHANNEL, url=script.hook, secret=SECRET)))
        stack.push_async_callback(notifier.close)
        chance = random.Random(script.seed)  # noqa: S311  the same jitter every time
        deliverer = Deliverer(SqlOutbox(database, lease.name), (notifier,), clock, chance)
        stack.push_async_callback(deliverer.drain)
        exchange = UnreliableExchange(script, clock)
        collector = Collector((exchange,), deadline_seconds=Decimal(5), clock=clock)
        store = SqlCycleStore(database, clock, fence=lease)
        cycle = MonitorCycle(watch_of(script), collector=collector, store=store, clock=clock)
        samples = stack.enter_context(_opened(script.samples))
        settle_down()
        poll, held_at = timedelta(seconds=float(script.poll)), float("-inf")

        async def tell(_: CycleResult) -> None:
            await deliverer.deliver_due(Decimal(10))

        for number in range(script.cycles):
            due = BEGIN + (number + 1) * poll
            while notifier.waiting and clock.now() + SECOND < due:
                clock.skip_to(clock.now() + SECOND)
                await deliverer.deliver_due(Decimal(10))
            clock.skip_to(due)
            if time.monotonic() - held_at > float(lease.renew_seconds):  # a lease counts the database's own time
                held_at = time.monotonic()
                await lease.hold()
            result = await cycle.run(tell)
            if script.leaks:
                kept += [result, b"x" * LEAKED_BYTES, _opened(os.devnull)]
            if number % script.sampled_every == 0:
                print(sample((due - BEGIN) / timedelta(days=1), exchange.faults), file=samples, flush=True)
        for _ in range(60):
            clock.skip_to(clock.now() + SECOND)
            await deliverer.deliver_due(Decimal(10))
