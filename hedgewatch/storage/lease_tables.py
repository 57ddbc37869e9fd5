"""Tables of the workers that share a database. A change here goes with a migration."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Integer, Table

from hedgewatch.storage.columns import key, metadata, texts

lease = Table(
    "lease",
    metadata,
    key("name"),
    *texts("holder", nullable=False),
    Column("epoch", BigInteger, nullable=False),
    Column("expires_at_ms", BigInteger, nullable=False),
)

worker = Table(
    "worker",
    metadata,
    key("seat", Integer),
    *texts("holder", nullable=False),
    Column("started_at_ms", BigInteger, nullable=False),
    Column("seen_at_ms", BigInteger, nullable=False),
)
