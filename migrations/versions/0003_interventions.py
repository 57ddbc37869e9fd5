"""Interventions: acknowledgements, silences, closed hedges, who said it, and what an alert remembers of them.

Every new column of an old table may be empty, so a worker of the release before goes on writing.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables and the columns; the views follow by themselves."""
    for name in ("muted", "settled", "opened"):
        op.add_column("alert", sa.Column(name, sa.Text()))
    op.add_column("alert", sa.Column("flapping_since_ms", sa.BigInteger()))
    op.add_column("outbox", sa.Column("suppressed_by", sa.Text()))
    dead = sa.text("state = 'dead'")
    op.create_index("ix_outbox_dead", "outbox", ["channel"], sqlite_where=dead, postgresql_where=dead)
    op.create_table(
        "acknowledgement",
        sa.Column("episode", sa.Text(), primary_key=True),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("until_ms", sa.BigInteger()),
    )
    op.create_table(
        "silence",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("matchers", sa.Text(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("starts_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("ends_at_ms", sa.BigInteger(), nullable=False),
    )
    op.create_index("ix_silence_ends_at_ms", "silence", ["ends_at_ms"])
    op.create_table(
        "hedge_closing",
        sa.Column("hedge", sa.Text(), primary_key=True),
        sa.Column("entry", sa.Text(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
    )
    op.create_table(
        "audit",
        sa.Column("id", ROW_ID, primary_key=True),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("object", sa.Text(), nullable=False),
        sa.Column("before", sa.Text()),
        sa.Column("after", sa.Text()),
    )
    op.create_index("ix_audit_at_ms", "audit", ["at_ms"])
