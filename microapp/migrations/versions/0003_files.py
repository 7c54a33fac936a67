"""Files and uploads."""

import sqlalchemy as sa
from alembic import op

from microapp.tables import RowId, UtcTime, personal_columns

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "files",
        *personal_columns(),
        sa.Column("file_name", sa.String(255), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("token", sa.String(32), nullable=False),
        sa.UniqueConstraint("corp", "userid", "key", name="files_once"),
    )
    op.create_index("files_by_day", "files", ["corp", "day", "userid"])
    op.create_index("files_by_person", "files", ["corp", "userid", "id"])
    op.create_table(
        "file_uploads",
        sa.Column("id", RowId, primary_key=True),
        sa.Column("corp", sa.String(64), nullable=False),
        sa.Column("userid", sa.String(64), nullable=False),
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("file_name", sa.String(255), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("token", sa.String(32), nullable=False, unique=True),
        sa.Column("expires", UtcTime(), nullable=False),
        sa.UniqueConstraint("corp", "userid", "key", name="file_uploads_once"),
    )
    op.create_index("file_uploads_by_expiry", "file_uploads", ["expires"])


def downgrade() -> None:
    """Drop them; the bytes stay in the folder."""
    op.drop_table("file_uploads")
    op.drop_table("files")
