"""The views have exactly the promised columns, on both databases."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from hedgewatch.storage.engine import place_of, reader_engine
from hedgewatch.storage.migrate import upgrade
from hedgewatch.storage.views import VIEWS

TIME, MS, TEXT, NUMBER, COUNT = "time", "ms", "text", "number", "count"


def columns(spec: str) -> list[str]:
    """Spell a promise out: each ``…_at`` is followed by its ``…_ms``."""
    return [
        part
        for name in spec.replace(",", " ").split()
        for part in ([name, f"{name}_ms"] if name.endswith("_at") else [name])
    ]


PROMISED = {
    "market_history": "read_at, exchange, symbol, kind, bid, ask, mid, mark_price, index_price, funding_rate, "
    "funding_interval_hours, next_funding_at, quality",
    "basis_history": "read_at, hedge, leg, exchange, symbol, spot_price, futures_price, basis, basis_rate, "
    "mark_basis_rate, label",
    "funding_rates": "settled_at, exchange, symbol, rate, interval_hours, rate_8h, apr",
    "leg_history": "read_at, hedge, leg, exchange, account, symbol, contracts, coins, mark_price, basis_rate, "
    "funding_rate_8h, liquidation_price, liquidation_distance, margin_usage, leverage, unrealised_pnl_usd, quality",
    "hedge_history": "read_at, hedge, asset, holding, exposure, futures_coins, net_exposure, hedge_ratio, drift, "
    "notional_usd, spot_price, futures_price, basis_rate, funding_rate_8h, funding_apr, liquidation_price, "
    "liquidation_distance, margin_usage, leverage, carry_cost_usd, protection_usd, cost_ratio, unrealised_pnl_usd, "
    "quality",
    "holding_history": "read_at, holding, asset, quantity, price_usd, value_usd, cost_basis_usd, unrealised_pnl_usd",
    "funding_payments": "paid_at, hedge, leg, exchange, account, symbol, asset, amount, amount_usd, source",
    "hedge_hourly": "hour_at, hedge, samples, unknown_samples, "
    + ", ".join(
        f"{metric}_{part}"
        for metric in ("basis_rate", "funding_rate_8h", "hedge_ratio", "drift", "liquidation_distance")
        for part in ("min", "max", "mean", "last")
    ),
    "alert_history": "episode, rule, hedge, leg, account, exchange, action, severity, state, started_at, fired_at, "
    "resolved_at, peak_value, threshold, acknowledged_by, message",
    "delivery_history": "event, episode, event_type, channel, state, attempts, first_attempt_at, delivered_at, "
    "last_error",
    "cycle_history": "started_at, committed_at, duration_ms, exchange, outcome, calls, error",
}
WORDS = {
    *(
        [
            "exchange",
            "symbol",
            "kind",
            "quality",
            "hedge",
            "leg",
            "label",
            "account",
            "asset",
            "episode",
            "rule",
            "action",
            "severity",
            "state",
        ]
    ),
    *(["holding", "source"]),
    *(["acknowledged_by", "message", "event", "event_type", "channel", "last_error", "outcome", "error"]),
}
POSTGRES_TYPES = {TIME: "timestamp with time zone", MS: "bigint", TEXT: "text", NUMBER: "double precision"}
COUNTS = {
    "duration_ms": "bigint",
    "calls": "integer",
    "attempts": "integer",
    "samples": "integer",
    "unknown_samples": "integer",
}


def shape_of(name: str, view: str) -> str:
    if (view, name) == ("hedge_history", "holding"):
        return NUMBER  # coins; in holding_history it is the holding's name
    if name.endswith("_at"):
        return TIME
    if name.endswith("_at_ms"):
        return MS
    return TEXT if name in WORDS else NUMBER


def test_every_promised_view_is_made() -> None:
    assert {view.name for view in VIEWS} == set(PROMISED)


@pytest.mark.parametrize("view", PROMISED)
def test_a_view_has_exactly_its_columns_in_order(ready_url: str, view: str) -> None:
    upgrade(ready_url)
    engine = reader_engine(place_of(ready_url))
    with engine.connect() as connection:
        found = list(connection.execute(text(f"SELECT * FROM {view}")).keys())  # noqa: S608  our own names
    engine.dispose()
    assert found == columns(PROMISED[view])


def test_postgresql_types_are_times_integers_numbers_and_text(ready_pg: str) -> None:
    upgrade(ready_pg)
    engine = reader_engine(place_of(ready_pg))
    with engine.connect() as connection:
        found = connection.execute(
            text(
                "SELECT table_name, column_name, data_type FROM information_schema.columns "
                "WHERE table_name = ANY(:names)"
            ),
            {"names": list(PROMISED)},
        ).all()
    engine.dispose()
    expected = {
        (view, name, COUNTS.get(name) or POSTGRES_TYPES[shape_of(name, view)])
        for view, spec in PROMISED.items()
        for name in columns(spec)
    }
    assert {tuple(row) for row in found} == expected
