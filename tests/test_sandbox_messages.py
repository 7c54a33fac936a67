"""What a person's phone gets of what the app sends: drawn, read, on its way, taken back."""

from __future__ import annotations

import json
from typing import Any

import pytest
from platform_caller import PlatformCaller
from sandbox_server import SandboxClient

from dingbridge.sandbox.clock import Clock
from dingbridge.sandbox.conversations import OPEN_ID
from dingbridge.sandbox.media_store import MediaStore
from dingbridge.sandbox.message_cards import card

WORK = "/topapi/message/corpconversation"
PERSON = "manager4220"


pytest_plugins = ["sandbox_fixtures"]


@pytest.fixture
def sandbox(sandbox: SandboxClient) -> SandboxClient:
    sandbox.patch_platform(clock={"speed": 0})
    return sandbox


def notify(sandbox: SandboxClient, caller: PlatformCaller, message: dict[str, Any]) -> int:
    agent = sandbox.sandbox.platform.identity.agent_id
    body = {"agent_id": agent, "userid_list": PERSON, "msg": message}
    return int(caller.oapi(f"{WORK}/asyncsend_v2", body)["task_id"])


def task(sandbox: SandboxClient, caller: PlatformCaller, verb: str, number: int) -> dict[str, Any]:
    agent = sandbox.sandbox.platform.identity.agent_id
    return caller.oapi(f"{WORK}/{verb}", {"agent_id": agent, "task_id": number})


def inbox(sandbox: SandboxClient, user: str = PERSON) -> dict[str, Any]:
    answer: dict[str, Any] = sandbox.ask("GET", f"messages?user={user}").json()
    return answer


@pytest.mark.row("R46")
def test_a_notification_is_on_its_way_then_sent_then_read(
    sandbox: SandboxClient, caller: PlatformCaller
) -> None:
    sandbox.ask("PATCH", "messages", b'{"delivery_seconds": 10}')
    number = notify(sandbox, caller, {"msgtype": "text", "text": {"content": "你好"}})
    assert task(sandbox, caller, "getsendprogress", number)["progress"]["status"] == 1
    assert (inbox(sandbox)["messages"], inbox(sandbox)["on_the_way"]) == ([], 1)
    sandbox.advance(10)
    assert task(sandbox, caller, "getsendprogress", number)["progress"]["status"] == 2
    (letter,) = inbox(sandbox)["messages"]
    assert (letter["card"], inbox(sandbox)["on_the_way"]) == ({"kind": "text", "text": "你好"}, 0)
    sent = task(sandbox, caller, "getsendresult", number)["send_result"]
    assert (sent["unread_user_id_list"], sent["read_user_id_list"]) == ([PERSON], [])
    sandbox.ask("POST", "messages/read", json.dumps({"n": letter["n"], "user": PERSON}).encode())
    sent = task(sandbox, caller, "getsendresult", number)["send_result"]
    assert (sent["unread_user_id_list"], sent["read_user_id_list"]) == ([], [PERSON])


@pytest.mark.row("R23")
def test_a_message_to_a_chat_is_seen_by_its_members(
    sandbox: SandboxClient, caller: PlatformCaller
) -> None:
    param = {
        "title": "任务",
        "text": "**请看**",
        "singleTitle": "去看",
        "singleURL": "https://a.b/",
    }
    body = {
        "robotCode": sandbox.sandbox.platform.identity.client_id,
        "openConversationId": OPEN_ID,
        "msgKey": "sampleActionCard",
        "msgParam": json.dumps(param),
    }
    assert caller.api("POST", "/v1.0/robot/groupMessages/send", body).ok
    (letter,) = inbox(sandbox, "user5031")["messages"]
    assert letter["conversation"] == "沙箱项目组"
    assert letter["card"] == {
        "kind": "sampleActionCard",
        "title": "任务",
        "text": "**请看**",
        "markdown": True,
        "buttons": [{"title": "去看", "url": "https://a.b/"}],
    }
    assert inbox(sandbox, "user2005")["messages"] == []


LINK = {"title": "t", "text": "x", "messageUrl": "https://a.b/1", "picUrl": "https://a.b/p.png"}
OPENED = [{"title": "", "url": "https://a.b/1"}]


@pytest.mark.parametrize(
    ("kind", "content", "drawn"),
    [
        (
            "link",
            LINK,
            {"title": "t", "text": "x", "image": "https://a.b/p.png", "buttons": OPENED},
        ),
        (
            "markdown",
            {"title": "t", "text": "# x"},
            {"title": "t", "text": "# x", "markdown": True},
        ),
        (
            "oa",
            {
                "message_url": "https://a.b/1",
                "pc_message_url": "https://a.b/pc",
                "head": {"text": "外勤"},
                "body": {
                    "title": "t",
                    "form": [{"key": "地点", "value": "三号楼"}, "no table"],
                    "rich": {"num": "3", "unit": "项"},
                    "content": "x",
                    "author": "张小沙",
                },
            },
            {
                "head": "外勤",
                "title": "t",
                "facts": [["地点", "三号楼"], ["", ""]],
                "figure": "3项",
                "text": "x",
                "note": "张小沙",
                "buttons": OPENED,
                "pc_url": "https://a.b/pc",
            },
        ),
        (
            "action_card",
            {
                "title": "t",
                "markdown": "x",
                "btn_orientation": "1",
                "btn_json_list": [{"title": "是", "action_url": "https://a.b/1"}, {"title": "空"}],
            },
            {
                "title": "t",
                "text": "x",
                "markdown": True,
                "buttons": [{"title": "是", "url": "https://a.b/1"}],
            },
        ),
        ("sampleImageMsg", {"photoURL": "javascript:alert(1)"}, {}),
        ("file", {"media_id": "@gone"}, {"file": {"name": "@gone", "size": 0}}),
        ("template", {"title": "t"}, {"title": "t"}),
        ("text", "no table", {}),
    ],
)
def test_every_type_has_one_shape_to_be_drawn(kind: str, content: Any, drawn: object) -> None:
    assert card({"msgtype": kind, kind: content}, MediaStore(Clock())) == {
        "kind": kind,
        **drawn,  # type: ignore[dict-item]
    }


def test_pictures_and_files_of_the_platform_can_be_opened(sandbox: SandboxClient) -> None:
    media = sandbox.sandbox.platform.corp.media
    picture = media.put("image", "图.png", b"\x89PNG")
    page = media.put("file", "页.html", b"<script>alert(1)</script>")
    drawn = card({"msgtype": "image", "image": {"media_id": picture.media_id}}, media)
    assert sandbox.ask("GET", drawn["image"]).headers["Content-Type"] == "image/png"
    drawn = card({"msgtype": "file", "file": {"media_id": page.media_id}}, media)
    assert drawn["file"] == {"name": "页.html", "size": 25}
    opened = sandbox.ask("GET", drawn["buttons"][0]["url"])
    assert opened.headers["Content-Type"] == "application/octet-stream"
    assert sandbox.ask("GET", "media?id=nothing").status_code == 404
