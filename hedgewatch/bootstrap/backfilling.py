"""Compose a back-fill: the exchanges' past and the store it goes into, side by side by exchange."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta

from hedgewatch.bootstrap.keeping import PAGE_SECONDS
from hedgewatch.bootstrap.sources import make_source, one_look
from hedgewatch.domain.errors import ConfigurationError
from hedgewatch.domain.instrument import InstrumentRef
from hedgewatch.exchanges.series import CcxtSeries
from hedgewatch.monitoring.backfill import Backfill, SeriesReport, Step, series_wanted
from hedgewatch.monitoring.collect import by_exchange
from hedgewatch.monitoring.ports import Clock
from hedgewatch.settings import Settings
from hedgewatch.storage.database import Database
from hedgewatch.storage.memory import MemoryStore
from hedgewatch.storage.migrate import upgrade
from hedgewatch.storage.series_store import SqlSeriesStore


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """What of the past is wanted: of which hedges and exchanges (None: all), how many days, in which steps."""

    hedge: str | None
    exchange: str | None
    days: int
    steps: Sequence[timedelta]


def wanted_instruments(settings: Settings, past: Past) -> Mapping[str, tuple[InstrumentRef, ...]]:
    """List the instruments of the wanted hedges by exchange. Raises ConfigurationError if nothing is left."""
    names = [hedge.name for hedge in settings.hedges]
    if past.hedge is not None and past.hedge not in names:
        known = ", ".join(names) or "none"
        raise ConfigurationError(f'--hedge: there is no hedge "{past.hedge}"; configured: {known}')
    refs = [
        name.ref
        for hedge in settings.hedges
        if past.hedge in {None, hedge.name}
        for name in (*hedge.spot, *(leg.futures for leg in hedge.all_legs))
    ]
    found = by_exchange(refs)
    if past.exchange is not None and past.exchange not in found:
        raise ConfigurationError(f'--exchange: no hedge asks "{past.exchange}"; asked are {", ".join(found) or "none"}')
    if not found:
        raise ConfigurationError("the configuration has no [[hedges]]: there is no past to ask for")
    return {exchange: refs for exchange, refs in found.items() if past.exchange in {None, exchange}}


async def fill_past(
    settings: Settings, environ: Mapping[str, str], clock: Clock, *, past: Past, tell: Callable[[Step], None]
) -> tuple[SeriesReport, ...]:
    """Fill the past of every wanted instrument; a running daemon may go on writing beside it.

    Raises ConfigurationError or StoreUnavailableError.
    """
    wanted = wanted_instruments(settings, past)
    url = settings.storage.url.resolve(environ).get_secret_value()
    upgrade(url)
    async with AsyncExitStack() as stack:
        database = Database(url)
        stack.callback(database.close)
        store = SqlSeriesStore(database)
        fillers = []
        for exchange, refs in wanted.items():
            source = make_source(settings, exchange, MemoryStore(), clock, patience=one_look(PAGE_SECONDS))
            series = CcxtSeries(source, clock, timeout_seconds=PAGE_SECONDS)
            stack.push_async_callback(series.close)
            filler = Backfill(series, store, clock, pause=asyncio.sleep, tell=tell)
            fillers.append(filler.fill(series_wanted(refs, past.steps), past.days))
        results = await asyncio.gather(*fillers)
    return tuple(report for reports in results for report in reports)
