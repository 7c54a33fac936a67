"""Indexes that reports follow."""

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Make them."""
    op.create_index("checkins_in_order", "checkins", ["corp", "day", "at", "id"])
    op.create_index("checkins_of_person", "checkins", ["corp", "userid", "day", "at", "id"])


def downgrade() -> None:
    """Drop them."""
    op.drop_index("checkins_of_person", "checkins")
    op.drop_index("checkins_in_order", "checkins")
