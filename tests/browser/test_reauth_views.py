"""What follows the view of a single-page app, and how its views look."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from phone import Phone
from spa_visitor import COLLEAGUE, PICK, REFUSED, STRANGER, SpaVisitor, visitor_of

AXE = Path(__file__).resolve().parents[2] / "node_modules" / "axe-core" / "axe.min.js"

Make = Callable[..., Phone]


@pytest.mark.parametrize("mode", ["history", "hash", "links"])
def test_title_header_tabs_and_the_clients_bar_follow_the_view(phones: Make, mode: str) -> None:
    phone = phones()
    visitor = visitor_of(phone, mode)
    for view, title in [("visit", "拜访"), ("saved", "已存"), ("", "外勤记录")]:
        with phone.page.expect_response(
            lambda response: "setTitle" in (response.request.post_data or "")
        ):
            visitor.go(view)
        assert phone.page.title() == title
        assert phone.page.inner_text(".bar-title") == title
    told = [call["args"]["title"] for call in phone.calls(method="biz.navigation.setTitle")]
    assert told == ["外勤记录", "拜访", "已存", "外勤记录"]
    assert visitor.counts() == (1, 1, 3)


@pytest.mark.parametrize("mode", ["history", "hash", "links"])
def test_title_and_header_follow_the_view_back_and_over_a_refresh(phones: Make, mode: str) -> None:
    phone = phones(grant_life="url")
    visitor = visitor_of(phone, mode)
    visitor.go("visit")
    visitor.picks_a_colleague()
    assert (phone.page.title(), phone.page.inner_text(".bar-title")) == ("拜访", "拜访")
    phone.page.evaluate("() => { history.back(); }")
    visitor.sees("")
    assert (phone.page.title(), phone.page.inner_text(".bar-title")) == ("外勤记录", "外勤记录")


@pytest.mark.parametrize("mode", ["history", "hash", "links"])
def test_the_link_to_the_content_and_the_tab_one_is_in_leave_the_form_alone(
    phones: Make, mode: str
) -> None:
    phone = phones()
    visitor = visitor_of(phone, mode, "visit")
    visitor.fill_in()
    phone.page.focus(".skip")
    phone.page.keyboard.press("Enter")
    assert phone.page.evaluate("document.activeElement.id") == "main"
    visitor.go("visit")
    assert phone.page.url.endswith(visitor.address("visit"))
    assert visitor.still_has_what_was_filled_in()


def test_a_link_to_a_part_of_the_page_is_the_browsers(phones: Make) -> None:
    phone = phones()
    visitor = visitor_of(phone, "links", "visit")
    visitor.fill_in()
    phone.page.evaluate(
        """() => {
          const link = document.createElement("a");
          Object.assign(link, { href: "#note", id: "part", textContent: "part" });
          document.getElementById("view").prepend(link);
        }"""
    )
    phone.page.click("#part")
    phone.page.wait_for_selector("#note:target")
    assert visitor.still_has_what_was_filled_in()
    phone.page.evaluate("() => { history.back(); }")
    phone.page.wait_for_function("() => location.hash === ''")
    assert visitor.still_has_what_was_filled_in()


@pytest.mark.parametrize("mode", ["history", "links"])
def test_a_slash_behind_a_views_address_is_the_view_too(phones: Make, mode: str) -> None:
    phone = phones()
    visitor = SpaVisitor(phone, mode)
    phone.open(f"{visitor.address('visit')}/")
    visitor.sees("visit")
    visitor.picks_a_colleague()


def test_what_has_the_focus_has_it_while_a_call_runs_and_after_a_refresh(phones: Make) -> None:
    phone = phones(grant_life="path")
    visitor = visitor_of(phone, "history")
    visitor.go("visit")
    phone.page.focus("#choose")
    with phone.page.expect_event("domcontentloaded"):
        phone.page.keyboard.press("Enter")
    visitor.sees_the_colleague()
    assert phone.page.evaluate("document.activeElement.id") == "choose"


@pytest.mark.row("R20")
@pytest.mark.parametrize("mode", ["history", "hash", "links"])
def test_the_colour_of_the_bar_goes_with_the_visitor(phones: Make, mode: str) -> None:
    phone = phones(grant_life="path")
    visitor = SpaVisitor(phone, mode)
    phone.open(f"{visitor.address().split('#')[0]}?dd_nav_bgcolor=FF112233")
    phone.state("ready")
    colour = "getComputedStyle(document.documentElement).getPropertyValue('--nav-bg')"
    assert phone.page.evaluate(colour) == "#112233ff"
    visitor.go("visit")
    assert "dd_nav_bgcolor=FF112233" in phone.page.url
    visitor.picks_a_colleague()
    assert phone.page.evaluate(colour) == "#112233ff"


def test_a_view_without_apis_is_not_kept_waiting_by_a_client_that_does_not_answer(
    phones: Make,
) -> None:
    phone = phones(bridge="never")
    phone.page.clock.install()
    visitor = SpaVisitor(phone, "history")
    visitor.open()
    phone.page.click("[data-view=saved]")
    phone.page.clock.fast_forward(1100)
    visitor.sees("saved")
    assert phone.page.get_attribute("html", "data-bridge") == "pending"


def test_axe_finds_no_barrier_in_any_view(phones: Make) -> None:
    phone = phones(errors={PICK: REFUSED})
    visitor = visitor_of(phone, "hash")

    def barriers() -> list[str]:
        phone.page.evaluate(AXE.read_text(encoding="utf-8"))
        found: list[str] = phone.page.evaluate(
            """async () => (await axe.run()).violations.map(
              ({ id, nodes }) => `${id} ${nodes.map((node) => node.html).join()}`
            )"""
        )
        return found

    assert barriers() == []
    visitor.go("saved")
    assert barriers() == []
    visitor.go("place")
    phone.page.click("[data-action=locate]")
    phone.page.wait_for_selector("#place:has-text('路')")
    assert barriers() == []
    visitor.go("visit")
    phone.page.click("[data-action=people]")
    visitor.reads_the_notice()
    assert barriers() == []


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_view_and_every_state_of_it_can_be_looked_at(
    phones: Make, shots: Path, lang: str
) -> None:
    phone = phones(context={"viewport": {"width": 390, "height": 844}}, grant_life="path")
    page = phone.page
    cookie: Any = {"url": phone.sandbox.phone_url, "name": "lang", "value": lang}
    phone.context.add_cookies([cookie])
    page.clock.install()
    visitor = visitor_of(phone, "history")

    def shoot(state: str) -> None:
        page.screenshot(path=str(shots / f"spa-{state}-{lang}.png"), full_page=True)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")

    shoot("overview")
    visitor.go("saved")
    shoot("saved-empty")
    visitor.go("place")
    page.click("[data-action=locate]")
    page.wait_for_selector("#place:has-text('路')")
    shoot("place")
    visitor.go("visit")
    visitor.fill_in()
    phone.set(bridge="late", late_ms=5000)
    with page.expect_event("domcontentloaded"):
        page.click("[data-action=people]")
    page.wait_for_selector(".reauth-cover", state="visible")
    shoot("returning")
    phone.set(bridge="normal")
    page.clock.fast_forward(5000)
    visitor.sees_the_colleague()
    shoot("visit")
    phone.set(errors={PICK: REFUSED})
    page.click("[data-action=people]")
    visitor.reads_the_notice()
    shoot("refused")
    phone.set(errors={PICK: None}, corp=STRANGER)
    page.click("form .main-button")
    visitor.sees("saved")
    page.wait_for_selector(f"#saved:has-text('{COLLEAGUE}')")
    shoot("saved")
    page.reload()
    visitor.reads_the_notice()
    shoot("ungranted")
    assert phone.errors == []
