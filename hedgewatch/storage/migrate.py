"""The schema's version: bringing it up to date."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.resources import files
from pathlib import Path

from filelock import FileLock, Timeout
from sqlalchemy import Connection, Engine

from hedgewatch.domain.errors import StoreRefusedError
from hedgewatch.storage.engine import (
    DatabaseTrouble,
    Place,
    held_up,
    place_of,
    prepare_file,
    reader_engine,
    refuse,
    unavailable,
    writer_engine,
)
from hedgewatch.storage.schema import HEAD, SchemaState, SchemaStatus, newer_words, state_of

MIGRATION_KEY = 0x6865646D  # the advisory lock under which PostgreSQL's schema changes
MIGRATION_SECONDS = 60


def check(url: str) -> SchemaState:
    """Tell how the schema stands, changing nothing. Raises StoreUnavailableError."""
    place = place_of(url)
    if place.path is not None and not place.path.exists() and place.path.parent.is_dir():
        return SchemaState(revision=None, head=HEAD, status=SchemaStatus.MISSING)
    with _engine(reader_engine(place), place) as engine, engine.connect() as connection:
        return state_of(connection)


def upgrade(url: str) -> SchemaState:
    """Bring the schema to this version's, all of it or nothing; several programs may do so at once.

    Raises StoreUnavailableError, also for a schema that is newer than this version.
    """
    place = place_of(url)
    prepare_file(place)
    with _file_locked(place), _engine(writer_engine(place), place) as engine:
        with engine.begin() as connection:
            if connection.dialect.name == "postgresql":
                connection.exec_driver_sql("SET LOCAL statement_timeout = 0")  # a long history takes its time
                connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{MIGRATION_SECONDS}s'")
                connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({MIGRATION_KEY})")
            state = state_of(connection)
            if state.status is SchemaStatus.NEWER:
                raise _newer(place, state)
            if state.status is not SchemaStatus.CURRENT:
                _migrate(connection)
                state = state_of(connection)
        return state


def migrations_folder() -> Path:
    """Return where the migrations are: inside the installed package, or beside it in a checkout."""
    shipped = Path(str(files("hedgewatch") / "_migrations"))
    return shipped if shipped.is_dir() else Path(__file__).resolve().parents[2] / "migrations"


def _migrate(connection: Connection) -> None:
    # Alembic takes 9 MB and 0.2 s, which a start whose schema is current has no use for
    import_module("hedgewatch.storage.migrating").migrate(connection, migrations_folder())


def _newer(place: Place, state: SchemaState) -> StoreRefusedError:
    return refuse(place, newer_words(state).removeprefix("storage: "))


@contextmanager
def _engine(engine: Engine, place: Place) -> Iterator[Engine]:
    try:
        yield engine
    except DatabaseTrouble as error:
        raise unavailable(place, error) from error
    finally:
        engine.dispose()


@contextmanager
def _file_locked(place: Place) -> Iterator[None]:
    """Hold the writers' file lock of an SQLite file: turning on its log and changing its schema must not race."""
    if place.path is None:
        yield
        return
    try:
        with FileLock(f"{place.path}.write.lock", mode=0o600, timeout=MIGRATION_SECONDS):
            yield
    except Timeout as error:
        raise held_up(place, MIGRATION_SECONDS) from error
