"""A view: its columns with what they hold, and the statement that makes it on each database."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Shape(StrEnum):
    """What a view's column holds.

    A time is shown twice: as ``…_at`` and beside it as integer ``…_ms``. An exact number, which keeps every digit in
    its table, is shown as a number like all others.
    """

    TIME = "time"
    TEXT = "text"
    NUMBER = "number"
    EXACT = "exact"
    COUNT = "count"


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewColumn:
    """One column and the expression it is made of; a time's expression is epoch milliseconds."""

    name: str
    shape: Shape
    expression: str


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """One view: its columns in order and the tables they come from."""

    name: str
    columns: tuple[ViewColumn, ...]
    source: str

    @property
    def column_names(self) -> tuple[str, ...]:
        """All column names in order, each ``…_ms`` right after its ``…_at``."""
        return tuple(name for column in self.columns for name in _names(column))

    @property
    def times(self) -> tuple[str, ...]:
        """The names of the ``…_at`` columns."""
        return tuple(column.name for column in self.columns if column.shape is Shape.TIME)

    @property
    def numbers(self) -> tuple[str, ...]:
        """The names of the columns that hold 8-byte floats."""
        return tuple(column.name for column in self.columns if column.shape in {Shape.NUMBER, Shape.EXACT})


def ms_name(name: str) -> str:
    """Return the name of the integer column beside a time: ``read_at`` has ``read_at_ms``."""
    return f"{name}_ms"


def _names(column: ViewColumn) -> tuple[str, ...]:
    return (column.name, ms_name(column.name)) if column.shape is Shape.TIME else (column.name,)


def _columns(shape: Shape, table: str, names: str) -> tuple[ViewColumn, ...]:
    suffix = "_ms" if shape is Shape.TIME else ""
    return tuple(ViewColumn(name=name, shape=shape, expression=f"{table}.{name}{suffix}") for name in names.split())


def times(table: str, names: str) -> tuple[ViewColumn, ...]:
    """Show epoch milliseconds as times."""
    return _columns(Shape.TIME, table, names)


def texts(table: str, names: str) -> tuple[ViewColumn, ...]:
    """Show text as it is."""
    return _columns(Shape.TEXT, table, names)


def numbers(table: str, names: str) -> tuple[ViewColumn, ...]:
    """Show market numbers as they are."""
    return _columns(Shape.NUMBER, table, names)


def counts(table: str, names: str) -> tuple[ViewColumn, ...]:
    """Show counts as they are."""
    return _columns(Shape.COUNT, table, names)


def exacts(table: str, names: str) -> tuple[ViewColumn, ...]:
    """Show exact numbers as numbers."""
    return _columns(Shape.EXACT, table, names)


def renamed(name: str, expression: str, shape: Shape = Shape.TEXT) -> ViewColumn:
    """Show an expression under a name."""
    return ViewColumn(name=name, shape=shape, expression=expression)


def or_null(table: str, names: str) -> tuple[ViewColumn, ...]:
    """Show empty text (not part of the identity) as NULL."""
    return tuple(renamed(name, f"NULLIF({table}.{name}, '')") for name in names.split())


def _shown(column: ViewColumn, dialect: str) -> list[str]:
    if column.shape is Shape.EXACT:
        kind = "REAL" if dialect == "sqlite" else "DOUBLE PRECISION"
        return [f"CAST({column.expression} AS {kind}) AS {column.name}"]
    if column.shape is not Shape.TIME:
        return [f"{column.expression} AS {column.name}"]
    ms = column.expression
    if dialect == "sqlite":
        # whole seconds and milliseconds apart: no float rounds a time
        time = f"strftime('%Y-%m-%dT%H:%M:%S', {ms} / 1000, 'unixepoch') || printf('.%03dZ', {ms} % 1000)"
    else:
        time = f"to_timestamp({ms} / 1000.0)"
    return [f"{time} AS {column.name}", f"{ms} AS {ms_name(column.name)}"]


def create_view_sql(view: View, dialect: str) -> str:
    """Write the statement that makes ``view`` on ``dialect`` (sqlite or postgresql)."""
    shown = ",\n  ".join(part for column in view.columns for part in _shown(column, dialect))
    return f"CREATE VIEW {view.name} AS SELECT\n  {shown}\nFROM {view.source}"
