"""The tables of the past that was asked for: candles, and which stretches were read whole."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, Table

from hedgewatch.storage.columns import key, metadata, numbers
from hedgewatch.storage.types import MarketNumber

candle = Table(
    "candle",
    metadata,
    key("opened_at_ms", BigInteger),
    key("instrument_id", BigInteger),
    key("step_seconds", Integer),
    key("kind"),
    *(Column(name, MarketNumber, nullable=False) for name in ("open", "high", "low", "close")),
    *numbers("volume"),
    Index("ix_candle_series", "instrument_id", "kind", "step_seconds", "opened_at_ms"),
    sqlite_with_rowid=False,
)

series_stretch = Table(
    "series_stretch",
    metadata,
    key("instrument_id", BigInteger),
    key("kind"),
    key("step_seconds", Integer),
    key("from_ms", BigInteger),
    Column("until_ms", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
