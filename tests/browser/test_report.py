"""The report in a real browser: charts, other days without a new document, failures, downloads."""

from __future__ import annotations

import csv
from collections.abc import Callable
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from held import hold, is_fetched
from microapp_states import STRANGER, ZONE, Stage, broken
from playwright.sync_api import Locator, Page, expect
from report_states import COLLEAGUE, drawn, worked

pytestmark = pytest.mark.row("R48")

# How many pixels of a picture have nearly that colour, in a canvas.
COUNT_PIXELS = """(canvas, colour) => {
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  const [red, green, blue] = colour;
  let found = 0;
  for (let at = 0; at < data.length; at += 4) {
    if (data[at] === red && data[at + 1] === green && data[at + 2] === blue) found += 1;
  }
  return found;
}"""
# Where the lying bars of a chart begin, in pixels from its top: in the column that crosses most.
FIND_BARS = """(canvas, colour) => {
  const { data, height, width } = canvas.getContext("2d")
    .getImageData(0, 0, canvas.width, canvas.height);
  const isBar = (x, y) => colour.every((part, at) => data[4 * (y * width + x) + at] === part);
  const starts = (x) => Array.from({ length: height - 1 }, (_, y) => y + 1)
    .filter((y) => isBar(x, y) && !isBar(x, y - 1));
  return Array.from({ length: width }, (_, x) => starts(x))
    .reduce((most, found) => (found.length > most.length ? found : most));
}"""
BY_DAY, BY_NIGHT = [11, 98, 214], [106, 168, 255]  # --accent of app.css


@pytest.fixture
def staging(stages: Callable[..., Stage]) -> Callable[..., Stage]:
    """Makes stages where people have worked."""

    def make(**given: object) -> Stage:
        stage = stages(**given)
        worked(stage)
        return stage

    return make


@pytest.fixture
def stage(staging: Callable[..., Stage]) -> Stage:
    """An administrator who looks at the report of a week."""
    opened = staging()
    opened.phone.open("/report")
    drawn(opened)
    return opened


def today(stage: Stage) -> date:
    return stage.now().astimezone(ZONE).date()


def chart(page: Page, name: str) -> Locator:
    return page.locator(f"[data-chart={name}] canvas")


def coloured(page: Page, name: str, colour: list[int]) -> int:
    found: int = chart(page, name).evaluate(COUNT_PIXELS, colour)
    return found


def settled(page: Page) -> None:
    page.wait_for_selector(".report:not([aria-busy])")
    page.wait_for_selector("#outcome:not(:has(.spinner))", state="attached")


def numbers(page: Page, name: str) -> list[list[str]]:
    found: list[list[str]] = page.evaluate(
        """(name) => Array.from(
          document.querySelectorAll(`[data-chart=${name}] tbody tr`),
          (row) => Array.from(row.cells, (cell) => cell.textContent.trim()),
        )""",
        name,
    )
    return found


def test_both_charts_are_drawn_and_their_tables_hold_the_numbers(stage: Stage) -> None:
    page = stage.page
    assert [row[1] for row in numbers(page, "days")] == ["11", "8", "11", "11", "6", "3", "11"]
    people = numbers(page, "people")
    assert people[0] == ["阿卜杜勒·热合曼·买买提", "19", "7"]
    assert ["王磊 (user6188)", "11", "6"] in people
    assert ["王磊 (user8002)", "2", "2"] in people
    for name in ("days", "people"):
        assert coloured(page, name, BY_DAY) > 2000
        expect(page.get_by_role("img", name="按天" if name == "days" else "按人")).to_be_visible()
    assert stage.phone.documents() == 1
    assert (stage.phone.console, stage.phone.errors) == ([], [])


def test_charts_have_the_colours_of_dark_mode_as_soon_as_it_is_on(stage: Stage) -> None:
    assert coloured(stage.page, "days", BY_NIGHT) == 0
    stage.page.emulate_media(color_scheme="dark")
    stage.page.wait_for_function(
        f"() => ({COUNT_PIXELS})(document.querySelector('[data-chart=days] canvas'), {BY_NIGHT})"
    )
    assert coloured(stage.page, "days", BY_DAY) == 0


def test_charts_follow_the_width_of_the_page(stage: Stage) -> None:
    stage.page.set_viewport_size({"width": 320, "height": 700})
    stage.page.wait_for_function(
        "() => document.querySelector('[data-chart=days] canvas').clientWidth < 270"
    )
    stage.page.set_viewport_size({"width": 1280, "height": 700})
    stage.page.wait_for_function(
        "() => document.querySelector('[data-chart=days] canvas').clientWidth > 600"
    )


def test_other_days_come_without_a_new_document_and_back_leads_back(stage: Stage) -> None:
    page, day = stage.page, today(stage)
    page.fill("#from", str(day - timedelta(1)))
    page.fill("#to", str(day))
    page.get_by_role("button", name="查看").click()
    expect(page.locator("#outcome")).to_contain_text("14 次 · 5 人")
    settled(page)
    assert len(numbers(page, "days")) == 2
    assert page.url.endswith(f"/report?from={day - timedelta(1)}&to={day}")
    expect(page.get_by_role("button", name="查看")).to_be_focused()
    page.get_by_role("button", name="今天").click()
    expect(page.locator(".total")).to_contain_text("11 次")
    expect(page.locator("#from")).to_have_value(str(day))
    page.go_back()
    expect(page.locator(".total")).to_contain_text("14 次")
    expect(page.locator("#from")).to_have_value(str(day - timedelta(1)))
    page.go_back()
    expect(page.locator(".total")).to_contain_text("61 次")
    assert stage.phone.documents() == 1
    page.go_forward()
    expect(page.locator(".total")).to_contain_text("14 次")
    page.reload()
    expect(page.locator(".total")).to_contain_text("14 次")
    assert (stage.phone.console, stage.phone.errors) == ([], [])


def test_a_bar_and_a_name_lead_to_one_person(stage: Stage) -> None:
    page = stage.page
    box = chart(page, "people").bounding_box()
    assert box is not None
    chart(page, "people").click(position={"x": box["width"] / 2, "y": 20})
    expect(page.locator(".report h2")).to_contain_text("阿卜杜勒·热合曼·买买提的签到")
    expect(page.locator(".report")).to_be_focused()
    # The days stay the same person's.
    page.get_by_role("button", name="今天").click()
    expect(page.locator(".total")).to_have_text("2 次")
    page.get_by_role("link", name="查看所有人").click()
    expect(page.locator(".total")).to_contain_text("11 次 · 5 人")
    page.locator("[data-chart=people] summary").click()
    page.get_by_role("link", name="欧阳若兰").click()
    expect(page.locator(".total")).to_have_text("5 次")
    assert stage.phone.documents() == 1


def test_each_persons_bar_has_a_fingers_height(stage: Stage) -> None:
    tops = chart(stage.page, "people").evaluate(FIND_BARS, BY_DAY)
    assert len(tops) == len(numbers(stage.page, "people")) == 6
    assert min(below - above for above, below in pairwise(tops)) >= 43


def test_the_list_is_turned_page_by_page(stage: Stage) -> None:
    page = stage.page
    page.get_by_role("link", name="逐条查看").click()
    seen: list[str] = []
    for size in (10, 10, 10, 10, 10, 10, 1):
        expect(page.locator(".list li")).to_have_count(size)
        settled(page)
        entries = page.locator(".list li").all_inner_texts()
        assert not set(page.locator(".list").all_inner_texts()) & set(seen)
        seen += entries
        if size == 10:
            before = page.url
            page.get_by_role("link", name="更早的").click()
            page.wait_for_function("(before) => location.href !== before", arg=before)
    expect(page.get_by_role("link", name="更早的")).to_have_count(0)
    assert len(seen) == 61
    page.get_by_role("link", name="回到图表").click()
    drawn(stage)
    assert stage.phone.documents() == 1


def test_whoever_taps_on_and_on_sees_what_was_tapped_last(stage: Stage) -> None:
    page, total = stage.page, stage.page.locator(".total")
    held = hold(page, "**/report/charts*")
    for preset in ("本月", "近 7 天", "今天"):
        with page.expect_request("**/report/charts*"):
            page.get_by_role("button", name=preset).click()
    page.wait_for_selector("#outcome .spinner")
    held.pop().continue_()  # the others are as good as silent, and nobody has to wait for them
    expect(page.locator("#outcome")).to_have_text("11 次 · 5 人")
    settled(page)
    for earlier in held:
        with page.expect_event("requestfinished"):
            earlier.continue_()
    expect(total).to_have_text("11 次 · 5 人")
    expect(page.locator("#outcome")).to_have_text("11 次 · 5 人")
    assert page.url.endswith(f"/report?from={today(stage)}&to={today(stage)}")
    page.unroute("**/report/charts*")
    page.go_back()  # what was never shown is no step
    expect(total).to_contain_text("61 次")
    assert page.url.endswith("/report")


def test_silence_is_told_after_a_while_and_a_tap_asks_again(stage: Stage) -> None:
    page = stage.page
    page.clock.install()
    hold(page, "**/report/charts*")
    with page.expect_request("**/report/charts*"):
        page.get_by_role("button", name="今天").click()
    page.clock.fast_forward(46_000)
    expect(page.locator(".report .note-bad")).to_contain_text("服务器暂时没有回应")
    expect(page.locator("#outcome")).to_be_empty()
    expect(page.locator(".total")).to_contain_text("61 次")
    page.unroute("**/report/charts*")
    page.locator(".report .note-bad + button").click()
    expect(page.locator("#outcome")).to_have_text("11 次 · 5 人")
    expect(page.locator(".total")).to_have_text("11 次 · 5 人")
    expect(page.locator("#from")).to_have_value(str(today(stage)))


@pytest.mark.parametrize("first", ["the page's", "the tapped"])
def test_a_tap_while_the_first_report_is_on_its_way_is_what_is_shown_and_read_out(
    staging: Callable[..., Stage], first: str
) -> None:
    stage = staging()
    page, total = stage.page, stage.page.locator(".total")
    waking = hold(page, "**/report")
    tapped = hold(page, "**/report/charts*")
    with page.expect_request(lambda asked: is_fetched(asked) and asked.url.endswith("/report")):
        stage.phone.open("/report")
    with page.expect_request("**/report/charts*"):
        page.get_by_role("button", name="今天").click()
    page.wait_for_selector("#outcome .spinner")
    if first == "the page's":
        with page.expect_event("requestfinished"):
            waking[0].continue_()
        expect(page.locator("#outcome")).not_to_contain_text("次")
        assert page.url.endswith("/report")
    tapped[0].continue_()
    expect(total).to_have_text("11 次 · 5 人")
    expect(page.locator("#outcome")).to_have_text("11 次 · 5 人")
    if first == "the tapped":
        with page.expect_event("requestfinished"):
            waking[0].continue_()
    settled(page)
    expect(total).to_have_text("11 次 · 5 人")
    assert f"from={today(stage)}" in page.url


def test_a_tap_before_signing_in_has_come_to_an_end_is_what_is_shown(
    staging: Callable[..., Stage],
) -> None:
    stage = staging(bridge="late", late_ms=800)
    stage.phone.open("/report")
    stage.page.get_by_role("button", name="今天").click()
    expect(stage.page.locator("#outcome")).to_have_text("11 次 · 5 人")
    expect(stage.page.locator(".total")).to_have_text("11 次 · 5 人")
    assert f"from={today(stage)}" in stage.page.url


def test_days_that_are_no_range_are_told_and_stay(stage: Stage) -> None:
    page, day = stage.page, today(stage)
    page.fill("#from", str(day))
    page.fill("#to", str(day - timedelta(1)))
    page.get_by_role("button", name="查看").click()
    expect(page.locator(".report [role=alert]")).to_contain_text("结束日期早于开始日期")
    expect(page.locator("#from")).to_have_value(str(day))
    expect(page.locator("#to")).to_have_value(str(day - timedelta(1)))
    page.fill("#from", str(day - timedelta(1)))
    page.get_by_role("button", name="查看").click()
    expect(page.locator(".total")).to_contain_text("3 次")


def test_offline_the_charts_stay_and_a_retry_brings_the_others(stage: Stage) -> None:
    page = stage.page
    stage.phone.context.set_offline(True)
    expect(page.locator("[data-offline]")).to_be_visible()
    page.get_by_role("button", name="今天").click()
    expect(page.locator(".report .note-bad")).to_contain_text("没有网络")
    expect(page.locator(".total")).to_contain_text("61 次")
    assert "from=" not in page.url
    stage.phone.context.set_offline(False)
    page.get_by_role("button", name="重试").click()
    expect(page.locator(".total")).to_contain_text("11 次")
    expect(page.locator(".report .note-bad")).to_have_count(0)
    expect(page.locator("#from")).to_have_value(str(today(stage)))


def test_a_store_that_fails_is_told_with_a_reference_and_tried_again(stage: Stage) -> None:
    page = stage.page
    with broken(stage, "checkins"):
        page.get_by_role("button", name="今天").click()
        page.wait_for_selector(".report .note-bad code")
        expect(page.locator(".total")).to_contain_text("61 次")
    page.get_by_role("button", name="重试").click()
    expect(page.locator(".total")).to_contain_text("11 次")


def test_an_expired_session_is_renewed_without_a_word(stage: Stage) -> None:
    stage.phone.context.clear_cookies(name="session")
    stage.page.get_by_role("button", name="今天").click()
    expect(stage.page.locator(".total")).to_contain_text("11 次")
    assert stage.phone.documents() == 1


def test_a_page_opened_without_a_session_comes_alive(staging: Callable[..., Stage]) -> None:
    stage = staging(bridge="late", late_ms=800)
    stage.phone.open("/report?preset=today")
    stage.page.wait_for_selector(".report .dingbridge-login-pending")
    assert stage.page.locator(".total").count() == 0
    drawn(stage)
    expect(stage.page.locator(".total")).to_contain_text("11 次")
    assert stage.phone.documents() == 1


def test_a_colleague_sees_only_their_own_and_no_address_opens_another_report(
    staging: Callable[..., Stage],
) -> None:
    stage = staging(user=COLLEAGUE)
    page = stage.page
    stage.phone.open("/report")
    drawn(stage)
    expect(page.locator(".total")).to_have_text("17 次")
    assert numbers(page, "people") == []
    stage.phone.open("/report?person=user6188")
    expect(page.locator(".report [role=alert]")).to_contain_text("没有权限")
    assert "王磊" not in page.content()
    stage.phone.context.clear_cookies(name="session")
    stage.phone.open("/report?person=user6188")
    expect(page.locator(".report [role=alert]")).to_contain_text("没有权限")


def test_the_csv_file_is_saved_under_a_chinese_name(stage: Stage, tmp_path: Path) -> None:
    with stage.page.expect_download() as waiting:
        stage.page.get_by_role("link", name="下载 CSV 表格").click()
    day = today(stage)
    assert waiting.value.suggested_filename == f"签到_{day - timedelta(6)}_{day}.csv"
    saved = tmp_path / "saved.csv"
    waiting.value.save_as(saved)
    assert saved.read_bytes().startswith(b"\xef\xbb\xbf")
    with saved.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    assert len(rows) == 62
    assert rows[1][8] in {"", "送样品\n等待签收"}


def test_a_session_that_has_ended_is_renewed_for_the_csv_file_and_a_failure_is_told(
    stage: Stage,
) -> None:
    link = stage.page.get_by_role("link", name="下载 CSV 表格")
    stage.phone.context.clear_cookies(name="session")
    with stage.page.expect_download() as waiting:
        link.click()
    assert waiting.value.suggested_filename.endswith(".csv")
    assert stage.phone.documents() == 1
    stage.page.route("**/report/link?*", lambda route: route.abort())
    link.click()
    expect(stage.page.locator("#outcome [role=alert]")).to_be_visible()
    stage.page.unroute("**/report/link?*")
    with stage.page.expect_download():
        stage.page.locator("#outcome button").click()


def test_without_scripts_the_same_is_there_in_tables_links_and_a_form(
    staging: Callable[..., Stage],
) -> None:
    stage = staging(context={"java_script_enabled": False}, platform="none")
    page = stage.phone.open("/report")
    page.locator(".report [data-login-link]").click()
    page.get_by_text("张小沙").click()
    expect(page.locator(".total")).to_contain_text("61 次")
    expect(page.locator(".chart-box").first).to_be_hidden()
    page.locator("[data-chart=people] summary").click()
    page.get_by_role("link", name="欧阳若兰").click()
    expect(page.locator(".total")).to_have_text("17 次")
    page.get_by_role("button", name="今天").click()
    expect(page.locator(".total")).to_have_text("5 次")
    day = today(stage)
    page.fill("#from", str(day - timedelta(2)))
    page.fill("#to", str(day))
    page.get_by_role("button", name="查看").click()
    expect(page.locator(".report h2")).to_contain_text("欧阳若兰的签到")


def test_the_keyboard_alone_leads_from_days_to_a_person(stage: Stage) -> None:
    page = stage.page
    page.focus("#from")
    page.keyboard.press("Enter")
    expect(page.locator("#outcome")).to_contain_text("61 次")
    page.focus("[data-chart=people] summary")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.locator("[data-chart=people] a").first).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".report h2")).to_contain_text("阿卜杜勒")
    expect(page.locator(".report")).to_be_focused()


def test_where_signing_in_fails_the_place_of_the_charts_says_so(
    staging: Callable[..., Stage],
) -> None:
    stage = staging(corp=STRANGER)
    stage.phone.open("/report")
    expect(stage.page.locator(".report .dingbridge-login-failed")).to_be_visible()
    assert stage.page.locator(".total").count() == 0
