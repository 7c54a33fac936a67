"""Checking in, in a real browser: stored once, nothing typed is lost, failures explained."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

import pytest
from checkin_states import LOCATE, NOWHERE, walked
from microapp_states import Stage
from phone import Phone
from playwright.sync_api import Page, Route, expect
from served import Served
from sqlalchemy import select

from microapp.checkin_store import checkins

NOTE = "到达现场，<b>门卫</b> & 客户"


class Walker:
    """Somebody who checks in with one phone."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.phone = stage.phone
        self.page = stage.page

    def open(self) -> Walker:
        self.phone.open("/checkin")
        self.page.wait_for_selector("#sketch .map")
        return self

    def types(self, note: str = NOTE) -> None:
        self.page.fill("#note", note)

    def taps(self) -> None:
        self.page.click("#checkin .main-button")

    def sees_it_done(self) -> None:
        self.page.wait_for_selector("#outcome .note-good")
        self.page.wait_for_selector("[data-part=today]:not([aria-busy]) .list li")

    def reads_the_failure(self) -> str:
        self.page.wait_for_selector("#outcome .note-bad")
        return self.page.inner_text("#outcome")

    def stored(self) -> list[str]:
        """The notes that are in the store."""
        with self.stage.database.read() as connection:
            return list(connection.execute(select(checkins.c.note)).scalars())


@pytest.fixture
def walking(stages: Callable[..., Stage]) -> Callable[..., Walker]:
    return lambda **device: Walker(stages(**device))


@pytest.fixture
def walker(walking: Callable[..., Walker]) -> Walker:
    return walking().open()


@pytest.mark.parametrize("platform", ["android", "ios", "harmony"])
def test_place_time_and_note_are_stored_and_stand_in_the_list(
    walking: Callable[..., Walker], platform: str
) -> None:
    walker = walking(platform=platform).open()
    walker.types()
    walker.taps()
    walker.sees_it_done()
    entry = walker.page.locator(".list li")
    expect(entry).to_contain_text("文一西路")
    expect(entry).to_contain_text(NOTE)
    expect(entry).to_contain_text("误差约")
    expect(walker.page.locator("#note")).to_have_value("")
    assert walker.stored() == [NOTE]
    assert walker.phone.documents() == 1
    assert (walker.phone.console, walker.phone.errors) == ([], [])


def test_from_an_older_page_of_the_list_a_check_in_leads_back_to_the_newest(
    walking: Callable[..., Walker],
) -> None:
    walker = walking()
    page, entries = walker.page, walker.page.locator("[data-part=today] .list li")
    for turn in range(3):
        walked(walker.stage, turn)
    walker.open()
    page.get_by_role("link", name="更早的").click()
    page.wait_for_url("**/checkin?before=*")
    page.wait_for_selector("#sketch .map")
    lose_the_answer(page)
    walker.types()
    walker.taps()
    walker.reads_the_failure()
    walker.types("到达现场")
    walker.taps()  # the list that the answer speaks of has the first one
    expect(page.locator("#outcome .note-bad")).to_contain_text("请看列表")
    expect(entries.first).to_contain_text(NOTE)
    page.reload()
    expect(entries.first).not_to_contain_text(NOTE)
    page.wait_for_selector("#sketch .map")
    walker.taps()
    walker.sees_it_done()
    expect(entries.first).to_contain_text("到达现场")
    expect(entries.nth(1)).to_contain_text(NOTE)


def test_two_taps_store_once(walker: Walker) -> None:
    walker.types()
    walker.page.evaluate(
        "() => { const button = document.querySelector('.main-button'); "
        "button.click(); button.click(); }"
    )
    walker.sees_it_done()
    assert walker.stored() == [NOTE]


def lose_the_answer(page: Page) -> None:
    """The next check-in arrives at the server, and the visitor does not know."""

    def lose(route: Route) -> None:
        if route.request.method != "POST":
            route.continue_()
            return
        route.fetch()
        route.abort()
        page.unroute("**/checkin")

    page.route("**/checkin", lose)


def test_an_answer_that_is_lost_does_not_store_twice(walker: Walker) -> None:
    lose_the_answer(walker.page)
    walker.types()
    walker.taps()
    walker.reads_the_failure()
    assert walker.stored() == [NOTE]
    expect(walker.page.locator("#note")).to_have_value(NOTE)
    walker.page.click("#outcome .side-button")
    walker.sees_it_done()
    assert walker.stored() == [NOTE]


def test_what_was_changed_after_a_lost_answer_is_told_apart_and_stored_by_the_next_tap(
    walker: Walker,
) -> None:
    entries = walker.page.locator("[data-part=today] .list li")
    lose_the_answer(walker.page)
    walker.types()
    walker.taps()
    walker.reads_the_failure()
    expect(entries).to_have_count(0)
    walker.types("到达现场")
    walker.taps()
    expect(walker.page.locator("#outcome .note-bad")).to_contain_text("请看列表")
    expect(entries).to_have_count(1)  # the list that the sentence speaks of is up to date
    expect(walker.page.locator("#outcome button")).to_have_count(0)  # it would store another one
    assert walker.stored() == [NOTE]
    walker.taps()
    walker.sees_it_done()
    expect(entries).to_have_count(2)
    assert walker.stored() == [NOTE, "到达现场"]


def test_an_expired_session_is_renewed_and_what_was_typed_is_stored(walker: Walker) -> None:
    walker.types()
    walker.phone.context.clear_cookies(name="session")
    walker.taps()
    walker.sees_it_done()
    assert walker.stored() == [NOTE]
    assert walker.phone.documents() == 1


def test_offline_it_says_so_keeps_what_was_typed_and_goes_on_later(walker: Walker) -> None:
    walker.types()
    walker.phone.context.set_offline(True)
    expect(walker.page.locator("[data-offline]")).to_be_visible()
    walker.taps()
    assert "没有网络" in walker.reads_the_failure()
    expect(walker.page.locator("#note")).to_have_value(NOTE)
    walker.phone.context.set_offline(False)
    expect(walker.page.locator("[data-offline]")).to_be_hidden()
    walker.page.click("#outcome .side-button")
    walker.sees_it_done()
    assert walker.stored() == [NOTE]


def test_a_store_that_is_busy_is_waited_for_then_told_and_tried_again(
    walker: Walker, served: Served
) -> None:
    other = sqlite3.connect(served.instance / "microapp.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        walker.types()
        walker.taps()
        walker.page.wait_for_selector("#outcome .note-slow")
        failure = walker.reads_the_failure()
    finally:
        other.execute("ROLLBACK")
        other.close()
    assert "已填写的内容还在" in failure
    reference = walker.page.inner_text("#outcome code")
    assert reference in served.app.output()
    walker.page.click("#outcome .side-button")
    walker.sees_it_done()
    assert walker.stored() == [NOTE]


def test_what_is_being_typed_outlives_a_reload(walker: Walker) -> None:
    walker.types()
    walker.page.reload()
    expect(walker.page.locator("#note")).to_have_value(NOTE)
    walker.page.wait_for_selector("#sketch .map")
    walker.taps()
    walker.sees_it_done()
    walker.page.reload()
    expect(walker.page.locator("#note")).to_have_value("")


def test_a_colleague_on_the_same_phone_does_not_find_what_was_typed(walker: Walker) -> None:
    walker.types("not for colleagues")
    walker.phone.set(user="user5031")
    walker.phone.context.clear_cookies(name="session")
    walker.page.reload()
    walker.page.wait_for_selector("html[data-login=in]")
    expect(walker.page.locator("#note")).to_have_value("")


def test_a_page_opened_without_a_session_comes_alive_and_keeps_what_is_being_typed(
    walking: Callable[..., Walker],
) -> None:
    walker = walking(bridge="late", late_ms=1500)
    walked(walker.stage)
    walker.phone.open("/checkin")
    walker.page.wait_for_selector(".dingbridge-login-pending")
    assert walker.page.locator(".list li").count() == 0
    walker.types()
    walker.page.wait_for_selector(".list li")
    assert walker.page.locator(".list li").count() == 3
    expect(walker.page.locator("#note")).to_have_value(NOTE)
    assert walker.phone.documents() == 1
    walker.page.wait_for_selector("#sketch .map-earlier")


def test_a_bridge_that_answers_after_it_was_given_up_leaves_no_stale_sentence(
    walking: Callable[..., Walker],
) -> None:
    walker = walking(bridge="late", late_ms=20_000)
    walker.page.clock.install()
    walker.phone.open("/checkin")
    walker.page.clock.run_for(9000)
    expect(walker.page.locator("#place .note-bad")).to_contain_text("没有授权")
    expect(walker.page.locator("#place button")).to_have_count(0)  # the notice above has one
    walker.types()
    walker.page.clock.run_for(20_000)
    assert walker.phone.state("ready") == "ready"
    expect(walker.page.locator(".note-bad, .dingbridge-notice")).to_have_count(0)
    walker.page.click("#place .side-button")
    walker.page.wait_for_selector("#sketch .map")
    walker.taps()
    walker.sees_it_done()
    assert walker.stored() == [NOTE]


def test_after_an_implausible_place_the_next_try_locates_anew(
    walking: Callable[..., Walker],
) -> None:
    walker = walking(results={LOCATE: NOWHERE}).open()
    walker.types()
    walker.taps()
    assert "没有得到准确的位置" in walker.reads_the_failure()
    walker.phone.set(results={LOCATE: None})
    walker.page.click("#outcome .side-button")
    walker.sees_it_done()
    assert walker.stored() == [NOTE]


@pytest.mark.row("R21")
def test_location_that_is_switched_off_is_explained_and_tried_again(
    walking: Callable[..., Walker],
) -> None:
    walker = walking(location_off=True)
    walker.phone.open("/checkin")
    walker.page.wait_for_selector("#place .note-bad")
    assert "在系统设置里打开定位" in walker.page.inner_text("#place")
    walker.types()
    walker.taps()
    walker.page.wait_for_selector("#place .note-bad")
    assert walker.stored() == []
    walker.phone.set(location_off=False)
    walker.page.click("#place .side-button")
    walker.page.wait_for_selector("#sketch .map")
    expect(walker.page.locator("#note")).to_have_value(NOTE)
    walker.taps()
    walker.sees_it_done()
    assert walker.stored() == [NOTE]


def test_in_a_plain_browser_the_list_is_there_once_signed_in_and_the_rest_is_explained(
    walking: Callable[..., Walker],
) -> None:
    walker = walking(platform="none")
    walked(walker.stage)
    walker.phone.open("/checkin")
    walker.page.wait_for_selector(".is-elsewhere")
    assert "在手机钉钉里签到" in walker.page.inner_text("#place")
    expect(walker.page.locator("#checkin .main-button")).to_be_hidden()
    walker.page.click("[data-login-link]")
    walker.page.get_by_text("张小沙").click()
    walker.page.wait_for_selector(".list li")
    assert walker.page.locator(".list li").count() == 3


def test_without_scripts_the_list_the_way_to_sign_in_and_the_navigation_are_there(
    phones: Callable[..., Phone],
) -> None:
    phone = phones(context={"java_script_enabled": False})
    page = phone.open("/checkin")
    expect(page.locator("#checkin .main-button")).to_be_hidden()
    expect(page.get_by_role("link", name="用钉钉登录")).to_be_visible()
    page.get_by_role("link", name="首页").first.click()
    expect(page.locator("nav [aria-current]")).to_have_text("首页")


def test_the_keyboard_alone_checks_in(walker: Walker) -> None:
    walker.page.keyboard.press("Tab")
    expect(walker.page.locator(".skip")).to_be_focused()
    walker.page.keyboard.press("Enter")
    walker.page.focus("#note")
    walker.page.keyboard.type("by keyboard")
    walker.page.keyboard.press("Tab")
    expect(walker.page.locator("#checkin .main-button")).to_be_focused()
    walker.page.keyboard.press("Enter")
    walker.sees_it_done()
    assert walker.stored() == ["by keyboard"]
