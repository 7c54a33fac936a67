"""The stand-in's calendars: events by their organiser's unionid."""

import secrets
import threading
from datetime import datetime, timedelta, timezone
from typing import Any

from dingbridge.sandbox.clock import Clock

Event = dict[str, Any]
CHINA = timezone(timedelta(hours=8))
PER_DAY = 100
TOKEN_SECONDS = 86_400.0


class CalendarEvents:
    """Events, and what each idempotency token has already made."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._events: dict[str, Event] = {}
        self._made: dict[str, tuple[float, str]] = {}
        self._created: dict[tuple[str, str], int] = {}

    def made_by(self, token: str | None) -> Event | None:
        """What a call with that token has made within a day."""
        with self._lock:
            at, event = self._made.get(token or "", (0.0, ""))
            fresh = self._clock.now() - at <= TOKEN_SECONDS
            return self._events.get(event) if fresh else None

    def may_create(self, organiser: str) -> bool:
        """Whether the organiser has not reached the day's limit."""
        with self._lock:
            return self._created.get((organiser, self._day()), 0) < PER_DAY

    def create(self, organiser: str, fields: Event, token: str | None) -> Event:
        """A new event."""
        with self._lock:
            now = self._clock.now()
            identity = secrets.token_urlsafe(18)
            event = {**fields, "id": identity, "owner": organiser, "createTime": _told(now)}
            self._events[identity] = {**event, "updateTime": _told(now)}
            day = (organiser, self._day())
            self._created[day] = self._created.get(day, 0) + 1
            if token:
                self._made[token] = (now, identity)
            return dict(self._events[identity])

    def get(self, organiser: str, identity: str) -> Event | None:
        """The event, if it is the organiser's."""
        with self._lock:
            event = self._events.get(identity)
            return dict(event) if event and event["owner"] == organiser else None

    def change(self, identity: str, fields: Event) -> Event:
        """The event with ``fields`` changed."""
        with self._lock:
            self._events[identity].update(fields, updateTime=_told(self._clock.now()))
            return dict(self._events[identity])

    def delete(self, identity: str) -> None:
        """Takes it out."""
        with self._lock:
            self._events.pop(identity, None)

    def of(self, unionid: str) -> list[Event]:
        """The events that a person organises or is asked to, by their begin."""
        with self._lock:
            theirs = [
                dict(event)
                for event in self._events.values()
                if unionid in (event["owner"], *(each["id"] for each in event["attendees"]))
            ]
        return sorted(theirs, key=begin)

    def _day(self) -> str:
        return datetime.fromtimestamp(self._clock.now(), CHINA).strftime("%Y-%m-%d")


def begin(event: Event) -> datetime:
    """When it begins; a whole day begins at midnight in China."""
    start = event["start"]
    if "dateTime" in start:
        return datetime.fromisoformat(start["dateTime"])
    return datetime.fromisoformat(start["date"]).replace(tzinfo=CHINA)


def _told(moment: float) -> str:
    return datetime.fromtimestamp(moment, CHINA).isoformat(timespec="seconds")
