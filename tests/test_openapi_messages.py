"""Messages of every type, by every way: as the receiver finds them in the sandbox."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from openapi_stage import Stage, open_stage

from dingbridge.errors import CallRefused, PlatformError
from dingbridge.openapi import explain
from dingbridge.openapi.messages import (
    Button,
    Message,
    card,
    card_with_buttons,
    file,
    image,
    link,
    markdown,
    oa,
    text,
    voice,
)
from dingbridge.openapi.notifications import Dropped, Progress, Status

PNG = b"\x89PNG\r\n\x1a\n" + bytes(100)
AMR = b"#!AMR\n" + bytes(100)
PDF = b"%PDF-1.7\n" + bytes(100)
CONVERSATION = "cidSandboxOpen9Kd7Lw2Qx5mB0A=="
CHAT = "chat0f1e2d3c4b5a69788796a5b4c3d2e1f0"
MEMBERS = ("manager4220", "user5031", "user6188", "user2001")


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with open_stage(tmp_path) as opened:
        yield opened


def messages(stage: Stage, folder: Path) -> dict[str, Message]:
    """One of each type, with media that have been uploaded."""

    def uploaded(name: str, content: bytes, kind: Any) -> str:
        path = folder / name
        path.write_bytes(content)
        return stage.openapi.media.upload(path, kind).media_id

    picture = uploaded("图.png", PNG, "image")
    buttons = [Button("同意", "https://a.example/1"), Button("拒绝", "https://a.example/2")]
    return {
        "text": text("请提交日报 📋"),
        "image": image(picture),
        "voice": voice(uploaded("话.amr", AMR, "voice"), 10),
        "file": file(uploaded("报表.pdf", PDF, "file"), "报表.pdf"),
        "link": link("标题", "说明", "https://a.example", picture),
        "markdown": markdown("周报", "# 标题\n* **一**"),
        "card": card("标题", "**正文**", Button("查看详情", "https://a.example")),
        "buttons": card_with_buttons("标题", "**正文**", buttons),
        "oa": oa(
            "报销单",
            "https://a.example",
            form={"姓名": "张三", "金额": "15.6 元"},
            content="大段文本",
            amount=("15.6", "元"),
            author="李四",
            status=("审批中", "0xFFF65E5E"),
        ),
    }


KINDS = ["text", "image", "voice", "file", "link", "markdown", "card", "buttons", "oa"]


# -- work notifications


@pytest.mark.row("R46")
def test_a_notification_of_every_type_reaches_its_receiver(stage: Stage, tmp_path: Path) -> None:
    made = messages(stage, tmp_path)
    assert list(made) == KINDS
    for message in made.values():
        task = stage.openapi.notifications.send(message, users=["user5031"])
        assert stage.openapi.notifications.progress(task) == Progress(100, Status.DONE)
        assert stage.openapi.notifications.result(task).unread == ("user5031",)
    seen = stage.messages("user5031")
    assert [letter["message"] for letter in seen] == [
        message.as_notification() for message in made.values()
    ]
    assert seen[0]["summary"] == "请提交日报 📋"
    assert seen[0]["to"] == [{"userid": "user5031", "name": "欧阳若兰"}]
    assert stage.messages("user6188") == []


@pytest.mark.row("R46")
def test_progress_and_result_tell_how_far_it_is_and_who_has_read(stage: Stage) -> None:
    stage.sandbox.ask("PATCH", "messages", b'{"delivery_seconds": 10}')
    task = stage.openapi.notifications.send(
        text("通知"), users=["user5031", "user6188", "nobody"], departments=[1022, 999]
    )
    stage.pass_time(5)
    assert stage.openapi.notifications.progress(task) == Progress(50, Status.RUNNING)
    with pytest.raises(PlatformError) as caught:
        stage.openapi.notifications.result(task)
    assert caught.value.code == "41052"
    stage.pass_time(5)
    (letter,) = stage.messages()
    body = json.dumps({"n": letter["n"], "user": "user6188"}).encode()
    assert stage.sandbox.ask("POST", "messages/read", body).ok
    result = stage.openapi.notifications.result(task)
    assert result.read == ("user6188",)
    assert set(result.unread) == {"user5031", "user2003"}
    assert (result.invalid_users, result.invalid_departments) == (("nobody",), (999,))


@pytest.mark.row("R46")
def test_what_the_platform_drops_in_silence_is_told_by_the_result(stage: Stage) -> None:
    send = stage.openapi.notifications.send
    send(text("同一内容"), users=["user5031"])
    again = send(text("同一内容"), users=["user5031", "user6188"])
    result = stage.openapi.notifications.result(again)
    assert result.dropped == (Dropped("user5031", "143106", 1),)
    assert result.forbidden == ("user5031",)
    assert result.unread == ("user6188",)
    assert len(stage.messages("user5031")) == 1
    stage.pass_time(86_400)
    send(text("同一内容"), users=["user5031"])
    assert len(stage.messages("user5031")) == 2


@pytest.mark.row("R46")
@pytest.mark.parametrize("kind", ["lost", "busy", "http500"])
@pytest.mark.parametrize("way", ["send", "send_template"])
def test_a_notification_whose_outcome_is_unclear_is_not_sent_again(
    stage: Stage, way: str, kind: str
) -> None:
    stage.sandbox.fault("messages", kind, times=1)
    what: Any = text("早") if way == "send" else "template1"
    values = () if way == "send" else ({"name": "早"},)
    with pytest.raises(PlatformError):
        getattr(stage.openapi.notifications, way)(what, *values, users=["user5031"])
    # A repetition would be dropped (143106), and its task would say so of a message that arrived.
    sent = [
        call for call in stage.sandbox.calls(kind="platform") if "/message/" in call["endpoint"]
    ]
    assert len(sent) == 1
    assert len(stage.messages("user5031")) == (kind == "lost")


@pytest.mark.row("R46")
def test_a_notification_is_recalled_and_its_status_changed(stage: Stage) -> None:
    notifications = stage.openapi.notifications
    message = oa("报销单", "https://a.example", status=("审批中", "0xFFF65E5E"))
    task = notifications.send(message, users=["user5031"])
    notifications.set_status(task, "已同意", "0xFF78C06E")
    assert stage.messages()[0]["status"] == {"value": "已同意", "colour": "0xFF78C06E"}
    notifications.recall(task)
    assert stage.messages("user5031") == []
    stage.pass_time(86_401)
    for attempt in (notifications.recall, notifications.result):
        with pytest.raises(PlatformError):
            attempt(task)
    assert notifications.progress(task).percent == 100


def test_everybody_or_a_department_with_all_below_it_can_be_told(stage: Stage) -> None:
    stage.openapi.notifications.send(text("全员"), to_all=True)
    stage.openapi.notifications.send(text("研发"), departments=[102])
    everybody, developers = stage.messages()
    assert len(everybody["to"]) == 8
    assert {one["name"] for one in developers["to"]} == {"欧阳静", "𠮷田健"}


def test_a_template_is_sent_with_its_values(stage: Stage) -> None:
    task = stage.openapi.notifications.send_template("t1", {"姓名": "张三"}, users=["user5031"])
    assert stage.openapi.notifications.result(task).unread == ("user5031",)
    assert stage.messages()[0]["message"]["template"]["values"] == {"姓名": "张三"}


@pytest.mark.parametrize(
    ("receivers", "code"),
    [
        ({}, "receivers"),
        ({"users": ["a"], "to_all": True}, "receivers"),
        ({"users": ["a"] * 101}, "too_many_receivers"),
        ({"departments": [1] * 21}, "too_many_receivers"),
    ],
)
def test_receivers_that_cannot_be_right_are_refused_here(
    stage: Stage, receivers: dict[str, Any], code: str
) -> None:
    with pytest.raises(CallRefused) as caught:
        stage.openapi.notifications.send(text("x"), **receivers)
    assert caught.value.code == code
    assert stage.messages() == []


def test_a_status_bar_is_for_five_people_at_most(stage: Stage) -> None:
    message = oa("单", "https://a.example", status=("中", "0xFFF65E5E"))
    for receivers in ({"users": ["u"] * 6}, {"departments": [1]}):
        with pytest.raises(CallRefused) as caught:
            stage.openapi.notifications.send(message, **receivers)  # type: ignore[arg-type]
        assert caught.value.code == "too_many_receivers"


@pytest.mark.parametrize(
    ("message", "code"),
    [
        (text("长" * 1000), "45002"),
        (image("@unknown"), "40007"),
        (Message("poem", {"content": "x"}), "40008"),
        (Message("link", {"title": "x"}), "34014"),
    ],
)
def test_what_the_platform_refuses_of_a_message_comes_through(
    stage: Stage, message: Message, code: str
) -> None:
    with pytest.raises(PlatformError) as caught:
        stage.openapi.notifications.send(message, users=["user5031"])
    assert caught.value.code == code


@pytest.mark.row("R08")
def test_another_apps_agent_is_refused_and_the_setting_named(stage: Stage) -> None:
    with pytest.raises(PlatformError) as caught:
        stage.with_settings(agent_id="1").notifications.send(text("x"), users=["user5031"])
    assert caught.value.code == "40056"
    assert "DING_AGENT_ID" in explain(caught.value, "zh").remedy


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (lambda: voice("@m", 60), "voice_duration"),
        (lambda: voice("@m", 0), "voice_duration"),
        (lambda: markdown("t", "x" * 5001), "message_too_long"),
        (lambda: card("t", "m", Button("长" * 21, "https://a")), "card_buttons"),
        (lambda: card("t", "m", Button("好", "h" * 501)), "card_buttons"),
        (lambda: card_with_buttons("t", "m", []), "card_buttons"),
        (lambda: card_with_buttons("t", "m", [Button("好", "h")] * 6), "card_buttons"),
        (lambda: card_with_buttons("t", "m", [Button("", "h")]), "card_buttons"),
    ],
)
def test_a_message_against_the_documented_bounds_is_not_even_made(make: Any, code: str) -> None:
    with pytest.raises(CallRefused) as caught:
        make()
    assert caught.value.code == code


# -- chats


@pytest.mark.row("R23")
@pytest.mark.row("R46")
def test_the_robot_sends_every_type_that_it_can_to_a_chat(stage: Stage, tmp_path: Path) -> None:
    made = messages(stage, tmp_path)
    del made["oa"]
    for message in made.values():
        assert stage.openapi.chats.send(CONVERSATION, message).key
    seen = stage.messages("user6188")
    assert [letter["message"]["msgtype"] for letter in seen] == [
        "sampleText",
        "sampleImageMsg",
        "sampleAudio",
        "sampleFile",
        "sampleLink",
        "sampleMarkdown",
        "sampleActionCard",
        "sampleActionCard2",
    ]
    assert seen[3]["message"]["sampleFile"]["fileName"] == "报表.pdf"
    assert seen[2]["message"]["sampleAudio"]["duration"] == "10000"


@pytest.mark.parametrize(
    ("count", "side_by_side", "template"),
    [
        (1, False, "sampleActionCard"),
        (2, True, "sampleActionCard6"),
        (3, False, "sampleActionCard3"),
        (5, True, "sampleActionCard5"),
    ],
)
def test_cards_find_the_robots_template_for_their_buttons(
    stage: Stage, count: int, side_by_side: bool, template: str
) -> None:
    buttons = [Button(f"第{n}个", f"https://a.example/{n}") for n in range(count)]
    message = card_with_buttons("标题", "正文", buttons, side_by_side=side_by_side)
    stage.openapi.chats.send(CONVERSATION, message)
    assert stage.messages()[0]["message"]["msgtype"] == template


@pytest.mark.row("R23")
@pytest.mark.parametrize("way", ["openConversationId", "chatId", "cid"])
def test_whatever_the_picker_gave_the_message_arrives_in_the_chosen_chat(
    stage: Stage, way: str
) -> None:
    if way == "cid":
        choice = stage.sandbox.native("biz.chat.pickConversation", granted=True)["result"]
    else:
        chosen = stage.sandbox.native("biz.chat.chooseConversationByCorpId", granted=True)["result"]
        choice = {way: chosen[way], "title": chosen["title"]}
    sent = stage.openapi.chats.send_to_choice(choice, text("选好的群"), sender="manager4220")
    (letter,) = stage.messages()
    assert (letter["conversation"], letter["summary"]) == ("沙箱项目组", "选好的群")
    assert tuple(one["userid"] for one in letter["to"]) == MEMBERS
    assert sent.receivers == (MEMBERS if way == "cid" else ())
    assert letter["from"] == ("manager4220" if way == "cid" else stage.settings.client_id)


@pytest.mark.row("R23")
def test_a_cid_is_good_once_and_for_a_day(stage: Stage) -> None:
    spent, old = (
        stage.sandbox.native("biz.chat.pickConversation", granted=True)["result"]["cid"]
        for _ in range(2)
    )
    stage.openapi.chats.send_to_cid(spent, text("一"), sender="manager4220")
    stage.pass_time(86_401)
    for cid in (spent, old):
        with pytest.raises(PlatformError) as caught:
            stage.openapi.chats.send_to_cid(cid, text("二"), sender="manager4220")
        assert caught.value.code == "40016"


@pytest.mark.row("R23")
def test_an_app_that_is_too_new_for_the_older_way_is_told(stage: Stage) -> None:
    stage.sandbox.patch_platform(permissions={"older_conversations": False})
    with pytest.raises(PlatformError) as caught:
        stage.openapi.chats.send_to_cid("cid", text("x"), sender="manager4220")
    assert caught.value.code == "60011"


@pytest.mark.parametrize("choice", [{}, {"cid": ""}, {"openConversationId": 5}, {"title": "x"}])
def test_a_choice_without_a_conversation_is_refused_here(
    stage: Stage, choice: dict[str, object]
) -> None:
    with pytest.raises(CallRefused) as caught:
        stage.openapi.chats.send_to_choice(choice, text("x"), sender="manager4220")
    assert caught.value.code == "no_conversation"


@pytest.mark.row("R46")
def test_who_has_read_a_robots_message_and_taking_it_back(stage: Stage) -> None:
    chats = stage.openapi.chats
    sent = chats.send(CONVERSATION, text("请看"))
    number = stage.messages()[0]["n"]
    for reader in ("user6188", "user5031"):
        body = json.dumps({"n": number, "user": reader}).encode()
        assert stage.sandbox.ask("POST", "messages/read", body).ok
    assert chats.readers(CONVERSATION, sent.key) == ("user5031", "user6188")
    assert chats.recall(CONVERSATION, [sent.key, "unknown"]) == {"unknown": "无效的processQueryKey"}
    assert stage.messages("user6188") == []
    with pytest.raises(CallRefused):
        chats.recall(CONVERSATION, ["k"] * 21)


def test_the_robot_writes_to_people_one_by_one(stage: Stage) -> None:
    sent = stage.openapi.chats.send_to_users(["user5031", "nobody"], text("你好"))
    assert sent.key
    assert (sent.invalid, sent.flow_controlled) == (("nobody",), ())
    assert [letter["summary"] for letter in stage.messages("user5031")] == ["你好"]
    for users in ([], ["u"] * 21):
        with pytest.raises(CallRefused):
            stage.openapi.chats.send_to_users(users, text("x"))


@pytest.mark.parametrize(
    ("attempt", "code"),
    [
        (lambda c: c.send("nowhere", text("x")), "invalid.openConversationId"),
        (
            lambda c: c.send("cidSandboxOpen2Vb8Zt4Rn7yC1Q==", text("x")),
            "resource.unavailable",
        ),
        (
            lambda c: c.send(CONVERSATION, text("x"), robot_code="other"),
            "invalidParameter.robotCode.auth",
        ),
        (lambda c: c.open_conversation_id("chat/../x"), "invalideChatId"),
    ],
)
def test_the_robots_refusals_come_through(stage: Stage, attempt: Any, code: str) -> None:
    with pytest.raises(PlatformError) as caught:
        attempt(stage.openapi.chats)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("message", "code"),
    [
        (oa("单", "https://a.example"), "not_for_robots"),
        (file("@m"), "not_for_robots"),
        (text("长" * 6000), "message_too_long"),
    ],
)
def test_what_a_robot_cannot_say_is_refused_here(stage: Stage, message: Message, code: str) -> None:
    with pytest.raises(CallRefused) as caught:
        stage.openapi.chats.send(CONVERSATION, message)
    assert caught.value.code == code
    assert stage.messages() == []


def test_an_open_conversation_id_is_found_by_chat_id(stage: Stage) -> None:
    assert stage.openapi.chats.open_conversation_id(CHAT) == CONVERSATION
