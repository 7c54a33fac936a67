"""What the micro-app's tables have in common: whose a row is, when it was, stored once.

Each page's tables stand in its own module (`checkin_store.py`), made with `personal_table`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Date,
    DateTime,
    Dialect,
    Integer,
    MetaData,
    Row,
    String,
    Table,
    UniqueConstraint,
    and_,
    select,
)
from sqlalchemy.exc import IntegrityError
from sqlalchemy.sql import ColumnElement
from sqlalchemy.types import TypeDecorator

from dingbridge.login.session import SessionUser
from dingbridge.problems import RequestRefused

metadata = MetaData()

# SQLite counts up by itself only for a plain INTEGER.
RowId = BigInteger().with_variant(Integer, "sqlite")
KEY_LENGTH = 64  # characters of a submission's key
USERID_LENGTH = 64
_KEY = re.compile(r"[0-9A-Za-z_-]{16,64}")
# Controls but tab and line feed, halves of characters, and what turns the direction of text, so
# that it reads as another. What joins letters and emoji (U+200C, U+200D) is part of them.
_UNTYPED = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]"
)
_LINE_END = re.compile("\r\n?|[\u2028\u2029]")
_ODD_SPACE = re.compile(r"[^\S\n\t\x1c-\x1f]")


class UtcTime(TypeDecorator[datetime]):
    """A moment: aware in Python, UTC in the database (SQLite keeps no zone)."""

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        """`timestamptz` on PostgreSQL."""
        return dialect.type_descriptor(DateTime(timezone=dialect.name != "sqlite"))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """A time without a zone is a mistake of the caller."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment needs a time zone")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Aware, in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def personal_columns() -> list[Column[Any]]:
    """The columns of each table that holds what somebody did.

    `corp`, `userid` and `name` say who (the name as it was then), `at` is the moment and `day` the
    day of it in the corp's time zone, `key` the submission's (`store_once`).
    """
    return [
        Column("id", RowId, primary_key=True),
        Column("corp", String(64), nullable=False),
        Column("userid", String(USERID_LENGTH), nullable=False),
        Column("name", String(200), nullable=False),
        Column("key", String(KEY_LENGTH), nullable=False),
        Column("at", UtcTime(), nullable=False),
        Column("day", Date(), nullable=False),
    ]


def personal_table(name: str, *columns: Column[Any]) -> Table:
    """A table of what people did: `personal_columns`, then `columns`.

    A person's submission key stands in it once, and the id of a row that is gone is given to no
    other: whoever still asks for it, or tries again to delete it, must not get at another's.
    """
    return Table(
        name,
        metadata,
        *personal_columns(),
        *columns,
        UniqueConstraint("corp", "userid", "key", name=f"{name}_once"),
        sqlite_autoincrement=True,  # PostgreSQL's sequences never go back
    )


def is_of(table: Table, person: SessionUser) -> ColumnElement[bool]:
    """The condition that a row is this person's."""
    return and_(table.c.corp == person.corp, table.c.userid == person.userid)


def require_own(connection: Connection, table: Table, person: SessionUser, row_id: int) -> Row[Any]:
    """The person's own row.

    Raises RequestRefused (404) for somebody else's as for one that is not there: an address tells
    nobody what others have.
    """
    mine = select(table).where(table.c.id == row_id, is_of(table, person))
    row = connection.execute(mine).one_or_none()
    if row is None:
        raise RequestRefused(404, "not_found")
    return row


def store_once(
    connection: Connection, table: Table, person: SessionUser, values: Mapping[str, Any]
) -> tuple[Row[Any], bool]:
    """Store what a person submitted; the row, and whether it is new.

    `values` hold `key`, `at`, `day` and the table's own columns. Two taps, a repeated request or
    one whose answer was lost carry the same key and store once. The row that is there already
    comes back; whoever needs to know compares it with what was submitted.
    """
    owner = {"corp": person.corp, "userid": person.userid, "name": person.name[:200]}
    submitted = select(table).where(is_of(table, person), table.c.key == values["key"])
    try:
        with connection.begin_nested():
            connection.execute(table.insert().values(**owner, **values))
    except IntegrityError:
        before = connection.execute(submitted).one_or_none()
        if before is None:
            raise
        return before, False
    return connection.execute(submitted).one(), True


def submission_key(text: object) -> str:
    """The key that a page gives each submission.

    Raises RequestRefused (400) for what is none.
    """
    if not isinstance(text, str) or not _KEY.fullmatch(text):
        raise RequestRefused(400, "bad_request")
    return text


def clean(value: object, *, kept: str = "") -> str:
    """Text without what no person types and PostgreSQL does not store.

    Spaces of all kinds are one kind, and so are line ends. `kept` are controls that mean something
    where the text comes from; NUL cannot be among them.
    """
    text = _LINE_END.sub("\n", value if isinstance(value, str) else "")
    typed = _UNTYPED.sub(lambda found: found[0] if found[0] in kept else "", text)
    return _ODD_SPACE.sub(" ", typed).strip(" \n\t")
