"""Compose the watch: exchanges, store, rules and channels become one running whole."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from decimal import Decimal
from random import SystemRandom

from hedgewatch.bootstrap.crashing import crash_point
from hedgewatch.bootstrap.keeping import make_keeper
from hedgewatch.bootstrap.lasting import lasting_store
from hedgewatch.bootstrap.sources import LOOK_DEADLINE_SECONDS, Asker, Readers, make_readers, one_look
from hedgewatch.bootstrap.telling import digest_plan, make_notifiers, make_switch, routing_of, windows_of
from hedgewatch.domain.redaction import Redactor
from hedgewatch.domain.rules import ACCOUNT_RULES, EXCHANGE_RULES, HOLDING_RULES, OWN_RULES
from hedgewatch.exchanges.door import Restraints
from hedgewatch.exchanges.source import Patience
from hedgewatch.monitoring.books import Keeper
from hedgewatch.monitoring.collect import Collector
from hedgewatch.monitoring.cycle import CycleResult, MonitorCycle, Watch
from hedgewatch.monitoring.delivery import Deliverer
from hedgewatch.monitoring.digest import DayBook, DigestDesk
from hedgewatch.monitoring.discretion import DiscreetOutbox, DiscreetStore
from hedgewatch.monitoring.heartbeat import Backlogs, Heartbeat
from hedgewatch.monitoring.keeping import KeptPast
from hedgewatch.monitoring.leading import Lease
from hedgewatch.monitoring.ports import Clock, CycleStore, Notifier, Outbox
from hedgewatch.monitoring.series import SeriesStore
from hedgewatch.settings import Settings, declared_hedges, declared_holdings, digest_of, file_entries, rule_settings
from hedgewatch.storage.hedge_past import SqlPastStore
from hedgewatch.storage.history import History
from hedgewatch.storage.memory import MemoryStore
from hedgewatch.storage.migrate import check
from hedgewatch.storage.past import PastReader
from hedgewatch.storage.schema import SchemaStatus

OTHER_RULES = (*EXCHANGE_RULES, *ACCOUNT_RULES, *HOLDING_RULES)  # judged of no hedge
CYCLE_DEADLINE_SECONDS = Decimal(10)
CYCLE_DEADLINE_SHARE = Decimal("0.8")  # of the poll: the rest is for judging and storing
LISTING_SECONDS = Decimal(20)  # a market list is long and asked for beside the cycle: it outlives one poll


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What stays when the configuration changes: who asks, and what lies in the one database."""

    asker: Asker
    outbox: Outbox
    backlogs: Backlogs
    series: SeriesStore
    kept: KeptPast
    days: DayBook
    redactor: Redactor


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """All that one configuration needs beside the store."""

    settings: Settings
    watch: Watch
    readers: Readers
    collector: Collector
    deliverer: Deliverer
    notifiers: tuple[Notifier, ...]
    heartbeat: Heartbeat | None
    keeper: Keeper
    digest: DigestDesk | None

    async def close(self, after: Parts | None = None) -> None:
        """Let sends that are under way end, then close everything but what ``after`` goes on using."""
        await self.deliverer.drain()
        kept = after.readers if after else None
        await self.collector.close(
            tuple(kept.exchanges.values()) if kept else (),
            tuple(account.reader for account in kept.accounts.values()) if kept else (),
        )
        for notifier in self.notifiers:
            await notifier.close()
        if self.heartbeat is not None:
            await self.heartbeat.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class Watching:
    """Everything a worker runs.

    keeper: fills the past beside the cycles; digest: makes the daily one; None: nobody does.
    """

    watch: Watch
    cycle: MonitorCycle
    deliverer: Deliverer
    clock: Clock
    lease: Lease
    heartbeat: Heartbeat | None = None
    keeper: Keeper | None = None
    digest: DigestDesk | None = None

    def changed_to(self, parts: Parts) -> Watching:
        """Watch what ``parts`` says from now on, in the same cycle over the same store; between two cycles only."""
        self.cycle.watch_from_now(parts.watch, parts.collector)
        if self.keeper is not None:
            self.keeper.stop()
        return replace(
            self,
            watch=parts.watch,
            deliverer=parts.deliverer,
            heartbeat=parts.heartbeat,
            keeper=parts.keeper,
            digest=parts.digest,
        )


class Furnished:
    """A watch, and the parts that it has at present."""

    def __init__(self, watching: Watching, parts: Parts, ground: Ground) -> None:
        """Take the watch as it begins."""
        self.watching = watching
        self.parts = parts
        self.ground = ground

    async def close(self) -> None:
        """Close what it has."""
        await self.parts.close()


def watch_of(settings: Settings) -> Watch:
    """Return what the configuration says is to be watched."""
    return Watch(
        hedges=declared_hedges(settings),
        exchange_rules={rule: rule_settings(settings, rule) for rule in OTHER_RULES},
        routing=routing_of(settings),
        poll_seconds=settings.poll_seconds,
        dashboard_url=f"http://{settings.web.listen}",
        own_rules={rule: rule_settings(settings, rule) for rule in OWN_RULES},
        channels=tuple(settings.channels),
        entries=file_entries(settings),
        maintenance=windows_of(settings),
        configuration=digest_of(settings),
        holdings=declared_holdings(settings),
    )


def make_parts(settings: Settings, ground: Ground, before: Parts | None = None) -> Parts:
    """Make all that a configuration needs; what it has in common with the one ``before`` is used again.

    Raises ConfigurationError (secrets, exchanges); then nothing is open that was not before.
    """
    watch = watch_of(settings)
    deadline = min(CYCLE_DEADLINE_SECONDS, watch.poll_seconds * CYCLE_DEADLINE_SHARE)
    patience = Patience(answer_seconds=deadline, listing_seconds=max(deadline, LISTING_SECONDS))
    asker = ground.asker
    ground.redactor.add(settings.known_secrets(asker.environ))
    notifiers = crash_point(asker.environ).notifiers(make_notifiers(settings, asker.environ))
    readers = make_readers(settings, watch, asker, patience=patience, before=before.readers if before else None)
    collector = readers.collector(asker.clock)
    switch = make_switch(settings, asker.environ)
    heartbeat = Heartbeat(switch, ground.backlogs, asker.clock, channels=watch.channels) if switch else None
    return Parts(
        settings=settings,
        watch=watch,
        readers=readers,
        collector=collector,
        deliverer=Deliverer(ground.outbox, notifiers, asker.clock, SystemRandom(), fallback=watch.routing.fallback),
        notifiers=notifiers,
        heartbeat=heartbeat,
        keeper=make_keeper(watch, readers.exchanges, ground.series, ground.kept, clock=asker.clock),
        digest=_digest(settings, watch, ground),
    )


@asynccontextmanager
async def watching(
    settings: Settings, environ: Mapping[str, str], clock: Clock, *, restraints: Restraints | None = None
) -> AsyncIterator[Furnished]:
    """Open everything a worker needs, and close it afterwards. restraints: of what was asked before in this process.

    Raises ConfigurationError (secrets, exchanges) or StoreUnavailableError before anything runs.
    """
    make_notifiers(settings, environ)  # a database is not made for channels that cannot be
    async with AsyncExitStack() as stack:
        url = settings.storage.url.resolve(environ).get_secret_value()
        crash = crash_point(environ)
        store = await stack.enter_async_context(lasting_store(url, environ, clock, steps=crash.steps()))
        kept = _kept(stack, url, clock)
        asker = Asker(environ=environ, shelf=store.shelf, clock=clock, restraints=restraints or Restraints())
        redactor = Redactor()
        ground = Ground(
            asker=asker,
            outbox=DiscreetOutbox(crash.outbox(store.outbox), redactor.clean),
            backlogs=store.backlogs,
            series=store.series,
            kept=kept,
            days=store.days,
            redactor=redactor,
        )
        parts = make_parts(settings, ground)
        cycles = DiscreetStore(crash.store(store.cycles), redactor.clean)
        cycle = MonitorCycle(parts.watch, collector=parts.collector, store=cycles, clock=clock, past=kept.added_to)
        begun = Watching(
            watch=parts.watch,
            cycle=cycle,
            deliverer=parts.deliverer,
            clock=clock,
            lease=store.lease,
            heartbeat=parts.heartbeat,
            keeper=parts.keeper,
            digest=parts.digest,
        )
        furnished = Furnished(begun, parts, ground)
        stack.push_async_callback(furnished.close)
        yield furnished


async def look_once(
    settings: Settings, environ: Mapping[str, str], clock: Clock, *, restraints: Restraints | None = None
) -> CycleResult:
    """Run one cycle against what the store remembers (or nothing, if there is no store yet), and keep nothing.

    restraints: of what was asked before in this process.
    """
    watch = watch_of(settings)
    async with AsyncExitStack() as stack:
        url = settings.storage.url.resolve(environ).get_secret_value()
        store = _remembering(stack, url)
        kept = KeptPast(None, clock) if isinstance(store, MemoryStore) else _kept(stack, url, clock)
        await kept.renew(watch.hedges)
        asker = Asker(environ=environ, shelf=MemoryStore(), clock=clock, restraints=restraints or Restraints())
        readers = make_readers(settings, watch, asker, patience=one_look(LOOK_DEADLINE_SECONDS))
        collector = readers.collector(clock)
        stack.push_async_callback(collector.close)
        cycle = MonitorCycle(watch, collector=collector, store=store, clock=clock, past=kept.added_to)
        return await cycle.look()


def _digest(settings: Settings, watch: Watch, ground: Ground) -> DigestDesk | None:
    plan, clock = digest_plan(settings), ground.asker.clock
    if plan is None:
        return None
    return DigestDesk(plan, ground.days, clock, hedges=watch.hedges, dashboard_url=watch.dashboard_url)


def _remembering(stack: AsyncExitStack, url: str) -> CycleStore:
    if check(url).status is not SchemaStatus.CURRENT:
        return MemoryStore()
    history = History(url)
    stack.callback(history.close)
    return PastReader(history)


def _kept(stack: AsyncExitStack, url: str, clock: Clock) -> KeptPast:
    store = SqlPastStore(url)
    stack.callback(store.close)
    return KeptPast(store, clock)
