"""The views users query: the same names and columns on SQLite and PostgreSQL, a promise of the stable surface."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection

from hedgewatch.storage.tables import HOURLY_METRICS
from hedgewatch.storage.view import (
    Shape,
    View,
    ViewColumn,
    counts,
    create_view_sql,
    exacts,
    numbers,
    or_null,
    renamed,
    texts,
    times,
)


def _hourly(metric: str) -> tuple[ViewColumn, ...]:
    """Show one metric's least, greatest, mean and last value of an hour, of the samples in which it was known."""
    mean = renamed(f"{metric}_mean", f"s.{metric}_sum / NULLIF(s.{metric}_count, 0)", Shape.NUMBER)
    return (*numbers("s", f"{metric}_min {metric}_max"), mean, *numbers("s", f"{metric}_last"))


MARKET_HISTORY = View(
    name="market_history",
    columns=(
        *times("s", "read_at"),
        *texts("i", "exchange symbol kind"),
        *numbers("s", "bid ask mid mark_price index_price funding_rate funding_interval_hours"),
        *times("s", "next_funding_at"),
        *texts("s", "quality"),
    ),
    source="market_snapshot s JOIN instrument i ON i.id = s.instrument_id",
)
BASIS_HISTORY = View(
    name="basis_history",
    columns=(
        *times("s", "read_at"),
        *texts("l", "hedge"),
        renamed("leg", "l.name"),
        *texts("l", "exchange symbol"),
        *numbers("s", "spot_price futures_price basis basis_rate mark_basis_rate"),
        *texts("s", "label"),
    ),
    source="leg_snapshot s JOIN leg l ON l.id = s.leg_id",
)
LEG_HISTORY = View(
    name="leg_history",
    columns=(
        *times("s", "read_at"),
        *texts("l", "hedge"),
        renamed("leg", "l.name"),
        *texts("l", "exchange"),
        *or_null("l", "account"),
        *texts("l", "symbol"),
        *numbers("s", "contracts coins mark_price basis_rate funding_rate_8h liquidation_price liquidation_distance"),
        *numbers("s", "margin_usage leverage unrealised_pnl_usd"),
        *texts("s", "quality"),
    ),
    source="leg_snapshot s JOIN leg l ON l.id = s.leg_id",
)
HEDGE_HISTORY = View(
    name="hedge_history",
    columns=(
        *times("s", "read_at"),
        renamed("hedge", "h.name"),
        *texts("h", "asset"),
        *numbers("s", "holding exposure futures_coins net_exposure hedge_ratio drift notional_usd"),
        *numbers("s", "spot_price futures_price basis_rate funding_rate_8h funding_apr"),
        *numbers("s", "liquidation_price liquidation_distance margin_usage leverage"),
        *numbers("s", "carry_cost_usd protection_usd cost_ratio unrealised_pnl_usd"),
        *texts("s", "quality"),
    ),
    source="hedge_snapshot s JOIN hedge h ON h.id = s.hedge_id",
)
FUNDING_RATES = View(
    name="funding_rates",
    columns=(
        *times("f", "settled_at"),
        *texts("i", "exchange symbol"),
        *numbers("f", "rate interval_hours"),
        renamed("rate_8h", "f.rate * 8 / NULLIF(f.interval_hours, 0)", Shape.NUMBER),
        renamed("apr", "f.rate * 8760 / NULLIF(f.interval_hours, 0)", Shape.NUMBER),  # 365 days of 24 hours
    ),
    source="funding_rate f JOIN instrument i ON i.id = f.instrument_id",
)
ALERT_HISTORY = View(
    name="alert_history",
    columns=(
        *texts("e", "episode rule"),
        *or_null("e", "hedge leg account exchange"),
        *texts("e", "action severity state"),
        *times("e", "started_at fired_at resolved_at"),
        *numbers("e", "peak_value threshold"),
        *texts("e", "acknowledged_by message"),
    ),
    source="episode e",
)
DELIVERY_HISTORY = View(
    name="delivery_history",
    columns=(
        renamed("event", "o.event_id"),
        *texts("o", "episode"),
        renamed("event_type", "e.type"),
        *texts("o", "channel state"),
        *counts("o", "attempts"),
        *times("o", "first_attempt_at delivered_at"),
        *texts("o", "last_error"),
    ),
    source="outbox o JOIN event e ON e.id = o.event_id",
)
CYCLE_HISTORY = View(
    name="cycle_history",
    columns=(
        *times("c", "started_at committed_at"),
        *counts("c", "duration_ms"),
        *texts("x", "exchange outcome"),
        *counts("x", "calls"),
        *texts("x", "error"),
    ),
    source="cycle c JOIN cycle_exchange x ON x.started_at_ms = c.started_at_ms",
)
HOLDING_HISTORY = View(
    name="holding_history",
    columns=(
        *times("s", "read_at"),
        renamed("holding", "h.name"),
        *texts("h", "asset"),
        *exacts("s", "quantity"),
        *numbers("s", "price_usd value_usd cost_basis_usd unrealised_pnl_usd"),
    ),
    source="holding_snapshot s JOIN holding h ON h.id = s.holding_id",
)
FUNDING_PAYMENTS = View(
    name="funding_payments",
    columns=(
        *times("p", "paid_at"),
        *texts("p", "hedge leg exchange"),
        *or_null("p", "account"),
        *texts("p", "symbol asset"),
        *exacts("p", "amount amount_usd"),
        *texts("p", "source"),
    ),
    source="funding_payment p",
)
HEDGE_HOURLY = View(
    name="hedge_hourly",
    columns=(
        *times("s", "hour_at"),
        renamed("hedge", "h.name"),
        *counts("s", "samples unknown_samples"),
        *(column for metric in HOURLY_METRICS for column in _hourly(metric)),
    ),
    source="hedge_hour s JOIN hedge h ON h.id = s.hedge_id",
)
VIEWS: tuple[View, ...] = (
    MARKET_HISTORY,
    BASIS_HISTORY,
    LEG_HISTORY,
    HEDGE_HISTORY,
    HEDGE_HOURLY,
    HOLDING_HISTORY,
    FUNDING_RATES,
    FUNDING_PAYMENTS,
    ALERT_HISTORY,
    DELIVERY_HISTORY,
    CYCLE_HISTORY,
)


def drop_views(connection: Connection, views: Sequence[View] = VIEWS) -> None:
    """Take the views away, so that the tables below them can change."""
    for view in views:
        connection.exec_driver_sql(f"DROP VIEW IF EXISTS {view.name}")


def create_views(connection: Connection, views: Sequence[View] = VIEWS) -> None:
    """Make the views over the tables as they are now."""
    for view in views:
        connection.exec_driver_sql(create_view_sql(view, connection.dialect.name))
