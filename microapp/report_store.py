"""What a report reads: the sums that the database keeps, and check-ins listed a page at a time.

All of it follows an index (`checkin_store`), however many check-ins there are. Names are
those under which people checked in.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, NamedTuple, Self

from sqlalchemy import (
    Connection,
    Date,
    Row,
    Table,
    and_,
    func,
    literal,
    select,
    tuple_,
)
from sqlalchemy.sql import ColumnElement

from dingbridge.problems import RequestRefused
from microapp.checkin_store import checkin_days, checkins
from microapp.database import Database
from microapp.report_range import DayRange
from microapp.tables import UtcTime

_CHUNK = 2000  # rows that a download reads, and holds, at a time
_ORDER = (checkins.c.day, checkins.c.at, checkins.c.id)


@dataclass(frozen=True)
class Scope:
    """Whose check-ins of which days; `userid` is None for everybody of the corp."""

    corp: str
    userid: str | None
    days: DayRange

    def condition(self, table: Table = checkins) -> ColumnElement[bool]:
        """That a row of `table` belongs to it."""
        within = table.c.day.between(self.days.first, self.days.last)
        if self.userid is None:
            return and_(table.c.corp == self.corp, within)
        return and_(table.c.corp == self.corp, table.c.userid == self.userid, within)

    def packed(self) -> list[str | None]:
        """As a list of JSON, for `unpacked`."""
        return [self.corp, self.userid, str(self.days.first), str(self.days.last)]

    @classmethod
    def unpacked(cls, corp: str, userid: str | None, first: str, last: str) -> Self:
        """What `packed` told."""
        return cls(corp, userid, DayRange(date.fromisoformat(first), date.fromisoformat(last)))


class PersonSum(NamedTuple):
    """How often somebody checked in and on how many days, under their latest name."""

    userid: str
    name: str
    times: int
    days: int


def by_day(connection: Connection, scope: Scope) -> dict[date, int]:
    """The number of check-ins of each day that has any."""
    table = checkin_days
    times: ColumnElement[int] = func.sum(checkin_days.c.times)
    if scope.userid is not None:  # theirs are few, and in the sums they lie among everybody's
        table, times = checkins, func.count()
    sums = select(table.c.day, times.label("times")).where(scope.condition(table))
    return {row.day: row.times for row in connection.execute(sums.group_by(table.c.day))}


def by_person(
    connection: Connection, scope: Scope, *, skip: int, limit: int
) -> tuple[list[PersonSum], int]:
    """The people, those with most check-ins first, and how many there are at all.

    The number is 0 where `skip` leaves nobody.
    """
    times = func.sum(checkin_days.c.times)
    people = (
        select(
            checkin_days.c.userid,
            times.label("times"),
            func.count().label("days"),
            func.count().over().label("people"),
        )
        .where(scope.condition(checkin_days))
        .group_by(checkin_days.c.userid)
        .order_by(times.desc(), checkin_days.c.userid)
        .offset(skip)
        .limit(limit)
        .subquery()
    )
    name = (
        select(checkins.c.name)
        .where(scope.condition(), checkins.c.userid == people.c.userid)
        .order_by(*(column.desc() for column in _ORDER))
        .limit(1)
        .scalar_subquery()
    )
    # A sum whose check-ins are gone (a restore that went wrong) must not be without a name.
    named = func.coalesce(name, people.c.userid).label("name")
    ordered = select(people, named).order_by(people.c.times.desc(), people.c.userid)
    rows = connection.execute(ordered).all()
    found = [PersonSum(row.userid, row.name, row.times, row.days) for row in rows]
    return found, rows[0].people if rows else 0


def latest(
    connection: Connection, scope: Scope, *, before: int | None, limit: int
) -> Sequence[Row[Any]]:
    """Check-ins, newest first, or those that come after the one of the id `before`.

    Raises RequestRefused (404) where there is no such check-in in the scope.
    """
    listed = select(checkins).where(scope.condition())
    if before is not None:
        last = connection.execute(
            select(*_ORDER).where(scope.condition(), checkins.c.id == before)
        ).one_or_none()
        if last is None:
            raise RequestRefused(404, "not_found")
        # SQLite does not seek by the place alone: without the day it would pass all newer ones.
        until = replace(scope, days=DayRange(scope.days.first, last.day))
        listed = select(checkins).where(
            until.condition(), tuple_(*_ORDER) < _place(last.day, last.at, last.id)
        )
    newest = listed.order_by(*(column.desc() for column in _ORDER)).limit(limit)
    return connection.execute(newest).all()


def chunks(database: Database, scope: Scope) -> Iterator[Sequence[Row[Any]]]:
    """All check-ins, oldest first, a bounded number at a time.

    Each chunk is a transaction of its own: a slow download holds none open.
    """
    following = select(checkins).where(scope.condition())
    while True:
        with database.read() as connection:
            rows = connection.execute(following.order_by(*_ORDER).limit(_CHUNK)).all()
        if rows:
            yield rows
        if len(rows) < _CHUNK:
            return
        last = rows[-1]
        rest = replace(scope, days=DayRange(last.day, scope.days.last))
        following = select(checkins).where(
            rest.condition(), tuple_(*_ORDER) > _place(last.day, last.at, last.id)
        )


def name_of(connection: Connection, corp: str, userid: str) -> str:
    """The name under which somebody checked in last; empty for who never did."""
    theirs = select(checkins.c.name).where(checkins.c.corp == corp, checkins.c.userid == userid)
    newest = theirs.order_by(*(column.desc() for column in _ORDER)).limit(1)
    return connection.execute(newest).scalar_one_or_none() or ""


def _place(day: date, at: datetime, row_id: int) -> ColumnElement[Any]:
    """A place in the order."""
    return tuple_(literal(day, Date()), literal(at, UtcTime()), row_id)
