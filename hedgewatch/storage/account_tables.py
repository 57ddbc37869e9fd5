"""The tables of accounts: what they hold, what they were paid, what was proven, and what contracts are."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, Table, UniqueConstraint

from hedgewatch.storage.columns import exact_numbers, key, metadata, numbers, row_id, texts, times
from hedgewatch.storage.types import ExactNumber

account = Table(
    "account", metadata, row_id(), *texts("exchange", "name", nullable=False), UniqueConstraint("exchange", "name")
)

account_reading = Table(
    "account_reading",
    metadata,
    key("read_at_ms", BigInteger),
    key("account_id", BigInteger),
    *times("received_at_ms", "exchange_time_ms", index=False),
    *texts("positions", "balances", "wallets", "orders", "payments", nullable=False),
    *texts("error"),
    sqlite_with_rowid=False,
)

position_snapshot = Table(
    "position_snapshot",
    metadata,
    key("read_at_ms", BigInteger),
    key("account_id", BigInteger),
    key("instrument_id", BigInteger),
    key("side"),
    *numbers("contracts", "entry_price", "mark_price", "reported_notional", "liquidation_price", "margin"),
    *numbers("maintenance_margin", "unrealised_pnl", "leverage"),
    Column("never_liquidated", Boolean, nullable=False),
    *texts("margin_mode"),
    Column("adl_quantile", Integer),
    sqlite_with_rowid=False,
)

wallet_snapshot = Table(
    "wallet_snapshot",
    metadata,
    key("read_at_ms", BigInteger),
    key("account_id", BigInteger),
    key("wallet"),
    key("asset"),
    *numbers("equity", "initial_margin", "maintenance_margin", "credit"),
    Column("is_shared", Boolean, nullable=False),
    sqlite_with_rowid=False,
)

balance_latest = Table(
    "balance_latest",
    metadata,
    key("account_id", BigInteger),
    key("wallet"),
    key("asset"),
    *exact_numbers("free", "used", "earn", "borrowed"),
    Column("changed_at_ms", BigInteger, nullable=False),
)

holding = Table(
    "holding", metadata, row_id(), *texts("name", "asset", nullable=False), UniqueConstraint("name", "asset")
)

holding_snapshot = Table(
    "holding_snapshot",
    metadata,
    key("read_at_ms", BigInteger),
    key("holding_id", BigInteger),
    *exact_numbers("quantity"),
    *numbers("price_usd", "value_usd", "cost_basis_usd", "unrealised_pnl_usd"),
    Index("ix_holding_snapshot_holding_id_read_at_ms", "holding_id", "read_at_ms"),
    sqlite_with_rowid=False,
)

funding_payment = Table(
    "funding_payment",
    metadata,
    key("exchange"),
    key("account"),
    key("symbol"),
    Column("paid_at_ms", BigInteger, primary_key=True, autoincrement=False, index=True),
    key("payment_id"),
    *texts("hedge", "leg"),
    *texts("asset", nullable=False),
    Column("amount", ExactNumber, nullable=False),
    *exact_numbers("amount_usd"),
    *texts("source", nullable=False),
    Index("ix_funding_payment_hedge_paid_at_ms", "hedge", "paid_at_ms"),
    sqlite_with_rowid=False,
)

ledger_latest = Table(
    "ledger_latest",
    metadata,
    key("exchange"),
    key("account"),
    key("symbol"),
    Column("paid_at_ms", BigInteger, nullable=False),
)

contract_fact = Table(
    "contract_fact",
    metadata,
    key("instrument_id", BigInteger),
    key("name"),
    Column("seen_at_ms", BigInteger, primary_key=True, autoincrement=False, index=True),
    *texts("value", nullable=False),
    *texts("before"),
    *texts("source", nullable=False),
    sqlite_with_rowid=False,
)

proof = Table(
    "proof",
    metadata,
    *(key(name) for name in ("exchange", "account", "name", "side")),
    *exact_numbers("amount"),
    *times("proven_at_ms", index=False),
    *texts("margin", "doubt", "fall"),
)
