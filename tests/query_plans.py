"""How a database finds what the micro-app asks it for."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Engine, event

from microapp.database import Database


def plans(database: Database, ask: Callable[[], object]) -> list[str]:
    """How the database finds what is asked for: its own words, for each query.

    Small tables are read as a whole even where an index is there: PostgreSQL is told not to.
    """
    explain = "EXPLAIN QUERY PLAN " if database.engine.dialect.name == "sqlite" else "EXPLAIN "
    asked: list[tuple[str, object]] = []

    def note(*event_values: object) -> None:
        statement, parameters = event_values[2:4]
        if str(statement).startswith("SELECT"):
            asked.append((str(statement), parameters))

    # The app has an engine of its own.
    event.listen(Engine, "before_cursor_execute", note)
    try:
        ask()
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    with database.read() as connection:
        if database.engine.dialect.name == "postgresql":
            connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        return [
            "\n".join(str(row[-1]) for row in connection.exec_driver_sql(explain + sql, given))
            for sql, given in asked
        ]
