"""When each quote was received, beside the exchange's own time of it.

The new column may be empty, so a worker of the release before goes on writing.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the column."""
    op.add_column("market_snapshot", sa.Column("received_at_ms", sa.BigInteger()))
