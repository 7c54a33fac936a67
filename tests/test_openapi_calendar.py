"""Calendar entries and the register of callback addresses."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from openapi_stage import Stage, Tap, open_stage

from dingbridge.errors import CallRefused, PlatformError

CHINA = ZoneInfo("Asia/Shanghai")
NINE = datetime(2026, 12, 1, 9, 0, tzinfo=CHINA)
KEY = "k" * 43


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with open_stage(tmp_path) as opened:
        yield opened


def unionid(stage: Stage, userid: str = "manager4220") -> str:
    return stage.openapi.users.get(userid).unionid


@pytest.mark.row("R47")
def test_an_entry_is_created_for_a_user_and_seen_by_those_who_are_asked(stage: Stage) -> None:
    organiser, guest = unionid(stage), unionid(stage, "user2003")
    event = stage.openapi.calendar.create(
        organiser,
        "周会 🀄",
        NINE,
        NINE + timedelta(minutes=90),
        description="带上周报",
        attendees=[guest],
        location="三楼·大会议室",
        reminders=[15, 60],
        online_meeting=True,
    )
    assert event.id
    assert (event.summary, event.location) == ("周会 🀄", "三楼·大会议室")
    assert (event.start, event.end) == (NINE, NINE + timedelta(minutes=90))
    assert [(each.name, each.answer) for each in event.attendees] == [("𠮷田健", "needsAction")]
    assert event.meeting_url
    for person in (organiser, guest):
        assert [each.id for each in stage.openapi.calendar.events(person)] == [event.id]
    assert stage.openapi.calendar.get(organiser, event.id) == event


@pytest.mark.row("R47")
def test_an_entry_is_changed_and_deleted_by_its_organiser(stage: Stage) -> None:
    calendar, organiser = stage.openapi.calendar, unionid(stage)
    event = calendar.create(organiser, "周会", NINE, attendees=[unionid(stage, "user2001")])
    changed = calendar.update(organiser, event.id, summary="月会", location="二楼")
    assert (changed.summary, changed.location, changed.start) == ("月会", "二楼", NINE)
    assert changed.attendees == event.attendees
    calendar.delete(organiser, event.id, notify=True)
    with pytest.raises(PlatformError) as caught:
        calendar.get(organiser, event.id)
    assert (caught.value.code, caught.value.http_status) == ("itemNotFound", 404)
    assert list(calendar.events(organiser)) == []


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ({}, {}),
        ({"summary": "月会"}, {"summary": "月会"}),
        ({"description": ""}, {"description": ""}),
        ({"attendees": []}, {"attendees": []}),
        ({"location": ""}, {"location": {"displayName": ""}}),
        (
            {"start": NINE, "end": NINE + timedelta(hours=3)},
            {
                "isAllDay": False,
                "start": {"dateTime": "2026-12-01T09:00:00+08:00", "timeZone": "Asia/Shanghai"},
                "end": {"dateTime": "2026-12-01T12:00:00+08:00", "timeZone": "Asia/Shanghai"},
            },
        ),
    ],
)
def test_a_change_sends_what_is_given_also_where_that_is_empty(
    stage: Stage, given: dict[str, Any], sent: dict[str, object]
) -> None:
    organiser = unionid(stage)
    event = stage.openapi.calendar.create(organiser, "周会", NINE)
    tap = Tap(stage.transport)
    stage.client_over(tap).calendar.update(organiser, event.id, **given)
    ((_, _, body),) = tap.sent
    assert body == {"id": event.id, **sent}


def test_what_is_emptied_is_gone_and_the_rest_stays(stage: Stage) -> None:
    calendar, organiser = stage.openapi.calendar, unionid(stage)
    guest, end = unionid(stage, "user2001"), NINE + timedelta(hours=2)
    event = calendar.create(
        organiser, "周会", NINE, end, description="带周报", attendees=[guest], location="二楼"
    )
    calendar.update(organiser, event.id, description="", attendees=[], location="")
    kept = calendar.get(organiser, event.id)
    assert (kept.description, kept.attendees, kept.location) == ("", (), "")
    assert (kept.summary, kept.start, kept.end) == ("周会", NINE, end)
    assert list(calendar.events(guest)) == []


def test_a_day_has_dates_and_its_end_is_the_day_after(stage: Stage) -> None:
    organiser = unionid(stage)
    one = stage.openapi.calendar.create(organiser, "放假", date(2026, 12, 31))
    three = stage.openapi.calendar.create(organiser, "年会", date(2026, 12, 30), date(2027, 1, 1))
    assert (one.start, one.end) == (date(2026, 12, 31), date(2027, 1, 1))
    assert (three.start, three.end) == (date(2026, 12, 30), date(2027, 1, 2))


def test_a_time_without_an_end_lasts_an_hour_and_offsets_become_a_named_zone(stage: Stage) -> None:
    event = stage.openapi.calendar.create(unionid(stage), "电话", NINE.astimezone(UTC))
    assert (event.start, event.end) == (NINE, NINE + timedelta(hours=1))


@pytest.mark.parametrize("kind", ["busy", "lost"])
def test_one_entry_is_made_of_a_repeated_call(stage: Stage, kind: str) -> None:
    organiser = unionid(stage)
    # "lost": it was made, and nobody heard of it. The token that both tries carry tells.
    stage.sandbox.fault("calendar", kind, times=1)
    event = stage.openapi.calendar.create(organiser, "周会", NINE)
    assert stage.calls("/v1.0/calendar/users/{userId}/calendars/{calendarId}/events") == 2
    assert [each.id for each in stage.openapi.calendar.events(organiser)] == [event.id]


def test_events_are_listed_page_after_page_within_a_time(stage: Stage) -> None:
    organiser = unionid(stage)
    corp = stage.sandbox.sandbox.platform.corp
    for number in range(105):
        start = (NINE + timedelta(hours=number)).isoformat()
        moment = {"dateTime": start, "timeZone": "Asia/Shanghai"}
        fields = {"summary": f"第{number}个", "start": moment, "attendees": []}
        corp.calendar.create(organiser, fields, None)
    assert len(list(stage.openapi.calendar.events(organiser))) == 105
    assert stage.calls("/v1.0/calendar/users/{userId}/calendars/{calendarId}/events") == 2
    until = list(stage.openapi.calendar.events(organiser, NINE, NINE + timedelta(hours=3)))
    assert [event.summary for event in until] == ["第0个", "第1个", "第2个", "第3个"]


@pytest.mark.parametrize(
    ("attempt", "code"),
    [
        (lambda c, u: c.create(u, "", NINE), "event_text"),
        (lambda c, u: c.create(u, "长" * 2049, NINE), "event_text"),
        (lambda c, u: c.create(u, "会", NINE, description="x" * 5001), "event_text"),
        (lambda c, u: c.create(u, "会", NINE.replace(tzinfo=None)), "event_times"),
        (lambda c, u: c.create(u, "会", NINE, NINE - timedelta(hours=1)), "event_times"),
        (lambda c, u: c.create(u, "会", NINE, date(2026, 12, 2)), "event_times"),
        (lambda c, u: c.create(u, "会", date(2026, 12, 2), NINE), "event_times"),
        (lambda c, u: c.create(u, "会", date(2026, 12, 2), date(2026, 12, 1)), "event_times"),
        (lambda c, u: c.create(u, "会", NINE, attendees=["u"] * 501), "too_many_attendees"),
        # Whatever stood at the other end is known to the platform alone.
        (lambda c, u: c.update(u, "e", start=NINE), "event_times"),
        (lambda c, u: c.update(u, "e", end=NINE), "event_times"),
    ],
)
def test_an_entry_that_cannot_be_right_is_refused_here(
    stage: Stage, attempt: Callable[[Any, str], object], code: str
) -> None:
    with pytest.raises(CallRefused) as caught:
        attempt(stage.openapi.calendar, "u")
    assert caught.value.code == code
    assert stage.calls("/v1.0/calendar/users/{userId}/calendars/{calendarId}/events") == 0


def test_a_person_who_is_unknown_is_the_platforms_error(stage: Stage) -> None:
    with pytest.raises(PlatformError) as caught:
        stage.openapi.calendar.create("no/body?", "会", NINE)
    assert caught.value.code == "permissionDeny"


# -- callbacks


def test_an_address_is_registered_shown_changed_and_deleted(stage: Stage) -> None:
    callbacks = stage.openapi.callbacks
    callbacks.register("https://a.example/ding/callback", ["user_add_org"], "token-1", KEY)
    shown = callbacks.show()
    assert (shown.url, shown.tags) == ("https://a.example/ding/callback", ("user_add_org",))
    assert (shown.token, shown.aes_key) == ("token-1", KEY)
    assert "token-1" not in repr(shown)
    assert KEY not in repr(shown)
    callbacks.update("https://b.example/ding/callback", ["user_add_org", "x"], "token-2", KEY)
    assert callbacks.show().url == "https://b.example/ding/callback"
    assert callbacks.failed() == ((), False)
    callbacks.delete()
    for attempt in (callbacks.show, callbacks.delete, callbacks.failed):
        with pytest.raises(PlatformError) as caught:
            attempt()
        assert caught.value.code == "71007"


def test_one_app_has_one_address(stage: Stage) -> None:
    callbacks = stage.openapi.callbacks
    callbacks.register("https://a.example/x", ["a"], "t", KEY)
    with pytest.raises(PlatformError) as caught:
        callbacks.register("https://b.example/x", ["a"], "t", KEY)
    assert caught.value.code == "71006"


@pytest.mark.parametrize(
    ("url", "tags", "token", "key"),
    [
        ("a.example/x", ["a"], "t", KEY),
        ("https://a.example/x", [], "t", KEY),
        ("https://a.example/x", ["a"], "", KEY),
        ("https://a.example/x", ["a"], "t", "short"),
    ],
)
def test_a_registration_that_lacks_something_is_refused_here(
    stage: Stage, url: str, tags: list[str], token: str, key: str
) -> None:
    with pytest.raises(CallRefused) as caught:
        stage.openapi.callbacks.register(url, tags, token, key)
    assert caught.value.code == "callback_registration"
    assert stage.calls("/call_back/register_call_back") == 0


def test_what_was_not_taken_comes_with_its_fields(stage: Stage) -> None:
    row = '{"call_back_tag":"user_add_org","event_time":1700000000000,"userid":["u1"]}'
    body = f'{{"errcode":0,"has_more":true,"failed_list":[{row}]}}'
    stage.sandbox.fault("/call_back/get_call_back_failed_result", "custom", body=body)
    (failure,), more = stage.openapi.callbacks.failed()
    assert (failure.tag, failure.at, more) == ("user_add_org", 1700000000000, True)
    assert failure.fields["userid"] == ["u1"]
