"""The durable store over SQLite and PostgreSQL: upgraded at start, transactions, clear faults."""

from __future__ import annotations

import multiprocessing
import os
import re
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from json import dumps, loads
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from microapp_visitor import AppVisitor, error_code, new_key
from postgresql_server import PostgresqlServer, program
from query_plans import plans
from sqlalchemy import Connection, column, func, inspect, select, table

import app as micro_app
import microapp.migrations
from dingbridge.errors import SettingsError
from dingbridge.login.session import SessionUser
from dingbridge.problems import RequestRefused
from dingbridge.settings import Settings
from microapp.chat_store import choose
from microapp.checkin_store import checkin_days, checkins
from microapp.database import VERSION_TABLE, Database, DatabaseUnusable, open_database
from microapp.tables import metadata, require_own, store_once

pytest_plugins = ["store_fixtures"]

PERSON = SessionUser("user5031", "欧阳若兰", admin=False, corp="ding0123456789abcdef", at=0)
versions = table(VERSION_TABLE, column("version_num"))
NOBODYS = Settings("", "", "", "", ())  # nothing but a database
DOCUMENT = Path(micro_app.__file__).parent / "docs" / "microapp.md"
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def row(key: str, at: datetime = NOON) -> dict[str, object]:
    place = {"latitude": 30.28, "longitude": 120.03, "accuracy": 29.0, "address": "文一西路"}
    return {"key": key, "at": at, "day": date(2026, 3, 1), "note": "", **place}


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Without tables: here it is the migrations that are looked at."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'store.db'}"
    server: PostgresqlServer = request.getfixturevalue("postgresql")
    return server.new_database()


def count(database: Database) -> int:
    with database.read() as connection:
        return connection.execute(select(func.count()).select_from(checkins)).scalar_one()


def test_the_migrations_make_exactly_the_tables_that_the_code_uses(database: Database) -> None:
    with database.read() as connection:
        context = MigrationContext.configure(
            connection,
            opts={
                "version_table": VERSION_TABLE,
                "compare_type": True,
                "include_name": lambda name, kind, _: (kind, name) != ("table", VERSION_TABLE),
            },
        )
        assert compare_metadata(context, metadata) == []


def _open_and_count(settings: dict[str, object]) -> int:
    opened = open_database(Settings.load(settings))
    found = count(opened)
    opened.close()
    return found


def test_several_processes_may_start_at_once_on_an_empty_database(
    store_settings: dict[str, object],
) -> None:
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(3, mp_context=context) as pool:
        assert list(pool.map(_open_and_count, [store_settings] * 6)) == [0] * 6


def test_what_is_committed_is_there_after_a_restart_and_what_failed_is_not(
    store_settings: dict[str, object],
) -> None:
    database = open_database(Settings.load(store_settings))
    with database.write() as connection:
        store_once(connection, checkins, PERSON, row("key-one-0000000000"))
    with pytest.raises(ZeroDivisionError), database.write() as connection:
        assert 1 / (store_once(connection, checkins, PERSON, row("key-two-0000000000"))[0].id - 2)
    database.close()
    again = open_database(Settings.load(store_settings))
    assert count(again) == 1
    again.close()


def test_a_database_of_a_later_release_is_refused_and_left_alone(
    database: Database, store_settings: dict[str, object]
) -> None:
    with database.write() as connection:
        connection.execute(versions.update().values(version_num="9999"))
    with pytest.raises(DatabaseUnusable) as caught:
        open_database(Settings.load(store_settings))
    assert caught.value.code == "database_too_new"
    message = str(caught.value)
    assert "9999" in message
    assert "later release" in message
    assert "更新的那一版" in message
    # No command takes the tables back: what is said is what can be done.
    assert "take the tables back" not in message
    assert "restore the backup from before the upgrade" in message
    assert "恢复升级以前的备份" in message
    with database.read() as connection:
        assert connection.execute(select(versions)).scalar_one() == "9999"


def test_a_table_that_is_in_the_way_fails_the_upgrade_as_a_whole(
    store_settings: dict[str, object], database: Database
) -> None:
    with database.write() as connection:
        connection.execute(versions.delete())
    with pytest.raises(DatabaseUnusable) as caught:
        open_database(Settings.load(store_settings))
    assert caught.value.code in {"database_upgrade_failed", "database_unreachable"}
    with database.read() as connection:
        assert connection.execute(select(versions)).all() == []


def test_a_file_that_is_no_database_is_said_to_be_none(
    settings: dict[str, object], tmp_path: Path
) -> None:
    (tmp_path / "x.db").write_bytes(b"this is no database, whatever its name says" * 50)
    settings["DING_DATABASE_URL"] = f"sqlite:///{tmp_path / 'x.db'}"
    with pytest.raises(DatabaseUnusable, match="not a database") as caught:
        micro_app.create_app(settings)
    assert caught.value.code == "database_upgrade_failed"


def test_a_folder_that_is_not_there_is_told_with_the_file(
    settings: dict[str, object], tmp_path: Path
) -> None:
    settings["DING_DATABASE_URL"] = f"sqlite:///{tmp_path / 'none' / 'x.db'}"
    with pytest.raises(DatabaseUnusable, match=r"none/x\.db") as caught:
        micro_app.create_app(settings)
    assert caught.value.code == "database_unreachable"


def test_a_server_that_is_not_there_is_named_without_its_password(
    settings: dict[str, object],
) -> None:
    settings["DING_DATABASE_URL"] = "postgresql://app:canary-word@127.0.0.1:9/app"
    with pytest.raises(DatabaseUnusable) as caught:
        micro_app.create_app(settings)
    assert caught.value.code == "database_unreachable"
    assert "127.0.0.1:9" in str(caught.value)
    assert "canary" not in str(caught.value)
    assert "canary" not in repr(caught.value.values)


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "postgresql://[::1"])
def test_an_address_that_is_none_is_a_fault_of_the_settings(
    settings: dict[str, object], url: str
) -> None:
    settings["DING_DATABASE_URL"] = url
    with pytest.raises(SettingsError, match="DING_DATABASE_URL"):
        micro_app.create_app(settings)


def test_sqlite_is_durable_checks_references_and_lies_in_the_private_instance_folder(
    settings: dict[str, object],
) -> None:
    database = open_database(Settings.load(settings))
    path = Path(str(settings["DING_INSTANCE"])) / "microapp.db"
    assert path.is_file()
    assert path.parent.stat().st_mode & 0o077 == 0
    with database.read() as connection:
        pragmas = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    assert pragmas == {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "busy_timeout": 5000,
    }
    database.close()


def test_many_threads_that_submit_the_same_thing_store_it_once(database: Database) -> None:
    def submit(_: int) -> bool:
        with database.write() as connection:
            return store_once(connection, checkins, PERSON, row("the-same-key-000000"))[1]

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(submit, range(16))) == [False] * 15 + [True]
    assert count(database) == 1


def test_a_key_is_a_persons_own(database: Database) -> None:
    other = SessionUser("user6188", "王磊", admin=False, corp=PERSON.corp, at=0)
    with database.write() as connection:
        assert store_once(connection, checkins, PERSON, row("the-same-key-000000"))[1]
        assert store_once(connection, checkins, other, row("the-same-key-000000"))[1]


def test_a_moment_comes_back_as_it_was_in_utc(database: Database) -> None:
    beijing = timezone(timedelta(hours=8))
    moment = datetime(2026, 3, 1, 20, 30, 15, 123456, tzinfo=beijing)
    with database.write() as connection:
        stored, _ = store_once(connection, checkins, PERSON, row("key-of-a-moment-00", moment))
    assert stored.at == moment
    assert stored.at.tzinfo is UTC
    with (
        pytest.raises(Exception, match="needs a time zone"),
        database.write() as connection,
    ):
        store_once(connection, checkins, PERSON, row("k" * 20, datetime(2026, 3, 1)))  # noqa: DTZ001


def test_the_server_may_restart_under_the_app(
    settings: dict[str, object], postgresql: PostgresqlServer
) -> None:
    settings["DING_DATABASE_URL"] = postgresql.new_database()
    visitor = AppVisitor(micro_app.create_app(settings))
    form = {"key": new_key(), "latitude": "30.28", "longitude": "120.03", "accuracy": "29"}
    assert visitor.get("/readyz").json["database"] == "ok"  # type: ignore[index]
    postgresql.stop()
    assert visitor.get("/readyz").json["database"] == "database_unreachable"  # type: ignore[index]
    answer = visitor.post("/checkin", form)
    assert answer.status_code == 503
    assert answer.headers["Retry-After"]
    assert error_code(answer) == "database_unreachable"
    page = visitor.get("/checkin")
    assert page.status_code == 503
    assert "已填写的内容还在" in page.text
    assert visitor.get("/").status_code == 200
    postgresql.start()
    assert visitor.get("/readyz").json["database"] == "ok"  # type: ignore[index]
    assert visitor.post("/checkin", form).status_code == 201


FORKED = """
import json, os, sys
from sqlalchemy import text
from dingbridge.settings import Settings
from microapp.database import open_database

database = open_database(Settings.load(json.loads(sys.argv[1])))
backend = "SELECT pg_backend_pid()" if "postgresql" in sys.argv[1] else "SELECT 0"
def who():
    with database.write() as connection:
        return connection.execute(text(backend)).scalar_one()
seen = {who()}
children = 4
reader, writer = os.pipe()
for _ in range(children):
    if os.fork() == 0:
        os.write(writer, f"{who()} ".encode())
        os._exit(0)
for _ in range(children):
    os.wait()
found = [int(word) for word in os.read(reader, 1000).split()]
print(json.dumps({"answers": len(found), "others": len(set(found) - seen), "mine": who() in seen}))
"""


def test_children_of_a_fork_have_connections_of_their_own(
    store_settings: dict[str, object],
) -> None:
    run = subprocess.run(
        [sys.executable, "-W", "ignore::DeprecationWarning", "-c", FORKED, dumps(store_settings)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        cwd=Path(micro_app.__file__).parent,
    )
    assert run.returncode == 0, run.stderr
    others = 4 if "postgresql" in str(store_settings["DING_DATABASE_URL"]) else 0
    assert loads(run.stdout) == {"answers": 4, "others": others, "mine": True}


def test_somebody_elses_row_is_not_found_like_one_that_is_not_there(database: Database) -> None:
    other = SessionUser("user6188", "王磊", admin=True, corp=PERSON.corp, at=0)
    elsewhere = SessionUser(PERSON.userid, PERSON.name, admin=True, corp="ding-other", at=0)
    with database.write() as connection:
        stored, _ = store_once(connection, checkins, PERSON, row("key-of-a-person-000"))
    with database.read() as connection:
        assert require_own(connection, checkins, PERSON, stored.id).id == stored.id
        for person, row_id in [(other, stored.id), (elsewhere, stored.id), (PERSON, 10**15)]:
            with pytest.raises(RequestRefused) as caught:
                require_own(connection, checkins, person, row_id)
            assert (caught.value.status, caught.value.code) == (404, "not_found")


def test_a_locked_file_is_waited_for(settings: dict[str, object]) -> None:
    database = open_database(Settings.load(settings))
    path = Path(str(settings["DING_INSTANCE"])) / "microapp.db"
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    with ThreadPoolExecutor(1) as pool:

        def submit() -> bool:
            with database.write() as connection:
                return store_once(connection, checkins, PERSON, row("key-that-waits-0000"))[1]

        waiting = pool.submit(submit)
        assert not waiting.done()
        other.execute("COMMIT")
        assert waiting.result(10)
    other.close()
    database.close()


@pytest.mark.parametrize("name", ["checkins", "scans", "files", "chat_choices", "chat_messages"])
def test_the_id_of_a_row_that_is_gone_is_given_to_no_other(database: Database, name: str) -> None:
    table = metadata.tables[name]
    blank = {str: "", int: 0, float: 1.0, bool: False}
    more = {
        column.name: blank[column.type.python_type]
        for column in table.columns
        if column.type.python_type in blank
        and not column.nullable
        and column.name not in {"id", "corp", "userid", "name", "key"}
    }
    with database.write() as connection:
        values = {**more, "at": NOON, "day": date(2026, 3, 1)}
        first, _ = store_once(connection, table, PERSON, {**values, "key": "key-one-0000000000"})
        connection.execute(table.delete())
        second, _ = store_once(connection, table, PERSON, {**values, "key": "key-two-0000000000"})
    assert second.id > first.id


@pytest.mark.parametrize("page", ["/checkin", "/scan", "/chat", "/files"])
def test_every_list_of_a_person_follows_an_index(
    visitor: AppVisitor, database: Database, page: str
) -> None:
    asked = plans(database, lambda: visitor.get(page))
    assert asked
    for plan in asked:
        assert not re.search(r"Seq Scan|SCAN (?!CONSTANT)", plan), plan
        assert "ORDER BY" not in plan or "chat_choices" in plan, plan  # few rows, by time


def test_whose_a_chosen_chat_is_follows_an_index(database: Database) -> None:
    def chosen() -> None:
        with database.write() as connection:
            choose(connection, PERSON, "cid", "chat-1", "一组", NOON, date(2026, 3, 1))

    for plan in plans(database, chosen):
        assert not re.search(r"Seq Scan|SCAN (?!CONSTANT)", plan), plan


def test_an_upgrade_keeps_every_row_and_counts_on(store_settings: dict[str, object]) -> None:
    database = open_database(Settings.load(store_settings))
    with database.write() as connection:
        config = migrations(connection)
        command.downgrade(config, "base")
        command.upgrade(config, "0005")  # of SQLite, in which ids come again
        store_once(connection, checkins, PERSON, row("key-one-0000000000"))
        before = connection.execute(select(checkins)).all()
    database.close()
    upgraded = open_database(Settings.load(store_settings))
    with upgraded.write() as connection:
        assert connection.execute(select(checkins)).all() == before
        connection.execute(checkins.delete())
        stored, _ = store_once(connection, checkins, PERSON, row("key-two-0000000000"))
        assert stored.id > before[0].id
        # What people can rely on is still there: the same thing is stored once, by an index.
        assert not store_once(connection, checkins, PERSON, row("key-two-0000000000"))[1]
        assert {index["name"] for index in inspect(connection).get_indexes("checkins")} >= {
            "checkins_by_day",
            "checkins_in_order",
            "checkins_of_person",
        }
    upgraded.close()


def days(connection: Connection) -> list[tuple[object, ...]]:
    columns = (checkin_days.c.day, checkin_days.c.userid, checkin_days.c.times)
    return [tuple(row) for row in connection.execute(select(*columns).order_by(*columns))]


def test_the_database_keeps_the_sums_of_days_whoever_writes_check_ins(database: Database) -> None:
    first, second = date(2026, 3, 1), date(2026, 3, 2)
    lei = replace(PERSON, userid="user6188")
    with database.write() as connection:
        for number, person in enumerate([PERSON, PERSON, lei]):
            store_once(connection, checkins, person, row(f"key-of-number-000{number}"))
        assert not store_once(connection, checkins, lei, row("key-of-number-0002"))[1]
    with database.write() as connection:
        assert days(connection) == [(first, "user5031", 2), (first, "user6188", 1)]
        moved = checkins.update().where(checkins.c.userid == "user6188")
        connection.execute(moved.values(day=second, name="王磊"))
        connection.execute(checkins.update().values(note="no day of anybody's"))
        assert days(connection) == [(first, "user5031", 2), (second, "user6188", 1)]
    with database.write() as connection:
        connection.execute(checkins.delete().where(checkins.c.key == "key-of-number-0001"))
        assert days(connection) == [(first, "user5031", 1), (second, "user6188", 1)]
        connection.execute(checkins.delete())
        assert days(connection) == []


def test_two_who_check_in_for_one_person_at_once_are_both_counted(database: Database) -> None:
    def submit(number: int) -> None:
        with database.write() as connection:
            store_once(connection, checkins, PERSON, row(f"key-at-once-00{number:02}"))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(submit, range(20)))
    with database.read() as connection:
        assert days(connection) == [(date(2026, 3, 1), "user5031", 20)]


def test_an_upgrade_counts_what_is_there(store_settings: dict[str, object]) -> None:
    database = open_database(Settings.load(store_settings))
    with database.write() as connection:
        command.downgrade(migrations(connection), "0006")
        for number in range(3):
            store_once(connection, checkins, PERSON, row(f"key-before-it-000{number}"))
    database.close()
    upgraded = open_database(Settings.load(store_settings))
    with upgraded.write() as connection:
        store_once(connection, checkins, PERSON, row("key-after-it-0000"))
        assert days(connection) == [(date(2026, 3, 1), "user5031", 4)]
    upgraded.close()


def documented(language: str, words_in_it: str) -> str:
    """The block of docs/microapp.md with these words, as an operator copies it."""
    blocks = re.findall(rf"```{language}\n(.*?)```", DOCUMENT.read_text(), re.DOTALL)
    (block,) = [block for block in blocks if words_in_it in block]
    return str(block)


def test_the_statements_of_the_document_count_the_sums_of_days_anew(database: Database) -> None:
    with database.write() as connection:
        store_once(connection, checkins, PERSON, row("key-of-number-0001"))
        counted = days(connection)
        connection.execute(checkin_days.update().values(times=7))
        stray = {"corp": "another", "day": date(2026, 3, 9), "userid": "nobody", "times": 3}
        connection.execute(checkin_days.insert().values(stray))
    statements = documented("sql", "DELETE FROM checkin_days").split(";")
    with database.write() as connection:
        for statement in statements:
            is_for_it = "LOCK" not in statement or database.engine.dialect.name == "postgresql"
            if is_for_it and statement.strip() not in {"BEGIN", "COMMIT", ""}:
                connection.exec_driver_sql(statement)
        assert days(connection) == counted == [(date(2026, 3, 1), "user5031", 1)]


@pytest.fixture
def on_postgresql(postgresql: PostgresqlServer, migrated_database: str) -> Iterator[Database]:
    """A PostgreSQL database with empty tables."""
    settings = replace(NOBODYS, database_url=postgresql.new_database(migrated_database))
    opened = open_database(settings)
    yield opened
    opened.close()


def test_truncating_the_check_ins_empties_the_sums_of_days(on_postgresql: Database) -> None:
    with on_postgresql.write() as connection:
        store_once(connection, checkins, PERSON, row("key-of-number-0001"))
        connection.exec_driver_sql("TRUNCATE checkins")
        assert days(connection) == []
        store_once(connection, checkins, PERSON, row("key-of-number-0002"))
        assert days(connection) == [(date(2026, 3, 1), "user5031", 1)]


@pytest.mark.parametrize("path", ["''", "pg_temp", "another, public"])
def test_the_sums_of_days_are_kept_whatever_schemas_a_writer_looks_into(
    on_postgresql: Database, path: str
) -> None:
    with on_postgresql.write() as connection:
        store_once(connection, checkins, PERSON, row("key-of-number-0001"))
        connection.exec_driver_sql("CREATE SCHEMA another")
        connection.exec_driver_sql("CREATE TABLE another.checkin_days (no_column_of_ours int)")
        connection.exec_driver_sql(f"SET LOCAL search_path = {path}")
        connection.exec_driver_sql("UPDATE public.checkins SET day = day + 1")
        connection.exec_driver_sql("SET LOCAL search_path = public")
        assert days(connection) == [(date(2026, 3, 2), "user5031", 1)]


@pytest.mark.parametrize("way", ['pg_dump "$FROM"', "--data-only"])
def test_a_backup_that_is_made_as_the_document_says_brings_everything_back_once(
    on_postgresql: Database,
    postgresql: PostgresqlServer,
    migrated_database: str,
    tmp_path: Path,
    way: str,
) -> None:
    with on_postgresql.write() as connection:
        for number in range(3):
            store_once(connection, checkins, PERSON, row(f"key-of-number-000{number}"))
        before, counted = connection.execute(select(checkins)).all(), days(connection)
    template = migrated_database if way == "--data-only" else "template0"
    settings = replace(NOBODYS, database_url=postgresql.new_database(template))
    programs = f"{Path(program('pg_dump')).parent}:{os.environ['PATH']}"
    source = on_postgresql.engine.url.set(drivername="postgresql").render_as_string()
    subprocess.run(
        ["bash", "-e", "-c", documented("sh", way)],
        env={"PATH": programs, "FROM": source, "TO": str(settings.database_url)},
        cwd=tmp_path,
        check=True,
        timeout=60,
    )
    restored = open_database(settings)
    with restored.write() as connection:
        assert connection.execute(select(checkins)).all() == before
        assert days(connection) == counted
        stored, _ = store_once(connection, checkins, PERSON, row("key-of-number-0003"))
        assert stored.id > before[-1].id
        assert days(connection) == [(date(2026, 3, 1), "user5031", 4)]
    restored.close()


def migrations(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(microapp.migrations.__file__).parent))
    config.attributes["connection"] = connection
    return config


def test_tables_have_one_history_with_one_end(database: Database) -> None:
    with database.read() as connection:
        names = set(inspect(connection).get_table_names())
        assert len(connection.execute(select(versions)).all()) == 1
    assert names == {VERSION_TABLE, *metadata.tables}
