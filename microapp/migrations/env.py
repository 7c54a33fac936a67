"""Alembic's entry: migrates over the connection that `microapp.database` hands in."""

from alembic import context

from microapp.database import VERSION_TABLE
from microapp.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=VERSION_TABLE,
)
with context.begin_transaction():
    context.run_migrations()
