"""Told: positions and holdings as their owner says they are now, over what the file says.

Only new tables, so a worker of the release before goes on writing.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

EXACT = sa.Numeric().with_variant(sa.Text(), "sqlite")
FIGURES = ("contracts", "coins", "entry_price", "margin", "entry_basis", "maintenance_margin_rate")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "told_position",
        sa.Column("hedge", sa.Text(), primary_key=True),
        sa.Column("leg", sa.Text(), primary_key=True),
        sa.Column("entry", sa.Text(), nullable=False),
        *(sa.Column(name, EXACT) for name in FIGURES),
        sa.Column("margin_mode", sa.Text()),
        *_said(),
    )
    op.create_table(
        "told_holding",
        sa.Column("holding", sa.Text(), primary_key=True),
        sa.Column("entry", sa.Text(), nullable=False),
        sa.Column("quantity", EXACT, nullable=False),
        sa.Column("cost_basis", EXACT),
        *_said(),
    )


def _said() -> tuple[sa.Column, ...]:
    return (
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
    )
