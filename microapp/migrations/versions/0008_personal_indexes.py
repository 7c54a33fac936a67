"""Indexes that lists follow, in the place of some that nothing did."""

from alembic import op

revision = "0008"
down_revision = "0007"

_UNUSED = ("scans", "files", "chat_choices", "chat_messages")
_USED = {
    "scans_by_person": ("scans", ["corp", "userid", "id"]),
    "chat_messages_by_person": ("chat_messages", ["corp", "userid", "id"]),
    "chat_choices_by_target": ("chat_choices", ["way", "target"]),
}


def upgrade() -> None:
    """Drop the ones, make the others."""
    for table in _UNUSED:
        op.drop_index(f"{table}_by_day", table)
    for name, (table, columns) in _USED.items():
        op.create_index(name, table, columns)


def downgrade() -> None:
    """The other way round."""
    for name, (table, _) in _USED.items():
        op.drop_index(name, table)
    for table in _UNUSED:
        op.create_index(f"{table}_by_day", table, ["corp", "day", "userid"])
