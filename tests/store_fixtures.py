"""The micro-app over both of its databases: `store_url` is SQLite's, then a real PostgreSQL's.

Modules that use them are marked `pytest.mark.xdist_group("postgresql")`: one worker, one server.
"""

from __future__ import annotations

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


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database, as DING_DATABASE_URL has it."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'store.db'}"
    server: PostgresqlServer = request.getfixturevalue("postgresql")
    return server.new_database()


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
