"""The micro-app over both of its databases: `store_url` is SQLite's, then a real PostgreSQL's.

The tables are made once by the app's own migrations, and copied for each test.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from microapp_visitor import AppVisitor
from postgresql_server import PostgresqlServer, running_postgresql

import app as micro_app
from dingbridge.settings import Settings
from microapp.database import Database, open_database


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgresqlServer]:
    with running_postgresql() as server:
        yield server


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file whose tables are up to date."""
    file = tmp_path_factory.mktemp("migrated") / "store.db"
    migrate(f"sqlite:///{file}")
    return file


@pytest.fixture(scope="session")
def migrated_database(postgresql: PostgresqlServer) -> str:
    """The name of a PostgreSQL database whose tables are up to date."""
    url = postgresql.new_database()
    migrate(url)
    return url.rpartition("/")[2]


def migrate(url: str) -> None:
    """Bring the tables up to date, and leave nobody connected."""
    nobodys = Settings("", "", "", "", (), database_url=url)
    open_database(nobodys).close()


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a database with empty tables, as DING_DATABASE_URL has it."""
    if request.param == "sqlite":
        copied = shutil.copy(request.getfixturevalue("migrated_file"), tmp_path / "store.db")
        return f"sqlite:///{copied}"
    server: PostgresqlServer = request.getfixturevalue("postgresql")
    return server.new_database(request.getfixturevalue("migrated_database"))


@pytest.fixture
def store_settings(settings: dict[str, object], store_url: str) -> dict[str, object]:
    """Settings with that database."""
    return {**settings, "DING_DATABASE_URL": store_url}


@pytest.fixture
def database(store_settings: dict[str, object]) -> Iterator[Database]:
    """The store, its tables up to date."""
    opened = open_database(Settings.load(store_settings))
    yield opened
    opened.close()


@pytest.fixture
def visitor(store_settings: dict[str, object]) -> AppVisitor:
    """Somebody signed in to the micro-app over that database."""
    return AppVisitor(micro_app.create_app(store_settings))
