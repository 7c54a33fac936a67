"""The stand-in's calendar APIs, ``/v1.0/calendar/users/{userId}/calendars/{calendarId}/events``."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from urllib.parse import unquote

from dingbridge.sandbox.api_envelope import ApiError, Routes
from dingbridge.sandbox.calendar_events import CalendarEvents, Event, begin
from dingbridge.sandbox.directory import Person
from dingbridge.sandbox.http_message import Request, Response
from dingbridge.sandbox.platform_state import PlatformState
from dingbridge.sandbox.server_calls import ApiHandler, Body, api, number

EVENTS = "/v1.0/calendar/users/{userId}/calendars/{calendarId}/events"
EVENT = EVENTS + "/{eventId}"
_COPIED = ("summary", "description", "start", "end", "isAllDay", "location", "reminders")


class CalendarApi:
    """Only the organiser changes an event; its attendees see it."""

    def __init__(self, state: PlatformState) -> None:
        self._state = state
        several: dict[str, ApiHandler] = {"POST": self._create, "GET": self._list}
        one: dict[str, ApiHandler] = {"GET": self._get, "PUT": self._update, "DELETE": self._delete}
        self.routes: Routes = {
            EVENTS: ("calendar", api(state, EVENTS, several)),
            EVENT: ("calendar", api(state, EVENT, one)),
        }

    @property
    def _events(self) -> CalendarEvents:
        return self._state.corp.calendar

    def _create(self, request: Request, body: Body) -> Mapping[str, object]:
        organiser = self._organiser(request)
        token = request.header("x-client-token")
        made = self._events.made_by(token)
        if made is not None:
            return self._told(made)
        if not body.get("summary"):
            raise _invalid("Event summary cannot be blank")
        if "start" not in body:
            raise _invalid("Event start time not set.")
        if not self._events.may_create(organiser["unionid"]):
            raise ApiError(
                400, "flowLimit", "current user can not create events exceed 100 per day"
            )
        fields = {"attendees": [], **self._fields(body)}
        return self._told(self._events.create(organiser["unionid"], fields, token))

    def _list(self, request: Request, _body: Body) -> Mapping[str, object]:
        person = self._organiser(request)
        query = request.query
        low, high = (_instant(query.get(name)) for name in ("timeMin", "timeMax"))
        events = [
            event
            for event in self._events.of(person["unionid"])
            if (low is None or begin(event) >= low) and (high is None or begin(event) <= high)
        ]
        size, start = number(query.get("maxResults", "100")), number(query.get("nextToken", "0"))
        if size is None or start is None or not 0 < size <= 100:
            raise _invalid("forwardErrorMessage")
        page: dict[str, object] = {"events": list(map(self._told, events[start : start + size]))}
        return {**page, "nextToken": str(start + size)} if start + size < len(events) else page

    def _get(self, request: Request, _body: Body) -> Mapping[str, object]:
        return self._told(self._own(request))

    def _update(self, request: Request, body: Body) -> Mapping[str, object]:
        event = self._own(request)
        return self._told(self._events.change(event["id"], self._fields(body)))

    def _delete(self, request: Request, _body: Body) -> Response:
        self._events.delete(self._own(request)["id"])
        return Response(200, [("Content-Type", "application/json")], b"")

    def _organiser(self, request: Request) -> Person:
        parts = request.path.split("/")
        if parts[6] != "primary":
            raise _invalid("CalendarId cannot be blank")
        person = self._state.corp.directory.by_unionid(unquote(parts[4]))
        if person is None:
            raise ApiError(400, "permissionDeny", "permissionDeny")
        return person

    def _own(self, request: Request) -> Event:
        organiser = self._organiser(request)
        identity = unquote(request.path.split("/")[8])
        event = self._events.get(organiser["unionid"], identity)
        if event is None:
            raise ApiError(404, "itemNotFound", "forwardErrorMessage")
        return event

    def _fields(self, body: Body) -> Event:
        fields: dict[str, Any] = {name: body[name] for name in _COPIED if name in body}
        for name in ("start", "end"):
            if name in fields:
                _require_moment(fields[name], all_day=bool(fields.get("isAllDay")))
        if "attendees" in body:
            asked = body["attendees"] if isinstance(body["attendees"], list) else [None]
            people = [
                self._state.corp.directory.by_unionid(each.get("id"))
                if isinstance(each, dict)
                else None
                for each in asked
            ]
            if len(people) > 500 or not all(people):
                raise _invalid("forwardErrorMessage")
            fields["attendees"] = [
                {
                    "id": person["unionid"],
                    "displayName": person["name"],
                    "responseStatus": "needsAction",
                }
                for person in people
                if person
            ]
        if "onlineMeetingInfo" in body:
            url = "https://meeting.example.com/sandbox"
            fields["onlineMeetingInfo"] = {"type": "dingtalk", "conferenceId": "1", "url": url}
        return fields

    def _told(self, event: Event) -> dict[str, object]:
        owner = self._state.corp.directory.by_unionid(event["owner"])
        told = {name: value for name, value in event.items() if name != "owner"}
        name = owner["name"] if owner else ""
        told["organizer"] = {
            "id": event["owner"],
            "displayName": name,
            "responseStatus": "accepted",
        }
        return told


def _invalid(text: str) -> ApiError:
    return ApiError(400, "invalidParameter", text)


def _require_moment(given: object, *, all_day: bool) -> None:
    """A whole day has a date, any other event a time with a zone."""
    fields = given if isinstance(given, dict) else {}
    try:
        if all_day:
            date.fromisoformat(fields["date"])
            right = "dateTime" not in fields
        else:
            right = datetime.fromisoformat(fields["dateTime"]).tzinfo is not None
            right = right and bool(fields["timeZone"]) and "date" not in fields
    except (KeyError, TypeError, ValueError):
        right = False
    if not right:
        raise _invalid("Event start time not set.")


def _instant(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise _invalid("forwardErrorMessage") from None
