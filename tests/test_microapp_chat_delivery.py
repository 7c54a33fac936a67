"""What became of a notification: asked while it can change, told in a sentence, to its sender."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from chat_stage import (
    COLLEAGUE,
    PROGRESS,
    USERID,
    age,
    ask,
    form,
    inbox,
    only_id,
    rows,
)
from microapp_visitor import AppVisitor, error_code
from sandbox_server import SandboxClient
from sqlalchemy import select, update

from microapp.chat_store import messages
from microapp.database import Database
from microapp.words import words

pytest_plugins = ["chat_fixtures"]


ZH = words("zh")


def later(sent: Database) -> None:
    """The pause between two questions to the platform is over."""
    with sent.write() as connection:
        connection.execute(update(messages).values(checked=None))


@pytest.mark.row("R46")
def test_a_notification_is_followed_until_it_is_read(
    writer: AppVisitor, dingtalk: SandboxClient, sent: Database
) -> None:
    dingtalk.ask("PATCH", "messages", b'{"delivery_seconds": 100}')
    writer.post("/chat", form())
    row = only_id(writer, sent)
    dingtalk.advance(40)
    told = ask(writer, row).json
    assert told is not None
    assert not told["final"]
    assert re.fullmatch(r"正在送达，4\d%", told["sentence"])
    dingtalk.advance(100)
    later(sent)
    expected = {"tone": "good", "sentence": ZH["chat_delivery_delivered"], "final": False}
    assert ask(writer, row).json == expected
    dingtalk.sandbox.platform.corp.mailbox.read(1, USERID)
    later(sent)
    read = {"tone": "good", "sentence": ZH["chat_delivery_read"], "final": True}
    assert ask(writer, row).json == read
    assert rows(writer)[0].endswith(ZH["chat_delivery_read"])
    calls = dingtalk.platform_calls(PROGRESS)
    later(sent)
    assert ask(writer, row).json == read
    assert dingtalk.platform_calls(PROGRESS) == calls


def test_what_the_platform_drops_is_told(
    writer: AppVisitor, dingtalk: SandboxClient, sent: Database
) -> None:
    writer.post("/chat", form())
    writer.post("/chat", form())
    with sent.read() as connection:
        newest = connection.execute(select(messages.c.id).order_by(messages.c.id.desc())).scalar()
    told = ask(writer, newest).json
    assert told is not None
    assert (told["tone"], told["final"]) == ("bad", True)
    assert "今天已经发过" in told["sentence"]
    assert told["sentence"] in rows(writer)[0]
    assert len(inbox(dingtalk)) == 1


def test_however_often_pages_ask_the_platform_is_asked_once_a_second(
    writer: AppVisitor, dingtalk: SandboxClient, sent: Database
) -> None:
    writer.post("/chat", form())
    row = only_id(writer, sent)
    answers = [ask(writer, row).json for _ in range(5)]
    assert answers == [answers[0]] * 5
    assert dingtalk.platform_calls(PROGRESS) == 1


def test_after_a_day_nobody_asks_any_more(
    writer: AppVisitor, dingtalk: SandboxClient, sent: Database
) -> None:
    writer.post("/chat", form())
    age(sent, timedelta(hours=25))
    told = ask(writer, only_id(writer, sent)).json
    assert told == {"tone": "good", "sentence": ZH["chat_state_sent"], "final": True}
    assert ZH["chat_ask"] not in writer.get("/chat").text
    assert dingtalk.platform_calls(PROGRESS) == 0


def test_a_platform_that_does_not_tell_is_explained_and_changes_nothing(
    writer: AppVisitor, dingtalk: SandboxClient, sent: Database
) -> None:
    writer.post("/chat", form())
    dingtalk.fault(PROGRESS, "custom", body='{"errcode":40035,"errmsg":"x"}')
    answer = ask(writer, only_id(writer, sent))
    assert (answer.status_code, error_code(answer)) == (403, "40035")
    assert rows(writer)[0].split()[-2:] == [ZH["chat_state_sent"], ZH["chat_ask"]]


def test_a_colleague_learns_nothing_of_my_messages(
    writer: AppVisitor, dingtalk: SandboxClient, sent: Database
) -> None:
    writer.post("/chat", form(text="mine alone"))
    colleague = writer.colleague(COLLEAGUE, admin=True)
    assert rows(colleague) == []
    answer = ask(colleague, only_id(writer, sent))
    assert (answer.status_code, error_code(answer)) == (404, "not_found")
    assert dingtalk.platform_calls(PROGRESS) == 0


@pytest.mark.parametrize("row", ["0", "9" * 18, "9" * 30, "x", "-1"])
def test_a_message_that_is_not_there_is_not_found(writer: AppVisitor, row: str) -> None:
    assert ask(writer, row).status_code == 404
