"""Check-ins: where somebody was, when, with an optional note.

Places are in GCJ-02, the coordinates of Chinese maps, as the page asks the client for them
(`coordinate: 1`). They are what the browser says: good for honest people's work, no proof.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any, Self

from sqlalchemy import (
    Column,
    Connection,
    Date,
    Double,
    Index,
    Integer,
    Row,
    String,
    Table,
    func,
    select,
)

from dingbridge.login.session import SessionUser
from dingbridge.problems import RequestRefused
from microapp.tables import USERID_LENGTH, clean, is_of, metadata, personal_table, store_once

ADDRESS_LENGTH = 200  # characters; what is longer is cut
NOTE_LENGTH = 500
# A client that knows no more than the city has no place to check in at.
_WORST_ACCURACY = 10_000.0  # metres
# So long somebody who has no answer may ask again for what they did; later they are elsewhere.
_SAME_VISIT = timedelta(minutes=2)

checkins = personal_table(
    "checkins",
    Column("latitude", Double(), nullable=False),
    Column("longitude", Double(), nullable=False),
    Column("accuracy", Double(), nullable=False),
    Column("address", String(ADDRESS_LENGTH), nullable=False),
    Column("note", String(NOTE_LENGTH), nullable=False),
)
# A person's list of today.
Index("checkins_by_day", *(checkins.c[name] for name in ("corp", "day", "userid")))
# What a report lists: everybody's in order, and one person's.
Index("checkins_in_order", *(checkins.c[name] for name in ("corp", "day", "at", "id")))
Index("checkins_of_person", *(checkins.c[name] for name in ("corp", "userid", "day", "at", "id")))

# How often each person checked in on each day. Triggers keep it (migration 0007): nobody writes it.
checkin_days = Table(
    "checkin_days",
    metadata,
    Column("corp", String(64), primary_key=True),
    Column("day", Date(), primary_key=True),
    Column("userid", String(USERID_LENGTH), primary_key=True),
    Column("times", Integer(), nullable=False),
    sqlite_with_rowid=False,
)


@dataclass(frozen=True)
class Place:
    """Degrees in GCJ-02, the radius of uncertainty in metres, and the place in words."""

    latitude: float
    longitude: float
    accuracy: float
    address: str

    @classmethod
    def read(cls, posted: Mapping[str, object]) -> Self:
        """What a page posts; some clients write numbers as strings.

        Raises RequestRefused (422, `place_implausible`) for numbers that are no place on Earth,
        or none that is known closely enough.
        """
        latitude, longitude, accuracy = (
            _number(posted.get(name)) for name in ("latitude", "longitude", "accuracy")
        )
        plausible = (
            abs(latitude) <= 90
            and abs(longitude) <= 180
            # Where the equator meets the zero meridian is what a broken client says.
            and (latitude, longitude) != (0, 0)
            and 0 < accuracy <= _WORST_ACCURACY
        )
        if not plausible:
            raise RequestRefused(422, "place_implausible")
        return cls(latitude, longitude, accuracy, clean(posted.get("address"))[:ADDRESS_LENGTH])


def add(
    connection: Connection,
    person: SessionUser,
    place: Place,
    *,
    key: str,
    note: str,
    at: datetime,
    day: date,
) -> tuple[Row[Any], bool]:
    """Store a check-in once; see `store_once`.

    Raises RequestRefused (409, `submitted_before`) where the same submission came before with
    another note, or minutes ago: what is stored is not changed behind anybody's back, and nobody
    is told that they have checked in where they have not.
    """
    values = {"key": key, "note": note, "at": at, "day": day, **asdict(place)}
    row, is_new = store_once(connection, checkins, person, values)
    if row.note != note or abs(at - row.at) > _SAME_VISIT:
        raise RequestRefused(409, "submitted_before")
    return row, is_new


def count(connection: Connection, person: SessionUser, day: date) -> int:
    """How often a person checked in on a day in the corp's zone."""
    mine = select(func.count()).where(is_of(checkins, person), checkins.c.day == day)
    return connection.execute(mine).scalar_one()


def _number(value: object) -> float:
    """A finite number; NaN, of which no comparison is true, for anything else."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return math.nan
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return math.nan
    return number if math.isfinite(number) else math.nan
