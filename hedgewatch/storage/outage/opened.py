"""The database with all that fills ports over it, and what is brought back into it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from hedgewatch.monitoring.ports import CycleRecord
from hedgewatch.storage import tables
from hedgewatch.storage.backlog import SqlBacklogs
from hedgewatch.storage.cycle_store import SqlCycleStore
from hedgewatch.storage.database import Database
from hedgewatch.storage.day_book import SqlDayBook
from hedgewatch.storage.event_store import store_drafts
from hedgewatch.storage.lease import SqlLease
from hedgewatch.storage.market_shelf import SqlMarketShelf
from hedgewatch.storage.outage.entries import Entry, FallenBack
from hedgewatch.storage.outbox import SqlOutbox, note_attempt_once
from hedgewatch.storage.series_store import SqlSeriesStore
from hedgewatch.storage.types import to_ms

Key = tuple[str, str]
SENDING_MS = 15_000  # no message takes longer


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """An open database and what fills the ports over it."""

    database: Database
    lease: SqlLease
    cycles: SqlCycleStore
    outbox: SqlOutbox
    shelf: SqlMarketShelf
    backlogs: SqlBacklogs
    series: SqlSeriesStore
    days: SqlDayBook

    async def others_since(self, first: CycleRecord, ours: Collection[int]) -> bool:
        """Tell whether somebody else has recorded cycles since ``first``. ours: our own, as epoch milliseconds.

        Raises StoreUnavailableError.
        """
        started = tables.cycle.c.started_at_ms
        later = select(started).where(tables.cycle.c.read_at_ms >= to_ms(first.read_at))
        found = await self.database.run(lambda connection: list(connection.execute(later).scalars()))
        return any(ms not in ours for ms in found)

    async def bring_back(
        self, entries: Sequence[Entry], on_the_way: Collection[Key], *, now: datetime, with_states: bool
    ) -> None:
        """Store entries in order, in one transaction; what is there already stays as it is.

        on_the_way: deliveries that are being sent, which nobody else may claim meanwhile. with_states: the
        alerts' states too; not where another worker has gone on meanwhile. Raises StoreUnavailableError.
        """

        def store(connection: Connection) -> None:
            for entry in entries:
                if isinstance(entry, CycleRecord):
                    self.cycles.store_late(connection, entry, with_states=with_states)
                elif isinstance(entry, FallenBack):
                    store_drafts(connection, entry.drafts)
                else:
                    note_attempt_once(connection, entry)
            self.outbox.hold(connection, on_the_way, now=now, lasts=SENDING_MS)

        await self.database.run(store)
