"""Check-ins."""

import sqlalchemy as sa
from alembic import op

from microapp.tables import personal_columns

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "checkins",
        *personal_columns(),
        sa.Column("latitude", sa.Double(), nullable=False),
        sa.Column("longitude", sa.Double(), nullable=False),
        sa.Column("accuracy", sa.Double(), nullable=False),
        sa.Column("address", sa.String(200), nullable=False),
        sa.Column("note", sa.String(500), nullable=False),
        sa.UniqueConstraint("corp", "userid", "key", name="checkins_once"),
    )
    op.create_index("checkins_by_day", "checkins", ["corp", "day", "userid"])


def downgrade() -> None:
    """Drop it, and what is in it."""
    op.drop_table("checkins")
