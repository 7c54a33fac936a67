"""The micro-app's durable store: transactions, and tables that are brought up to date at start.

SQLite in the instance folder, or whatever DING_DATABASE_URL names. One seam for both engines:

    with database.write() as connection:      # one transaction, committed at the end
        connection.execute(insert(table).values(…))
    with database.read() as connection:
        rows = connection.execute(select(table)).all()
"""

from __future__ import annotations

import fcntl
import os
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import (
    ArgumentError,
    DBAPIError,
    InterfaceError,
    OperationalError,
    SQLAlchemyError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import ConnectionPoolEntry

from dingbridge import catalogue
from dingbridge.errors import DingBridgeError, Fault, SettingsError
from dingbridge.private_folder import private_folder
from dingbridge.settings import Settings

# Not Alembic's own name: in the same database the package may keep a history of its own.
VERSION_TABLE = "microapp_version"
_MIGRATIONS = Path(__file__).resolve().parent / "migrations"
_SETTING = "DING_DATABASE_URL"
_WAIT_SECONDS = 5  # for another process's transaction, or for a connection
_STATEMENT_MS = 15_000
_UPGRADE_LOCK = 0x64696E67  # any number, the same on all machines

# Connections do not survive a fork: the child gets new ones.
_engines: weakref.WeakSet[Engine] = weakref.WeakSet()


def _forget_connections() -> None:
    for engine in list(_engines):
        engine.dispose(close=False)


os.register_at_fork(after_in_child=_forget_connections)


class DatabaseUnusable(DingBridgeError):
    """The store cannot be used: `database_unreachable`, `database_too_new`, …"""

    def __str__(self) -> str:
        """Code, cause and remedy, fit for the line with which a start fails."""
        entry = catalogue.explain(self.code, family="page")
        said = [entry.say(part, lang, self.values) for lang in ("zh", "en") for part in _PARTS]
        return "\n  ".join([self.code, *said])


_PARTS: tuple[catalogue.Part, ...] = ("cause", "remedy")


class Database:
    """One engine, and its two kinds of transactions; safe for threads."""

    def __init__(self, engine: Engine) -> None:
        """`engine`: from `open_database`."""
        self._engine = engine
        # SQLite takes its lock for writing at once: a reader that turns writer may be refused.
        self._writer = engine.execution_options(writes=True)
        weakref.finalize(self, engine.dispose)

    @property
    def engine(self) -> Engine:
        """For migrations and tests."""
        return self._engine

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that changes nothing: all its queries see one state on SQLite."""
        with self._engine.connect() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction, committed at the end, rolled back by an exception."""
        with self._writer.begin() as connection:
            yield connection

    def close(self) -> None:
        """Close what is open; the next use opens it again."""
        self._engine.dispose()


def open_database(settings: Settings) -> Database:
    """The store that the settings name, its tables brought up to date.

    Safe where several workers or machines start at once: one upgrades, the others wait for it.

    Raises SettingsError for an address that is none and DatabaseUnusable for a database that
    cannot be reached, was made by a later release, or could not be upgraded.
    """
    url = _url(settings)
    engine = _engine(url)
    _engines.add(engine)
    shown = url.render_as_string(hide_password=True)
    try:
        _upgrade(engine)
    except DBAPIError as error:
        engine.dispose()
        code = "database_unreachable" if is_outage(error) else "database_upgrade_failed"
        raise DatabaseUnusable(code, {"database": shown, "reason": _reason(error)}) from error
    except DatabaseUnusable as error:
        engine.dispose()
        error.values["database"] = shown
        raise
    except OSError as error:  # the folder of an SQLite file is not there, or not ours
        engine.dispose()
        values = {"database": shown, "reason": error.strerror or type(error).__name__}
        raise DatabaseUnusable("database_unreachable", values) from error
    return Database(engine)


def is_outage(error: Exception) -> bool:
    """Whether the store is away, busy or full: worth another try later."""
    if isinstance(error, (OperationalError, InterfaceError)):
        # SQLite's general error is a mistake in a statement.
        return getattr(error.orig, "sqlite_errorname", "") != "SQLITE_ERROR"
    return isinstance(error, PoolTimeout)


def is_away(database: Database) -> bool:
    """Whether the store does not answer now."""
    try:
        with database.read() as connection:
            connection.execute(text("SELECT 1"))
    except SQLAlchemyError:
        return True
    return False


def _url(settings: Settings) -> URL:
    if settings.database_url is None:
        folder = private_folder(settings.instance)
        return URL.create("sqlite", database=str(folder / "microapp.db"))
    try:
        url = make_url(settings.database_url)
    except ArgumentError:
        raise _wrong("不是数据库地址 / is no database's address") from None
    if url.get_backend_name() == "sqlite":
        if url.database in (None, "", ":memory:"):
            raise _wrong("SQLite 要写文件的路径 / SQLite needs the path of a file")
        return url.set(drivername="sqlite")
    return url.set(drivername="postgresql+psycopg")


def _engine(url: URL) -> Engine:
    try:
        if url.drivername == "sqlite":
            engine = create_engine(url, hide_parameters=True)
            event.listen(engine, "connect", _prepare_sqlite)
            event.listen(engine, "begin", _begin_sqlite)
        else:
            engine = create_engine(
                url,
                hide_parameters=True,  # what people typed stays out of errors and logs
                pool_pre_ping=True,
                pool_timeout=_WAIT_SECONDS,
                connect_args={"connect_timeout": _WAIT_SECONDS},
            )
            event.listen(engine, "connect", _prepare_postgresql)
    except ModuleNotFoundError:
        raise _wrong(
            "缺少 psycopg / psycopg is missing: pip install 'dingbridge[postgres]'"
        ) from None
    return engine


def _wrong(what: str) -> SettingsError:
    example = "postgresql://user:password@host/database, sqlite:////var/lib/app/microapp.db"
    return SettingsError([Fault(_SETTING, what, f"例如 / for example: {example}")])


def _prepare_sqlite(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    # sqlite3 would begin transactions by itself, late, and commit before changes of tables.
    connection.isolation_level = None
    connection.execute(f"PRAGMA busy_timeout={_WAIT_SECONDS * 1000}")
    connection.execute("PRAGMA foreign_keys=ON")


def _begin_sqlite(connection: Connection) -> None:
    match connection.get_execution_options().get("writes"):
        case None:
            connection.exec_driver_sql("BEGIN")
        case True:
            # This reads the file, and what is wrong with it is to be an error of SQLAlchemy's.
            connection.exec_driver_sql("PRAGMA synchronous=FULL")
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        case False:
            pass  # a property of the file is changed outside transactions


def _prepare_postgresql(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    cursor = connection.cursor()
    cursor.execute(f"SET statement_timeout = {_STATEMENT_MS}")
    cursor.execute(f"SET idle_in_transaction_session_timeout = {_STATEMENT_MS}")
    cursor.close()
    connection.commit()


def _upgrade(engine: Engine) -> None:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    scripts = ScriptDirectory.from_config(config)
    with _alone(engine) as connection:
        context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
        at = context.get_current_revision()
        if at == scripts.get_current_head():
            return
        try:
            scripts.get_revision(at or "base")
        except CommandError:
            raise DatabaseUnusable("database_too_new", {"revision": str(at)}) from None
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


@contextmanager
def _alone(engine: Engine) -> Iterator[Connection]:
    """One transaction, while nobody else upgrades this database."""
    if engine.dialect.name == "sqlite":
        with Path(f"{engine.url.database}.lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            with engine.execution_options(writes=False).connect() as connection:
                connection.exec_driver_sql("PRAGMA journal_mode=WAL")
            with engine.execution_options(writes=True).begin() as connection:
                yield connection
        return
    with engine.begin() as connection:
        connection.execute(text("SET LOCAL statement_timeout = 0"))
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _UPGRADE_LOCK})
        yield connection


def _reason(error: DBAPIError) -> str:
    """The engine's own words in one line; parameters are hidden."""
    return " ".join(str(error.orig).split())[:300]
