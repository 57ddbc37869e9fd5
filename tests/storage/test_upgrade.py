"""A store made by the first schema, with its rows, becomes the present one without losing any."""

from __future__ import annotations

import importlib.util
from typing import Any

import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import BigInteger, Boolean, Connection, Integer, LargeBinary, MetaData, Table, Text, select

from hedgewatch.storage.engine import place_of, prepare_file, writer_engine
from hedgewatch.storage.migrate import check, migrations_folder, upgrade
from hedgewatch.storage.schema import SchemaStatus

HOUR_MS = 3_600_000
ROWS = 4
Upgraded = tuple[str, MetaData, dict[str, list[tuple[Any, ...]]]]


def make_first_schema(connection: Connection) -> MetaData:
    """Make the tables as release 0001 made them, and return them as they are found."""
    path = migrations_folder() / "versions" / "0001_first_schema.py"
    spec = importlib.util.spec_from_file_location("first_schema", path)
    assert spec is not None
    assert spec.loader is not None
    first = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(first)
    context = MigrationContext.configure(connection)
    with Operations.context(context):
        first.upgrade()
    context._ensure_version_table()
    connection.exec_driver_sql("INSERT INTO alembic_version (version_num) VALUES ('0001')")
    found = MetaData()
    found.reflect(connection)
    return found


def value_of(column: Any, number: int) -> Any:
    if column.name == "quality":
        return "unknown" if number == 1 else "ok"
    if isinstance(column.type, Text) or str(column.type) == "TEXT":
        return f"t{number}"
    if isinstance(column.type, LargeBinary) or str(column.type) in {"BLOB", "BYTEA"}:
        return f"bytes {number}".encode()
    if isinstance(column.type, Boolean):
        return bool(number % 2)
    if isinstance(column.type, BigInteger | Integer):
        return number + 1
    return None if number == 1 and column.nullable else number + 0.5


def fill(connection: Connection, tables: MetaData) -> None:
    for table in tables.sorted_tables:
        if table.name != "alembic_version":
            for number in range(ROWS):
                row = {column.name: value_of(column, number) for column in table.columns}
                if table.name == "hedge_snapshot":  # two hours of one hedge
                    row |= {"hedge_id": 1, "read_at_ms": HOUR_MS // 2 * number}
                connection.execute(table.insert(), row)


def content(connection: Connection, tables: MetaData) -> dict[str, list[tuple[Any, ...]]]:
    def rows(table: Table) -> list[tuple[Any, ...]]:
        return sorted((tuple(row) for row in connection.execute(select(table))), key=repr)

    return {table.name: rows(table) for table in tables.sorted_tables if table.name != "alembic_version"}


@pytest.fixture
def upgraded(store_url: str) -> Upgraded:
    place = place_of(store_url)
    prepare_file(place)
    engine = writer_engine(place)
    with engine.begin() as connection:
        tables = make_first_schema(connection)
        fill(connection, tables)
        before = content(connection, tables)
    engine.dispose()
    assert check(store_url).status is SchemaStatus.BEHIND
    assert upgrade(store_url).status is SchemaStatus.CURRENT
    return store_url, tables, before


def test_no_row_is_lost_or_changed(upgraded: Upgraded) -> None:
    url, tables, before = upgraded
    engine = writer_engine(place_of(url))
    with engine.begin() as connection:
        assert content(connection, tables) == before
    engine.dispose()
    assert sum(len(rows) for rows in before.values()) == ROWS * len(before)


def test_the_hours_so_far_are_summed_up(upgraded: Upgraded) -> None:
    url, _, _ = upgraded
    engine = writer_engine(place_of(url))
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE hedge SET id = 100 + id WHERE id <> 1")
        found = connection.exec_driver_sql(
            "SELECT hour_at_ms, samples, unknown_samples, basis_rate_min, basis_rate_max, basis_rate_mean, "
            "basis_rate_last, drift_last FROM hedge_hourly ORDER BY hour_at_ms"
        ).all()
    engine.dispose()
    assert [tuple(row) for row in found] == [
        (0, 2, 1, 0.5, 0.5, 0.5, 0.5, 0.5),
        (HOUR_MS, 2, 0, 2.5, 3.5, 3.0, 3.5, 3.5),
    ]


def test_the_views_are_those_of_now(upgraded: Upgraded) -> None:
    url, _, before = upgraded
    engine = writer_engine(place_of(url))
    with engine.begin() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM holding_history").scalar_one() == 0
        rates = connection.exec_driver_sql("SELECT settled_at_ms FROM funding_rates").scalars().all()
    engine.dispose()
    assert len(rates) == len(before["funding_rate"])
