"""What people have scanned: the text of a code or a tag, its kind, when."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import Column, Connection, Index, Row, String, Text

from dingbridge.login.session import SessionUser
from dingbridge.problems import RequestRefused
from microapp.tables import is_of, personal_table, require_own, store_once

KINDS = ("qr", "bar", "nfc", "typed")
TEXT_LENGTH = 7089  # characters: the most that a QR code holds, if they are digits (ISO 18004)
# Between the fields of a code: group and record separator, end (GS1; ISO/IEC 15434).
SEPARATORS = "\x1d\x1e\x04"

scans = personal_table(
    "scans",
    Column("kind", String(8), nullable=False),
    Column("text", Text(), nullable=False),
)
Index("scans_by_person", scans.c.corp, scans.c.userid, scans.c.id)


def add(
    connection: Connection,
    person: SessionUser,
    *,
    key: str,
    kind: str,
    text: str,
    at: datetime,
    day: date,
) -> tuple[Row[Any], bool]:
    """Store what was scanned, once; see `store_once`.

    Raises RequestRefused (409, `submitted_before`) where the same submission came before with
    another text.
    """
    values = {"key": key, "kind": kind, "text": text, "at": at, "day": day}
    row, is_new = store_once(connection, scans, person, values)
    if (row.kind, row.text) != (kind, text):
        raise RequestRefused(409, "submitted_before")
    return row, is_new


def delete(connection: Connection, person: SessionUser, row_id: int) -> None:
    """Remove the person's own row; RequestRefused (404) where there is none."""
    row = require_own(connection, scans, person, row_id)
    connection.execute(scans.delete().where(scans.c.id == row.id, is_of(scans, person)))
