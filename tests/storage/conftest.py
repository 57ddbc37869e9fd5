"""Stores of every kind, for the one contract that all of them keep."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

import pytest
from sqlalchemy import Connection

from hedgewatch.monitoring.desk import Desk
from hedgewatch.monitoring.ports import CycleStore, MarketShelf, Outbox
from hedgewatch.storage.cycle_store import SqlCycleStore
from hedgewatch.storage.database import Database, open_database
from hedgewatch.storage.interventions import SqlDesk
from hedgewatch.storage.market_shelf import SqlMarketShelf
from hedgewatch.storage.memory import MemoryStore
from hedgewatch.storage.outbox import SqlOutbox
from hedgewatch.storage.types import to_ms
from tests.storage.samples import StandingClock


@dataclass
class Stores:
    """The four ports over one store, and how to start them again as after a restart."""

    cycles: CycleStore
    outbox: Outbox
    shelf: MarketShelf
    desk: Desk
    url: str | None = None
    databases: list[Database] = field(default_factory=list)

    def restart(self) -> None:
        """Forget all that is not stored; the memory's store has nothing else."""
        if self.url is None:
            return
        self.databases.pop().close()
        again = over(self.url)
        self.cycles, self.outbox, self.shelf, self.desk = again.cycles, again.outbox, again.shelf, again.desk
        self.databases = again.databases


def as_told(_: Connection, now: datetime) -> int:
    """Tell the time of claims by the test's clock."""
    return to_ms(now)


def over(url: str) -> Stores:
    database = open_database(url)
    return Stores(
        cycles=SqlCycleStore(database, StandingClock()),
        outbox=SqlOutbox(database, "test", time=as_told),
        shelf=SqlMarketShelf(database),
        desk=SqlDesk(database),
        url=url,
        databases=[database],
    )


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def stores(request: pytest.FixtureRequest) -> Iterator[Stores]:
    if request.param == "memory":
        store = MemoryStore()
        yield Stores(cycles=store, outbox=store, shelf=store, desk=store)
        return
    found = over(request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "pg_url"))
    yield found
    found.databases.pop().close()


@pytest.fixture
def sql_stores(store_url: str) -> Iterator[Stores]:
    found = over(store_url)
    yield found
    found.databases.pop().close()
