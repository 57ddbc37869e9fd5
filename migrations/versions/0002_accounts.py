"""Accounts: holdings, positions, wallets, the funding ledger, proofs, contract facts, and hedges by the hour.

Nothing that the first schema has is changed, so a worker of the release before goes on writing.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import sqlite

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

NUMBER = sa.Double().with_variant(sqlite.REAL(), "sqlite")
EXACT = sa.Numeric().with_variant(sa.Text(), "sqlite")
ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
METRICS = ("basis_rate", "funding_rate_8h", "hedge_ratio", "drift", "liquidation_distance")
HOUR = "s.read_at_ms - s.read_at_ms % 3600000"


def upgrade() -> None:
    """Make the tables and fill the hours from what is stored; the views follow by themselves."""
    _make_accounts()
    _make_holdings()
    _make_ledger()
    _make_proofs()
    _make_hours()
    op.execute(_hours_so_far())


def _key(name: str, kind: type[sa.types.TypeEngine] = sa.Text) -> sa.Column:
    return sa.Column(name, kind(), primary_key=True, autoincrement=False)


def _make_accounts() -> None:
    op.create_table(
        "account",
        sa.Column("id", ROW_ID, primary_key=True),
        sa.Column("exchange", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.UniqueConstraint("exchange", "name"),
    )
    op.create_table(
        "account_reading",
        _key("read_at_ms", sa.BigInteger),
        _key("account_id", sa.BigInteger),
        sa.Column("received_at_ms", sa.BigInteger()),
        sa.Column("exchange_time_ms", sa.BigInteger()),
        *(
            sa.Column(name, sa.Text(), nullable=False)
            for name in ("positions", "balances", "wallets", "orders", "payments")
        ),
        sa.Column("error", sa.Text()),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "position_snapshot",
        _key("read_at_ms", sa.BigInteger),
        _key("account_id", sa.BigInteger),
        _key("instrument_id", sa.BigInteger),
        _key("side"),
        sa.Column("contracts", NUMBER),
        sa.Column("entry_price", NUMBER),
        sa.Column("mark_price", NUMBER),
        sa.Column("reported_notional", NUMBER),
        sa.Column("liquidation_price", NUMBER),
        sa.Column("margin", NUMBER),
        sa.Column("maintenance_margin", NUMBER),
        sa.Column("unrealised_pnl", NUMBER),
        sa.Column("leverage", NUMBER),
        sa.Column("never_liquidated", sa.Boolean(), nullable=False),
        sa.Column("margin_mode", sa.Text()),
        sa.Column("adl_quantile", sa.Integer()),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "wallet_snapshot",
        _key("read_at_ms", sa.BigInteger),
        _key("account_id", sa.BigInteger),
        _key("wallet"),
        _key("asset"),
        sa.Column("equity", NUMBER),
        sa.Column("initial_margin", NUMBER),
        sa.Column("maintenance_margin", NUMBER),
        sa.Column("credit", NUMBER),
        sa.Column("is_shared", sa.Boolean(), nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "balance_latest",
        _key("account_id", sa.BigInteger),
        _key("wallet"),
        _key("asset"),
        sa.Column("free", EXACT),
        sa.Column("used", EXACT),
        sa.Column("earn", EXACT),
        sa.Column("borrowed", EXACT),
        sa.Column("changed_at_ms", sa.BigInteger(), nullable=False),
    )


def _make_holdings() -> None:
    op.create_table(
        "holding",
        sa.Column("id", ROW_ID, primary_key=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("asset", sa.Text(), nullable=False),
        sa.UniqueConstraint("name", "asset"),
    )
    op.create_table(
        "holding_snapshot",
        _key("read_at_ms", sa.BigInteger),
        _key("holding_id", sa.BigInteger),
        sa.Column("quantity", EXACT),
        sa.Column("price_usd", NUMBER),
        sa.Column("value_usd", NUMBER),
        sa.Column("cost_basis_usd", NUMBER),
        sa.Column("unrealised_pnl_usd", NUMBER),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_holding_snapshot_holding_id_read_at_ms", "holding_snapshot", ["holding_id", "read_at_ms"])


def _make_ledger() -> None:
    op.create_table(
        "funding_payment",
        _key("exchange"),
        _key("account"),
        _key("symbol"),
        _key("paid_at_ms", sa.BigInteger),
        _key("payment_id"),
        sa.Column("hedge", sa.Text()),
        sa.Column("leg", sa.Text()),
        sa.Column("asset", sa.Text(), nullable=False),
        sa.Column("amount", EXACT, nullable=False),
        sa.Column("amount_usd", EXACT),
        sa.Column("source", sa.Text(), nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_funding_payment_paid_at_ms", "funding_payment", ["paid_at_ms"])
    op.create_index("ix_funding_payment_hedge_paid_at_ms", "funding_payment", ["hedge", "paid_at_ms"])
    op.create_table(
        "ledger_latest",
        _key("exchange"),
        _key("account"),
        _key("symbol"),
        sa.Column("paid_at_ms", sa.BigInteger(), nullable=False),
    )


def _make_proofs() -> None:
    op.create_table(
        "contract_fact",
        _key("instrument_id", sa.BigInteger),
        _key("name"),
        _key("seen_at_ms", sa.BigInteger),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("before", sa.Text()),
        sa.Column("source", sa.Text(), nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_contract_fact_seen_at_ms", "contract_fact", ["seen_at_ms"])
    op.create_table(
        "proof",
        _key("exchange"),
        _key("account"),
        _key("name"),
        _key("side"),
        sa.Column("amount", EXACT),
        sa.Column("proven_at_ms", sa.BigInteger()),
        sa.Column("margin", sa.Text()),
        sa.Column("doubt", sa.Text()),
        sa.Column("fall", sa.Text()),
    )


def _make_hours() -> None:
    op.create_table(
        "hedge_hour",
        _key("hour_at_ms", sa.BigInteger),
        _key("hedge_id", sa.BigInteger),
        sa.Column("samples", sa.Integer(), nullable=False),
        sa.Column("unknown_samples", sa.Integer(), nullable=False),
        sa.Column("last_read_at_ms", sa.BigInteger(), nullable=False),
        *(column for metric in METRICS for column in _parts_of(metric)),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_hedge_hour_hedge_id_hour_at_ms", "hedge_hour", ["hedge_id", "hour_at_ms"])


def _parts_of(metric: str) -> list[sa.Column]:
    return [
        sa.Column(f"{metric}_min", NUMBER),
        sa.Column(f"{metric}_max", NUMBER),
        sa.Column(f"{metric}_sum", NUMBER),
        sa.Column(f"{metric}_count", sa.Integer(), nullable=False),
        sa.Column(f"{metric}_last", NUMBER),
    ]


def _hours_so_far() -> str:
    """Write the statement that sums up every hour stored; the last known value of each metric is joined by its time."""
    sums = ", ".join(
        f"min({metric}) AS {metric}_min, max({metric}) AS {metric}_max, sum({metric}) AS {metric}_sum, "
        f"count({metric}) AS {metric}_count, max(CASE WHEN {metric} IS NOT NULL THEN read_at_ms END) AS {metric}_at"
        for metric in METRICS
    )
    parts = ", ".join(
        f"h.{metric}_min, h.{metric}_max, h.{metric}_sum, h.{metric}_count, {metric}_row.{metric}" for metric in METRICS
    )
    joins = " ".join(
        f"LEFT JOIN hedge_snapshot {metric}_row ON {metric}_row.read_at_ms = h.{metric}_at "
        f"AND {metric}_row.hedge_id = h.hedge_id"
        for metric in METRICS
    )
    return (
        f"WITH h AS (SELECT {HOUR} AS hour_at_ms, s.hedge_id, count(*) AS samples, "  # noqa: S608  our own names
        "sum(CASE WHEN s.quality = 'unknown' THEN 1 ELSE 0 END) AS unknown_samples, max(s.read_at_ms) AS last_at, "
        f"{sums} FROM hedge_snapshot s GROUP BY {HOUR}, s.hedge_id) "
        f"INSERT INTO hedge_hour SELECT h.hour_at_ms, h.hedge_id, h.samples, h.unknown_samples, h.last_at, {parts} "
        f"FROM h {joins}"
    )
