"""Chats that were chosen, and messages."""

import sqlalchemy as sa
from alembic import op

from microapp.tables import RowId, UtcTime, personal_columns

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "chat_choices",
        *personal_columns(),
        sa.Column("way", sa.String(8), nullable=False),
        sa.Column("target", sa.String(200), nullable=False),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("spent", sa.Boolean(), nullable=False),
        sa.UniqueConstraint("corp", "userid", "key", name="chat_choices_once"),
    )
    op.create_index("chat_choices_by_day", "chat_choices", ["corp", "day", "userid"])
    op.create_table(
        "chat_messages",
        *personal_columns(),
        sa.Column("way", sa.String(8), nullable=False),
        sa.Column("choice", RowId, nullable=True),
        sa.Column("receiver", sa.String(200), nullable=False),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("title", sa.String(64), nullable=False),
        sa.Column("text", sa.String(500), nullable=False),
        sa.Column("url", sa.String(500), nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("code", sa.String(100), nullable=False),
        sa.Column("reference", sa.String(16), nullable=False),
        sa.Column("task", sa.BigInteger(), nullable=True),
        sa.Column("delivery", sa.String(10), nullable=False),
        sa.Column("percent", sa.Integer(), nullable=False),
        sa.Column("checked", UtcTime(), nullable=True),
        sa.UniqueConstraint("corp", "userid", "key", name="chat_messages_once"),
    )
    op.create_index("chat_messages_by_day", "chat_messages", ["corp", "day", "userid"])


def downgrade() -> None:
    """Drop them, and what is in them."""
    op.drop_table("chat_messages")
    op.drop_table("chat_choices")
