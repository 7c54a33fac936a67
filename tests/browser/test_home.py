"""From opening the app to `dd.ready`: the thin thread, in a real browser with the real SDK."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from phone import Phone
from playwright.sync_api import expect


@pytest.mark.row("R07")
@pytest.mark.row("R10")
@pytest.mark.parametrize("platform", ["android", "ios", "harmony"])
def test_the_home_page_reaches_dd_ready(phones: Callable[..., Phone], platform: str) -> None:
    phone = phones(platform=platform)
    phone.open()
    assert phone.state() == "ready"
    assert phone.grants_asked() == 1
    assert phone.console == []
    assert phone.errors == []


def test_home_says_who_one_is_what_one_can_do_and_how_the_connection_is(phone: Phone) -> None:
    page = phone.open("/?dd_nav_bgcolor=FF1A5FB4")
    phone.state("ready")
    expect(page.locator(".dingbridge-login-in")).to_contain_text("张小沙")
    expect(page.locator(".state-ready")).to_be_visible()
    linked = [link.get_attribute("href") for link in page.locator("nav a").all()][1:]
    offered = [link.get_attribute("href") for link in page.locator("a.action").all()]
    assert linked
    assert offered[: len(linked)] == linked
    page.locator("a.action").first.click()
    expect(page.locator("nav [aria-current]")).to_have_text("签到")
    assert page.url.endswith("/checkin?dd_nav_bgcolor=FF1A5FB4")


def test_a_tap_on_where_am_i_shows_the_address(phone: Phone) -> None:
    page = phone.open()
    phone.state("ready")
    page.click("#try summary")
    page.click("[data-action=locate]")
    page.wait_for_selector("#result:has-text('路')")


@pytest.mark.row("R21")
def test_location_that_is_switched_off_is_explained_with_what_to_switch_on(
    phones: Callable[..., Phone],
) -> None:
    phone = phones(location_off=True)
    page = phone.open()
    phone.state("ready")
    page.click("#try summary")
    page.click("[data-action=locate]")
    page.wait_for_selector("#result .note-bad")
    assert "定位" in page.inner_text("#result")


@pytest.mark.row("R22")
def test_nfc_is_said_to_be_for_android_only_elsewhere(phones: Callable[..., Phone]) -> None:
    phone = phones(platform="ios")
    page = phone.open()
    phone.state("ready")
    page.click("#try summary")
    page.click("[data-action=nfc]")
    page.wait_for_selector("#result .note-bad")
    assert not phone.calls(method="device.nfc.nfcRead")


@pytest.mark.parametrize(("percent", "stays"), [(100, True), (200, False)])
def test_the_tabs_stay_in_sight_unless_large_text_makes_them_take_the_screen(
    phones: Callable[..., Phone], percent: int, stays: bool
) -> None:
    phone = phones(context={"viewport": {"width": 320, "height": 568}})
    page = phone.open()
    page.evaluate(f"document.documentElement.style.fontSize = '{percent}%'")
    tabs = page.locator("nav.nav")
    in_sight = "(tabs) => tabs.getBoundingClientRect().top < innerHeight"
    assert tabs.evaluate(in_sight) is stays
    page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
    assert tabs.evaluate(in_sight)
