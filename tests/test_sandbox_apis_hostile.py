"""Bad input at the stand-in's server APIs: an answer as the platform would give, never a crash.

What the client really sends is sent again with one part of it replaced, and so is what is no
request at all.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from openapi_stage import Stage, Tap, open_stage
from platform_caller import HEADER, PlatformCaller
from test_openapi_calendar import KEY, NINE, unionid
from test_openapi_lies import lies_about
from test_openapi_messages import CHAT, CONVERSATION

from dingbridge.openapi import OpenApi
from dingbridge.openapi.messages import oa, text
from dingbridge.sandbox.server_api import server_routes

WRONG: tuple[object, ...] = (None, True, -1, 10**30, "", "9" * 5_000, [None], {"a": {"b": 1}})
NO_REQUEST: tuple[bytes, ...] = (
    b"", b"null", b"[]", b'"x"', b"7", b"{", b"\xff\xfe", b"a=1&a=2&%ff", b"[" * 100_000,
    b'{"a":' * 5_000, b'{"n": 1e999, "m": NaN}', b'{"userid": "\\ud800"}',
)  # fmt: skip


def _messages(api: OpenApi) -> None:
    said = oa("单", "https://a.example", form={"甲": "乙"}, status=("审批中", "0xFFF65E5E"))
    task = api.notifications.send(said, users=["manager4220"])
    api.notifications.progress(task)
    api.notifications.result(task)
    api.notifications.set_status(task, "完成")
    api.notifications.recall(task)
    sent = api.chats.send(CONVERSATION, text("早"))
    api.chats.readers(CONVERSATION, sent.key)
    api.chats.recall(CONVERSATION, [sent.key])
    api.chats.send_to_users(["manager4220"], text("早"))
    api.chats.open_conversation_id(CHAT)


def _calendar(api: OpenApi) -> None:
    person = api.users.get("manager4220").unionid
    event = api.calendar.create(
        person, "周会", NINE, attendees=[person], location="楼上", reminders=[5]
    )
    api.calendar.update(person, event.id, summary="月会", start=NINE, end=NINE)
    list(api.calendar.events(person, NINE))
    api.callbacks.register("https://a.example/ding", ["user_add_org"], "token", KEY)
    api.callbacks.update("https://a.example/ding", ["user_add_org"], "token", KEY)


def _directory(api: OpenApi) -> None:
    made = api.departments.create("新部门", order=3)
    api.departments.update(made, name="老部门")
    api.departments.children()
    api.departments.get(made)
    who = api.users.create("王五", departments=[made], mobile="+86-13900000001", title="主任")
    api.users.update(who, name="王六", email="w@a.example")
    list(api.users.in_department(made))
    api.users.ids_in_department(made)
    api.users.by_unionid(api.users.get(who).unionid)
    api.users.delete(who)
    api.departments.delete(made)


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with open_stage(tmp_path_factory.mktemp("hostile")) as opened:
        no_limits = dict.fromkeys(("second", "minute", "address", "month"))
        opened.sandbox.patch_platform(limits=no_limits)
        yield opened


@pytest.mark.row("R40")
@pytest.mark.parametrize("talk", [_directory, _messages, _calendar])
def test_a_request_with_a_wrong_part_is_answered(
    stage: Stage, talk: Callable[[OpenApi], None]
) -> None:
    stage.sandbox.reset(tickets=False)
    stage.sandbox.patch_platform(limits=dict.fromkeys(("second", "minute", "address", "month")))
    tap = Tap(stage.transport)
    talk(stage.client_over(tap))
    caller = PlatformCaller(stage.sandbox)
    asked = 0
    for method, path, body in tap.sent:
        for wrong in lies_about(body or {}, WRONG):
            asked += 1
            if path.startswith("/v1.0/"):
                answer = caller.api(method, path, wrong)
                assert answer.status_code < 500, (path, wrong)
                assert isinstance(answer.json(), dict)
            elif method == "POST":
                caller.oapi(path, wrong)
    assert asked > 100


@pytest.mark.row("R40")
def test_what_is_no_request_is_answered_on_every_route(stage: Stage) -> None:
    caller = PlatformCaller(stage.sandbox)
    headers = {HEADER: caller.token, "Content-Type": "application/json"}
    query = {"access_token": caller.token}
    person = unionid(stage)
    for route in server_routes(stage.sandbox.sandbox.platform):
        path = re.sub(r"\{.*?\}", person, route.replace("{calendarId}", "primary"))
        for content in NO_REQUEST:
            answer = caller.send("POST", path, content, query=query, headers=headers)
            assert answer.status_code < 500, (path, content[:40])
        for method in ("GET", "PUT", "DELETE", "PATCH"):
            assert caller.send(method, path, query=query, headers=headers).status_code < 500


@pytest.mark.parametrize("query", [{"maxResults": "x"}, {"nextToken": "-1"}, {"timeMin": "now"}])
def test_a_query_that_is_nonsense_is_refused(stage: Stage, query: dict[str, str]) -> None:
    path = f"/v1.0/calendar/users/{unionid(stage)}/calendars/primary/events"
    answer = PlatformCaller(stage.sandbox).api("GET", path, query=query)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalidParameter")
