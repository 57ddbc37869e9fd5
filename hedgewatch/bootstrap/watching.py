"""Compose the watch: exchanges, store, rules and channels become one running whole."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from decimal import Decimal
from random import SystemRandom

from hedgewatch.bootstrap.accounts import make_account_source
from hedgewatch.bootstrap.telling import make_notifiers, routing_of
from hedgewatch.domain.rules import EXCHANGE_RULES
from hedgewatch.exchanges.source import CcxtSource, Patience
from hedgewatch.monitoring.accounts import needs_of
from hedgewatch.monitoring.collect import Collector, instruments_by_exchange
from hedgewatch.monitoring.cycle import CycleResult, MonitorCycle, Watch
from hedgewatch.monitoring.delivery import Deliverer
from hedgewatch.monitoring.ports import Clock, CycleStore, MarketShelf
from hedgewatch.settings import Settings, declared_hedges, rule_settings
from hedgewatch.storage.cycle_store import SqlCycleStore
from hedgewatch.storage.database import open_database
from hedgewatch.storage.history import History
from hedgewatch.storage.market_shelf import SqlMarketShelf
from hedgewatch.storage.memory import MemoryStore
from hedgewatch.storage.migrate import check
from hedgewatch.storage.outbox import SqlOutbox
from hedgewatch.storage.past import PastReader
from hedgewatch.storage.schema import SchemaStatus

CYCLE_DEADLINE_SECONDS = Decimal(10)
CYCLE_DEADLINE_SHARE = Decimal("0.8")  # of the poll: the rest is for judging and storing
LISTING_SECONDS = Decimal(20)  # a market list is long and asked for beside the cycle: it outlives one poll
# A person who asks once would rather wait than read "no answer yet", but a quote is no price after 15 seconds
# (domain/freshness.py): an exchange that hangs must not make the quotes of the others too old.
LOOK_DEADLINE_SECONDS = Decimal(12)


@dataclass(frozen=True, slots=True, kw_only=True)
class Watching:
    """Everything a worker runs."""

    watch: Watch
    cycle: MonitorCycle
    deliverer: Deliverer
    clock: Clock


def one_look(seconds: Decimal) -> Patience:
    """Return the patience of whoever looks once: ``seconds`` for everything."""
    return Patience(answer_seconds=seconds, listing_seconds=seconds)


def watch_of(settings: Settings) -> Watch:
    """Return what the configuration says is to be watched."""
    return Watch(
        hedges=declared_hedges(settings),
        exchange_rules={rule: rule_settings(settings, rule) for rule in EXCHANGE_RULES},
        routing=routing_of(settings),
        poll_seconds=settings.poll_seconds,
        dashboard_url=f"http://{settings.web.listen}",
    )


@asynccontextmanager
async def watching(settings: Settings, environ: Mapping[str, str], clock: Clock) -> AsyncIterator[Watching]:
    """Open everything a worker needs, and close it afterwards.

    Raises ConfigurationError (secrets, exchanges) or StoreUnavailableError before anything runs.
    """
    watch = watch_of(settings)
    deadline = min(CYCLE_DEADLINE_SECONDS, watch.poll_seconds * CYCLE_DEADLINE_SHARE)
    patience = Patience(answer_seconds=deadline, listing_seconds=max(deadline, LISTING_SECONDS))
    async with AsyncExitStack() as stack:
        notifiers = make_notifiers(settings, environ)
        for notifier in notifiers:
            stack.push_async_callback(notifier.close)
        database = open_database(settings.storage.url.resolve(environ).get_secret_value())
        stack.callback(database.close)
        parts = _Parts(settings=settings, environ=environ, shelf=SqlMarketShelf(database), clock=clock)
        collector = _collector(parts, watch, patience=patience)
        stack.push_async_callback(collector.close)
        deliverer = Deliverer(SqlOutbox(database), notifiers, clock, SystemRandom())
        stack.push_async_callback(deliverer.drain)
        cycle = MonitorCycle(watch, collector=collector, store=SqlCycleStore(database, clock), clock=clock)
        yield Watching(watch=watch, cycle=cycle, deliverer=deliverer, clock=clock)


async def look_once(settings: Settings, environ: Mapping[str, str], clock: Clock) -> CycleResult:
    """Run one cycle against what the store remembers (or nothing, if there is no store yet), and keep nothing."""
    watch = watch_of(settings)
    async with AsyncExitStack() as stack:
        store = _remembering(stack, settings.storage.url.resolve(environ).get_secret_value())
        parts = _Parts(settings=settings, environ=environ, shelf=MemoryStore(), clock=clock)
        collector = _collector(parts, watch, patience=one_look(LOOK_DEADLINE_SECONDS))
        stack.push_async_callback(collector.close)
        return await MonitorCycle(watch, collector=collector, store=store, clock=clock).look()


def _remembering(stack: AsyncExitStack, url: str) -> CycleStore:
    if check(url).status is not SchemaStatus.CURRENT:
        return MemoryStore()
    history = History(url)
    stack.callback(history.close)
    return PastReader(history)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Parts:
    """What sources are made of."""

    settings: Settings
    environ: Mapping[str, str]
    shelf: MarketShelf
    clock: Clock


def _collector(parts: _Parts, watch: Watch, *, patience: Patience) -> Collector:
    settings, clock = parts.settings, parts.clock
    accounts = list(needs_of(watch.hedges))
    at_accounts = (settings.accounts[account].exchange for account in accounts)
    sources = {
        exchange: make_source(settings, exchange, parts.shelf, clock, patience=patience)
        for exchange in dict.fromkeys((*instruments_by_exchange(watch.hedges), *at_accounts))
    }
    readers = [
        make_account_source(
            settings,
            account,
            sources[settings.accounts[account].exchange],
            environ=parts.environ,
            clock=clock,
            timeout_seconds=patience.answer_seconds,
        )
        for account in accounts
    ]
    return Collector(sources.values(), readers, deadline_seconds=patience.answer_seconds, clock=clock)


def make_source(
    settings: Settings, exchange: str, shelf: MarketShelf, clock: Clock, *, patience: Patience
) -> CcxtSource:
    """Make the source of one exchange as configured; whoever asks for it closes it. Raises ConfigurationError."""
    section = settings.exchanges.get(exchange)
    return CcxtSource(
        exchange=exchange,
        base_url=section.base_url if section else None,
        patience=patience,
        shelf=shelf,
        clock=clock,
    )
