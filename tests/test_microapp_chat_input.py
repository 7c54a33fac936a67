"""The chat page itself, and what is posted to it that cannot be right or is meant to do harm."""

from __future__ import annotations

import re
from typing import Any

import pytest
from chat_stage import (
    CHAT,
    NOTIFY,
    ROBOTLESS,
    ask,
    choose,
    form,
    inbox,
    keep,
    only_id,
    receivers,
    rows,
)
from microapp_visitor import ORIGIN, PAGE, AppVisitor, error_code
from sandbox_server import SandboxClient
from werkzeug.test import TestResponse

from microapp.chat import NAME_ROOM, PAGE_SIZE
from microapp.database import Database
from microapp.page_room import cut
from microapp.words import words

pytest_plugins = ["chat_fixtures"]


ZH = words("zh")


@pytest.mark.parametrize(
    "choice",
    [
        {},
        {"openConversationId": ""},
        {"openConversationId": None},
        {"openConversationId": 5},
        {"openConversationId": ["cid"]},
        {"openConversationId": "with space"},
        {"openConversationId": "中文"},
        {"openConversationId": "x" * 201},
        {"openConversationId": "cid\n"},
        {"chatId": {"a": 1}},
        {"cid": "cid-of-the-older-way"},
    ],
)
def test_what_no_picker_gives_is_refused(writer: AppVisitor, choice: dict[str, object]) -> None:
    answer = keep(writer, **choice)
    assert (answer.status_code, error_code(answer)) == (400, "bad_request")
    assert set(receivers(writer)) == {"me"}


@pytest.mark.parametrize(
    "title", ["<b>测试群</b> & 'q'", "<script>alert(1)</script>", "", "长" * 300]
)
def test_a_chats_name_is_text(writer: AppVisitor, title: str) -> None:
    choice = choose(writer, title=title)
    assert receivers(writer)[str(choice)] == (cut(title, NAME_ROOM) or ZH["chat_unnamed"])
    assert "<script>alert" not in writer.get("/chat").text


@pytest.mark.parametrize(
    ("changed", "status", "code"),
    [
        ({"key": "short"}, 400, "bad_request"),
        ({"kind": "oa"}, 400, "bad_request"),
        ({"kind": None}, 400, "bad_request"),
        ({"to": ""}, 404, "not_found"),
        ({"to": None}, 404, "not_found"),
        ({"to": "you"}, 404, "not_found"),
        ({"to": "1"}, 404, "not_found"),
        ({"to": "9" * 30}, 404, "not_found"),
        ({"text": " \x00\n"}, 422, "incomplete"),
        ({"text": None}, 422, "incomplete"),
        ({"kind": "link", "title": "", "url": "https://example.com"}, 422, "incomplete"),
        ({"kind": "card", "title": "t", "url": ""}, 422, "incomplete"),
        ({"kind": "card", "title": "t", "url": "javascript:alert(1)"}, 422, "address_implausible"),
        ({"kind": "link", "title": "t", "url": "https://a@b.example"}, 422, "address_implausible"),
        ({"text": "长" * 501}, 413, "too_large"),
        ({"kind": "link", "title": "t" * 65, "url": "https://a.example"}, 413, "too_large"),
        ({"kind": "link", "title": "t", "url": "https://a/" + "a" * 500}, 413, "too_large"),
        ({"kind": "card", "title": "长" * 64, "url": "https://a/" + "a" * 480, "text": "长" * 500},
         413, "too_large"),
        ({"text": "x" * 100_000}, 413, "too_large"),
    ],
)  # fmt: skip
def test_what_cannot_be_sent_is_refused_and_leaves_no_row(
    writer: AppVisitor, dingtalk: SandboxClient, changed: dict[str, Any], status: int, code: str
) -> None:
    submitted = {name: value for name, value in form(**changed).items() if value is not None}
    answer = writer.post("/chat", submitted)
    assert (answer.status_code, error_code(answer)) == (status, code)
    assert rows(writer) == []
    assert dingtalk.platform_calls(NOTIFY) == 0


@pytest.mark.parametrize(
    "text", ["<script>alert(1)</script>", "{{ 7 * 7 }}", "长" * 500, "𠮷田 🚚"]
)
def test_whatever_is_typed_is_text_here_and_there(
    writer: AppVisitor, dingtalk: SandboxClient, text: str
) -> None:
    assert writer.post("/chat", form(text=text)).status_code == 201
    assert inbox(dingtalk)[0]["card"]["text"] == text
    assert text[:60] in rows(writer)[0]
    assert "<script>alert" not in writer.get("/chat").text


def test_a_long_list_is_paged(writer: AppVisitor) -> None:
    for number in range(PAGE_SIZE + 2):
        writer.post("/chat", form(text=f"message {number}"))
    assert len(rows(writer)) == PAGE_SIZE
    (older,) = re.findall(r'href="(/chat\?before=\d+)"', writer.get("/chat").text)
    assert [re.findall(r"message \d", row)[0] for row in rows(writer, older)] == [
        "message 1",
        "message 0",
    ]


def test_without_a_session_nothing_is_sent_kept_or_told(
    writer: AppVisitor, dingtalk: SandboxClient, sent: Database
) -> None:
    choice = choose(writer)
    writer.post("/chat", form(text="secret of somebody"))
    row = only_id(writer, sent)
    writer.sign_out()
    page = writer.get("/chat").text
    assert page.count("data-signed-out") == 2
    assert "secret of somebody" not in page
    assert CHAT.title not in page
    for answer in (
        writer.post("/chat", form(choice)),
        keep(writer, openConversationId=CHAT.open_id, title=""),
        ask(writer, row),
    ):
        assert answer.status_code == 401
    assert len(inbox(dingtalk)) == 1


def test_another_sites_form_sends_nothing(writer: AppVisitor, dingtalk: SandboxClient) -> None:
    answer = writer.post("/chat", form(), Origin="https://evil.example")
    assert (answer.status_code, error_code(answer)) == (403, "origin_refused")
    assert inbox(dingtalk) == []


def test_a_plain_form_comes_back_and_its_failure_is_a_page_with_a_reference(
    writer: AppVisitor, dingtalk: SandboxClient, sent: Database
) -> None:
    def post(address: str, fields: dict[str, object]) -> TestResponse:
        return writer.client.post(address, data=fields, headers=PAGE, base_url=ORIGIN)

    answer = post("/chat", form())
    assert (answer.status_code, answer.headers["Location"]) == (303, "/chat")
    answer = post(f"/chat/{only_id(writer, sent)}/delivery", {})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/chat")
    answer = post("/chat", form(choose(writer, ROBOTLESS.open_id)))
    assert answer.status_code == 403
    assert "请群主添加" in answer.text
    assert re.search(r"<code>[2-9A-Z]{4}-[2-9A-Z]{4}</code>", answer.text)
