"""Candles, and which stretches of the past were read.

Nothing that is there is changed, so a worker of the release before goes on writing.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import sqlite

revision = "0004"
down_revision = "0002"
branch_labels = None
depends_on = None

NUMBER = sa.Double().with_variant(sqlite.REAL(), "sqlite")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "candle",
        _key("opened_at_ms", sa.BigInteger),
        _key("instrument_id", sa.BigInteger),
        _key("step_seconds", sa.Integer),
        _key("kind"),
        *(sa.Column(name, NUMBER, nullable=False) for name in ("open", "high", "low", "close")),
        sa.Column("volume", NUMBER),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "series_stretch",
        _key("instrument_id", sa.BigInteger),
        _key("kind"),
        _key("step_seconds", sa.Integer),
        _key("from_ms", sa.BigInteger),
        sa.Column("until_ms", sa.BigInteger(), nullable=False),
        sqlite_with_rowid=False,
    )


def _key(name: str, kind: type[sa.types.TypeEngine] = sa.Text) -> sa.Column:
    return sa.Column(name, kind(), primary_key=True, autoincrement=False)
