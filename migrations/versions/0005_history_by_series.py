"""Indexes by series: the past of one instrument or leg is read without looking through all the others.

Nothing that is there is changed, so a worker of the release before goes on writing.
"""

from __future__ import annotations

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the indexes."""
    op.create_index("ix_candle_series", "candle", ["instrument_id", "kind", "step_seconds", "opened_at_ms"])
    op.create_index("ix_leg_hour_leg_id_hour_at_ms", "leg_hour", ["leg_id", "hour_at_ms"])
