"""A worker whose database goes away: real cycles, store and spool, and people who write down what they are told."""

from __future__ import annotations

import contextlib
import json
import os
import random
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

import sqlalchemy

from hedgewatch.bootstrap.lasting import LastingStores, lasting_store
from hedgewatch.domain.errors import DeliveryError, StoreUnavailableError
from hedgewatch.domain.hedge import Hedge
from hedgewatch.domain.instrument import InstrumentRef
from hedgewatch.domain.rules import OWN_RULES
from hedgewatch.domain.thresholds import Level, Patience, RuleSettings, Severity
from hedgewatch.monitoring.collect import Collector
from hedgewatch.monitoring.cycle import CycleResult, MonitorCycle, Watch
from hedgewatch.monitoring.delivery import Deliverer
from hedgewatch.monitoring.ports import CycleStore, Delivery, Outbox
from hedgewatch.monitoring.routing import Routing
from hedgewatch.storage.database import Database
from hedgewatch.storage.engine import place_of, writer_engine
from hedgewatch.storage.migrate import upgrade
from tests.domain.samples import HEDGE_SETTINGS, hedge, leg
from tests.monitoring.sources import QuotedExchange, SteppedClock

SEED = int(os.environ.get("HEDGEWATCH_TEST_SEED", "20261122"))
IS_LONG = os.environ.get("HEDGEWATCH_FAULT") == "long"
POLL = 10
CALM, WIDE = 6, 400  # what a future costs above spot, in dollars
CHANNELS = ("ops", "me")
AT_ONCE = RuleSettings(
    rule="basis_adverse",
    enabled=True,
    levels={
        Severity.WARNING: Level(fire=Decimal("0.005"), clear=Decimal("0.0025"), patience=Patience()),
    },
    keep_firing_for=Patience(),
)
RULES = {name: replace(settings, enabled=False) for name, settings in HEDGE_SETTINGS.items()} | {
    "basis_adverse": AT_ONCE
}
OWN = {rule: RuleSettings(rule=rule, enabled=True, levels={}, keep_firing_for=Patience()) for rule in OWN_RULES}


def symbols(number: int) -> tuple[str, str]:
    return f"C{number}/USDT", f"C{number}/USDT:USDT"


def hedge_number(number: int) -> Hedge:
    spot, future = (InstrumentRef(exchange="binance", symbol=symbol) for symbol in symbols(number))
    one = replace(leg("-5", future, entry_basis=Decimal(CALM)), name="short")
    return hedge(one, name=f"hedge-{number}", asset=f"C{number}", spot=(spot,), rules=RULES)


@dataclass
class Notebook:
    """A channel that writes down what it takes, unless it is closed."""

    channel: str
    write: Callable[[str, Delivery], None]
    is_shut: bool = False
    deadline_seconds: Decimal = Decimal(5)

    async def send(self, delivery: Delivery, now: datetime) -> None:  # noqa: ARG002  the port's signature
        if self.is_shut:
            raise DeliveryError("try again")
        self.write(self.channel, delivery)

    async def close(self) -> None: ...


@dataclass
class Told:
    """What all channels were told, in order."""

    messages: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)

    def note(self, channel: str, delivery: Delivery) -> None:
        self.messages.append((channel, delivery.event_id, json.loads(delivery.payload)))

    def times(self) -> Counter[tuple[str, str]]:
        return Counter((channel, event_id) for channel, event_id, _ in self.messages)

    def of(self, channel: str, rule: str = "basis_adverse") -> list[str]:
        return [
            f"{body['data']['hedge']} {body['type'].rsplit('.', 1)[-1]}"
            for to, _, body in self.messages
            if to == channel and body["data"]["rule"] == rule
        ]


@dataclass
class House:
    """One worker at work. premiums: of each hedge's future, as the next poll will see it."""

    clock: SteppedClock
    exchange: QuotedExchange
    stores: LastingStores
    cycle: MonitorCycle
    deliverer: Deliverer
    premiums: list[int]
    notebooks: Sequence[Notebook]
    polls: int = 0

    def shut(self) -> None:
        """Let no channel take anything any more."""
        for notebook in self.notebooks:
            notebook.is_shut = True

    def leave_seat(self) -> None:
        """Give up what the system takes from a process that dies."""
        if self.stores.outage.opened is not None:
            self.stores.outage.opened.lease._seats.leave(None)  # type: ignore[arg-type]  # files need no connection

    async def poll(self) -> CycleResult:
        self.clock.move(POLL)
        self.polls += 1
        spot = Decimal(60_000) + self.polls % 7  # a book that stood still would be no price
        for number, premium in enumerate(self.premiums):
            for symbol, price in zip(symbols(number), (spot, spot + premium), strict=True):
                self.exchange.books[symbol] = (str(price - Decimal("0.5")), str(price + Decimal("0.5")))
        with contextlib.suppress(StoreUnavailableError):  # as the worker's job does
            await self.stores.lease.hold()
        result = await self.cycle.run()
        with contextlib.suppress(StoreUnavailableError):
            await self.deliverer.deliver_due(Decimal(5))
        return result

    def toggle(self, number: int) -> str:
        """Let one future jump, and say what has to be told of it."""
        is_calm = self.premiums[number] == CALM
        self.premiums[number] = WIDE if is_calm else CALM
        return f"hedge-{number} {'firing' if is_calm else 'resolved'}"


def opened(url: str) -> Database:
    """Open a database that is not waited for."""
    upgrade_unless_locked(url)
    return Database(url, busy_seconds=0.05)


def upgrade_unless_locked(url: str) -> None:
    """Bring the schema up to date; a locked file is found out at once, not after ten seconds."""
    place = place_of(url)
    if place.path is not None and place.path.exists():
        engine = writer_engine(place, busy_seconds=0.05)
        try:
            with engine.begin() as connection:
                if sqlalchemy.inspect(connection).has_table("cycle"):
                    return
        except sqlalchemy.exc.OperationalError:
            return  # the opening says it in the house's own words
        finally:
            engine.dispose()
    upgrade(url)


Store = Callable[[LastingStores], tuple[CycleStore, Outbox]]


def as_built(stores: LastingStores) -> tuple[CycleStore, Outbox]:
    return stores.cycles, stores.outbox


@asynccontextmanager
async def house(
    url: str,
    write: Callable[[str, Delivery], None],
    *,
    hedges: int = 25,
    clock: SteppedClock | None = None,
    fill: Store = as_built,
    open_with: Callable[[str], Database] = opened,
) -> AsyncIterator[House]:
    clock = clock or SteppedClock()
    chance = random.Random(SEED)  # noqa: S311  a seed that can be told, not a secret
    exchange = QuotedExchange(exchange="binance", clock=clock, books={})
    watch = Watch(
        hedges=[hedge_number(number) for number in range(hedges)],
        exchange_rules={},
        routing=Routing(channels=dict.fromkeys(Severity, CHANNELS)),
        poll_seconds=Decimal(POLL),
        dashboard_url="http://127.0.0.1:8710",
        own_rules=OWN,
        channels=CHANNELS,
    )
    async with lasting_store(url, {}, clock, open_with=open_with) as stores:
        collector = Collector([exchange], deadline_seconds=Decimal(5), clock=clock)
        cycles, outbox = fill(stores)
        notebooks = [Notebook(name, write) for name in CHANNELS]
        deliverer = Deliverer(outbox, notebooks, clock, chance)
        cycle = MonitorCycle(watch, collector=collector, store=cycles, clock=clock)
        yield House(clock, exchange, stores, cycle, deliverer, [CALM] * hedges, notebooks)
        await deliverer.drain()


@contextlib.contextmanager
def rows_of(url: str) -> Iterator[Callable[[str], list[Any]]]:
    """Ask the database itself."""
    engine = writer_engine(place_of(url))
    try:
        with engine.connect() as connection:
            yield lambda query: [tuple(row) for row in connection.exec_driver_sql(query)]
    finally:
        engine.dispose()


def called_for_by(url: str) -> list[str]:
    """Recompute from the committed snapshots alone what had to be told: an independent reference."""
    with rows_of(url) as ask:
        rows = ask("SELECT hedge, basis_rate, spot_price FROM basis_history ORDER BY read_at_ms, hedge")
    told, firing = [], set[str]()
    for name, basis_rate, spot in rows:
        adverse = basis_rate - CALM / spot
        if adverse > 0.005 and name not in firing:
            firing.add(name)
            told.append(f"{name} firing")
        elif adverse < 0.0025 and name in firing:
            firing.remove(name)
            told.append(f"{name} resolved")
    return told


def faults(url: str, told: Told, called_for: Sequence[str], *, polls: int, hedges: int) -> dict[str, int]:
    """Count what went wrong, from what was called for, what people wrote down, and what the database holds."""
    with rows_of(url) as ask:
        stored = {event_id for (event_id,) in ask("SELECT id FROM event")}
        states = Counter(state for (state,) in ask("SELECT state FROM outbox"))
        cycles = len(ask("SELECT 1 FROM cycle"))
        rows = len(ask("SELECT 1 FROM hedge_snapshot"))
        attempts = len(ask("SELECT 1 FROM attempt WHERE error IS NULL"))
    times = told.times()
    return {
        "lost": sum((Counter(called_for) - Counter(told.of(name))).total() for name in CHANNELS),
        "spurious": sum((Counter(told.of(name)) - Counter(called_for)).total() for name in CHANNELS),
        "duplicated": times.total() - len(times),
        "ids that are told and not stored": len({event_id for _, event_id in times} - stored),
        "ids that are stored and not told": len(stored - {event_id for _, event_id in times}),
        "deliveries not done": states.total() - states["delivered"],
        "deliveries not written down": abs(attempts - times.total()),
        "cycles lost": abs(polls - cycles),
        "snapshots lost": abs(polls * hedges - rows),
    }
