"""The tables. A change here goes with a migration; a test holds the two equal.

Times are integer epoch milliseconds, named ``…_ms``. Raw series are keyed by time first, so that they are only ever
appended to; on SQLite their rows lie in that key itself. Empty text in a key: not part of the identity.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from hedgewatch.storage import account_tables, intervention_tables, lease_tables, series_tables
from hedgewatch.storage.columns import exact_numbers, key, numbers, row_id, texts, times
from hedgewatch.storage.types import ExactNumber, MarketNumber

metadata = account_tables.account.metadata  # one for all tables, those of accounts and of interventions included
SERIES = (series_tables.candle, series_tables.series_stretch)  # of the past that is asked for
assert intervention_tables.silence.metadata is metadata  # noqa: S101  brought in so that they are known
assert lease_tables.lease.metadata is metadata  # noqa: S101  likewise

instrument = Table(
    "instrument",
    metadata,
    row_id(),
    *texts("exchange", "symbol", "kind", nullable=False),
    *texts("payoff", "base", "quote", "settle", "order_unit"),
    *exact_numbers("contract_size", "tick", "lot_step", "min_contracts", "min_notional", "maker_fee", "taker_fee"),
    *times("expiry_ms", index=False),
    Column("active", Boolean),
    UniqueConstraint("exchange", "symbol"),
)

instrument_latest = Table(
    "instrument_latest",
    metadata,
    key("instrument_id", BigInteger),
    *times("first_asked_at_ms", "last_good_at_ms", index=False),
    *numbers("bid", "ask"),
)

exchange_latest = Table(
    "exchange_latest",
    metadata,
    key("exchange"),
    *times("first_asked_at_ms", "last_answer_at_ms", index=False),
)

market_snapshot = Table(
    "market_snapshot",
    metadata,
    key("read_at_ms", BigInteger),
    key("instrument_id", BigInteger),
    *numbers("bid", "ask", "mid", "mark_price", "index_price", "funding_rate", "funding_interval_hours"),
    *times("next_funding_at_ms", "exchange_time_ms", index=False),
    *texts("quality", nullable=False),
    *times("received_at_ms", index=False),  # of the quote, as exchange_time_ms is
    sqlite_with_rowid=False,
)
# Settlement times run with the reading times: a block range index serves PostgreSQL at next to no cost
Index(
    "ix_market_snapshot_next_funding_at_ms",
    market_snapshot.c.next_funding_at_ms,
    postgresql_using="brin",
    sqlite_where=text("next_funding_at_ms IS NOT NULL"),
)

hedge = Table("hedge", metadata, row_id(), *texts("name", "asset", nullable=False), UniqueConstraint("name", "asset"))

leg = Table(
    "leg",
    metadata,
    row_id(),
    *texts("hedge", "name", "exchange", "account", "symbol", nullable=False),
    UniqueConstraint("hedge", "name", "exchange", "account", "symbol"),
)

hedge_snapshot = Table(
    "hedge_snapshot",
    metadata,
    key("read_at_ms", BigInteger),
    key("hedge_id", BigInteger),
    *numbers("holding", "exposure", "futures_coins", "net_exposure", "hedge_ratio", "drift", "notional_usd"),
    *numbers("spot_price", "futures_price", "basis_rate", "funding_rate_8h", "funding_apr"),
    *numbers("liquidation_price", "liquidation_distance", "margin_usage", "leverage"),
    *numbers("carry_cost_usd", "protection_usd", "cost_ratio", "unrealised_pnl_usd", "data_age_seconds"),
    *texts("quality", nullable=False),
    Index("ix_hedge_snapshot_hedge_id_read_at_ms", "hedge_id", "read_at_ms"),
    sqlite_with_rowid=False,
)

HOURLY_METRICS = ("basis_rate", "funding_rate_8h", "hedge_ratio", "drift", "liquidation_distance")
HOURLY_PARTS = ("min", "max", "sum", "count", "last")

hedge_hour = Table(
    "hedge_hour",
    metadata,
    key("hour_at_ms", BigInteger),
    key("hedge_id", BigInteger),
    Column("samples", Integer, nullable=False),
    Column("unknown_samples", Integer, nullable=False),
    Column("last_read_at_ms", BigInteger, nullable=False),
    *(
        Column(f"{metric}_{part}", Integer if part == "count" else MarketNumber, nullable=part != "count")
        for metric in HOURLY_METRICS
        for part in HOURLY_PARTS
    ),
    Index("ix_hedge_hour_hedge_id_hour_at_ms", "hedge_id", "hour_at_ms"),
    sqlite_with_rowid=False,
)

leg_snapshot = Table(
    "leg_snapshot",
    metadata,
    key("read_at_ms", BigInteger),
    key("leg_id", BigInteger),
    *numbers("contracts", "coins", "spot_price", "futures_price", "mark_price", "basis", "basis_rate"),
    *numbers("mark_basis_rate", "funding_rate_8h", "liquidation_price", "liquidation_distance"),
    *numbers("margin_usage", "leverage", "unrealised_pnl_usd", "data_age_seconds"),
    *texts("label"),
    *texts("quality", nullable=False),
    Index("ix_leg_snapshot_leg_id_read_at_ms", "leg_id", "read_at_ms"),
    sqlite_with_rowid=False,
)

leg_hour = Table(
    "leg_hour",
    metadata,
    key("hour_at_ms", BigInteger),
    key("leg_id", BigInteger),
    Column("basis_rate_close", MarketNumber, nullable=False),
    Index("ix_leg_hour_leg_id_hour_at_ms", "leg_id", "hour_at_ms"),
    sqlite_with_rowid=False,
)

funding_rate = Table(
    "funding_rate",
    metadata,
    key("instrument_id", BigInteger),
    Column("settled_at_ms", BigInteger, primary_key=True, autoincrement=False, index=True),
    Column("rate", MarketNumber, nullable=False),
    *numbers("interval_hours"),
    sqlite_with_rowid=False,
)

outcome_latest = Table(
    "outcome_latest",
    metadata,
    *(key(name) for name in ("rule", "hedge", "leg", "account", "exchange", "side")),
    Column("read_at_ms", BigInteger, nullable=False),
    *texts("outcome", nullable=False),
    *texts("severity"),
    *numbers("value", "threshold"),
    *texts("reason", "action", "condition"),
    Column("alertable", Boolean, nullable=False),
    *texts("message", "orders", nullable=False),
)

alert = Table(
    "alert",
    metadata,
    key("fingerprint"),
    *texts("rule", "hedge", "leg", "account", "exchange", "side", "phase", "pending", nullable=False),
    Column("clear_seconds", ExactNumber, nullable=False),
    Column("clear_polls", Integer, nullable=False),
    *texts("episode", "severity", "notified"),
    Column("sequence", Integer, nullable=False),
    Column("reminders", Integer, nullable=False),
    *times("started_at_ms", "fired_at_ms", "resolved_at_ms", "last_told_at_ms", "unknown_since_ms", index=False),
    *exact_numbers("peak", "threshold"),
    *texts("action", "message", "muted", "settled", "opened"),
    *times("flapping_since_ms", index=False),
    Column("unheeded_seconds", ExactNumber),
    Column("escalations", Integer),
)

episode = Table(
    "episode",
    metadata,
    key("episode"),
    *texts("fingerprint", "rule", "hedge", "leg", "account", "exchange", "side", nullable=False),
    *texts("action", "severity"),
    *texts("state", nullable=False),
    *times("started_at_ms", "fired_at_ms", "resolved_at_ms"),
    *numbers("peak_value", "threshold"),
    *texts("acknowledged_by", "message"),
)

event = Table(
    "event",
    metadata,
    key("id"),
    Column("episode", Text, nullable=False, index=True),
    Column("sequence", Integer, nullable=False),
    *texts("fingerprint", "type", "severity", nullable=False),
    Column("at_ms", BigInteger, nullable=False, index=True),
    *texts("reason"),
    Column("payload", LargeBinary, nullable=False),
)

outbox = Table(
    "outbox",
    metadata,
    Column("event_id", Text, ForeignKey("event.id"), primary_key=True),
    key("channel"),
    *texts("episode", nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("made_at_ms", BigInteger, nullable=False, index=True),
    *texts("state", nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("due_at_ms", BigInteger, nullable=False),
    *times("claimed_until_ms", index=False),
    *times("first_attempt_at_ms", "delivered_at_ms"),
    *texts("last_error", "suppressed_by", "claimed_by"),
    Index("ix_outbox_episode_channel_sequence", "episode", "channel", "sequence"),
)
Index(
    "ix_outbox_pending",
    outbox.c.channel,
    outbox.c.made_at_ms,
    sqlite_where=text("state = 'pending'"),
    postgresql_where=text("state = 'pending'"),
)

Index(
    "ix_outbox_dead",
    outbox.c.channel,
    sqlite_where=text("state = 'dead'"),
    postgresql_where=text("state = 'dead'"),
)

attempt = Table(
    "attempt",
    metadata,
    row_id(),
    *texts("event_id", "channel", nullable=False),
    Column("number", Integer, nullable=False),
    Column("at_ms", BigInteger, nullable=False, index=True),
    *texts("error"),
    Index("ix_attempt_event_id_channel", "event_id", "channel"),
)

cycle = Table(
    "cycle",
    metadata,
    key("started_at_ms", BigInteger),
    Column("read_at_ms", BigInteger, nullable=False, index=True),
    Column("committed_at_ms", BigInteger, nullable=False, index=True),
    Column("duration_ms", BigInteger, nullable=False),
    Column("epoch", BigInteger),  # of the lease it was written under; NULL: without one
    *texts("configuration"),
)

cycle_exchange = Table(
    "cycle_exchange",
    metadata,
    key("started_at_ms", BigInteger),
    key("exchange"),
    *texts("outcome", nullable=False),
    Column("calls", Integer, nullable=False),
    *texts("error"),
    *numbers("skew_seconds"),
)

kept_market = Table(
    "kept_market",
    metadata,
    key("exchange"),
    key("symbol"),
    *texts("market", nullable=False),
    Column("kept_at_ms", BigInteger, nullable=False),
)
