"""Tables of what people say to alerts, and of who said it. A change here goes with a migration."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Table

from hedgewatch.storage.columns import exact_numbers, key, metadata, row_id, texts, times
from hedgewatch.storage.types import ExactNumber

acknowledgement = Table(
    "acknowledgement",
    metadata,
    key("episode"),
    *texts("author", "note", nullable=False),
    Column("at_ms", BigInteger, nullable=False),
    *times("until_ms", index=False),
)

silence = Table(
    "silence",
    metadata,
    key("id"),
    *texts("matchers", "author", "comment", nullable=False),
    Column("starts_at_ms", BigInteger, nullable=False),
    Column("ends_at_ms", BigInteger, nullable=False, index=True),
)

hedge_closing = Table(
    "hedge_closing",
    metadata,
    key("hedge"),
    *texts("entry", "author", "note", nullable=False),
    Column("at_ms", BigInteger, nullable=False),
)

told_position = Table(
    "told_position",
    metadata,
    key("hedge"),
    key("leg"),
    *texts("entry", nullable=False),
    *exact_numbers("contracts", "coins", "entry_price", "margin", "entry_basis", "maintenance_margin_rate"),
    *texts("margin_mode"),
    *texts("author", "note", nullable=False),
    Column("at_ms", BigInteger, nullable=False),
)

told_holding = Table(
    "told_holding",
    metadata,
    key("holding"),
    *texts("entry", nullable=False),
    Column("quantity", ExactNumber, nullable=False),
    *exact_numbers("cost_basis"),
    *texts("author", "note", nullable=False),
    Column("at_ms", BigInteger, nullable=False),
)

audit = Table(
    "audit",
    metadata,
    row_id(),
    Column("at_ms", BigInteger, nullable=False, index=True),
    *texts("actor", "action", "object", nullable=False),
    *texts("before", "after"),
)
