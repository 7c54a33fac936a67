"""How often each person checked in on each day, kept by the database.

A report of a year would else count every check-in: 300 ms instead of 900 over a million. Triggers
keep the sums, not the app: while one release follows another, workers of both write. A migration
that makes `checkins` anew has to make its triggers anew. docs/microapp.md has the statements that
count all of it again.
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

_ADD = """
INSERT INTO checkin_days (corp, day, userid, times) VALUES (NEW.corp, NEW.day, NEW.userid, 1)
ON CONFLICT (corp, day, userid) DO UPDATE SET times = checkin_days.times + 1;
"""
_TAKE = """
UPDATE checkin_days SET times = times - 1
WHERE corp = OLD.corp AND day = OLD.day AND userid = OLD.userid;
DELETE FROM checkin_days
WHERE corp = OLD.corp AND day = OLD.day AND userid = OLD.userid AND times = 0;
"""
_FILL = """
INSERT INTO checkin_days (corp, day, userid, times)
SELECT corp, day, userid, count(*) FROM checkins GROUP BY corp, day, userid
"""
_MOVED = "UPDATE OF corp, day, userid"
_SQLITE = {"added": ("INSERT", _ADD), "taken": ("DELETE", _TAKE), "moved": (_MOVED, _TAKE + _ADD)}
_TRIGGERS = {
    "checkin_days_kept": f"INSERT OR DELETE OR {_MOVED} ON checkins FOR EACH ROW",
    "checkin_days_emptied": "TRUNCATE ON checkins FOR EACH STATEMENT",
}
# The function says itself in which schema the table is: pg_dump restores with none on the path.
_POSTGRESQL = """
CREATE FUNCTION checkin_days_kept() RETURNS trigger LANGUAGE plpgsql
SET search_path = {schema}, pg_temp AS $$ BEGIN
IF TG_OP = 'TRUNCATE' THEN DELETE FROM checkin_days; RETURN NULL; END IF;
IF TG_OP <> 'INSERT' THEN {take} END IF;
IF TG_OP <> 'DELETE' THEN {add} END IF;
RETURN NULL; END $$
"""


def upgrade() -> None:
    """Make the table, and count what is there."""
    op.create_table(
        "checkin_days",
        sa.Column("corp", sa.String(64), primary_key=True),
        sa.Column("day", sa.Date(), primary_key=True),
        sa.Column("userid", sa.String(64), primary_key=True),
        sa.Column("times", sa.Integer(), nullable=False),
        sqlite_with_rowid=False,
    )
    if op.get_bind().dialect.name == "sqlite":
        for name, (event, statements) in _SQLITE.items():
            op.execute(
                f"CREATE TRIGGER checkin_days_{name} AFTER {event} ON checkins "
                f"BEGIN {statements} END"
            )
    else:
        schema = op.get_bind().execute(sa.text("SELECT quote_ident(current_schema())"))
        op.execute(_POSTGRESQL.format(schema=schema.scalar_one(), take=_TAKE, add=_ADD))
        # From here on nobody else writes check-ins until the end of the upgrade.
        for name, event in _TRIGGERS.items():
            op.execute(f"CREATE TRIGGER {name} AFTER {event} EXECUTE FUNCTION checkin_days_kept()")
    op.execute(_FILL)


def downgrade() -> None:
    """Drop it; everything in it can be counted again."""
    if op.get_bind().dialect.name == "sqlite":
        for name in _SQLITE:
            op.execute(f"DROP TRIGGER checkin_days_{name}")
    else:
        for name in _TRIGGERS:
            op.execute(f"DROP TRIGGER {name} ON checkins")
        op.execute("DROP FUNCTION checkin_days_kept")
    op.drop_table("checkin_days")
