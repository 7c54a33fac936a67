"""What a person does with the phone on the sandbox's page: choose, scan, drag, read messages.

The app is a plain page with the SDK as it is, so that nothing of the micro-app matters.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from page_checks import sideways, violations
from platform_caller import PlatformCaller
from playwright.sync_api import Browser, BrowserContext, Frame, Locator, expect
from sandbox_server import SandboxClient
from sdk_page import SdkPage, built_sdk, plain_server

from dingbridge.sandbox.conversations import OPEN_ID
from dingbridge.sandbox.sandbox import Sandbox

WIDE = {"width": 1280, "height": 800}
NARROW = {"width": 390, "height": 844}
APIS = [
    "biz.chat.pickConversation",
    "biz.chat.chooseConversationByCorpId",
    "biz.cspace.saveFile",
    "device.geolocation.get",
    "biz.chat.toConversationByOpenConversationId",
]

Visit = Callable[..., "PhoneVisit"]


class PhoneVisit(SdkPage):
    """Somebody at the sandbox's page, with the plain page in the phone."""

    @property
    def frame(self) -> Frame:
        """The phone's frame."""
        return next(frame for frame in self.page.frames if frame.parent_frame)

    @property
    def sheet(self) -> Locator:
        """What the client asks."""
        return self.page.locator("#sheet")

    def visit(self, address: str) -> None:
        """Open the sandbox's page; the app in it is granted its APIs."""
        self.page.goto(self.sandbox.page_url + address)
        self.page.frame_locator("#frame").get_by_role("heading", name="plain").wait_for()
        expect(self.page.locator("#loading")).to_be_hidden()
        expect(self.page.locator("#live")).to_have_attribute("data-state", "open")
        assert self.configure(self.url("/"), jsApiList=APIS)["ready"]

    def begin(self, name: str, args: object = None) -> None:
        """Call an API that asks a person, and wait until it does."""
        self.frame.evaluate(
            "([name, args]) => { window.said = within(attempt(name, args)); }", [name, args or {}]
        )
        self.sheet.wait_for()

    def said(self) -> dict[str, Any]:
        """What came of the call that has begun."""
        answer: dict[str, Any] = self.frame.evaluate("() => window.said")
        return answer

    def choose(self, name: str) -> None:
        """A click on what has that name in the sheet."""
        self.sheet.get_by_role("button", name=name).click()

    def is_told(self, message: dict[str, Any], user: str = "manager4220") -> int:
        """A work notification; the number of its task."""
        caller = PlatformCaller(SandboxClient(self.sandbox))
        body = {"agent_id": self.agent, "userid_list": user, "msg": message}
        sent = caller.oapi("/topapi/message/corpconversation/asyncsend_v2", body)
        return int(sent["task_id"])

    def readers(self, number: int) -> list[str]:
        """Who has read a work notification, as the app's server hears it."""
        caller = PlatformCaller(SandboxClient(self.sandbox))
        body = {"agent_id": self.agent, "task_id": number}
        answer = caller.oapi("/topapi/message/corpconversation/getsendresult", body)
        read: list[str] = answer["send_result"]["read_user_id_list"]
        return read

    @property
    def agent(self) -> str:
        """The app's agent id."""
        return self.sandbox.platform.identity.agent_id


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """The sandbox in front of the plain page."""
    sdk = built_sdk(tmp_path_factory.mktemp("phone"))
    with plain_server(sdk) as address, Sandbox(upstream=address) as started:
        yield started


@pytest.fixture
def visiting(browser: Browser, sandbox: Sandbox) -> Iterator[Visit]:
    """Makes visitors, each with a device of their own; the corp begins anew with every test."""
    SandboxClient(sandbox).reset()
    contexts: list[BrowserContext] = []
    numbers = itertools.count()

    def make(address: str = "?lang=zh", **context: Any) -> PhoneVisit:
        contexts.append(browser.new_context(**{"viewport": WIDE, **context}))
        visitor = PhoneVisit(contexts[-1], sandbox, f"p{next(numbers)}")
        visitor.visit(address)
        return visitor

    yield make
    for context in contexts:
        context.close()


# ---- choosing


@pytest.mark.row("R22")
def test_a_code_is_chosen_or_typed_or_the_scan_is_cancelled(visiting: Visit) -> None:
    visitor = visiting()
    visitor.begin("scan", {"type": "barCode"})
    expect(visitor.sheet.locator(".things button")).to_have_count(2)
    visitor.choose("SN20260115-8842")
    assert visitor.said() == {"result": {"text": "SN20260115-8842"}}
    visitor.begin("scan", {"type": "qrCode"})
    visitor.choose("<script>alert('扫码')</script>")
    assert visitor.said()["result"]["text"] == "<script>alert('扫码')</script>"
    visitor.begin("scan")
    visitor.sheet.get_by_label("其他内容").fill("资产 4711")
    visitor.page.keyboard.press("Enter")
    assert visitor.said() == {"result": {"text": "资产 4711"}}
    visitor.begin("scan")
    expect(visitor.sheet.locator(".things button").first).to_be_focused()
    visitor.page.keyboard.press("Escape")
    assert visitor.said()["error"]["errorCode"] == "-1"
    assert visitor.console == visitor.errors == []


def test_codes_and_tags_can_be_changed_on_the_page(visiting: Visit) -> None:
    visitor = visiting()
    visitor.page.click("#tab-surroundings")
    visitor.page.click("#codes-add")
    visitor.page.keyboard.type("新加的码 <b>")
    with visitor.page.expect_response("**/__sandbox__/device"):
        visitor.page.keyboard.press("Tab")
    for _ in range(3):
        with visitor.page.expect_response("**/__sandbox__/device"):
            visitor.page.get_by_role("button", name="删除 1").last.click()
    visitor.begin("scan", {"type": "qr"})
    visitor.choose("新加的码 <b>")
    assert visitor.said() == {"result": {"text": "新加的码 <b>"}}
    visitor.begin("readTag")
    expect(visitor.sheet.locator(".things button")).to_have_count(0)
    visitor.choose("取消")


@pytest.mark.row("R23")
def test_a_chat_is_searched_confirmed_and_chosen(visiting: Visit) -> None:
    visitor = visiting()
    visitor.begin("pick", {"isConfirm": True})
    visitor.sheet.get_by_label("搜索会话").fill("没有的")
    expect(visitor.sheet.get_by_role("status")).to_have_text("没有这样的会话")
    visitor.sheet.get_by_label("搜索会话").fill("资产")
    visitor.choose("资产盘点 2026")
    visitor.choose("返回")
    visitor.choose("资产盘点 2026")
    visitor.choose("确定")
    picked = visitor.said()["result"]
    assert picked["title"] == "资产盘点 2026"
    assert visitor.sandbox.platform.corp.conversations.redeem(picked["cid"])
    visitor.begin("choose", {"corpId": "x"})
    visitor.choose("<b>测试群</b>")
    assert set(visitor.said()["result"]) == {"chatId", "openConversationId", "title"}


def test_without_a_person_the_client_answers_by_itself(visiting: Visit) -> None:
    visitor = visiting()
    visitor.page.click("#tab-surroundings")
    with visitor.page.expect_response("**/__sandbox__/device"):
        visitor.page.select_option("#answers", "automatic")
    assert visitor.attempt("pick")["result"]["title"] == "沙箱项目组"
    assert visitor.attempt("scan")["result"]["text"].startswith("https://")


def test_pictures_are_chosen_from_the_phone_or_the_computer(visiting: Visit) -> None:
    visitor = visiting()
    visitor.begin("photos", {"multiple": True, "max": 2})
    visitor.sheet.get_by_label("傍晚.png").check()
    visitor.sheet.get_by_label("设备铭牌.png").check()
    expect(visitor.sheet.get_by_label("现场照片.png")).to_be_disabled()
    visitor.choose("确定 (2/2)")
    urls = visitor.said()["result"]
    visitor.begin("photos")
    file = {"name": "我的.png", "mimeType": "image/png", "buffer": b"\x89PNG own"}
    visitor.sheet.locator("input[type=file]").set_input_files(file)  # type: ignore[arg-type]
    (own,) = visitor.said()["result"]
    assert visitor.page.request.get(own).body() == b"\x89PNG own"
    visitor.attempt("preview", {"urls": urls, "current": urls[1]})
    picture = visitor.page.locator("#viewer img")
    expect(picture).to_have_js_property("naturalWidth", 320)
    visitor.page.get_by_role("button", name="上一张").click()
    expect(picture).to_have_attribute("src", urls[0])
    visitor.page.click("#back")
    expect(visitor.page.locator("#viewer")).to_be_hidden()


@pytest.mark.row("R48")
def test_a_file_that_is_saved_shows_in_the_drive(visiting: Visit) -> None:
    visitor = visiting()
    visitor.begin("save", {"url": visitor.url("/page.js"), "name": "巡检报告.txt"})
    visitor.choose("外勤资料")
    assert visitor.said()["result"]["data"][0]["fileName"] == "巡检报告.txt"
    visitor.page.click("#tab-surroundings")
    expect(visitor.page.locator("#drive li").first).to_contain_text("巡检报告.txt外勤资料")


def test_a_link_opens_in_the_phone_or_leads_out(visiting: Visit) -> None:
    visitor = visiting()
    visitor.attempt("open", {"url": "https://example.com/<x>"})
    outside = visitor.page.get_by_role("dialog", name="打开其他网页")
    expect(outside).to_contain_text("https://example.com/<x>")
    outside.get_by_role("button", name="关闭").click()
    visitor.attempt("open", {"url": "javascript:alert(1)"})
    expect(visitor.page.locator("#toast")).to_have_text("这不是可以打开的地址")
    visitor.frame.evaluate("(url) => { attempt('open', { url }); }", visitor.url("/other?a=1"))
    expect(visitor.page.locator("#path")).to_have_value("/other?a=1")


# ---- the place


@pytest.mark.row("R21")
def test_the_place_is_dragged_moved_with_keys_and_typed(visiting: Visit) -> None:
    visitor = visiting()
    visitor.page.click("#tab-surroundings")
    pin = visitor.page.get_by_role("button", name="手机的位置")
    box = pin.bounding_box()
    assert box is not None
    visitor.page.mouse.move(box["x"] + 22, box["y"] + 20)
    visitor.page.mouse.down()
    visitor.page.mouse.move(box["x"] + 122, box["y"] + 20, steps=4)
    with visitor.page.expect_response("**/__sandbox__/device"):
        visitor.page.mouse.up()
    dragged = visitor.attempt("locate")["result"]
    assert dragged["longitude"] > 120.03
    assert dragged["latitude"] == pytest.approx(30.279212, abs=1e-4)
    expect(visitor.page.locator("#place-address")).to_have_text(dragged["address"])
    expect(pin).to_be_focused()
    with visitor.page.expect_response("**/__sandbox__/device"):
        visitor.page.keyboard.press("ArrowUp")
    moved = visitor.attempt("locate")["result"]
    assert moved["latitude"] > dragged["latitude"]
    assert moved["longitude"] == pytest.approx(dragged["longitude"], abs=1e-4)
    visitor.page.fill("#place-longitude", "121.4737")
    with visitor.page.expect_response("**/__sandbox__/device"):
        visitor.page.press("#place-longitude", "Tab")
    assert visitor.attempt("locate")["result"]["longitude"] == 121.4737
    with visitor.page.expect_response("**/__sandbox__/device"):
        visitor.page.select_option("#place-city", "拉萨市")
    assert visitor.attempt("locate")["result"]["province"] == "西藏自治区"
    visitor.page.fill("#place-latitude", "95")
    visitor.page.press("#place-latitude", "Tab")
    assert visitor.attempt("locate")["result"]["province"] == "西藏自治区"
    with visitor.page.expect_response("**/__sandbox__/device"):
        visitor.page.locator("#place-off").check()
    assert visitor.attempt("locate")["error"] == {"errorCode": "4", "errorMessage": "unauthorized"}


def test_the_place_is_dragged_with_a_finger(visiting: Visit) -> None:
    visitor = visiting(viewport=NARROW, has_touch=True, is_mobile=True)
    visitor.page.click("#tab-surroundings")
    box = visitor.page.locator("#map").bounding_box()
    assert box is not None
    with visitor.page.expect_response("**/__sandbox__/device"):
        visitor.page.touchscreen.tap(box["x"] + 40, box["y"] + 60)
    visitor.page.click("#tab-phone")
    place = visitor.attempt("locate")["result"]
    assert place["longitude"] < 120.02
    assert place["latitude"] > 30.28


# ---- messages


@pytest.mark.row("R46")
def test_a_notification_arrives_is_read_and_opens_the_app(visiting: Visit) -> None:
    visitor = visiting()
    card = {
        "title": "请确认 <b>",
        "markdown": "# 巡检\n**三号楼** <img src=x onerror=alert(1)>\n- 一\n- 二",
        "single_title": "去确认",
        "single_url": visitor.url("/confirm?a=1"),
    }
    number = visitor.is_told({"msgtype": "action_card", "action_card": card})
    visitor.page.locator("#banner").wait_for()
    expect(visitor.page.locator("#unread")).to_have_text("1")
    assert visitor.readers(number) == []
    visitor.page.locator("#banner").click()
    opened = visitor.page.locator("#letters .card")
    expect(opened.locator("strong")).to_have_text("三号楼")
    expect(opened.locator("img")).to_have_count(0)
    expect(opened).to_contain_text("<img src=x onerror=alert(1)>")
    expect(visitor.page.locator("#unread")).to_be_hidden()
    assert visitor.readers(number) == ["manager4220"]
    opened.get_by_role("button", name="去确认").click()
    expect(visitor.page.locator("#path")).to_have_value("/confirm?a=1")
    expect(visitor.page.locator("#inbox")).to_be_hidden()
    assert visitor.console == visitor.errors == []


def test_the_phone_shows_what_its_person_is_sent_and_nothing_else(visiting: Visit) -> None:
    visitor = visiting()
    visitor.is_told({"msgtype": "text", "text": {"content": "给别人的"}}, "user5031")
    number = visitor.is_told({"msgtype": "text", "text": {"content": "给我的"}})
    expect(visitor.page.locator("#banner-text")).to_have_text("给我的")
    visitor.page.get_by_role("button", name="消息 · 未读 1").click()
    expect(visitor.page.locator("#letters > li")).to_have_count(1)
    caller = PlatformCaller(SandboxClient(visitor.sandbox))
    recall = {"agent_id": visitor.agent, "msg_task_id": number}
    caller.oapi("/topapi/message/corpconversation/recall", recall)
    expect(visitor.page.locator("#letters > li")).to_have_count(0)
    visitor.page.keyboard.press("Escape")
    expect(visitor.page.locator("#inbox")).to_be_hidden()
    visitor.attempt("chat", {"openConversationId": OPEN_ID})
    expect(visitor.page.locator("#no-letters")).to_be_visible()
    visitor.page.click("#inbox-close")
    visitor.page.click("#tab-client")
    visitor.page.fill("#set-device-user", "user5031")
    visitor.page.press("#set-device-user", "Tab")
    expect(visitor.page.locator("#unread")).to_have_text("1")


def test_a_notification_that_takes_its_time_arrives_later(visiting: Visit) -> None:
    visitor = visiting()
    client = SandboxClient(visitor.sandbox)
    client.ask("PATCH", "messages", json.dumps({"delivery_seconds": 600}).encode())
    with visitor.page.expect_response("**/__sandbox__/messages?*"):
        visitor.is_told({"msgtype": "text", "text": {"content": "慢"}})
    expect(visitor.page.locator("#banner")).to_be_hidden()
    client.advance(600)
    expect(visitor.page.locator("#banner-text")).to_have_text("慢")


# ---- for everybody


@pytest.mark.parametrize(
    ("size", "scheme", "language"), [(NARROW, "dark", "en"), (WIDE, "light", "zh")]
)
def test_every_sheet_is_for_everybody(
    visiting: Visit, size: dict[str, int], scheme: str, language: str
) -> None:
    visitor = visiting(f"?lang={language}", viewport=size, color_scheme=scheme)
    visitor.is_told(
        {
            "msgtype": "oa",
            "oa": {
                "message_url": visitor.url("/"),
                "head": {"text": "外勤"},
                "body": {"title": "任务"},
            },
        }
    )
    visitor.page.locator("#banner").wait_for()
    found = {"banner": violations(visitor.page, "#screen")}
    # A tag and a folder are chosen as a code is.
    for name, args in (
        ("scan", {}),
        ("pick", {}),
        ("photos", {"multiple": True, "max": 2}),
        ("confirm", {"message": "?"}),
    ):
        visitor.begin(name, args)
        found[name] = violations(visitor.page, "#screen")
        assert sideways(visitor.page) == 0
        heights = visitor.sheet.locator("button:visible, label:visible").evaluate_all(
            "(all) => all.filter((one) => one.htmlFor === '' || one.tagName === 'BUTTON')"
            ".map((one) => one.offsetHeight)"
        )
        assert min(heights) >= 44
        visitor.page.keyboard.press("Escape")
        visitor.said()
    visitor.page.locator("#inbox-open").click()
    visitor.page.locator("#letters .letter").click()
    visitor.page.locator("#letters .card").wait_for()
    found["inbox"] = violations(visitor.page, "#screen")
    visitor.page.locator("#inbox-close").click()
    visitor.attempt("preview", {"urls": [visitor.url("/__sandbox__/photo?id=p1")]})
    visitor.page.locator("#viewer img").wait_for()
    found["viewer"] = violations(visitor.page, "#screen")
    assert {name: what for name, what in found.items() if what} == {}
    assert visitor.console == []


def test_text_of_twice_the_size_fits(visiting: Visit) -> None:
    visitor = visiting(viewport={"width": 640, "height": 844})
    visitor.page.evaluate("document.documentElement.style.fontSize = '30px'")
    visitor.begin("scan")
    assert sideways(visitor.page) == 0
    visitor.page.keyboard.press("Escape")
    visitor.said()
    visitor.page.click("#tab-surroundings")
    assert sideways(visitor.page) == 0
