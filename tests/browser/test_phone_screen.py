"""What a phone does to every page: a notch and a bar at its foot, night, and no scripts at all."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from phone import Phone
from playwright.sync_api import Page, expect

from microapp.pages import NAVIGATION

ADDRESSES = ["/" if name == "home" else f"/{name}" for name in NAVIGATION]
TOP, FOOT, SIDE = 44, 34, 20  # pixels that the phone itself takes
BOX = """(part) => {
  const { top, bottom, left } = part.getBoundingClientRect();
  return { top, bottom, left };
}"""
# How light a colour is, from 0 to 255.
LIGHTNESS = """(part, name) => getComputedStyle(part)[name].match(/[0-9.]+/g).slice(0, 3)
  .reduce((sum, channel) => sum + Number(channel) / 3, 0)"""


@pytest.mark.parametrize("address", ADDRESSES)
def test_nothing_to_read_or_tap_lies_under_the_notch_or_the_bar_at_the_foot(
    phone: Phone, address: str
) -> None:
    page = phone.page
    insets = {"top": TOP, "bottom": FOOT, "left": SIDE, "right": SIDE}
    session = phone.context.new_cdp_session(page)
    session.send("Emulation.setSafeAreaInsetsOverride", {"insets": insets})
    phone.open(address)
    for selector in (".bar-title", ".bar-button"):
        assert page.locator(selector).evaluate(BOX)["top"] >= TOP
    for tab in page.locator("nav a").all():
        box = tab.evaluate(BOX)
        assert box["bottom"] <= 844 - FOOT
        assert box["left"] >= SIDE
    assert page.locator("main > .card").first.evaluate(BOX)["left"] > SIDE


def lightness(page: Page, selector: str, name: str) -> float:
    found: float = page.locator(selector).first.evaluate(LIGHTNESS, name)
    return found


@pytest.mark.parametrize("address", ADDRESSES)
def test_at_night_pages_are_dark_with_light_letters(phone: Phone, address: str) -> None:
    page = phone.open(address)
    assert lightness(page, "body", "backgroundColor") > 200
    page.emulate_media(color_scheme="dark")
    for place in ("body", ".card", ".bar", "nav.nav"):
        assert lightness(page, place, "backgroundColor") < 60, place
        assert lightness(page, place, "color") > 150, place


@pytest.mark.parametrize("address", ADDRESSES)
def test_without_scripts_every_page_says_what_it_is_and_how_to_sign_in(
    phones: Callable[..., Phone], address: str
) -> None:
    phone = phones(context={"java_script_enabled": False})
    page = phone.open(address)
    expect(page.locator("h1").first).to_be_visible()
    expect(page.locator("nav [aria-current]")).to_be_visible()
    expect(page.get_by_role("link", name="登录").first).to_be_visible()
    # What only scripts can do is not offered, and nothing seems to be still loading.
    expect(page.locator(".spinner:visible, .dingbridge-spinner:visible")).to_have_count(0)
    page.get_by_role("button", name="English").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
