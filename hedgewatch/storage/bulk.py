"""Many rows at once: driver-level executemany of plain tuples, and PostgreSQL's COPY for the raw series."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from importlib import import_module
from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.exc import IntegrityError

Row = tuple[Any, ...]
KEEP_THE_FIRST = "DO NOTHING"


def columns_of(table: Table) -> tuple[str, ...]:
    """Name the columns a row of ``table`` has, in order; a number the database gives by itself is not among them."""
    return tuple(column.name for column in table.columns if column.name != "id" or column.autoincrement is False)


def take_the_last(table: Table, *, unless_null: Iterable[str] = (), keep: Iterable[str] = ()) -> str:
    """Write the conflict clause that replaces a row.

    unless_null: columns that keep their value where the new one is NULL. keep: columns that are never replaced.
    """
    kept, softly = set(keep), set(unless_null)
    key = {column.name for column in table.primary_key.columns}
    changes = [
        f"{name} = COALESCE(excluded.{name}, {table.name}.{name})" if name in softly else f"{name} = excluded.{name}"
        for name in columns_of(table)
        if name not in key | kept
    ]
    return f"DO UPDATE SET {', '.join(changes)}"


@lru_cache(maxsize=256)
def _insert_sql(table: Table, paramstyle: str, conflict: str, conflict_on: tuple[str, ...]) -> str:
    columns = columns_of(table)
    mark = "?" if paramstyle == "qmark" else "%s"
    target = ", ".join(conflict_on or tuple(column.name for column in table.primary_key.columns))
    return (
        f"INSERT INTO {table.name} ({', '.join(columns)}) "  # noqa: S608  names of our own tables only
        f"VALUES ({', '.join([mark] * len(columns))}) ON CONFLICT ({target}) {conflict}"
    )


def put(
    connection: Connection,
    table: Table,
    rows: Sequence[Row],
    *,
    conflict: str = KEEP_THE_FIRST,
    conflict_on: tuple[str, ...] = (),
) -> None:
    """Insert rows (all columns, in order); ``conflict`` says what happens to those that are there already."""
    if rows:
        connection.exec_driver_sql(_insert_sql(table, connection.dialect.paramstyle, conflict, conflict_on), rows)


def append(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Add rows to a raw series; those that are there already stay as they are."""
    if not rows:
        return
    if connection.dialect.name != "postgresql":
        put(connection, table, rows)
        return
    savepoint = connection.begin_nested()
    try:
        # psycopg takes 10 MB, which a worker over SQLite has no use for
        import_module("hedgewatch.storage.copying").copy(connection, table, columns_of(table), rows)
    except IntegrityError:
        savepoint.rollback()
        put(connection, table, rows)
    else:
        savepoint.commit()
