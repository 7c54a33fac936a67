"""The sandbox's own page, as a person uses it: the real app in the phone, live calls, settings."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from page_checks import sideways, violations
from phone import Phone
from playwright.sync_api import Browser, BrowserContext, FrameLocator, expect

WIDE = {"width": 1280, "height": 800}
NARROW = {"width": 390, "height": 844}

Visit = Callable[..., "SandboxVisit"]


class SandboxVisit(Phone):
    """Somebody at the sandbox's page."""

    @property
    def app(self) -> FrameLocator:
        """The app in the phone's frame."""
        return self.page.frame_locator("#frame")

    def visit(self, address: str = "") -> None:
        """Open the sandbox's page and wait until the app in it is ready."""
        self.page.goto(self.sandbox.page_url + address)
        self.app.locator("html[data-bridge=ready]").wait_for(state="attached")


@pytest.fixture
def visiting(browser: Browser, served: Any, request: pytest.FixtureRequest) -> Iterator[Visit]:
    """Makes visitors of the sandbox's page, each with a device of their own."""
    contexts: list[BrowserContext] = []
    numbers = itertools.count()

    def make(address: str = "?lang=zh", **context: Any) -> SandboxVisit:
        contexts.append(browser.new_context(**{"viewport": WIDE, **context}))
        name = f"s{abs(hash(request.node.nodeid)):x}-{next(numbers)}"
        visitor = SandboxVisit(contexts[-1], served.sandbox, name)
        visitor.visit(address)
        return visitor

    yield make
    for context in contexts:
        context.close()


# ---- the phone


def test_the_app_is_ready_in_the_phone_and_the_console_is_quiet(visiting: Visit) -> None:
    visitor = visiting()
    title = visitor.app.locator("title").text_content()
    expect(visitor.page.locator("#title")).to_have_text(title or "?")
    expect(visitor.page.locator("#live")).to_have_attribute("data-state", "open")
    expect(visitor.page.locator("#loading")).to_be_hidden()
    assert visitor.console == visitor.errors == []


@pytest.mark.parametrize(
    ("platform", "state"),
    [("ios", "ready"), ("harmony", "ready"), ("pc", "ready"), ("none", "outside")],
)
def test_another_client_loads_the_app_anew(visiting: Visit, platform: str, state: str) -> None:
    visitor = visiting()
    visitor.page.locator(f"#platforms label:has(input[value={platform}])").click()
    visitor.app.locator(f"html[data-bridge={state}]").wait_for(state="attached")
    expect(visitor.page.locator("#device")).to_have_attribute("data-platform", platform)
    expect(visitor.page.locator("#down")).to_be_hidden()
    visitor.page.locator("#platforms label:has(input[value=android])").click()
    visitor.app.locator("html[data-bridge=ready]").wait_for(state="attached")


@pytest.mark.row("R20")
def test_the_navigation_bar_takes_the_colour_of_the_address(visiting: Visit) -> None:
    visitor = visiting("#/?dd_nav_bgcolor=FF1A5FB4")
    expect(visitor.page.locator("#bar")).to_have_css("background-color", "rgb(26, 95, 180)")
    expect(visitor.page.locator("#bar")).to_have_css("color", "rgb(255, 255, 255)")
    visitor.page.fill("#path", "/?dd_nav_bgcolor=FFF7E08A")
    visitor.page.press("#path", "Enter")
    expect(visitor.page.locator("#bar")).to_have_css("background-color", "rgb(247, 224, 138)")
    expect(visitor.page.locator("#bar")).to_have_css("color", "rgb(23, 26, 29)")
    assert visitor.page.url.endswith("#/?dd_nav_bgcolor=FFF7E08A")
    visitor.page.click("#back")
    expect(visitor.page.locator("#path")).to_have_value("/?dd_nav_bgcolor=FF1A5FB4")


def test_only_the_app_itself_can_be_opened(visiting: Visit) -> None:
    visitor = visiting()
    for address in ("https://example.com/", "//example.com/", "javascript:alert(1)"):
        visitor.page.fill("#path", address)
        visitor.page.press("#path", "Enter")
        expect(visitor.page.locator("#path")).to_have_attribute("aria-invalid", "true")
    assert visitor.documents() == 1


def test_an_app_that_is_down_is_said_and_can_be_tried_again(visiting: Visit) -> None:
    visitor = visiting()
    running = visitor.sandbox.upstream
    try:
        visitor.sandbox.upstream = "http://127.0.0.1:9"
        visitor.page.click("#reload")
        expect(visitor.page.locator("#down")).to_be_visible()
    finally:
        visitor.sandbox.upstream = running
    visitor.page.click("#retry")
    visitor.app.locator("html[data-bridge=ready]").wait_for(state="attached")
    expect(visitor.page.locator("#down")).to_be_hidden()


# ---- calls


def test_calls_appear_as_they_happen_and_tell_all(visiting: Visit) -> None:
    visitor = visiting()
    visitor.app.locator("#try summary").click()
    visitor.app.locator("[data-action=locate]").click()
    call = visitor.page.locator("#list li", has_text="device.geolocation.get").first
    call.wait_for()
    call.locator("summary").click()
    expect(call.locator("dd").nth(1)).to_contain_text("longitude")


def test_calls_can_be_filtered_and_cleared(visiting: Visit) -> None:
    visitor = visiting()
    shown = visitor.page.locator("#list li:visible")
    visitor.page.locator("#list li", has_text="requestJsApis").wait_for()
    visitor.page.fill("#filter", "requestjsapis")
    expect(shown).to_have_count(1)
    visitor.page.fill("#filter", "no such thing")
    expect(visitor.page.locator("#none")).to_be_visible()
    visitor.page.fill("#filter", "")
    visitor.page.locator("#kinds label", has=visitor.page.locator("[value=platform]")).click()
    expect(visitor.page.locator("#list li[data-kind=platform]:visible")).to_have_count(0)
    visitor.page.click("#clear")
    expect(shown).to_have_count(0)
    expect(visitor.page.locator("#none h2")).to_have_text("还没有调用")


def test_a_broken_stream_is_said_and_mended(visiting: Visit) -> None:
    visitor = visiting()
    visitor.page.route("**/__sandbox__/events*", lambda route: route.abort())
    visitor.page.reload()
    expect(visitor.page.locator("#broken")).to_be_visible()
    visitor.page.unroute_all()
    visitor.page.click("#reconnect")
    expect(visitor.page.locator("#live")).to_have_attribute("data-state", "open")
    expect(visitor.page.locator("#broken")).to_be_hidden()


# ---- settings


def test_a_setting_of_the_client_takes_effect_at_once(visiting: Visit) -> None:
    visitor = visiting()
    visitor.page.click("#tab-client")
    visitor.page.select_option("#set-device-error_shape", "classic")
    visitor.page.select_option("#set-device-bridge", "never")
    visitor.app.locator("html[data-bridge=pending]").wait_for(state="attached")
    visitor.page.fill("#set-device-version", "")
    visitor.page.press("#set-device-version", "Tab")
    visitor.page.select_option("#set-device-bridge", "normal")
    visitor.app.locator("html[data-bridge=ready]").wait_for(state="attached")
    assert visitor.page.input_value("#set-device-error_shape") == "classic"


@pytest.mark.row("R16")
def test_another_rule_of_the_platform_shows_in_the_app(visiting: Visit) -> None:
    visitor = visiting()
    visitor.page.click("#tab-platform")
    visitor.page.select_option("#set-platform-algorithm", "sha1")
    try:
        visitor.page.click("#reload")
        visitor.app.locator("html[data-bridge=error]").wait_for(state="attached")
    finally:
        with visitor.page.expect_response("**/__sandbox__/platform"):
            visitor.page.select_option("#set-platform-algorithm", "sha256")
    visitor.page.click("#tab-calls")
    refused = visitor.page.locator("#list li", has_text="52013")
    expect(refused.first.locator(".badge")).to_have_text("3")


# ---- for everybody


@pytest.mark.parametrize("size", [NARROW, WIDE], ids=["390", "1280"])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_nothing_stands_out_sideways_and_targets_are_large(
    visiting: Visit, size: dict[str, int], language: str
) -> None:
    visitor = visiting(f"?lang={language}", viewport=size)
    settings = ["surroundings", "client", "platform"]
    views = ["phone", "calls", *settings] if size is NARROW else settings
    for view in views:
        visitor.page.click(f"#tab-{view}")
        assert sideways(visitor.page) == 0
        small = visitor.page.evaluate(
            """() => Array.from(
              document.querySelectorAll('button, input, select, textarea, label span'))
            .filter((element) => element.checkVisibility() && element.getClientRects().length)
            .filter((element) => !element.closest('.switch, .hidden'))
            .filter((element) => !/radio|checkbox/.test(element.type))
            .map((element) => [element.id || element.textContent, element.offsetHeight])
            .filter(([, height]) => height < 44)"""
        )
        assert small == []
    assert visitor.console == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_view_breaks_the_rules_of_accessibility(visiting: Visit, scheme: str) -> None:
    visitor = visiting(color_scheme=scheme)
    visitor.page.locator("#list summary").first.click()
    for view in ("calls", "surroundings", "client", "platform"):
        visitor.page.click(f"#tab-{view}")
        assert violations(visitor.page) == []


def test_the_keyboard_is_enough(visiting: Visit) -> None:
    visitor = visiting()
    visitor.page.focus("#platforms input:checked")
    visitor.page.keyboard.press("ArrowRight")
    expect(visitor.page.locator("#device")).to_have_attribute("data-platform", "ios")
    visitor.page.focus("#more")
    visitor.page.keyboard.press("Enter")
    expect(visitor.page.locator("#menu button").first).to_be_focused()
    visitor.page.keyboard.press("Escape")
    expect(visitor.page.locator("#more")).to_be_focused()


def test_the_language_is_switched_and_kept_in_the_address(visiting: Visit) -> None:
    visitor = visiting()
    visitor.page.click("#language")
    expect(visitor.page).to_have_title("dingbridge sandbox")
    visitor.page.reload()
    expect(visitor.page.locator("#tab-platform")).to_have_text("Platform")
    assert visitor.page.get_attribute("html", "lang") == "en"
