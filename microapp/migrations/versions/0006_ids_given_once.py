"""The id of a row that is gone is given to no other; files are found by the token of a link."""

from alembic import op

revision = "0006"
down_revision = "0005"

_TABLES = ("checkins", "scans", "files", "chat_choices", "chat_messages")


def upgrade() -> None:
    """SQLite changes how it counts only in a new table; PostgreSQL has never counted otherwise."""
    if op.get_bind().dialect.name == "sqlite":
        for name in _TABLES:
            with op.batch_alter_table(
                name, recreate="always", table_kwargs={"sqlite_autoincrement": True}
            ):
                pass
    op.create_index("files_by_token", "files", ["token"], unique=True)


def downgrade() -> None:
    """The release before may go on with such tables."""
    op.drop_index("files_by_token", "files")
