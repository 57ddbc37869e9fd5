"""Compose the store of a worker so that it outlasts its database."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from hedgewatch.bootstrap.places import spool_folder
from hedgewatch.monitoring.ports import Clock
from hedgewatch.storage.backlog import SqlBacklogs
from hedgewatch.storage.cycle_store import RECORDING, SqlCycleStore
from hedgewatch.storage.database import Database, open_database
from hedgewatch.storage.day_book import SqlDayBook
from hedgewatch.storage.engine import Place, place_of
from hedgewatch.storage.lease import SqlLease, worker_name
from hedgewatch.storage.market_shelf import SqlMarketShelf
from hedgewatch.storage.outage.ballast import Ballast
from hedgewatch.storage.outage.doors import LastingBacklogs, LastingDayBook, LastingSeries, LastingShelf
from hedgewatch.storage.outage.lease import LastingLease
from hedgewatch.storage.outage.opened import Opened
from hedgewatch.storage.outage.outage import Outage
from hedgewatch.storage.outage.returning import Return
from hedgewatch.storage.outage.spool import Spool
from hedgewatch.storage.outage.stores import LastingOutbox, LastingStore
from hedgewatch.storage.outage.waiting import Waiting
from hedgewatch.storage.outbox import SqlOutbox
from hedgewatch.storage.recording import Step
from hedgewatch.storage.series_store import SqlSeriesStore


@dataclass(frozen=True, slots=True, kw_only=True)
class LastingStores:
    """Everything that fills a port of the store."""

    cycles: LastingStore
    outbox: LastingOutbox
    shelf: LastingShelf
    lease: LastingLease
    backlogs: LastingBacklogs
    series: LastingSeries
    days: LastingDayBook
    outage: Outage


def _ballast(place: Place, spool: Path) -> Ballast:
    if place.path is None:
        return Ballast(None, spool)
    return Ballast(place.path.with_name(f"{place.path.name}.ballast"), place.path.parent)


def _opened(database: Database, name: str, clock: Clock, *, steps: Mapping[str, Step]) -> Opened:
    lease = SqlLease(database, name)
    return Opened(
        database=database,
        lease=lease,
        cycles=SqlCycleStore(database, clock, fence=lease, steps=steps),
        outbox=SqlOutbox(database, name),
        shelf=SqlMarketShelf(database),
        backlogs=SqlBacklogs(database),
        series=SqlSeriesStore(database),
        days=SqlDayBook(database, lease),
    )


@asynccontextmanager
async def lasting_store(
    url: str,
    environ: Mapping[str, str],
    clock: Clock,
    *,
    open_with: Callable[[str], Database] = open_database,
    steps: Mapping[str, Step] = RECORDING,
) -> AsyncIterator[LastingStores]:
    """Open the store and close it afterwards; one that was in use before may be away.

    open_with: brings the schema up to date and opens the database. steps: of the transaction that records a cycle.
    Raises StoreUnavailableError.
    """
    place, name = place_of(url), worker_name()
    folder = spool_folder(place, environ)
    ballast = _ballast(place, folder)

    def opening() -> Opened:
        return _opened(open_with(url), name, clock, steps=steps)

    outage = Outage(Waiting(Spool(folder)), clock)
    returning = Return(outage, opening, clock)
    lease = LastingLease(outage, name)
    try:
        await returning.start()
        await asyncio.to_thread(ballast.prepare)
        yield LastingStores(
            cycles=LastingStore(outage, returning, ballast),
            outbox=LastingOutbox(outage, returning, ballast),
            shelf=LastingShelf(outage),
            lease=lease,
            backlogs=LastingBacklogs(outage),
            series=LastingSeries(outage),
            days=LastingDayBook(outage),
            outage=outage,
        )
    finally:
        await lease.release()
        await returning.close()
        outage.waiting.close()
        if outage.opened is not None:
            await asyncio.to_thread(outage.opened.database.close)
