"""The first schema: account and leg are in every key from the start."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import sqlite

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

NUMBER = sa.Double().with_variant(sqlite.REAL(), "sqlite")
EXACT = sa.Numeric().with_variant(sa.Text(), "sqlite")
ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
PENDING = sa.text("state = 'pending'")


def upgrade() -> None:
    """Make the tables; the views follow by themselves."""
    _make_instruments()
    _make_series()
    _make_alerts()
    _make_deliveries()
    _make_cycles()


def _make_instruments() -> None:
    op.create_table(
        "instrument",
        sa.Column("id", ROW_ID, primary_key=True),
        sa.Column("exchange", sa.Text(), nullable=False),
        sa.Column("symbol", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("payoff", sa.Text()),
        sa.Column("base", sa.Text()),
        sa.Column("quote", sa.Text()),
        sa.Column("settle", sa.Text()),
        sa.Column("order_unit", sa.Text()),
        sa.Column("contract_size", EXACT),
        sa.Column("tick", EXACT),
        sa.Column("lot_step", EXACT),
        sa.Column("min_contracts", EXACT),
        sa.Column("min_notional", EXACT),
        sa.Column("maker_fee", EXACT),
        sa.Column("taker_fee", EXACT),
        sa.Column("expiry_ms", sa.BigInteger()),
        sa.Column("active", sa.Boolean()),
        sa.UniqueConstraint("exchange", "symbol"),
    )
    op.create_table(
        "instrument_latest",
        sa.Column("instrument_id", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("first_asked_at_ms", sa.BigInteger()),
        sa.Column("last_good_at_ms", sa.BigInteger()),
        sa.Column("bid", NUMBER),
        sa.Column("ask", NUMBER),
    )
    op.create_table(
        "exchange_latest",
        sa.Column("exchange", sa.Text(), primary_key=True, autoincrement=False),
        sa.Column("first_asked_at_ms", sa.BigInteger()),
        sa.Column("last_answer_at_ms", sa.BigInteger()),
    )
    op.create_table(
        "kept_market",
        sa.Column("exchange", sa.Text(), primary_key=True, autoincrement=False),
        sa.Column("symbol", sa.Text(), primary_key=True, autoincrement=False),
        sa.Column("market", sa.Text(), nullable=False),
        sa.Column("kept_at_ms", sa.BigInteger(), nullable=False),
    )


def _make_series() -> None:
    op.create_table(
        "hedge",
        sa.Column("id", ROW_ID, primary_key=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("asset", sa.Text(), nullable=False),
        sa.UniqueConstraint("name", "asset"),
    )
    op.create_table(
        "leg",
        sa.Column("id", ROW_ID, primary_key=True),
        sa.Column("hedge", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("exchange", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("symbol", sa.Text(), nullable=False),
        sa.UniqueConstraint("hedge", "name", "exchange", "account", "symbol"),
    )
    op.create_table(
        "market_snapshot",
        sa.Column("read_at_ms", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("instrument_id", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("bid", NUMBER),
        sa.Column("ask", NUMBER),
        sa.Column("mid", NUMBER),
        sa.Column("mark_price", NUMBER),
        sa.Column("index_price", NUMBER),
        sa.Column("funding_rate", NUMBER),
        sa.Column("funding_interval_hours", NUMBER),
        sa.Column("next_funding_at_ms", sa.BigInteger()),
        sa.Column("exchange_time_ms", sa.BigInteger()),
        sa.Column("quality", sa.Text(), nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_market_snapshot_next_funding_at_ms",
        "market_snapshot",
        ["next_funding_at_ms"],
        postgresql_using="brin",
        sqlite_where=sa.text("next_funding_at_ms IS NOT NULL"),
    )
    op.create_table(
        "hedge_snapshot",
        sa.Column("read_at_ms", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("hedge_id", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("holding", NUMBER),
        sa.Column("exposure", NUMBER),
        sa.Column("futures_coins", NUMBER),
        sa.Column("net_exposure", NUMBER),
        sa.Column("hedge_ratio", NUMBER),
        sa.Column("drift", NUMBER),
        sa.Column("notional_usd", NUMBER),
        sa.Column("spot_price", NUMBER),
        sa.Column("futures_price", NUMBER),
        sa.Column("basis_rate", NUMBER),
        sa.Column("funding_rate_8h", NUMBER),
        sa.Column("funding_apr", NUMBER),
        sa.Column("liquidation_price", NUMBER),
        sa.Column("liquidation_distance", NUMBER),
        sa.Column("margin_usage", NUMBER),
        sa.Column("leverage", NUMBER),
        sa.Column("carry_cost_usd", NUMBER),
        sa.Column("protection_usd", NUMBER),
        sa.Column("cost_ratio", NUMBER),
        sa.Column("unrealised_pnl_usd", NUMBER),
        sa.Column("data_age_seconds", NUMBER),
        sa.Column("quality", sa.Text(), nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_hedge_snapshot_hedge_id_read_at_ms", "hedge_snapshot", ["hedge_id", "read_at_ms"])
    op.create_table(
        "leg_snapshot",
        sa.Column("read_at_ms", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("leg_id", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("contracts", NUMBER),
        sa.Column("coins", NUMBER),
        sa.Column("spot_price", NUMBER),
        sa.Column("futures_price", NUMBER),
        sa.Column("mark_price", NUMBER),
        sa.Column("basis", NUMBER),
        sa.Column("basis_rate", NUMBER),
        sa.Column("mark_basis_rate", NUMBER),
        sa.Column("funding_rate_8h", NUMBER),
        sa.Column("liquidation_price", NUMBER),
        sa.Column("liquidation_distance", NUMBER),
        sa.Column("margin_usage", NUMBER),
        sa.Column("leverage", NUMBER),
        sa.Column("unrealised_pnl_usd", NUMBER),
        sa.Column("data_age_seconds", NUMBER),
        sa.Column("label", sa.Text()),
        sa.Column("quality", sa.Text(), nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_leg_snapshot_leg_id_read_at_ms", "leg_snapshot", ["leg_id", "read_at_ms"])
    op.create_table(
        "leg_hour",
        sa.Column("hour_at_ms", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("leg_id", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("basis_rate_close", NUMBER, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "funding_rate",
        sa.Column("instrument_id", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("settled_at_ms", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("rate", NUMBER, nullable=False),
        sa.Column("interval_hours", NUMBER),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_funding_rate_settled_at_ms", "funding_rate", ["settled_at_ms"])


def _make_alerts() -> None:
    op.create_table(
        "outcome_latest",
        sa.Column("rule", sa.Text(), primary_key=True, autoincrement=False),
        sa.Column("hedge", sa.Text(), primary_key=True, autoincrement=False),
        sa.Column("leg", sa.Text(), primary_key=True, autoincrement=False),
        sa.Column("account", sa.Text(), primary_key=True, autoincrement=False),
        sa.Column("exchange", sa.Text(), primary_key=True, autoincrement=False),
        sa.Column("side", sa.Text(), primary_key=True, autoincrement=False),
        sa.Column("read_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("severity", sa.Text()),
        sa.Column("value", NUMBER),
        sa.Column("threshold", NUMBER),
        sa.Column("reason", sa.Text()),
        sa.Column("action", sa.Text()),
        sa.Column("condition", sa.Text()),
        sa.Column("alertable", sa.Boolean(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("orders", sa.Text(), nullable=False),
    )
    op.create_table(
        "alert",
        sa.Column("fingerprint", sa.Text(), primary_key=True, autoincrement=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("hedge", sa.Text(), nullable=False),
        sa.Column("leg", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("exchange", sa.Text(), nullable=False),
        sa.Column("side", sa.Text(), nullable=False),
        sa.Column("phase", sa.Text(), nullable=False),
        sa.Column("pending", sa.Text(), nullable=False),
        sa.Column("clear_seconds", EXACT, nullable=False),
        sa.Column("clear_polls", sa.Integer(), nullable=False),
        sa.Column("episode", sa.Text()),
        sa.Column("severity", sa.Text()),
        sa.Column("notified", sa.Text()),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("reminders", sa.Integer(), nullable=False),
        sa.Column("started_at_ms", sa.BigInteger()),
        sa.Column("fired_at_ms", sa.BigInteger()),
        sa.Column("resolved_at_ms", sa.BigInteger()),
        sa.Column("last_told_at_ms", sa.BigInteger()),
        sa.Column("unknown_since_ms", sa.BigInteger()),
        sa.Column("peak", EXACT),
        sa.Column("threshold", EXACT),
        sa.Column("action", sa.Text()),
        sa.Column("message", sa.Text()),
    )
    op.create_table(
        "episode",
        sa.Column("episode", sa.Text(), primary_key=True, autoincrement=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("hedge", sa.Text(), nullable=False),
        sa.Column("leg", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("exchange", sa.Text(), nullable=False),
        sa.Column("side", sa.Text(), nullable=False),
        sa.Column("action", sa.Text()),
        sa.Column("severity", sa.Text()),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("started_at_ms", sa.BigInteger()),
        sa.Column("fired_at_ms", sa.BigInteger()),
        sa.Column("resolved_at_ms", sa.BigInteger()),
        sa.Column("peak_value", NUMBER),
        sa.Column("threshold", NUMBER),
        sa.Column("acknowledged_by", sa.Text()),
        sa.Column("message", sa.Text()),
    )
    op.create_index("ix_episode_fired_at_ms", "episode", ["fired_at_ms"])
    op.create_index("ix_episode_resolved_at_ms", "episode", ["resolved_at_ms"])
    op.create_index("ix_episode_started_at_ms", "episode", ["started_at_ms"])


def _make_deliveries() -> None:
    op.create_table(
        "event",
        sa.Column("id", sa.Text(), primary_key=True, autoincrement=False),
        sa.Column("episode", sa.Text(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text()),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
    )
    op.create_index("ix_event_at_ms", "event", ["at_ms"])
    op.create_index("ix_event_episode", "event", ["episode"])
    op.create_table(
        "outbox",
        sa.Column("event_id", sa.Text(), sa.ForeignKey("event.id"), primary_key=True),
        sa.Column("channel", sa.Text(), primary_key=True, autoincrement=False),
        sa.Column("episode", sa.Text(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("made_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("claimed_until_ms", sa.BigInteger()),
        sa.Column("first_attempt_at_ms", sa.BigInteger()),
        sa.Column("delivered_at_ms", sa.BigInteger()),
        sa.Column("last_error", sa.Text()),
    )
    op.create_index("ix_outbox_delivered_at_ms", "outbox", ["delivered_at_ms"])
    op.create_index("ix_outbox_episode_channel_sequence", "outbox", ["episode", "channel", "sequence"])
    op.create_index("ix_outbox_first_attempt_at_ms", "outbox", ["first_attempt_at_ms"])
    op.create_index("ix_outbox_made_at_ms", "outbox", ["made_at_ms"])
    op.create_index(
        "ix_outbox_pending", "outbox", ["channel", "made_at_ms"], sqlite_where=PENDING, postgresql_where=PENDING
    )
    op.create_table(
        "attempt",
        sa.Column("id", ROW_ID, primary_key=True),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("error", sa.Text()),
    )
    op.create_index("ix_attempt_at_ms", "attempt", ["at_ms"])
    op.create_index("ix_attempt_event_id_channel", "attempt", ["event_id", "channel"])


def _make_cycles() -> None:
    op.create_table(
        "cycle",
        sa.Column("started_at_ms", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("read_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("committed_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("duration_ms", sa.BigInteger(), nullable=False),
    )
    op.create_index("ix_cycle_committed_at_ms", "cycle", ["committed_at_ms"])
    op.create_index("ix_cycle_read_at_ms", "cycle", ["read_at_ms"])
    op.create_table(
        "cycle_exchange",
        sa.Column("started_at_ms", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("exchange", sa.Text(), primary_key=True, autoincrement=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("calls", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text()),
        sa.Column("skew_seconds", NUMBER),
    )
    op.create_table(
        "lease",
        sa.Column("name", sa.Text(), primary_key=True, autoincrement=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("expires_at_ms", sa.BigInteger(), nullable=False),
    )
