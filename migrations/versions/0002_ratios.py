"""Measurements know the bound of their evidence, and the ratio of the two shares with its interval."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

COLUMNS = ("bound", "ratio_low", "ratio", "ratio_high")


def upgrade() -> None:
    """Add the columns; what was measured before has none of these numbers."""
    for name in COLUMNS:
        op.add_column("measurements", sa.Column(name, sa.Double(), nullable=True))


def downgrade() -> None:
    """Drop the columns and what is in them."""
    for name in reversed(COLUMNS):
        op.drop_column("measurements", name)
