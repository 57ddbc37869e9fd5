"""The tables. A change here goes with a migration; a test holds the two equal.

Times are integer epoch milliseconds, named ``…_ms``. Raw series are keyed by time first, so that they are only ever
appended to; on SQLite their rows lie in that key itself. Empty text in a key: not part of the identity.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from hedgewatch.storage.types import ExactNumber, MarketNumber

metadata = MetaData()


def _key(name: str, kind: type[Any] = Text) -> Column[Any]:
    return Column(name, kind, primary_key=True, autoincrement=False, nullable=False)


def _texts(*names: str, nullable: bool = True) -> list[Column[Any]]:
    return [Column(name, Text, nullable=nullable) for name in names]


def _numbers(*names: str) -> list[Column[Any]]:
    return [Column(name, MarketNumber) for name in names]


def _exact(*names: str) -> list[Column[Any]]:
    return [Column(name, ExactNumber) for name in names]


def _times(*names: str, index: bool = True) -> list[Column[Any]]:
    return [Column(name, BigInteger, index=index) for name in names]


def _id() -> Column[Any]:
    # SQLite numbers rows by itself only if the type reads INTEGER
    return Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True)


instrument = Table(
    "instrument",
    metadata,
    _id(),
    *_texts("exchange", "symbol", "kind", nullable=False),
    *_texts("payoff", "base", "quote", "settle", "order_unit"),
    *_exact("contract_size", "tick", "lot_step", "min_contracts", "min_notional", "maker_fee", "taker_fee"),
    *_times("expiry_ms", index=False),
    Column("active", Boolean),
    UniqueConstraint("exchange", "symbol"),
)

instrument_latest = Table(
    "instrument_latest",
    metadata,
    _key("instrument_id", BigInteger),
    *_times("first_asked_at_ms", "last_good_at_ms", index=False),
    *_numbers("bid", "ask"),
)

exchange_latest = Table(
    "exchange_latest",
    metadata,
    _key("exchange"),
    *_times("first_asked_at_ms", "last_answer_at_ms", index=False),
)

market_snapshot = Table(
    "market_snapshot",
    metadata,
    _key("read_at_ms", BigInteger),
    _key("instrument_id", BigInteger),
    *_numbers("bid", "ask", "mid", "mark_price", "index_price", "funding_rate", "funding_interval_hours"),
    *_times("next_funding_at_ms", "exchange_time_ms", index=False),
    *_texts("quality", nullable=False),
    sqlite_with_rowid=False,
)
# Settlement times run with the reading times: a block range index serves PostgreSQL at next to no cost
Index(
    "ix_market_snapshot_next_funding_at_ms",
    market_snapshot.c.next_funding_at_ms,
    postgresql_using="brin",
    sqlite_where=text("next_funding_at_ms IS NOT NULL"),
)

hedge = Table("hedge", metadata, _id(), *_texts("name", "asset", nullable=False), UniqueConstraint("name", "asset"))

leg = Table(
    "leg",
    metadata,
    _id(),
    *_texts("hedge", "name", "exchange", "account", "symbol", nullable=False),
    UniqueConstraint("hedge", "name", "exchange", "account", "symbol"),
)

hedge_snapshot = Table(
    "hedge_snapshot",
    metadata,
    _key("read_at_ms", BigInteger),
    _key("hedge_id", BigInteger),
    *_numbers("holding", "exposure", "futures_coins", "net_exposure", "hedge_ratio", "drift", "notional_usd"),
    *_numbers("spot_price", "futures_price", "basis_rate", "funding_rate_8h", "funding_apr"),
    *_numbers("liquidation_price", "liquidation_distance", "margin_usage", "leverage"),
    *_numbers("carry_cost_usd", "protection_usd", "cost_ratio", "unrealised_pnl_usd", "data_age_seconds"),
    *_texts("quality", nullable=False),
    Index("ix_hedge_snapshot_hedge_id_read_at_ms", "hedge_id", "read_at_ms"),
    sqlite_with_rowid=False,
)

leg_snapshot = Table(
    "leg_snapshot",
    metadata,
    _key("read_at_ms", BigInteger),
    _key("leg_id", BigInteger),
    *_numbers("contracts", "coins", "spot_price", "futures_price", "mark_price", "basis", "basis_rate"),
    *_numbers("mark_basis_rate", "funding_rate_8h", "liquidation_price", "liquidation_distance"),
    *_numbers("margin_usage", "leverage", "unrealised_pnl_usd", "data_age_seconds"),
    *_texts("label"),
    *_texts("quality", nullable=False),
    Index("ix_leg_snapshot_leg_id_read_at_ms", "leg_id", "read_at_ms"),
    sqlite_with_rowid=False,
)

leg_hour = Table(
    "leg_hour",
    metadata,
    _key("hour_at_ms", BigInteger),
    _key("leg_id", BigInteger),
    Column("basis_rate_close", MarketNumber, nullable=False),
    sqlite_with_rowid=False,
)

funding_rate = Table(
    "funding_rate",
    metadata,
    _key("instrument_id", BigInteger),
    Column("settled_at_ms", BigInteger, primary_key=True, autoincrement=False, index=True),
    Column("rate", MarketNumber, nullable=False),
    *_numbers("interval_hours"),
    sqlite_with_rowid=False,
)

outcome_latest = Table(
    "outcome_latest",
    metadata,
    *(_key(name) for name in ("rule", "hedge", "leg", "account", "exchange", "side")),
    Column("read_at_ms", BigInteger, nullable=False),
    *_texts("outcome", nullable=False),
    *_texts("severity"),
    *_numbers("value", "threshold"),
    *_texts("reason", "action", "condition"),
    Column("alertable", Boolean, nullable=False),
    *_texts("message", "orders", nullable=False),
)

alert = Table(
    "alert",
    metadata,
    _key("fingerprint"),
    *_texts("rule", "hedge", "leg", "account", "exchange", "side", "phase", "pending", nullable=False),
    Column("clear_seconds", ExactNumber, nullable=False),
    Column("clear_polls", Integer, nullable=False),
    *_texts("episode", "severity", "notified"),
    Column("sequence", Integer, nullable=False),
    Column("reminders", Integer, nullable=False),
    *_times("started_at_ms", "fired_at_ms", "resolved_at_ms", "last_told_at_ms", "unknown_since_ms", index=False),
    *_exact("peak", "threshold"),
    *_texts("action", "message"),
)

episode = Table(
    "episode",
    metadata,
    _key("episode"),
    *_texts("fingerprint", "rule", "hedge", "leg", "account", "exchange", "side", nullable=False),
    *_texts("action", "severity"),
    *_texts("state", nullable=False),
    *_times("started_at_ms", "fired_at_ms", "resolved_at_ms"),
    *_numbers("peak_value", "threshold"),
    *_texts("acknowledged_by", "message"),
)

event = Table(
    "event",
    metadata,
    _key("id"),
    Column("episode", Text, nullable=False, index=True),
    Column("sequence", Integer, nullable=False),
    *_texts("fingerprint", "type", "severity", nullable=False),
    Column("at_ms", BigInteger, nullable=False, index=True),
    *_texts("reason"),
    Column("payload", LargeBinary, nullable=False),
)

outbox = Table(
    "outbox",
    metadata,
    Column("event_id", Text, ForeignKey("event.id"), primary_key=True),
    _key("channel"),
    *_texts("episode", nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("made_at_ms", BigInteger, nullable=False, index=True),
    *_texts("state", nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("due_at_ms", BigInteger, nullable=False),
    *_times("claimed_until_ms", index=False),
    *_times("first_attempt_at_ms", "delivered_at_ms"),
    *_texts("last_error"),
    Index("ix_outbox_episode_channel_sequence", "episode", "channel", "sequence"),
)
Index(
    "ix_outbox_pending",
    outbox.c.channel,
    outbox.c.made_at_ms,
    sqlite_where=text("state = 'pending'"),
    postgresql_where=text("state = 'pending'"),
)

attempt = Table(
    "attempt",
    metadata,
    _id(),
    *_texts("event_id", "channel", nullable=False),
    Column("number", Integer, nullable=False),
    Column("at_ms", BigInteger, nullable=False, index=True),
    *_texts("error"),
    Index("ix_attempt_event_id_channel", "event_id", "channel"),
)

cycle = Table(
    "cycle",
    metadata,
    _key("started_at_ms", BigInteger),
    Column("read_at_ms", BigInteger, nullable=False, index=True),
    Column("committed_at_ms", BigInteger, nullable=False, index=True),
    Column("duration_ms", BigInteger, nullable=False),
)

cycle_exchange = Table(
    "cycle_exchange",
    metadata,
    _key("started_at_ms", BigInteger),
    _key("exchange"),
    *_texts("outcome", nullable=False),
    Column("calls", Integer, nullable=False),
    *_texts("error"),
    *_numbers("skew_seconds"),
)

kept_market = Table(
    "kept_market",
    metadata,
    _key("exchange"),
    _key("symbol"),
    *_texts("market", nullable=False),
    Column("kept_at_ms", BigInteger, nullable=False),
)

lease = Table(
    "lease",
    metadata,
    _key("name"),
    *_texts("holder", nullable=False),
    Column("epoch", BigInteger, nullable=False),
    Column("expires_at_ms", BigInteger, nullable=False),
)
