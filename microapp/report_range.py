"""Which days a report is about, as its address says, and how they are summed up."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Self

from dingbridge.problems import RequestRefused

PRESETS = ("today", "week", "month")
LONGEST_DAYS = 366
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
# A chart on a phone shows about as many bars as a month has days.
_DAYS_SHOWN, _WEEKS_SHOWN = 31, 26


@dataclass(frozen=True)
class DayRange:
    """From `first` to `last`, both included: days where the corp is."""

    first: date
    last: date

    @classmethod
    def read(cls, asked: Mapping[str, str], today: date) -> Self:
        """What an address asks for: `preset`, or `from` and `to`; the last seven days by default.

        Raises RequestRefused (422): `range_unreadable`, `range_backwards`, `range_too_long`.
        """
        chosen = asked.get("preset")
        if chosen in PRESETS or not (asked.get("from") or asked.get("to")):
            return cls(_begin(chosen, today), today)
        first, last = _day(asked.get("from")), _day(asked.get("to"))
        if last < first:
            raise RequestRefused(422, "range_backwards")
        if (last - first).days >= LONGEST_DAYS:
            raise RequestRefused(422, "range_too_long")
        return cls(first, last)

    def sums(self, by_day: Mapping[date, int]) -> tuple[str, dict[date, int]]:
        """The unit ("day", "week" or "month"), and for the first day of each its sum.

        `by_day` may lack days on which nothing was; they count as zero.
        """
        length = (self.last - self.first).days + 1
        unit = "day" if length <= _DAYS_SHOWN else "week" if length <= _WEEKS_SHOWN * 7 else "month"
        sums: dict[date, int] = {}
        for number in range(length):
            day = self.first + timedelta(number)
            begin = max(self.first, _first_of(unit, day))
            sums[begin] = sums.get(begin, 0) + by_day.get(day, 0)
        return unit, sums


def _begin(preset: str | None, today: date) -> date:
    match preset:
        case "today":
            return today
        case "month":
            return today.replace(day=1)
        case _:
            return today - timedelta(6)


def _first_of(unit: str, day: date) -> date:
    """The first day of the unit; a week begins on Monday."""
    match unit:
        case "week":
            return date.fromordinal(max(1, day.toordinal() - day.weekday()))
        case "month":
            return day.replace(day=1)
        case _:
            return day


def _day(text: str | None) -> date:
    try:
        if text is not None and _DATE.fullmatch(text.strip()):
            return date.fromisoformat(text.strip())
    except ValueError:
        pass
    raise RequestRefused(422, "range_unreadable")
