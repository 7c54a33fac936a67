"""What each page of the micro-app is given."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from flask import Response, request

from dingbridge import DingBridge
from dingbridge.login.session import SessionUser
from dingbridge.nav_bgcolor import parse_nav_bgcolor, with_nav_bgcolor
from dingbridge.problems import RequestRefused
from dingbridge.redirects import ExactRedirect, browser_path
from microapp.database import Database


@dataclass(frozen=True)
class MicroApp:
    """The bridge, the store and the corp's time zone.

    Moments are stored in UTC. People read them in the corp's zone (DING_TIME_ZONE), wherever they
    travel, so that "today" and a report's days are the same for everybody.
    """

    bridge: DingBridge
    database: Database
    zone: ZoneInfo

    def person(self) -> SessionUser:
        """Who is signed in.

        Raises RequestRefused (401) where nobody is; a guarded view never sees it.
        """
        user = self.bridge.user()
        if user is None:
            raise RequestRefused(401, "unauthorized")
        return user

    def now(self) -> datetime:
        """This moment, in UTC."""
        return datetime.now(UTC)

    def day_of(self, moment: datetime) -> date:
        """The day of a moment where the corp is."""
        return moment.astimezone(self.zone).date()


def back_to(path: str) -> Response:
    """Where a plain form leads once it is done: to a page of the app, in the colour that the
    navigation bar has (the form's own address says it).
    """
    page, colour = browser_path(request.script_root) + path, nav_colour()
    return ExactRedirect(with_nav_bgcolor(page, colour) if colour else page, 303)


def nav_colour() -> str | None:
    """The colour of the navigation bar that the current address asks for, as AARRGGBB."""
    return parse_nav_bgcolor(request.query_string.decode("latin-1"))
