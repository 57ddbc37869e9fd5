"""Columns: the few shapes that all tables are made of, and the one metadata they stand in."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Column, Integer, MetaData, Text

from hedgewatch.storage.types import ExactNumber, MarketNumber

metadata = MetaData()


def key(name: str, kind: type[Any] = Text) -> Column[Any]:
    """Make one column of a primary key."""
    return Column(name, kind, primary_key=True, autoincrement=False, nullable=False)


def texts(*names: str, nullable: bool = True) -> list[Column[Any]]:
    """Make columns of text."""
    return [Column(name, Text, nullable=nullable) for name in names]


def numbers(*names: str) -> list[Column[Any]]:
    """Make columns of market numbers, unknown where NULL."""
    return [Column(name, MarketNumber) for name in names]


def exact_numbers(*names: str) -> list[Column[Any]]:
    """Make columns of numbers that keep every digit, unknown where NULL."""
    return [Column(name, ExactNumber) for name in names]


def times(*names: str, index: bool = True) -> list[Column[Any]]:
    """Make columns of epoch milliseconds."""
    return [Column(name, BigInteger, index=index) for name in names]


def row_id() -> Column[Any]:
    """Make the column of a number that the database gives."""
    # SQLite numbers rows by itself only if the type reads INTEGER
    return Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
