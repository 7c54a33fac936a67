"""The day's main actions with Tab, Enter and Space alone, by the names that are read out.

Whatever has the focus shows it, and no action leaves the keyboard without a place to go on from.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from microapp_states import Stage
from playwright.sync_api import Locator, expect
from report_states import drawn, worked
from uploaded_files import png

MOST = 60  # presses of Tab on one page
IS_FOCUSED = "(target) => target === document.activeElement"
# The outline of what has the focus, or of the label around it.
IS_SEEN = """(target) => [target, target.closest("label")].some(
  (part) => part && getComputedStyle(part).outlineStyle === "solid"
)"""


class Keyboard:
    """Somebody who has no pointer."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.page = stage.page

    def open(self, path: str) -> None:
        self.stage.phone.open(path)
        self.page.wait_for_selector("html[data-login=in]", state="attached")
        expect(self.page.locator("[data-signed-out]")).to_have_count(0)

    def named(self, role: str, name: str) -> Locator:
        return self.page.get_by_role(role, name=name, exact=True).first  # type: ignore[arg-type]

    def reach(self, role: str, name: str) -> None:
        """Press Tab until what is read out so has the focus."""
        self.reaches(self.named(role, name), name)

    def reaches(self, target: Locator, name: str) -> None:
        """Press Tab until it has the focus."""
        for _ in range(MOST):
            self.page.keyboard.press("Tab")
            if target.evaluate(IS_FOCUSED):
                assert target.evaluate(IS_SEEN), f"{name}: nobody sees that it has the focus"
                return
        raise AssertionError(f"{name}: not reached")

    def press(self, role: str, name: str, key: str = "Enter") -> None:
        """Reach it and press a key."""
        self.reach(role, name)
        self.page.keyboard.press(key)

    def type(self, name: str, text: str) -> None:
        """Reach a field and type."""
        self.reach("textbox", name)
        self.page.keyboard.type(text)

    def hears(self, text: str) -> None:
        """What a screen reader says by itself, and the focus is not lost."""
        expect(self.page.get_by_role("status").filter(has_text=text).first).to_be_visible()
        assert self.page.evaluate("document.activeElement !== document.body")


@pytest.fixture
def keyboard(stages: Callable[..., Stage]) -> Iterator[Keyboard]:
    stage = stages()
    yield Keyboard(stage)
    assert (stage.phone.console, stage.phone.errors) == ([], [])


def test_the_first_tab_skips_to_the_content_and_from_there_a_page_is_opened(
    keyboard: Keyboard,
) -> None:
    keyboard.open("/")
    keyboard.press("link", "跳到正文")
    expect(keyboard.page.locator("main")).to_be_focused()
    keyboard.press("link", "签到 记下现在的位置和时间")
    expect(keyboard.page).to_have_url(f"{keyboard.stage.phone.sandbox.phone_url}checkin")
    keyboard.press("button", "English", "Space")
    expect(keyboard.page.locator("html")).to_have_attribute("lang", "en")


def test_checking_in_after_location_was_off(keyboard: Keyboard) -> None:
    keyboard.stage.phone.set(location_off=True)
    keyboard.open("/checkin")
    expect(keyboard.page.get_by_role("alert")).to_contain_text("打开定位")
    keyboard.stage.phone.set(location_off=False)
    keyboard.press("button", "重试", "Space")
    keyboard.page.wait_for_selector("#sketch .map")
    expect(keyboard.page.locator("#place")).to_be_focused()
    keyboard.type("备注（可不填）", "到达现场")
    keyboard.press("button", "签到")
    keyboard.hears("已签到")
    expect(keyboard.named("button", "签到")).to_be_focused()


def test_scanning_and_deleting(keyboard: Keyboard) -> None:
    keyboard.open("/scan")
    keyboard.press("button", "扫二维码", "Space")
    keyboard.hears("已保存")
    keyboard.press("button", "删除")
    keyboard.page.keyboard.press("Enter")
    expect(keyboard.page.locator(".note-empty")).to_be_visible()
    expect(keyboard.page.locator("#scanned-heading")).to_be_focused()


@pytest.mark.row("R23")
def test_writing_to_a_chat_and_to_oneself(keyboard: Keyboard) -> None:
    keyboard.open("/chat")
    keyboard.press("button", "从钉钉里选会话")
    keyboard.hears("已选择")
    keyboard.type("内容", "只用键盘写的")
    keyboard.press("button", "发送", "Space")
    keyboard.hears("已交给钉钉")
    keyboard.reach("combobox", "发给")
    keyboard.page.keyboard.press("ArrowUp")
    expect(keyboard.page.locator("#to")).to_have_value("me")
    keyboard.type("内容", "只用键盘提醒自己")
    keyboard.press("button", "发送")
    expect(keyboard.page.locator(".chat-content").first).to_have_text("只用键盘提醒自己")
    keyboard.press("button", "刷新状态")
    keyboard.hears("已送达")


@pytest.mark.row("R48")
def test_uploading_saving_and_deleting_a_file(keyboard: Keyboard) -> None:
    keyboard.open("/files")
    keyboard.reach("button", "选择文件")
    with keyboard.page.expect_file_chooser() as asked:
        keyboard.page.keyboard.press("Space")
    picture = {"name": "现场.png", "mimeType": "image/png", "buffer": png()}
    asked.value.set_files(picture)  # type: ignore[arg-type]
    keyboard.hears("已上传")
    # Its kind is for eyes alone: the name says it too.
    read_out = keyboard.page.locator(".file span:not([aria-hidden])").first.inner_text()
    keyboard.press("link", " ".join(read_out.split()))
    keyboard.page.wait_for_selector("#file")
    with keyboard.page.expect_download() as started:
        keyboard.press("link", "下载")
    assert started.value.suggested_filename == "现场.png"
    keyboard.press("button", "存到钉盘", "Space")
    keyboard.hears("已存到钉盘")
    summary = keyboard.page.locator("#delete summary")
    keyboard.reaches(summary, "删除")
    keyboard.page.keyboard.press("Enter")
    keyboard.press("button", "确定删除", "Space")
    expect(keyboard.page.locator(".note-empty")).to_be_visible()


@pytest.mark.row("R48")
def test_reading_the_report(keyboard: Keyboard) -> None:
    worked(keyboard.stage)
    keyboard.open("/report")
    drawn(keyboard.stage)
    keyboard.press("button", "今天", "Space")
    keyboard.hears("11 次")
    expect(keyboard.named("button", "今天")).to_be_focused()
    keyboard.press("link", "逐条查看")
    expect(keyboard.page.locator("[data-part=report]")).to_be_focused()
    with keyboard.page.expect_download() as started:
        keyboard.press("link", "下载 CSV 表格")
    assert started.value.suggested_filename.endswith(".csv")
