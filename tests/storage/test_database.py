"""The writer: what happens when others write too, when the database goes away, and when it comes back."""

from __future__ import annotations

import asyncio
import sqlite3
from datetime import timedelta

import psycopg
import pytest
from sqlalchemy import Connection, insert

from hedgewatch.domain.errors import StoreUnavailableError
from hedgewatch.storage import tables
from hedgewatch.storage.cycle_store import SqlCycleStore
from hedgewatch.storage.database import Database, open_database
from hedgewatch.storage.lease_tables import lease
from tests.storage.conftest import Stores
from tests.storage.samples import LEG, NOW, SPOT, StandingClock, alert_state, cycle

POLL = timedelta(seconds=30)


def add_lease(name: str) -> object:
    row = {"name": name, "holder": "test", "epoch": 1, "expires_at_ms": 0}
    return lambda connection: connection.execute(insert(lease), row)


def end_sessions(url: str) -> None:
    """End every session of a PostgreSQL database but our own."""
    with psycopg.connect(url, autocommit=True) as server:
        server.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


async def test_a_transaction_that_fails_leaves_nothing(sql_stores: Stores) -> None:
    database = sql_stores.databases[0]

    def write_and_break(connection: Connection) -> None:
        connection.execute(insert(tables.kept_market), {"exchange": "x", "symbol": "y", "market": "", "kept_at_ms": 0})
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await database.run(write_and_break)
    assert await sql_stores.shelf.markets("x") == {}
    with pytest.raises(ZeroDivisionError):
        await database.run(write_and_break, durable=False)
    assert await sql_stores.shelf.markets("x") == {}


async def test_a_command_may_write_beside_the_daemon(store_url: str) -> None:
    daemon, command = open_database(store_url), Database(store_url)
    work = [
        one.run(add_lease(f"{number}-{side}")) for side, one in (("a", daemon), ("b", command)) for number in range(20)
    ]  # type: ignore[arg-type]  # work
    await asyncio.gather(*work)
    rows = daemon.run_now(lambda connection: connection.exec_driver_sql("SELECT count(*) FROM lease").scalar_one())
    daemon.close()
    command.close()
    assert rows == 40


async def test_a_locked_file_fails_the_cycle_and_the_next_one_succeeds(sqlite_url: str) -> None:
    open_database(sqlite_url).close()
    database = Database(sqlite_url, busy_seconds=0.2)
    store = SqlCycleStore(database, StandingClock())
    await store.record(cycle())
    other = sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreUnavailableError, match="locked by another program"):
        await store.record(cycle(NOW + POLL, states=(alert_state(),)))
    other.execute("ROLLBACK")
    other.close()
    assert (await store.recall([SPOT], [("btc-core", LEG)], NOW + POLL)).alerts == {}
    await store.record(cycle(NOW + POLL, states=(alert_state(),)))
    memory = await store.recall([SPOT], [("btc-core", LEG)], NOW + 2 * POLL)
    database.close()
    assert len(memory.alerts) == 1
    assert len(memory.past.instruments[SPOT].recent) == 2


async def test_a_lost_session_is_replaced(pg_url: str) -> None:
    database = open_database(pg_url)
    store = SqlCycleStore(database, StandingClock())
    await store.record(cycle())
    end_sessions(pg_url)
    await store.record(cycle(NOW + POLL))
    database.close()
