"""Many rows at once: driver-level executemany of plain tuples, and PostgreSQL's COPY for the raw series."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

import psycopg
from sqlalchemy import BigInteger, Boolean, Connection, Integer, Table, Text

from hedgewatch.storage.types import MarketNumber

Row = tuple[Any, ...]
KEEP_THE_FIRST = "DO NOTHING"
COPY_TYPES = {BigInteger: "int8", Integer: "int4", MarketNumber: "float8", Text: "text", Boolean: "bool"}


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
        _copy(connection, table, rows)
    except psycopg.errors.UniqueViolation:
        savepoint.rollback()
        put(connection, table, rows)
    else:
        savepoint.commit()


def _copy(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    driver = connection.connection.driver_connection
    if not isinstance(driver, psycopg.Connection):
        raise TypeError(f"COPY needs psycopg's connection, found {type(driver).__name__}")
    columns = columns_of(table)
    with (
        driver.cursor() as cursor,
        cursor.copy(f"COPY {table.name} ({', '.join(columns)}) FROM STDIN (FORMAT BINARY)".encode()) as copy,
    ):
        copy.set_types(_copy_types(table))
        for row in rows:
            copy.write_row(row)


@lru_cache(maxsize=64)
def _copy_types(table: Table) -> tuple[str, ...]:
    kinds = (table.c[name].type for name in columns_of(table))
    return tuple(next(pg for ours, pg in COPY_TYPES.items() if isinstance(kind, ours)) for kind in kinds)
