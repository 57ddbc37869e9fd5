"""How long an alert went unheeded, which steps that took, and which configuration a cycle ran under.

Every new column may be empty, so a worker of the release before goes on writing.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the columns."""
    op.add_column("alert", sa.Column("unheeded_seconds", sa.Numeric().with_variant(sa.Text(), "sqlite")))
    op.add_column("alert", sa.Column("escalations", sa.Integer()))
    op.add_column("cycle", sa.Column("configuration", sa.Text()))
