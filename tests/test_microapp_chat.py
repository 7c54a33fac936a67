"""Messages over a real stand-in of the platform and both databases: sent once, or told why not."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from chat_stage import (
    CHAT,
    COLLEAGUE,
    NAME,
    NOTIFY,
    OLDER,
    SEND,
    TEXT,
    USERID,
    age,
    choose,
    form,
    inbox,
    keep,
    older_way,
    only_id,
    pick,
    receivers,
    rows,
)
from microapp_visitor import ORIGIN, AppVisitor, error_code, new_key
from sandbox_server import SandboxClient

from dingbridge.errors import (
    CallRefused,
    CredentialUnavailable,
    DingBridgeError,
    PlatformError,
    PlatformUnavailable,
    RateLimited,
)
from microapp.chat_store import A_MINUTE
from microapp.database import Database
from microapp.platform_failures import is_unclear
from microapp.words import words

pytest_plugins = ["chat_fixtures"]


ZH = words("zh")


@pytest.mark.row("R23")
def test_the_robot_sends_to_the_chosen_chat_and_names_who_wrote(
    writer: AppVisitor, dingtalk: SandboxClient
) -> None:
    assert ZH["chat_empty"] in writer.get("/chat").text
    answer = writer.post("/chat", form(choose(writer)))
    assert answer.status_code == 201
    for userid in CHAT.members:
        (letter,) = inbox(dingtalk, userid)
        assert letter["conversation"] == CHAT.title
        assert letter["card"]["text"] == f"{TEXT}\n—— {NAME}"
    (row,) = rows(writer)
    assert row.endswith(f"文字 → {CHAT.title} {TEXT} 已发出")


@pytest.mark.row("R23")
@older_way
def test_the_older_way_sends_in_the_persons_name_once_for_each_choice(
    writer: AppVisitor, dingtalk: SandboxClient
) -> None:
    _, choice = pick(writer, dingtalk)
    assert receivers(writer)[str(choice)] == CHAT.title
    assert writer.post("/chat", form(choice)).status_code == 201
    (letter,) = inbox(dingtalk)
    assert (letter["from"], letter["card"]["text"]) == (USERID, TEXT)
    assert str(choice) not in receivers(writer)
    answer = writer.post("/chat", form(choice, text="a second one"))
    assert (answer.status_code, error_code(answer)) == (422, "no_conversation")
    assert len(inbox(dingtalk)) == 1
    assert len(rows(writer)) == 1


@pytest.mark.row("R46")
@pytest.mark.parametrize("kind", ["text", "link", "card"])
@pytest.mark.parametrize("to", ["me", "chat"])
def test_every_kind_arrives_as_it_was_written(
    writer: AppVisitor, dingtalk: SandboxClient, kind: str, to: str
) -> None:
    url = "https://example.com/a?b=1&c=%E4%B8%AD"
    typed = {"kind": kind, "title": "巡检报告", "url": url}
    answer = writer.post("/chat", form("me" if to == "me" else choose(writer), **typed))
    assert answer.status_code == 201
    (letter,) = inbox(dingtalk)
    assert letter["kind"] == ("notification" if to == "me" else "robot")
    shown = letter["card"]
    assert shown["text"].startswith(TEXT)
    assert (NAME in shown["text"]) == (to == "chat")
    if kind != "text":
        assert shown["title"] == "巡检报告"
        assert shown["buttons"][0]["url"] == url
    if kind == "link":
        assert shown["image"] == f"{ORIGIN}/static/link.png"
    if kind == "card":
        assert shown["buttons"][0]["title"] == ZH["chat_card_button"]


def test_a_links_picture_is_there(writer: AppVisitor) -> None:
    with writer.get("/static/link.png") as answer:
        assert (answer.status_code, answer.mimetype) == (200, "image/png")


def test_an_older_chat_id_is_turned_into_todays(writer: AppVisitor) -> None:
    answer = keep(writer, chatId=CHAT.chat_id, title=CHAT.title)
    assert answer.json is not None
    assert answer.json["id"] == choose(writer)
    refused = keep(writer, chatId="chat-of-nobody", title="x")
    assert (refused.status_code, error_code(refused)) == (403, "invalideChatId")


def test_the_same_submission_is_sent_once_however_often_it_comes(
    writer: AppVisitor, dingtalk: SandboxClient
) -> None:
    submitted = form(choose(writer))
    first, second = (writer.post("/chat", submitted) for _ in range(2))
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json == second.json
    assert len(inbox(dingtalk)) == len(rows(writer)) == 1


def test_many_taps_at_once_send_once(
    writer: AppVisitor, dingtalk: SandboxClient, sent: Database
) -> None:
    submitted = form(choose(writer))
    together = threading.Barrier(4)

    def tap(_: int) -> int:
        mine = writer.colleague(USERID, NAME)  # the same person in another window
        together.wait()
        return mine.post("/chat", submitted).status_code

    with ThreadPoolExecutor(4) as pool:
        statuses = sorted(pool.map(tap, range(4)))
    assert set(statuses) <= {200, 201, 409}
    assert statuses.count(201) == 1
    assert len(inbox(dingtalk)) == 1
    assert only_id(writer, sent)


def test_changed_content_under_the_same_key_is_told_and_not_sent(
    writer: AppVisitor, dingtalk: SandboxClient
) -> None:
    submitted = form()
    writer.post("/chat", submitted)
    answer = writer.post("/chat", {**submitted, "text": "changed"})
    assert (answer.status_code, error_code(answer)) == (409, "submitted_before")
    assert len(inbox(dingtalk)) == 1


def test_what_the_platform_refused_is_told_with_a_reference_and_sent_on_the_next_try(
    writer: AppVisitor, dingtalk: SandboxClient
) -> None:
    refused = {"code": "contain.notAllowed.text", "message": "text not allowed"}
    body = '{"code":"contain.notAllowed.text","message":"text not allowed"}'
    dingtalk.fault(SEND, "custom", times=1, status=400, body=body)
    submitted = form(choose(writer), text="a forbidden word")
    answer = writer.post("/chat", submitted)
    assert (answer.status_code, error_code(answer)) == (403, refused["code"])
    assert answer.json is not None
    (row,) = rows(writer)
    assert answer.json["error"]["message"] in row
    assert row.endswith(f"编号 {answer.json['error']['reference']}")
    assert inbox(dingtalk) == []
    again = writer.post("/chat", {**submitted, "text": TEXT})
    assert again.status_code == 201
    (row,) = rows(writer)
    assert row.endswith(f"{TEXT} 已发出")
    assert len(inbox(dingtalk)) == 1


@older_way
def test_a_cid_is_still_good_after_a_refusal(writer: AppVisitor, dingtalk: SandboxClient) -> None:
    _, choice = pick(writer, dingtalk)
    dingtalk.fault(OLDER, "custom", times=1, body='{"errcode":60011,"errmsg":"no permission"}')
    submitted = form(choice)
    answer = writer.post("/chat", submitted)
    assert (answer.status_code, error_code(answer)) == (403, "60011")
    assert str(choice) in receivers(writer)
    assert writer.post("/chat", submitted).status_code == 201
    assert len(inbox(dingtalk)) == 1


@pytest.mark.parametrize(
    ("kind", "more"),
    [
        ("reset", {}),
        ("http500", {}),
        ("custom", {"body": "not json"}),
        ("custom", {"status": 400, "body": '{"code":"unknown.send.result","message":"?"}'}),
        ("custom", {"status": 400, "body": '{"code":"systemBusy","message":"?"}'}),
    ],
)
def test_without_a_clear_answer_it_is_unknown_and_never_sent_again_by_itself(
    writer: AppVisitor, dingtalk: SandboxClient, kind: str, more: dict[str, Any]
) -> None:
    submitted = form(choose(writer))
    dingtalk.fault(SEND, kind, times=1, **more)
    answer = writer.post("/chat", submitted)
    assert error_code(answer) == "send_unclear"
    (row,) = rows(writer)
    assert ZH["chat_state_unknown"] in row
    assert answer.json is not None
    assert answer.json["error"]["reference"] in row
    calls = dingtalk.platform_calls(SEND)
    again = writer.post("/chat", submitted)
    assert (again.status_code, error_code(again)) == (409, "send_unclear")
    assert dingtalk.platform_calls(SEND) == calls
    # A person who has looked sends it as another message.
    assert writer.post("/chat", {**submitted, "key": new_key()}).status_code == 201


def test_a_notification_whose_answer_was_lost_is_unknown_and_not_dropped(
    writer: AppVisitor, dingtalk: SandboxClient, sent: Database
) -> None:
    dingtalk.fault(NOTIFY, "lost", times=1)
    assert error_code(writer.post("/chat", form())) == "send_unclear"
    assert dingtalk.platform_calls(NOTIFY) == 1
    assert len(inbox(dingtalk)) == 1
    assert ZH["chat_state_unknown"] in rows(writer)[0]


def test_a_server_that_stopped_while_it_sent_leaves_an_unknown_row(
    writer: AppVisitor, dingtalk: SandboxClient, sent: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Stopped(BaseException):
        """As if the process were killed."""

    def stop(*_: object, **__: object) -> None:
        raise Stopped

    submitted = form(choose(writer))
    with monkeypatch.context() as patched:
        patched.setattr("microapp.chat_sending._hand_over", stop)
        with pytest.raises(Stopped):
            writer.post("/chat", submitted)
    (row,) = rows(writer)
    assert row.endswith(ZH["chat_state_sending"])
    assert error_code(writer.post("/chat", submitted)) == "send_running"
    age(sent, timedelta(minutes=3))
    (row,) = rows(writer)
    assert row.endswith(ZH["chat_state_unknown"])
    assert error_code(writer.post("/chat", submitted)) == "send_unclear"
    assert inbox(dingtalk) == []


def test_without_a_token_nothing_is_sent_and_the_next_try_does(
    writer: AppVisitor, dingtalk: SandboxClient
) -> None:
    dingtalk.fault("token", "http500")
    submitted = form()
    answer = writer.post("/chat", submitted)
    assert (answer.status_code, error_code(answer)) == (503, "token_unavailable")
    assert answer.headers["Retry-After"]
    (row,) = rows(writer)
    assert "暂时连不上钉钉的服务" in row
    assert dingtalk.platform_calls(NOTIFY) == 0


def test_more_than_a_person_sends_in_a_minute_is_refused(
    writer: AppVisitor, dingtalk: SandboxClient
) -> None:
    for number in range(A_MINUTE):
        assert writer.post("/chat", form(text=f"message {number}")).status_code == 201
    answer = writer.post("/chat", form(text="one more"))
    assert (answer.status_code, error_code(answer)) == (429, "too_many_requests")
    assert len(inbox(dingtalk)) == A_MINUTE
    assert writer.colleague(COLLEAGUE).post("/chat", form()).status_code == 201


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (PlatformUnavailable("platform_timeout"), True),
        (PlatformUnavailable("platform_unreachable"), True),
        (PlatformUnavailable("platform_unreadable"), True),
        (PlatformUnavailable("platform_failed", http_status=500), True),
        (PlatformError("88", sub_code="-1"), True),
        (PlatformError("unknown.send.result"), True),
        (PlatformError("RequestTimeout", http_status=408), True),
        (PlatformUnavailable("platform_banned"), False),
        (PlatformUnavailable("http_429", http_status=429), False),
        (RateLimited("limited_here", retry_after=1, scope="app_api", endpoint="/x"), False),
        (PlatformError("resource.unavailable"), False),
        (CallRefused("no_conversation"), False),
        (CredentialUnavailable("token_unavailable"), False),
    ],
)
def test_what_says_nothing_about_the_message_is_told_from_what_refuses_it(
    error: DingBridgeError, expected: bool
) -> None:
    assert is_unclear(error) is expected
