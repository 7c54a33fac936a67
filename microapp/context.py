"""What each page of the micro-app is given."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from dingbridge import DingBridge
from dingbridge.login.session import SessionUser
from dingbridge.problems import RequestRefused
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
