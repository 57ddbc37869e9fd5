"""The writing side of the database: one thread, one connection, one transaction at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TypeVar

from filelock import FileLock, Timeout
from sqlalchemy import Connection

from hedgewatch.domain.errors import StoreUnavailableError
from hedgewatch.storage.engine import (
    BUSY_SECONDS,
    DatabaseTrouble,
    Place,
    held_up,
    no_file,
    place_of,
    prepare_file,
    refuse,
    unavailable,
    writer_engine,
)
from hedgewatch.storage.migrate import upgrade
from hedgewatch.storage.schema import require_current

T = TypeVar("T")
# Not the transaction's beginning: it may have waited for a lock. SQLite has one host, whose clock all workers share.
NOW_MS = {
    "sqlite": "CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)",
    "postgresql": "CAST(extract(epoch FROM clock_timestamp()) * 1000 AS bigint)",
}


def database_ms(connection: Connection) -> int:
    """Return the database's time, in epoch milliseconds."""
    return int(connection.exec_driver_sql(f"SELECT {NOW_MS[connection.dialect.name]}").scalar_one())


def write_lock(path: Path) -> FileLock:
    """Return the lock of whoever writes to an SQLite file; the system frees it when its process dies."""
    return FileLock(f"{path}.write.lock", mode=0o600, thread_local=False)


class Database:
    """One writer of a database, beside those of other programs.

    All work runs in one thread of its own. On SQLite every transaction also takes a short file lock: releases before
    3.51.3 can corrupt a log that two processes write or checkpoint at the same moment (https://sqlite.org/wal.html).
    """

    def __init__(self, url: str, *, busy_seconds: float = BUSY_SECONDS) -> None:
        """Open ``url``. busy_seconds: how long another program's writing is waited for on SQLite.

        Raises StoreUnavailableError.
        """
        self._place = place_of(url)
        self._busy_seconds = busy_seconds
        prepare_file(self._place)
        self._writing = write_lock(self._place.path) if self._place.path else nullcontext()
        self._engine = writer_engine(self._place, busy_seconds=busy_seconds)
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="store")
        try:
            self._executor.submit(self._transact, require_current, durable=True).result()
            self._executor.submit(self._transact, self._refuse_unsafe, durable=True).result()
        except StoreUnavailableError:
            self.close()
            raise

    @property
    def place(self) -> Place:
        """Where the database is."""
        return self._place

    async def run(self, work: Callable[[Connection], T], *, durable: bool = True) -> T:
        """Run ``work`` in one write transaction, in the writer's thread; all of it is stored or nothing.

        durable False: a power failure may undo it (never half of it). Raises StoreUnavailableError; then the
        transaction may have been stored or not, and ``work`` must be safe to run again.
        """
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._executor, lambda: self._transact(work, durable=durable))

    async def shrink(self) -> None:
        """Empty SQLite's log into the database and cut it to nothing: it never becomes smaller by itself.

        Raises StoreUnavailableError.
        """
        if self._place.path is not None:
            await asyncio.get_running_loop().run_in_executor(self._executor, self._shrink)

    def _shrink(self) -> None:
        try:
            with self._exclusively(), self._engine.connect() as connection:
                driver = connection.connection.driver_connection
                assert driver is not None  # noqa: S101  a connection that was just opened has one
                driver.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        except DatabaseTrouble as error:
            raise unavailable(self._place, error) from error

    def run_now(self, work: Callable[[Connection], T]) -> T:
        """Run ``work`` as ``run`` does, and wait for it; for commands without a loop."""
        return self._executor.submit(self._transact, work, durable=True).result()

    def close(self) -> None:
        """Finish what is running and let go of the database."""
        self._executor.submit(self._dispose).result()
        self._executor.shutdown()

    def _refuse_unsafe(self, connection: Connection) -> None:
        if connection.dialect.name != "postgresql":
            return
        if connection.exec_driver_sql("SHOW fsync").scalar_one() == "off":
            raise refuse(self._place, "the server runs with fsync = off and would lose alerts in a power failure")

    def _transact(self, work: Callable[[Connection], T], *, durable: bool) -> T:
        try:
            with (
                self._exclusively(),
                self._engine.connect() as connection,
                self._synced(connection, durable=durable),
                connection.begin(),
            ):
                if not durable and connection.dialect.name == "postgresql":
                    connection.exec_driver_sql("SET LOCAL synchronous_commit = off")
                return work(connection)
        except DatabaseTrouble as error:
            raise unavailable(self._place, error) from error

    @contextmanager
    def _synced(self, connection: Connection, *, durable: bool) -> Iterator[None]:
        if durable or connection.dialect.name != "sqlite":
            yield
            return
        driver = connection.connection.driver_connection
        assert driver is not None  # noqa: S101  a connection that was just opened has one
        driver.execute("PRAGMA synchronous = NORMAL")
        try:
            yield
        finally:
            driver.execute("PRAGMA synchronous = FULL")

    @contextmanager
    def _exclusively(self) -> Iterator[None]:
        if isinstance(self._writing, FileLock):
            try:
                self._writing.acquire(timeout=self._busy_seconds)
            except Timeout as error:
                raise held_up(self._place, self._busy_seconds) from error
            except OSError as error:
                raise no_file(self._place, "its lock file", error) from error
        try:
            yield
        finally:
            if isinstance(self._writing, FileLock):
                self._writing.release()

    def _dispose(self) -> None:
        with self._exclusively():
            self._engine.dispose()


def open_database(url: str) -> Database:
    """Bring the schema up to date and open the database. Raises StoreUnavailableError."""
    upgrade(url)
    return Database(url)
