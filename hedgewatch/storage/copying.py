"""Copying: PostgreSQL's binary COPY; loaded only where rows are added to such a database."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import psycopg
from sqlalchemy import BigInteger, Boolean, Connection, Integer, Table, Text
from sqlalchemy.exc import IntegrityError, OperationalError

from hedgewatch.storage.types import MarketNumber

COPY_TYPES = {BigInteger: "int8", Integer: "int4", MarketNumber: "float8", Text: "text", Boolean: "bool"}


def copy(connection: Connection, table: Table, columns: tuple[str, ...], rows: Sequence[tuple[Any, ...]]) -> None:
    """Add rows (of all these columns, in order). Raises SQLAlchemy's errors: IntegrityError if one is there already."""
    driver = connection.connection.driver_connection
    if not isinstance(driver, psycopg.Connection):
        raise TypeError(f"COPY needs psycopg's connection, found {type(driver).__name__}")
    statement = f"COPY {table.name} ({', '.join(columns)}) FROM STDIN (FORMAT BINARY)"
    try:
        with driver.cursor() as cursor, cursor.copy(statement.encode()) as stream:
            stream.set_types(_types(table, columns))
            for row in rows:
                stream.write_row(row)
    except psycopg.errors.UniqueViolation as error:
        raise IntegrityError(statement, None, error) from error
    except psycopg.Error as error:
        raise OperationalError(statement, None, error, connection_invalidated=driver.broken) from error


@lru_cache(maxsize=64)
def _types(table: Table, columns: tuple[str, ...]) -> tuple[str, ...]:
    kinds = (table.c[name].type for name in columns)
    return tuple(next(pg for ours, pg in COPY_TYPES.items() if isinstance(kind, ours)) for kind in kinds)
