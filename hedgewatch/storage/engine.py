"""Engines: how each database is opened for writing and for reading, and how its troubles are told."""

from __future__ import annotations

import os
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import URL, Engine, QueuePool, StaticPool, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DataError, DBAPIError, IntegrityError, SQLAlchemyError

from hedgewatch.domain.errors import (
    StoreFullError,
    StoreLostError,
    StoreRefusedError,
    StoreRejectedError,
    StoreUnavailableError,
)

EXPECTED = "expected sqlite:///FILE or postgresql://USER@HOST/NAME"
DISK_FULL = "53100"  # of the SQL standard's states, as PostgreSQL tells it
BUSY_SECONDS = 10
FULL_CODES = frozenset({sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_WRITE})
# a worker that is stopped within a transaction loses it, and with it the lease's row, before its lease ends
POSTGRES_OPTIONS = {"timezone": "UTC", "lock_timeout": "10s", "idle_in_transaction_session_timeout": "10s"}
# a worker whose machine is gone loses its session, and so its seat, within half a minute
KEEPALIVES = {"tcp_keepalives_idle": "10", "tcp_keepalives_interval": "5", "tcp_keepalives_count": "3"}
WRITER_OPTIONS = {**POSTGRES_OPTIONS, **KEEPALIVES, "statement_timeout": "30s", "synchronous_commit": "on"}
READER_OPTIONS = {**POSTGRES_OPTIONS, "statement_timeout": "15s", "default_transaction_read_only": "on"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where the database is. shown: for messages, without password. path: of an SQLite file, None for a server."""

    url: URL
    shown: str
    path: Path | None


def place_of(url: str) -> Place:
    """Understand a storage URL; raises StoreUnavailableError that repeats no secret."""
    try:
        parsed = make_url(url)
        backend = parsed.get_backend_name()
    except (ArgumentError, ValueError):
        raise StoreRefusedError(f"storage.url: {EXPECTED}") from None
    if backend == "sqlite":
        if not parsed.database or parsed.database == ":memory:":
            raise StoreRefusedError(f"storage.url: an SQLite database needs a file: {EXPECTED}")
        return Place(url=parsed, shown=f"sqlite:///{parsed.database}", path=Path(parsed.database))
    if backend in {"postgresql", "postgres"}:
        url_ = parsed.set(drivername="postgresql+psycopg")
        return Place(url=url_, shown=_without_secrets(url_), path=None)
    raise StoreRefusedError(f"storage.url: {EXPECTED}, found {backend!r}")


def _without_secrets(url: URL) -> str:
    user = f"{url.username}@" if url.username else ""
    port = f":{url.port}" if url.port else ""
    return f"postgresql://{user}{url.host or ''}{port}/{url.database or ''}"


def unavailable(place: Place, error: Exception) -> StoreUnavailableError:
    """Say in one line what the database said, without its URL's secrets."""
    cause = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    text = " ".join(str(cause).split())[:300] or type(cause).__name__
    for secret in (place.url.password, place.url.query.get("password")):
        if secret:
            text = text.replace(str(secret), "***")
    if "database is locked" in text:
        text = "locked by another program for too long"
    if "no such table" in text or ("does not exist" in text and "relation" in text):
        text = "it has no tables of hedgewatch (or not all): run `hedgewatch db upgrade`"
    return _kind_of(error, cause)(f"storage: {place.shown}: {text}")


def _kind_of(error: Exception, cause: BaseException) -> type[StoreUnavailableError]:
    """Tell a full disk and a broken connection from all else; a write beyond a limit is an I/O error of SQLite."""
    if getattr(cause, "sqlite_errorcode", None) in FULL_CODES or getattr(cause, "sqlstate", None) == DISK_FULL:
        return StoreFullError
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return StoreLostError
    if isinstance(error, (IntegrityError, DataError)):
        return StoreRejectedError
    return StoreUnavailableError


def refuse(place: Place, problem: str) -> StoreRefusedError:
    """Make the error that says ``problem`` of this database, which waiting does not mend."""
    return StoreRefusedError(f"storage: {place.shown}: {problem}")


def no_file(place: Place, what: str, error: OSError) -> StoreUnavailableError:
    """Make the error that says a file of this database cannot be written."""
    return StoreUnavailableError(f"storage: {place.shown}: {what} cannot be written: {error.strerror}")


def held_up(place: Place, seconds: float) -> StoreUnavailableError:
    """Make the error that says another program has been writing for longer than ``seconds``."""
    return StoreUnavailableError(
        f"storage: {place.shown}: another program has been writing to it for more than {seconds} s"
    )


def refuse_folders(place: Place, path: Path) -> None:
    """Raise StoreUnavailableError if the path is a folder, or lies in one that is not there."""
    if path.is_dir():
        raise refuse(place, "this is a folder; name a file in it")
    if not path.parent.is_dir():
        raise refuse(place, f"the folder {path.parent} does not exist; create it or change storage.url")


def prepare_file(place: Place) -> None:
    """Make sure that the SQLite file can be written; a new one is readable for its owner only."""
    path = place.path
    if path is None:
        return
    refuse_folders(place, path)
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    except OSError as error:
        raise no_file(place, "the file", error) from error


def writer_engine(place: Place, *, busy_seconds: float = BUSY_SECONDS) -> Engine:
    """Return an engine over one writing connection.

    Every transaction on SQLite begins IMMEDIATE: a deferred one that reads first and writes later fails at once under
    a second writer, whatever the time limit.
    """
    if place.path is not None:
        return _sqlite_writer(place.path, busy_seconds)
    return _postgres_engine(place, WRITER_OPTIONS, pool_size=1, max_overflow=0)


def reader_engine(place: Place) -> Engine:
    """Return an engine that cannot write."""
    if place.path is None:
        return _postgres_engine(place, READER_OPTIONS, pool_size=5, max_overflow=5)
    path = place.path
    refuse_folders(place, path)
    if not path.is_file():
        raise refuse(place, "there is no such database yet; start hedgewatch or run `hedgewatch db upgrade`")

    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(
            f"file:{quote(str(path))}?mode=ro", uri=True, timeout=BUSY_SECONDS, check_same_thread=False
        )
        connection.execute("PRAGMA query_only = ON")
        return connection

    return create_engine("sqlite://", creator=connect, pool_size=5, max_overflow=5, poolclass=QueuePool)


def _sqlite_writer(path: Path, busy_seconds: float) -> Engine:
    def connect() -> sqlite3.Connection:
        # isolation_level None: the driver begins nothing by itself, so DDL is inside our transactions as well
        connection = sqlite3.connect(path, timeout=busy_seconds, isolation_level=None, check_same_thread=False)
        for setting in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
            connection.execute(f"PRAGMA {setting}")
        return connection

    engine = create_engine("sqlite://", creator=connect, poolclass=StaticPool)
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    return engine


def _postgres_engine(place: Place, options: dict[str, str], *, pool_size: int, max_overflow: int) -> Engine:
    given = place.url.query.get("options", "")
    settings = " ".join([*(f"-c {name}={value}" for name, value in options.items()), str(given)]).strip()
    return create_engine(
        place.url.difference_update_query(["options"]),
        pool_size=pool_size,
        max_overflow=max_overflow,
        pool_pre_ping=True,
        connect_args={
            "options": settings,
            "connect_timeout": 5,
            "application_name": "hedgewatch",
            "keepalives_idle": 10,
            "tcp_user_timeout": 20_000,
        },
    )


DatabaseTrouble = (SQLAlchemyError, sqlite3.Error)
