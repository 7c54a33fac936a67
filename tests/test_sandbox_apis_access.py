"""The stand-in's server APIs: what each generation accepts and refuses before doing anything."""

from __future__ import annotations

import json

import pytest
from platform_caller import HEADER, PlatformCaller
from sandbox_server import SandboxClient

USER = "/topapi/v2/user/get"
CREATE = "/topapi/v2/department/create"
ROBOT = "/v1.0/robot/groupMessages/send"
ASKED = {"userid": "manager4220"}


pytest_plugins = ["sandbox_fixtures"]


def test_the_older_generation_takes_the_token_from_the_query_only(caller: PlatformCaller) -> None:
    assert caller.oapi(USER, ASKED)["errcode"] == 0
    in_header = {HEADER: caller.token, "Content-Type": "application/json"}
    refused = caller.oapi(USER, ASKED, query={}, headers=in_header)
    assert (refused["errcode"], refused["sub_code"]) == (88, "40000")
    refused = caller.oapi(USER, ASKED, query={"access_token": "x"})
    assert (refused["errcode"], refused["sub_code"]) == (88, "40014")


def test_the_newer_generation_takes_the_token_from_its_header_only(caller: PlatformCaller) -> None:
    assert caller.api("POST", ROBOT, {"x": 1}).json()["code"] == "miss.openConversationId"
    json_only = {"Content-Type": "application/json"}
    for given in (
        {"headers": json_only, "query": {"access_token": caller.token}},
        {"headers": {**json_only, "Authorization": f"Bearer {caller.token}"}},
    ):
        answer = caller.api("POST", ROBOT, {"x": 1}, **given)
        assert answer.status_code == 400
        assert answer.json()["code"] == "AuthenticationFailed.MissingParameter"
    answer = caller.api("POST", ROBOT, {"x": 1}, headers={**json_only, HEADER: "x"})
    assert answer.json()["code"] == "InvalidAuthentication"


def test_a_user_is_told_with_the_envelope_of_topapi(caller: PlatformCaller) -> None:
    answer = caller.oapi(USER, ASKED)
    assert set(answer) == {"errcode", "errmsg", "result", "request_id"}
    assert answer["result"]["name"] == "张小沙"
    unknown = caller.oapi(USER, {"userid": "nobody"})
    assert (unknown["errcode"], unknown["errmsg"]) == (60121, "找不到该用户")
    assert unknown["request_id"]


@pytest.mark.row("R40")
@pytest.mark.parametrize(
    ("kind", "content", "code"),
    [
        ("text/plain", json.dumps(ASKED).encode(), 43004),
        ("", json.dumps(ASKED).encode(), 43004),
        ("application/json", b"{", -1),
        ("application/json", b"[]", -1),
        ("application/json", '{"name": "中文"}'.encode("gbk"), -1),
        ("application/json", b'{"name": "\\u4e2d\\u6587", "parent_id": 1}', 40033),
        ("application/json", b'{"name": "\\\\u4e2d", "parent_id": 1}', 0),
        ("application/json;charset=UTF-8", '{"name": "中文", "parent_id": 1}'.encode(), 0),
        ("application/x-www-form-urlencoded", b"name=%E4%B8%AD%E6%96%87&parent_id=1", 0),
    ],
)
def test_bodies_are_utf8_json_or_a_form(
    caller: PlatformCaller, kind: str, content: bytes, code: int
) -> None:
    headers = {"Content-Type": kind} if kind else {}
    assert caller.oapi(CREATE, content=content, headers=headers)["errcode"] == code


def test_the_wrong_method_is_refused_in_each_generations_way(caller: PlatformCaller) -> None:
    query = {"access_token": caller.token}
    assert caller.send("GET", USER, query=query).json()["errcode"] == 43002
    show = "/call_back/get_call_back"
    assert caller.send("POST", show, query=query).json()["errcode"] == 43001
    answer = caller.api("GET", ROBOT)
    assert (answer.status_code, answer.json()["code"]) == (404, "InvalidAction.NotFound")


@pytest.mark.row("R45")
def test_an_address_off_the_white_list_may_call_neither(
    sandbox: SandboxClient, caller: PlatformCaller
) -> None:
    sandbox.patch_platform(ip_whitelist=["203.0.113.1"])
    refused = caller.oapi(USER, ASKED)
    assert (refused["errcode"], refused["sub_code"]) == (88, "60020")
    assert "request ip=127.0.0.1" in refused["sub_msg"]
    answer = caller.api("POST", ROBOT, {"x": 1})
    assert (answer.status_code, answer.json()["code"]) == (
        403,
        "Forbidden.AccessDenied.IpNotInWhiteList",
    )


def test_the_directory_is_changed_only_with_its_tick(
    sandbox: SandboxClient, caller: PlatformCaller
) -> None:
    sandbox.patch_platform(permissions={"manage": False})
    refused = caller.oapi(CREATE, {"name": "新", "parent_id": 1})
    assert refused["sub_code"] == "60011"
    assert caller.oapi(USER, ASKED)["errcode"] == 0


@pytest.mark.parametrize("path", ["/topapi/v2/user/gett", "/v1.0/robot/none", "/message/none"])
def test_an_unknown_path_is_refused_as_the_real_platform_does(
    caller: PlatformCaller, path: str
) -> None:
    answer = caller.oapi(path, {})
    assert answer["errcode"] == (22 if path.startswith("/topapi/") else 404)


def test_faults_reach_every_server_api_by_path_and_by_group(
    sandbox: SandboxClient, caller: PlatformCaller
) -> None:
    sandbox.fault("messages", "busy", times=1)
    path = "/topapi/message/corpconversation/getsendprogress"
    assert caller.oapi(path, {})["errcode"] == -1
    sandbox.fault(USER, "wrong_types", times=1)
    assert caller.oapi(USER, ASKED)["result"] == {"value": None}


def test_an_upload_is_a_form_with_the_file_in_media(caller: PlatformCaller) -> None:
    def upload(
        field: str, name: str, content: bytes, kind: str = "file", form: str = "form-data"
    ) -> int:
        body = (
            f'--b\r\nContent-Disposition: form-data; name="{field}"; filename="{name}"\r\n\r\n'
        ).encode() + content
        headers = {"Content-Type": f"multipart/{form}; boundary=b"}
        query = {"access_token": caller.token, "type": kind}
        sent = body + b"\r\n--b--\r\n"
        answer = caller.send("POST", "/media/upload", sent, query=query, headers=headers)
        code: int = answer.json()["errcode"]
        return code

    assert upload("media", "a.pdf", b"x") == 0
    assert upload("file", "a.pdf", b"x") == 44001
    assert upload("media", "a.pdf", b"") == 44001
    assert upload("media", "a.exe", b"x") == 40005
    assert upload("media", "a.amr", bytes(2 * 1024 * 1024 + 1), "voice") == 40006
    assert upload("media", "a.pdf", b"x", "poem") == 40004
    assert upload("media", "a.pdf", b"x", form="mixed") == 43008


def test_an_event_is_validated_as_documented(
    caller: PlatformCaller, sandbox: SandboxClient
) -> None:
    unionid = caller.oapi(USER, ASKED)["result"]["unionid"]
    path = f"/v1.0/calendar/users/{unionid}/calendars/primary/events"
    nine = {"dateTime": "2026-12-01T09:00:00+08:00", "timeZone": "Asia/Shanghai"}
    for body in (
        {"start": nine},
        {"summary": "会"},
        {"summary": "会", "start": {"date": "2026-12-01"}},
        {"summary": "会", "start": {"date": "x"}, "isAllDay": True},
        {"summary": "会", "start": {**nine, "dateTime": "2026-12-01T09:00:00"}},
        {"summary": "会", "start": nine, "attendees": [{"id": "nobody"}]},
    ):
        assert caller.api("POST", path, body).json()["code"] == "invalidParameter", body
    wrong = path.replace("primary", "other")
    assert caller.api("POST", wrong, {"summary": "会", "start": nine}).status_code == 400
    for _ in range(100):
        sandbox.sandbox.platform.corp.calendar.create(unionid, {"attendees": []}, None)
    full = caller.api("POST", path, {"summary": "会", "start": nine})
    assert full.json()["code"] == "flowLimit"


def test_registering_an_address_checks_its_parts(caller: PlatformCaller) -> None:
    right = {
        "call_back_tag": ["user_add_org"],
        "token": "t",
        "aes_key": "k" * 43,
        "url": "https://a.example/x",
    }
    register = "/call_back/register_call_back"
    for name, value, code in (
        ("call_back_tag", [], 71010),
        ("token", "", 71010),
        ("aes_key", "short", 71010),
        ("url", "a.example", 71011),
    ):
        assert caller.oapi(register, {**right, name: value})["errcode"] == code
    assert caller.oapi(register, right)["errcode"] == 0


def test_reset_brings_back_the_first_people_and_takes_messages_away(
    sandbox: SandboxClient, caller: PlatformCaller
) -> None:
    caller.oapi("/topapi/v2/user/delete", {"userid": "user2001"})
    sandbox.reset()
    names = [one["name"] for one in sandbox.ask("GET", "directory").json()["people"]]
    assert "李晓明" in names
    assert sandbox.ask("GET", "messages").json() == {"messages": []}
