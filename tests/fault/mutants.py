"""Daemons that lose or double alerts when they are killed: a fault test that passes on them proves nothing.

``python -m tests.fault.mutants NAME CONFIG`` runs one. Each is the real daemon with one port filled wrongly.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from random import SystemRandom

from hedgewatch.bootstrap.sources import make_source, one_look
from hedgewatch.bootstrap.telling import make_notifiers
from hedgewatch.bootstrap.watching import Watching, watch_of
from hedgewatch.domain.alert import AlertPhase, AlertState
from hedgewatch.domain.finding import Target
from hedgewatch.domain.instrument import InstrumentRef
from hedgewatch.monitoring.collect import Collector
from hedgewatch.monitoring.cycle import MonitorCycle
from hedgewatch.monitoring.delivery import Deliverer
from hedgewatch.monitoring.ports import CycleRecord, CycleStore, Delivery, Memory, Notifier, Outbox
from hedgewatch.settings import load_settings
from hedgewatch.storage.cycle_store import SqlCycleStore
from hedgewatch.storage.database import open_database
from hedgewatch.storage.lease import SqlLease, worker_name
from hedgewatch.storage.market_shelf import SqlMarketShelf
from hedgewatch.storage.outbox import SqlOutbox
from hedgewatch.worker import SystemClock, Worker

DEADLINE = Decimal("0.8")


class MarksThenSends:
    """An outbox that calls a message delivered before it is sent."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox

    async def claim(self, channel: str, now: datetime, claimed_for_seconds: Decimal) -> Delivery | None:
        delivery = await self._outbox.claim(channel, now, claimed_for_seconds)
        if delivery is not None:
            await self._outbox.delivered(delivery, now)
        return delivery

    async def delivered(self, delivery: Delivery, at: datetime) -> None: ...

    async def failed(self, delivery: Delivery, at: datetime, error: str, retry_at: datetime | None) -> None: ...


class ForgetsAlerts:
    """A store that keeps the series, and the alerts in memory only."""

    def __init__(self, store: CycleStore) -> None:
        self._store = store
        self._alerts: dict[Target, AlertState] = {}

    async def recall(
        self, instruments: Sequence[InstrumentRef], legs: Sequence[tuple[str, str]], now: datetime
    ) -> Memory:
        return replace(await self._store.recall(instruments, legs, now), alerts=self._alerts, late=frozenset())

    async def record(self, cycle: CycleRecord) -> None:
        await self._store.record(cycle)
        self._alerts = {state.target: state for state in cycle.states if state.phase is not AlertPhase.OK}

    async def show(self, cycle: CycleRecord) -> None:
        await self._store.show(cycle)


class SendsThenStores:
    """A store that tells what a stored cycle calls for, and only then stores that it was told; no outbox between."""

    def __init__(self, store: CycleStore, notifier: Notifier) -> None:
        self._store = store
        self._notifier = notifier
        self.recall, self.show = store.recall, store.show

    async def record(self, cycle: CycleRecord) -> None:
        await self._store.record(replace(cycle, states=(), events=(), outbox=()))
        for draft in cycle.events:
            event = draft.event
            delivery = Delivery(
                event_id=event.event_id,
                channel=self._notifier.channel,
                event_type=event.type.value,
                severity=event.severity.value,
                payload=draft.payload,
                made_at=event.at,
                attempts=0,
                first_attempt_at=None,
            )
            await self._notifier.send(delivery, event.at)
        await self._store.record(replace(cycle, outbox=()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """What is filled wrongly."""

    store: Callable[[CycleStore, Notifier], CycleStore] = lambda store, _: store
    outbox: Callable[[Outbox], Outbox] = lambda outbox: outbox


MUTANTS = {
    "marks then sends": Mutant(outbox=MarksThenSends),
    "forgets alerts": Mutant(store=lambda store, _: ForgetsAlerts(store)),
    "sends then stores": Mutant(store=SendsThenStores),
}


async def run(mutant: Mutant, config: Path) -> None:
    """Run the mutant until it is killed."""
    settings, clock = load_settings(config, os.environ), SystemClock()
    watch = watch_of(settings)
    async with AsyncExitStack() as stack:
        [notifier] = make_notifiers(settings, os.environ)
        stack.push_async_callback(notifier.close)
        database = open_database(settings.storage.url.resolve(os.environ).get_secret_value())
        stack.callback(database.close)
        source = make_source(settings, "binance", SqlMarketShelf(database), clock, patience=one_look(DEADLINE))
        collector = Collector((source,), deadline_seconds=DEADLINE, clock=clock)
        stack.push_async_callback(collector.close)
        lease = SqlLease(database, worker_name())
        outbox = mutant.outbox(SqlOutbox(database, lease.name))
        deliverer = Deliverer(outbox, (notifier,), clock, SystemRandom())
        store = mutant.store(SqlCycleStore(database, clock, fence=lease), notifier)
        cycle = MonitorCycle(watch, collector=collector, store=store, clock=clock)
        await Worker(Watching(watch=watch, cycle=cycle, deliverer=deliverer, clock=clock, lease=lease)).run()


if __name__ == "__main__":
    asyncio.run(run(MUTANTS[sys.argv[1]], Path(sys.argv[2])))
