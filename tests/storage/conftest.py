"""Stores of every kind, for the one contract that all of them keep."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import psycopg
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


@pytest.fixture(scope="session")
def made_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make an SQLite database once, to be copied: all migrations take longer than most tests."""
    path = tmp_path_factory.mktemp("made") / "hedgewatch.db"
    open_database(f"sqlite:///{path}").close()
    return path


@pytest.fixture(scope="session")
def made_database(pg_server: str) -> Iterator[str]:
    """Make a PostgreSQL database once; return its name, to be a template."""
    name, admin = f"hedgewatch_made_{os.getpid()}", pg_server.format(name="postgres")
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE template0".encode())
        open_database(pg_server.format(name=name)).close()
        yield name
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


@pytest.fixture
def ready_sqlite(sqlite_url: str, made_file: Path) -> str:
    """URL of an SQLite database whose schema is there, and nothing else."""
    shutil.copy(made_file, sqlite_url.removeprefix("sqlite:///"))
    return sqlite_url


@pytest.fixture
def ready_pg(pg_server: str, pg_database: str, made_database: str) -> str:
    """URL of a PostgreSQL database whose schema is there, and nothing else."""
    name = pg_database.partition("?")[0].rpartition("/")[2]
    with psycopg.connect(pg_server.format(name="postgres"), autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {made_database}".encode())
    return pg_database


@pytest.fixture(params=["sqlite", "postgresql"])
def ready_url(request: pytest.FixtureRequest) -> str:
    """URL of a database whose schema is there, and nothing else, on either kind."""
    url: str = request.getfixturevalue("ready_sqlite" if request.param == "sqlite" else "ready_pg")
    return url


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def stores(request: pytest.FixtureRequest) -> Iterator[Stores]:
    if request.param == "memory":
        store = MemoryStore()
        yield Stores(cycles=store, outbox=store, shelf=store, desk=store)
        return
    found = over(request.getfixturevalue("ready_sqlite" if request.param == "sqlite" else "ready_pg"))
    yield found
    found.databases.pop().close()


@pytest.fixture
def sql_stores(ready_url: str) -> Iterator[Stores]:
    found = over(ready_url)
    yield found
    found.databases.pop().close()
