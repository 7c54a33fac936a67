"""Files and uploads: whose they are, what they are called, where their bytes lie.

A file is a row of `files`. Bytes that are no file (yet, or any more) are a row of `file_uploads`,
so that every byte on the shelf is known to the database: an upload becomes a file in the
transaction that moves its row, and what is left over goes when its time has come. Nobody ever has
to search the folder.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Index,
    Row,
    String,
    Table,
    UniqueConstraint,
    and_,
    delete,
    func,
    insert,
    literal,
    select,
    update,
)
from sqlalchemy.sql import ColumnElement

from dingbridge.login.session import SessionUser
from dingbridge.problems import RequestRefused
from microapp.database import Database
from microapp.file_names import NAME_BYTES
from microapp.file_shelf import FileShelf
from microapp.tables import (
    KEY_LENGTH,
    RowId,
    UtcTime,
    is_of,
    metadata,
    personal_table,
    require_own,
    store_once,
)

UPLOAD_LIFE = timedelta(days=1)  # so long an upload that broke off can be taken up again
TOKEN_LENGTH = 32
_BLOCK = 4096  # bytes that a file takes up at least; also bounds how many somebody has
_SWEPT = 8  # leftovers that one request clears away
_QUOTA_LOCK = 0x66696C65  # any number, the same on all machines

files = personal_table(
    "files",
    Column("file_name", String(NAME_BYTES), nullable=False),
    Column("size", BigInteger(), nullable=False),
    Column("token", String(TOKEN_LENGTH), nullable=False),
)
Index("files_by_token", files.c.token, unique=True)
Index("files_by_person", files.c.corp, files.c.userid, files.c.id)

uploads = Table(
    "file_uploads",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("corp", String(64), nullable=False),
    Column("userid", String(64), nullable=False),
    Column("key", String(KEY_LENGTH), nullable=False),
    Column("file_name", String(NAME_BYTES), nullable=False),
    Column("size", BigInteger(), nullable=False),
    Column("token", String(TOKEN_LENGTH), nullable=False, unique=True),
    Column("expires", UtcTime(), nullable=False),
    UniqueConstraint("corp", "userid", "key", name="file_uploads_once"),
    Index("file_uploads_by_expiry", "expires"),
)


@dataclass(frozen=True)
class Wanted:
    """What somebody wants to upload; `size` in bytes."""

    key: str
    file_name: str
    size: int


def begin(
    connection: Connection, person: SessionUser, wanted: Wanted, *, quota: int, now: datetime
) -> tuple[Row[Any], bool]:
    """Begin an upload, or take it up again: its row, and whether it is a file already.

    `quota` is in bytes.

    Raises RequestRefused: 409 `submitted_before` where the key stands for another file, 403
    `file_quota` where there would be too much.
    """
    _one_at_a_time(connection, person)
    for table in (files, uploads):
        if (row := _submitted(connection, table, person, wanted.key)) is None:
            continue
        if (row.file_name, row.size) != (wanted.file_name, wanted.size):
            raise RequestRefused(409, "submitted_before")
        if table is files:
            return row, True
        renewed = update(uploads).where(uploads.c.id == row.id)
        if connection.execute(renewed.values(expires=now + UPLOAD_LIFE)).rowcount:
            return row, False
    if used(connection, person, now) + wanted.size + _BLOCK > quota:
        raise RequestRefused(403, "file_quota")
    connection.execute(
        insert(uploads).values(
            corp=person.corp,
            userid=person.userid,
            key=wanted.key,
            file_name=wanted.file_name,
            size=wanted.size,
            token=_new_token(),
            expires=now + UPLOAD_LIFE,
        )
    )
    return require_upload(connection, person, wanted.key), False


def require_upload(connection: Connection, person: SessionUser, key: str) -> Row[Any]:
    """The person's upload of that key.

    Raises RequestRefused (409, `upload_out_of_step`) where there is none (any more).
    """
    row = _submitted(connection, uploads, person, key)
    if row is None:
        raise RequestRefused(409, "upload_out_of_step")
    return row


def require_wanted(
    connection: Connection, person: SessionUser, upload: Row[Any], now: datetime
) -> None:
    """Raises RequestRefused (409, `upload_out_of_step`) for what is the person's upload no more."""
    wanted = select(uploads.c.id).where(_is_wanted(person, upload, now))
    if connection.execute(wanted).first() is None:
        raise RequestRefused(409, "upload_out_of_step")


def finish(
    connection: Connection, person: SessionUser, upload: Row[Any], *, at: datetime, day: date
) -> Row[Any]:
    """Make a file of an upload all of whose bytes are there; its row.

    Raises as `require_wanted`: bytes that somebody stopped or deleted meanwhile stay none, also
    while they are not cleared away yet.
    """
    _one_at_a_time(connection, person)
    stored = _submitted(connection, files, person, upload.key)
    if stored is not None:  # the same request came twice
        return stored
    taken = delete(uploads).where(_is_wanted(person, upload, at))
    if not connection.execute(taken).rowcount:
        raise RequestRefused(409, "upload_out_of_step")
    values = {name: getattr(upload, name) for name in ("key", "file_name", "size", "token")}
    return store_once(connection, files, person, {**values, "at": at, "day": day})[0]


def give_up(connection: Connection, person: SessionUser, key: str, now: datetime) -> None:
    """An upload is not wanted any more: `sweep` clears it away."""
    mine = is_of(uploads, person) & (uploads.c.key == key)
    connection.execute(update(uploads).where(mine).values(key=_new_token(), expires=now))


def remove(connection: Connection, person: SessionUser, file_id: int, now: datetime) -> Row[Any]:
    """Take a file off its owner's list; `sweep` clears its bytes away. Raises as `require_own`."""
    row = require_own(connection, files, person, file_id)
    connection.execute(delete(files).where(files.c.id == row.id))
    connection.execute(
        insert(uploads).values(
            corp=row.corp,
            userid=row.userid,
            key=_new_token(),  # the old one must not bring the file back
            file_name=row.file_name,
            size=row.size,
            token=row.token,
            expires=now,
        )
    )
    return row


def sweep(database: Database, shelf: FileShelf, now: datetime) -> int:
    """Clear away a few leftovers whose time has come; how many there were.

    Called with each beginning and each removal, so that leftovers never grow for long, and no
    request pays for many.
    """
    due = select(uploads).where(uploads.c.expires <= now).order_by(uploads.c.expires)
    with database.write() as connection:
        rows = connection.execute(due.limit(_SWEPT).with_for_update(skip_locked=True)).all()
        for row in rows:
            shelf.discard(row.token)
        connection.execute(delete(uploads).where(uploads.c.id.in_([row.id for row in rows])))
    return len(rows)


def used(connection: Connection, person: SessionUser, now: datetime) -> int:
    """Bytes that a person's files and uploads count for."""
    total = 0
    for table, more in ((files, literal(value=True)), (uploads, uploads.c.expires > now)):
        counted = func.coalesce(func.sum(table.c.size + _BLOCK), 0)
        total += int(
            connection.execute(select(counted).where(is_of(table, person), more)).scalar_one()
        )
    return total


def linked(connection: Connection, token: str) -> Row[Any]:
    """The file of a signed link, whosever it is. Raises RequestRefused (404)."""
    row = connection.execute(select(files).where(files.c.token == token)).one_or_none()
    if row is None:
        raise RequestRefused(404, "not_found")
    return row


def _is_wanted(person: SessionUser, upload: Row[Any], now: datetime) -> ColumnElement[bool]:
    """That a row is this upload, and nobody's leftover: those have the token and another key."""
    return and_(
        is_of(uploads, person),
        uploads.c.key == upload.key,
        uploads.c.token == upload.token,
        uploads.c.expires > now,
    )


def _submitted(
    connection: Connection, table: Table, person: SessionUser, key: str
) -> Row[Any] | None:
    mine = select(table).where(is_of(table, person), table.c.key == key)
    return connection.execute(mine).one_or_none()


def _one_at_a_time(connection: Connection, person: SessionUser) -> None:
    """Whoever begins many uploads at once must not get past their quota, and an upload that is
    becoming a file must not begin again. SQLite has one writer at a time anyway.
    """
    if connection.dialect.name == "postgresql":
        who = func.hashtext(f"{person.corp} {person.userid}")
        connection.execute(select(func.pg_advisory_xact_lock(_QUOTA_LOCK, who)))


def _new_token() -> str:
    return secrets.token_hex(TOKEN_LENGTH // 2)
