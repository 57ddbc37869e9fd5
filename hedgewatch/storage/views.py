"""The views users query: the same names and columns on SQLite and PostgreSQL, a promise of the stable surface."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import Connection


class Shape(StrEnum):
    """What a view's column holds. A time is shown twice: as ``…_at`` and beside it as integer ``…_ms``."""

    TIME = "time"
    TEXT = "text"
    NUMBER = "number"
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
        return tuple(column.name for column in self.columns if column.shape is Shape.NUMBER)


def ms_name(name: str) -> str:
    """Return the name of the integer column beside a time: ``read_at`` has ``read_at_ms``."""
    return f"{name}_ms"


def _names(column: ViewColumn) -> tuple[str, ...]:
    return (column.name, ms_name(column.name)) if column.shape is Shape.TIME else (column.name,)


def _columns(shape: Shape, table: str, names: str) -> tuple[ViewColumn, ...]:
    suffix = "_ms" if shape is Shape.TIME else ""
    return tuple(ViewColumn(name=name, shape=shape, expression=f"{table}.{name}{suffix}") for name in names.split())


def _times(table: str, names: str) -> tuple[ViewColumn, ...]:
    return _columns(Shape.TIME, table, names)


def _texts(table: str, names: str) -> tuple[ViewColumn, ...]:
    return _columns(Shape.TEXT, table, names)


def _numbers(table: str, names: str) -> tuple[ViewColumn, ...]:
    return _columns(Shape.NUMBER, table, names)


def _counts(table: str, names: str) -> tuple[ViewColumn, ...]:
    return _columns(Shape.COUNT, table, names)


def _renamed(name: str, expression: str, shape: Shape = Shape.TEXT) -> ViewColumn:
    return ViewColumn(name=name, shape=shape, expression=expression)


def _or_null(table: str, names: str) -> tuple[ViewColumn, ...]:
    """Show empty text (not part of the identity) as NULL."""
    return tuple(_renamed(name, f"NULLIF({table}.{name}, '')") for name in names.split())


MARKET_HISTORY = View(
    name="market_history",
    columns=(
        *_times("s", "read_at"),
        *_texts("i", "exchange symbol kind"),
        *_numbers("s", "bid ask mid mark_price index_price funding_rate funding_interval_hours"),
        *_times("s", "next_funding_at"),
        *_texts("s", "quality"),
    ),
    source="market_snapshot s JOIN instrument i ON i.id = s.instrument_id",
)
BASIS_HISTORY = View(
    name="basis_history",
    columns=(
        *_times("s", "read_at"),
        *_texts("l", "hedge"),
        _renamed("leg", "l.name"),
        *_texts("l", "exchange symbol"),
        *_numbers("s", "spot_price futures_price basis basis_rate mark_basis_rate"),
        *_texts("s", "label"),
    ),
    source="leg_snapshot s JOIN leg l ON l.id = s.leg_id",
)
LEG_HISTORY = View(
    name="leg_history",
    columns=(
        *_times("s", "read_at"),
        *_texts("l", "hedge"),
        _renamed("leg", "l.name"),
        *_texts("l", "exchange"),
        *_or_null("l", "account"),
        *_texts("l", "symbol"),
        *_numbers("s", "contracts coins mark_price basis_rate funding_rate_8h liquidation_price liquidation_distance"),
        *_numbers("s", "margin_usage leverage unrealised_pnl_usd"),
        *_texts("s", "quality"),
    ),
    source="leg_snapshot s JOIN leg l ON l.id = s.leg_id",
)
HEDGE_HISTORY = View(
    name="hedge_history",
    columns=(
        *_times("s", "read_at"),
        _renamed("hedge", "h.name"),
        *_texts("h", "asset"),
        *_numbers("s", "holding exposure futures_coins net_exposure hedge_ratio drift notional_usd"),
        *_numbers("s", "spot_price futures_price basis_rate funding_rate_8h funding_apr"),
        *_numbers("s", "liquidation_price liquidation_distance margin_usage leverage"),
        *_numbers("s", "carry_cost_usd protection_usd cost_ratio unrealised_pnl_usd"),
        *_texts("s", "quality"),
    ),
    source="hedge_snapshot s JOIN hedge h ON h.id = s.hedge_id",
)
FUNDING_RATES = View(
    name="funding_rates",
    columns=(
        *_times("f", "settled_at"),
        *_texts("i", "exchange symbol"),
        *_numbers("f", "rate interval_hours"),
        _renamed("rate_8h", "f.rate * 8 / NULLIF(f.interval_hours, 0)", Shape.NUMBER),
        _renamed("apr", "f.rate * 8760 / NULLIF(f.interval_hours, 0)", Shape.NUMBER),  # 365 days of 24 hours
    ),
    source="funding_rate f JOIN instrument i ON i.id = f.instrument_id",
)
ALERT_HISTORY = View(
    name="alert_history",
    columns=(
        *_texts("e", "episode rule"),
        *_or_null("e", "hedge leg account exchange"),
        *_texts("e", "action severity state"),
        *_times("e", "started_at fired_at resolved_at"),
        *_numbers("e", "peak_value threshold"),
        *_texts("e", "acknowledged_by message"),
    ),
    source="episode e",
)
DELIVERY_HISTORY = View(
    name="delivery_history",
    columns=(
        _renamed("event", "o.event_id"),
        *_texts("o", "episode"),
        _renamed("event_type", "e.type"),
        *_texts("o", "channel state"),
        *_counts("o", "attempts"),
        *_times("o", "first_attempt_at delivered_at"),
        *_texts("o", "last_error"),
    ),
    source="outbox o JOIN event e ON e.id = o.event_id",
)
CYCLE_HISTORY = View(
    name="cycle_history",
    columns=(
        *_times("c", "started_at committed_at"),
        *_counts("c", "duration_ms"),
        *_texts("x", "exchange outcome"),
        *_counts("x", "calls"),
        *_texts("x", "error"),
    ),
    source="cycle c JOIN cycle_exchange x ON x.started_at_ms = c.started_at_ms",
)
VIEWS: tuple[View, ...] = (
    MARKET_HISTORY,
    BASIS_HISTORY,
    LEG_HISTORY,
    HEDGE_HISTORY,
    FUNDING_RATES,
    ALERT_HISTORY,
    DELIVERY_HISTORY,
    CYCLE_HISTORY,
)


def _shown(column: ViewColumn, dialect: str) -> list[str]:
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


def drop_views(connection: Connection, views: Sequence[View] = VIEWS) -> None:
    """Take the views away, so that the tables below them can change."""
    for view in views:
        connection.exec_driver_sql(f"DROP VIEW IF EXISTS {view.name}")


def create_views(connection: Connection, views: Sequence[View] = VIEWS) -> None:
    """Make the views over the tables as they are now."""
    for view in views:
        connection.exec_driver_sql(create_view_sql(view, connection.dialect.name))
