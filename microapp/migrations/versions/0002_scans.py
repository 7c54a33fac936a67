"""Scans."""

import sqlalchemy as sa
from alembic import op

from microapp.tables import personal_columns

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "scans",
        *personal_columns(),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.UniqueConstraint("corp", "userid", "key", name="scans_once"),
    )
    op.create_index("scans_by_day", "scans", ["corp", "day", "userid"])


def downgrade() -> None:
    """Drop it, and what is in it."""
    op.drop_table("scans")
