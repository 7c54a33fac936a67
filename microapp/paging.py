"""Long lists in pages: the newest first, older ones behind a link."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, Table, select
from sqlalchemy.sql import ColumnElement

from dingbridge.login.session import SessionUser
from dingbridge.problems import RequestRefused
from microapp.page_room import fitting
from microapp.tables import is_of

# What fits into a row's id on both databases.
_ROW_ID = re.compile(r"[0-9]{1,18}")


@dataclass(frozen=True)
class Room:
    """What a list takes of a page at most: `rows`, and `octets` of HTML by what each row weighs."""

    rows: int
    octets: int
    weigh: Callable[[Row[Any]], int]


@dataclass(frozen=True)
class Page:
    """Rows, the newest first; `older` is the id to ask for what comes next, None at the end."""

    rows: Sequence[Row[Any]]
    older: int | None


EMPTY = Page((), None)


def parse_id(text: str) -> int:
    """A row's id in an address or a form. Raises RequestRefused (404) for what is none."""
    if not _ROW_ID.fullmatch(text):
        raise RequestRefused(404, "not_found")
    return int(text)


def page_before(text: str | None) -> int | None:
    """The id in an address's `before`; None for the newest page. Raises as `parse_id`."""
    return None if text is None else parse_id(text)


def newest(
    connection: Connection,
    table: Table,
    person: SessionUser,
    before: int | None,
    room: Room,
    *conditions: ColumnElement[bool],
) -> Page:
    """A person's rows with ids below `before`, as many as there is room for."""
    mine = select(table).where(is_of(table, person), *conditions)
    if before is not None:
        mine = mine.where(table.c.id < before)
    # One more than is shown tells whether there are older ones.
    rows = connection.execute(mine.order_by(table.c.id.desc()).limit(room.rows + 1)).all()
    shown = fitting(rows[: room.rows], room.weigh, room.octets)
    return Page(shown, shown[-1].id if len(rows) > len(shown) else None)
