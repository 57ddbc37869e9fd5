"""Several workers on one database: who sits where, who claimed a delivery, in which epoch a cycle was written.

Every new column of an old table may be empty, so a worker of the release before goes on writing.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table and the columns."""
    op.create_table(
        "worker",
        sa.Column("seat", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("started_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("seen_at_ms", sa.BigInteger(), nullable=False),
    )
    op.add_column("outbox", sa.Column("claimed_by", sa.Text()))
    op.add_column("cycle", sa.Column("epoch", sa.BigInteger()))
