"""Messages in a real browser: to the chosen chat, once, followed; nothing typed is lost."""

from __future__ import annotations

import itertools
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from app_server import AppServer
from microapp_states import USERID, Stage, open_stage
from phone import Phone
from playwright.sync_api import Browser, Route, expect
from served import Served
from sqlalchemy import select, update

from dingbridge.sandbox.conversations import CHATS
from dingbridge.sandbox.sandbox import Sandbox
from microapp.chat_store import messages

SEND = "/v1.0/robot/groupMessages/send"
PROGRESS = "/topapi/message/corpconversation/getsendprogress"
CHAT = CHATS[0]
_numbers = itertools.count()


class Writer:
    """Somebody who sends messages with one phone."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.phone = stage.phone
        self.page = stage.page
        # The platform is shared by all tests, and takes the same content once a day.
        self.text = f"到达现场，<b>门卫</b> & 客户 {time.time_ns()}-{next(_numbers)}"

    def open(self) -> Writer:
        self.phone.open("/chat")
        self.page.wait_for_selector("[data-part=sent]:not([data-signed-out])")
        return self

    def chooses(self) -> None:
        self.page.click("#choose")
        self.page.wait_for_selector("#chosen .note-good")

    def writes(self) -> None:
        self.page.fill("#text", self.text)

    def taps(self) -> None:
        self.page.click("#chat .main-button")

    def sees_it_done(self) -> None:
        self.page.wait_for_selector("#outcome .note-good")
        self.page.wait_for_selector("[data-part=sent]:not([aria-busy]) .list li")

    def reads_the_failure(self) -> str:
        self.page.wait_for_selector("#outcome .note-bad")
        return self.page.inner_text("#outcome")

    def stored(self) -> list[str]:
        """The states of the messages in the store, oldest first."""
        with self.stage.database.read() as connection:
            rows = connection.execute(select(messages.c.state).order_by(messages.c.id))
            return list(rows.scalars())

    def arrived(self, userid: str = USERID) -> list[dict[str, Any]]:
        """What of this person's messages somebody has got."""
        address = f"{self.phone.sandbox.page_url}__sandbox__/messages?user={userid}"
        found = requests.get(address, timeout=10).json()["messages"]
        return [each for each in found if self.text in each["card"].get("text", "")]


@pytest.fixture
def writing(stages: Callable[..., Stage], served: Served) -> Iterator[Callable[..., Writer]]:
    yield lambda **device: Writer(stages(**device))
    served.sandbox.platform.faults.clear()


@pytest.fixture
def writer(writing: Callable[..., Writer]) -> Writer:
    """Somebody who has chosen a chat and typed a text."""
    writer = writing().open()
    writer.chooses()
    writer.writes()
    return writer


@pytest.mark.row("R23")
@pytest.mark.parametrize("platform", ["android", "ios", "pc", "harmony"])
def test_a_text_goes_to_the_chosen_chat(writing: Callable[..., Writer], platform: str) -> None:
    writer = writing(platform=platform, chat=CHAT.open_id).open()
    writer.chooses()
    expect(writer.page.locator("#to option:checked")).to_have_text(CHAT.title)
    writer.writes()
    writer.taps()
    writer.sees_it_done()
    for userid in CHAT.members:
        (letter,) = writer.arrived(userid)
        assert letter["conversation"] == CHAT.title
    expect(writer.page.locator(".list li")).to_contain_text("已发出")
    expect(writer.page.locator("#text")).to_have_value("")
    expect(writer.page.locator("#to option:checked")).to_have_text(CHAT.title)
    assert writer.phone.documents() == 1
    assert (writer.phone.console, writer.phone.errors) == ([], [])


@pytest.mark.row("R23")
def test_the_older_way_sends_in_ones_own_name_and_the_choice_is_spent(
    browser: Browser, tmp_path: Path
) -> None:
    with Sandbox() as sandbox:
        settings = {**sandbox.environment(tmp_path / "instance"), "DING_CHAT_WAY": "cid"}
        with AppServer(settings, tmp_path) as app:
            sandbox.upstream = app.url
            context = browser.new_context()
            phone = Phone(context, sandbox, "older")
            stage = open_stage(phone, tmp_path / "instance")
            writer = Writer(stage).open()
            writer.chooses()
            writer.writes()
            writer.taps()
            writer.sees_it_done()
            (letter,) = writer.arrived("user5031")
            assert (letter["kind"], letter["from"]) == ("conversation", USERID)
            expect(writer.page.locator("#to option")).to_have_count(2)
            expect(writer.page.locator("#to option:checked")).to_have_text("请选择")
            stage.database.close()
            context.close()


@pytest.mark.row("R46")
def test_a_notification_to_oneself_is_followed_until_it_is_read(
    writing: Callable[..., Writer],
) -> None:
    writer = writing()
    writer.phone.page.clock.install()
    writer.open()
    writer.page.select_option("#to", "me")
    writer.page.select_option("#kind", "card")
    writer.page.fill("#title", "巡检任务")
    writer.page.fill("#url", "https://example.com/task")
    writer.writes()
    writer.taps()
    writer.sees_it_done()
    status = writer.page.locator(".list [role=status]")
    writer.page.clock.fast_forward(1000)
    expect(status).to_have_text("已送达，还没有读")
    (letter,) = writer.arrived()
    writer.phone.sandbox.platform.corp.mailbox.read(letter["n"], USERID)
    with writer.stage.database.write() as connection:  # the server asks once a second at most
        connection.execute(update(messages).values(checked=None))
    with writer.page.expect_response("**/delivery") as answer:
        writer.page.clock.fast_forward(2000)
    assert answer.value.json()["final"] is True
    expect(status).to_have_text("已读")
    expect(writer.page.locator(".list form")).to_have_count(0)


def test_following_ends_by_itself_and_the_button_asks_once_more(
    writing: Callable[..., Writer],
) -> None:
    writer = writing()
    asked: list[str] = []
    writer.page.on("request", lambda sent: asked.append(sent.url))
    writer.page.clock.install()
    writer.open()
    writer.page.select_option("#to", "me")
    writer.writes()
    writer.taps()
    writer.sees_it_done()
    for pause in (1, 2, 3, 5, 8, 13, 20, 30):
        with writer.page.expect_response("**/delivery"):
            writer.page.clock.fast_forward(pause * 1000)
    writer.page.clock.fast_forward(3600_000)
    writer.page.clock.run_for(1000)
    follows = [url for url in asked if url.endswith("/delivery")]
    assert len(follows) == 8
    with writer.page.expect_response("**/delivery"):
        writer.page.click("text=刷新状态")
    expect(writer.page.locator(".list [role=status]")).to_have_text("已送达，还没有读")


def test_a_platform_that_does_not_tell_the_status_is_explained_in_the_list(
    writing: Callable[..., Writer],
) -> None:
    writer = writing().open()
    body = '{"errcode":40035,"errmsg":"x"}'
    fault = {"kind": "custom", "body": body, "times": 1}
    writer.phone.sandbox.platform.faults.patch({PROGRESS: fault})
    writer.page.select_option("#to", "me")
    writer.writes()
    writer.taps()
    writer.sees_it_done()
    expect(writer.page.locator(".list .note-bad code")).to_have_text(
        re.compile(r"[2-9A-Z]{4}-[2-9A-Z]{4}")
    )
    writer.page.click("text=刷新状态")
    expect(writer.page.locator(".list [role=status]")).to_have_text("已送达，还没有读")


def test_two_taps_send_once(writer: Writer) -> None:
    writer.page.evaluate(
        "() => { const button = document.querySelector('.main-button'); "
        "button.click(); button.click(); }"
    )
    writer.sees_it_done()
    assert len(writer.arrived()) == 1
    assert writer.stored() == ["sent"]


def test_an_answer_that_is_lost_does_not_send_twice(writer: Writer) -> None:
    def lose(route: Route) -> None:
        if route.request.method != "POST":
            route.continue_()
            return
        route.fetch()  # the server has sent it, the visitor does not know
        route.abort()
        writer.page.unroute("**/chat")

    writer.page.route("**/chat", lose)
    writer.taps()
    writer.reads_the_failure()
    expect(writer.page.locator("#text")).to_have_value(writer.text)
    writer.page.click("#outcome .side-button")
    writer.sees_it_done()
    assert len(writer.arrived()) == 1


def test_an_expired_session_is_renewed_and_what_was_typed_is_sent(writer: Writer) -> None:
    writer.phone.context.clear_cookies(name="session")
    writer.taps()
    writer.sees_it_done()
    assert len(writer.arrived()) == 1
    assert writer.phone.documents() == 1


def test_offline_nothing_is_lost_and_it_is_sent_later(writer: Writer) -> None:
    writer.phone.context.set_offline(True)
    writer.taps()
    assert "没有网络" in writer.reads_the_failure()
    expect(writer.page.locator("#text")).to_have_value(writer.text)
    writer.phone.context.set_offline(False)
    writer.page.click("#outcome .side-button")
    writer.sees_it_done()
    assert len(writer.arrived()) == 1


def test_a_refusal_is_told_and_listed_with_its_reference_and_can_be_tried_again(
    writer: Writer, served: Served
) -> None:
    body = '{"code":"contain.notAllowed.text","message":"no"}'
    fault = {"kind": "custom", "status": 400, "body": body, "times": 1}
    writer.phone.sandbox.platform.faults.patch({SEND: fault})
    writer.taps()
    assert "请检查后再提交" in writer.reads_the_failure()
    reference = writer.page.inner_text("#outcome code")
    expect(writer.page.locator(".list .note-bad code")).to_have_text(reference)
    assert reference in served.app.output()
    expect(writer.page.locator("#text")).to_have_value(writer.text)
    writer.page.click("#outcome .side-button")
    writer.sees_it_done()
    assert writer.stored() == ["sent"]
    assert len(writer.arrived()) == 1


def test_what_is_unclear_is_sent_again_by_a_person_only(writer: Writer) -> None:
    writer.phone.sandbox.platform.faults.patch({SEND: {"kind": "http500", "times": 1}})
    writer.taps()
    assert "先到钉钉里看一看" in writer.reads_the_failure()
    expect(writer.page.locator(".list .note-warn")).to_contain_text("没有自动重发")
    assert writer.arrived() == []
    expect(writer.page.locator("#text")).to_have_value(writer.text)
    # The button that tries again is safe everywhere; here it would send a second message.
    expect(writer.page.locator("#outcome button")).to_have_count(0)
    writer.taps()
    writer.sees_it_done()
    assert writer.stored() == ["unknown", "sent"]
    assert len(writer.arrived()) == 1


def test_a_choice_that_could_not_be_kept_need_not_be_chosen_again(
    writing: Callable[..., Writer],
) -> None:
    writer = writing().open()
    writer.page.route("**/chat/choices", lambda route: route.abort())
    writer.page.click("#choose")
    writer.page.wait_for_selector("#chosen .note-bad")
    writer.page.unroute("**/chat/choices")
    writer.page.click("#chosen .side-button")
    writer.page.wait_for_selector("#chosen .note-good")
    picker = "biz.chat.chooseConversationByCorpId"
    assert len(writer.phone.calls(method=picker)) == 1


def test_what_is_being_typed_outlives_a_reload_and_goes_to_nobody_unasked(
    writer: Writer,
) -> None:
    chosen = writer.page.input_value("#to")
    writer.page.select_option("#kind", "link")
    writer.page.fill("#title", "巡检报告")
    writer.page.reload()
    expect(writer.page.locator("#text")).to_have_value(writer.text)
    expect(writer.page.locator("#title")).to_have_value("巡检报告")
    expect(writer.page.locator("#url")).to_be_visible()
    expect(writer.page.locator("#to")).to_have_value(chosen)
    # A chat that is not offered any more is nobody, not somebody else.
    writer.stage.empty()
    writer.page.reload()
    expect(writer.page.locator("#to")).to_have_value("")
    expect(writer.page.locator("#text")).to_have_value(writer.text)


def test_a_page_opened_without_a_session_offers_earlier_chats_once_signed_in(
    writing: Callable[..., Writer],
) -> None:
    first = writing().open()
    first.chooses()
    later = Writer(first.stage)
    first.phone.context.clear_cookies(name="session")
    first.phone.set(bridge="late", late_ms=1500)
    first.phone.open("/chat")
    later.page.wait_for_selector(".dingbridge-login-pending")
    later.page.select_option("#to", "me")
    later.writes()
    later.page.wait_for_selector("[data-part=sent]:not([data-signed-out])")
    expect(later.page.locator("#to option")).to_have_count(3)
    expect(later.page.locator("#to")).to_have_value("me")
    expect(later.page.locator("#text")).to_have_value(later.text)


def test_a_chat_whose_name_is_script_is_text(writing: Callable[..., Writer]) -> None:
    hostile = CHATS[-1]
    writer = writing(chat=hostile.open_id).open()
    writer.chooses()
    expect(writer.page.locator("#to option:checked")).to_have_text(hostile.title)
    expect(writer.page.locator("#chosen")).to_contain_text(hostile.title)
    writer.page.reload()
    expect(writer.page.locator("#to option").last).to_have_text(hostile.title)
    assert writer.phone.console == []


def test_cancelling_the_choice_is_no_failure(writing: Callable[..., Writer]) -> None:
    picker = "biz.chat.chooseConversationByCorpId"
    writer = writing(errors={picker: {"errorCode": "-1", "errorMessage": "cancel"}}).open()
    writer.page.click("#choose")
    expect(writer.page.locator("#chosen .note")).to_have_text("已取消。")


def test_without_scripts_a_notification_is_sent(
    phones: Callable[..., Phone], writing: Callable[..., Writer]
) -> None:
    signed_in = writing().open()
    phone = phones(context={"java_script_enabled": False})
    phone.context.add_cookies(signed_in.phone.context.cookies())  # type: ignore[arg-type]
    page = phone.open("/chat")
    expect(page.locator("#choose")).to_be_hidden()
    page.select_option("#to", "me")
    page.fill("#text", signed_in.text)
    page.click("#chat .main-button")
    expect(page.locator(".list li")).to_contain_text("已发出")
    page.click("text=刷新状态")
    expect(page.locator(".list li")).to_contain_text("已送达，还没有读")
    assert len(signed_in.arrived()) == 1
