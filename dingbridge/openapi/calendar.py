"""Entries in people's calendars (documents "create an event" and its neighbours).

People are named by unionid here: `users.get(userid).unionid`. Only the organiser may change or
delete an event.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from dingbridge.errors import CallRefused
from dingbridge.openapi.answers import Answer
from dingbridge.openapi.client import Client, Request, segment

TITLE_LIMIT = 2048
DESCRIPTION_LIMIT = 5000
ATTENDEES_LIMIT = 500
ZONE = "Asia/Shanghai"
_API = "/v1.0/calendar/users/{}/calendars/primary/events"

When = date | datetime


@dataclass(frozen=True)
class Attendee:
    """Somebody who is asked to come; `answer` is needsAction, accepted, declined or tentative."""

    unionid: str
    name: str = ""
    answer: str = "needsAction"


@dataclass(frozen=True)
class Event:
    """An entry. `start` and `end` are dates for a whole day (`end` the day after the last), else
    times with a zone.
    """

    id: str
    summary: str
    start: When
    end: When | None
    description: str = ""
    organiser: str = ""
    location: str = ""
    attendees: tuple[Attendee, ...] = ()
    meeting_url: str = ""


class Calendar:
    """Create, read, change, delete and list events in a person's main calendar."""

    def __init__(self, client: Client) -> None:
        """`client` makes the calls."""
        self._client = client

    def create(  # noqa: PLR0913  # an event has these parts
        self,
        organiser: str,
        summary: str,
        start: When,
        end: When | None = None,
        *,
        description: str = "",
        attendees: Sequence[str] = (),
        location: str = "",
        reminders: Sequence[int] | None = None,
        online_meeting: bool = False,
    ) -> Event:
        """A new event of `organiser`, a unionid; `attendees` are unionids too.

        Dates make an event of whole days, `end` being the last of them. Times need a zone.
        `reminders` are minutes before the beginning; None is the platform's own choice, 15.

        Raises CallRefused (`event_times`, `event_text`, `too_many_attendees`), PlatformError.
        """
        body = _body(summary, start, end, description or None, attendees or None, location or None)
        if reminders is not None:
            body["reminders"] = [{"method": "dingtalk", "minutes": each} for each in reminders]
        if online_meeting:
            body["onlineMeetingInfo"] = {"type": "dingtalk"}
        # With one token for all repetitions the platform makes one event of them.
        token = {"x-client-token": str(uuid.uuid4())}
        return self._event("POST", _path(organiser), body, token)

    def get(self, organiser: str, event: str) -> Event:
        """One event. Raises PlatformError (`itemNotFound`)."""
        return self._event("GET", _path(organiser, event), None, None)

    def update(  # noqa: PLR0913  # an event has these parts
        self,
        organiser: str,
        event: str,
        *,
        summary: str | None = None,
        start: When | None = None,
        end: When | None = None,
        description: str | None = None,
        attendees: Sequence[str] | None = None,
        location: str | None = None,
    ) -> Event:
        """Change what is given, also where it is empty; None leaves a part as it is.

        `start` and `end` go together and are what they are for `create`: of whole days `end` is
        the last, where an Event's is the day after.

        Raises CallRefused and PlatformError as `create` does, and `itemNotFound`.
        """
        if (start is None) != (end is None):
            raise CallRefused("event_times")  # a guess at the other would move what nobody named
        body = {**_body(summary, start, end, description, attendees, location), "id": event}
        token = {"x-client-token": str(uuid.uuid4())}
        return self._event("PUT", _path(organiser, event), body, token)

    def delete(self, organiser: str, event: str, *, notify: bool = False) -> None:
        """Delete an event, with a notice to its attendees if wanted.

        Raises PlatformError (`itemNotFound`).
        """
        params = {"pushNotification": "true" if notify else "false"}
        path = _path(organiser, event)
        api, gone = f"DELETE {_API}/{{}}", frozenset({"itemNotFound"})
        self._client.send(Request("DELETE", path, params, repeatable=True, api=api, gone=gone))

    def events(
        self, user: str, start: datetime | None = None, end: datetime | None = None
    ) -> Iterator[Event]:
        """The events of a person (a unionid) in a time, page after page."""
        params = {"maxResults": "100"}
        for name, moment in (("timeMin", start), ("timeMax", end)):
            if moment is not None:
                params[name] = _time(moment).isoformat(timespec="seconds")
        path = _path(user)
        for _ in range(1000):
            sent = Request("GET", path, dict(params), repeatable=True, api=f"GET {_API}")
            page = Answer(self._client.send(sent), path)
            yield from (_read(event) for event in page.objects("events"))
            if not page.text("nextToken"):
                return
            params["nextToken"] = page.text("nextToken")

    def _event(self, method: str, path: str, body: object, headers: dict[str, str] | None) -> Event:
        api = f"{method} {_API}" if method == "POST" else f"{method} {_API}/{{}}"
        sent = Request(method, path, json=body, headers=headers, repeatable=True, api=api)
        return _read(Answer(self._client.send(sent), path))


def _path(user: str, event: str | None = None) -> str:
    path = _API.format(segment(user))
    return path if event is None else f"{path}/{segment(event)}"


def _body(
    summary: str | None,
    start: When | None,
    end: When | None,
    description: str | None,
    attendees: Sequence[str] | None,
    location: str | None,
) -> dict[str, object]:
    body: dict[str, object] = {}
    if summary is not None:
        if not 0 < len(summary) <= TITLE_LIMIT:
            raise CallRefused("event_text", {"limit": str(TITLE_LIMIT)})
        body["summary"] = summary
    if description is not None:
        if len(description) > DESCRIPTION_LIMIT:
            raise CallRefused("event_text", {"limit": str(DESCRIPTION_LIMIT)})
        body["description"] = description
    if start is not None:
        body.update(_times(start, end))
    if attendees is not None:
        if len(attendees) > ATTENDEES_LIMIT:
            raise CallRefused("too_many_attendees", {"limit": str(ATTENDEES_LIMIT)})
        body["attendees"] = [{"id": unionid} for unionid in attendees]
    if location is not None:
        body["location"] = {"displayName": location}
    return body


def _times(start: When, end: When | None) -> dict[str, object]:
    """`start`, `end` and `isAllDay`; the platform wants the day after the last one."""
    if isinstance(start, datetime):
        finish = end or start + timedelta(hours=1)
        if not isinstance(finish, datetime) or _time(finish) < _time(start):
            raise CallRefused("event_times")
        return {"isAllDay": False, "start": _moment(start), "end": _moment(finish)}
    last = end or start
    if isinstance(last, datetime) or last < start:
        raise CallRefused("event_times")
    return {
        "isAllDay": True,
        "start": {"date": start.isoformat()},
        "end": {"date": (last + timedelta(days=1)).isoformat()},
    }


def _moment(time: datetime) -> dict[str, str]:
    """A time in a zone that has a name: its own, or China's."""
    zone = time.tzinfo.key if isinstance(time.tzinfo, ZoneInfo) else ZONE
    local = _time(time).astimezone(ZoneInfo(zone))
    return {"dateTime": local.isoformat(timespec="seconds"), "timeZone": zone}


def _time(time: datetime) -> datetime:
    if time.tzinfo is None:
        raise CallRefused("event_times")
    return time


def _read(answer: Answer) -> Event:
    organiser, location, meeting = (
        answer.object(name) if name in answer else None
        for name in ("organizer", "location", "onlineMeetingInfo")
    )
    return Event(
        id=answer.identifier("id"),
        summary=answer.text("summary"),
        start=_when(answer, "start"),
        end=_when(answer, "end") if "end" in answer else None,
        description=answer.text("description"),
        organiser=organiser.text("id") if organiser else "",
        location=location.text("displayName") if location else "",
        attendees=tuple(
            Attendee(each.identifier("id"), each.text("displayName"), each.text("responseStatus"))
            for each in answer.objects("attendees")
        ),
        meeting_url=meeting.text("url") if meeting else "",
    )


def _when(answer: Answer, name: str) -> When:
    part = answer.object(name)
    try:
        if "dateTime" in part:
            return _time(datetime.fromisoformat(part.text("dateTime")))
        return date.fromisoformat(part.required("date"))
    except (ValueError, CallRefused):
        raise answer.unreadable(name) from None
