"""The colour of the client's bar, which a page's address asks for, outlives what is done there."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from files_states import choose, keep
from microapp_states import Stage
from playwright.sync_api import expect
from report_states import drawn, worked
from scan_states import scanned
from uploaded_files import PDF

pytestmark = pytest.mark.row("R20")

COLOUR = "dd_nav_bgcolor=FF1A5FB4"
UNCOLOURED = f"a[href^='/']:not([href*='{COLOUR}'], [href*='/download'], .skip)"
DONE = "#outcome .note-good"


@pytest.fixture
def stage(stages: Callable[..., Stage]) -> Stage:
    return stages()


def opens(stage: Stage, path: str) -> None:
    """Open a page with the colour, signed in."""
    stage.phone.open(f"{path}?{COLOUR}")
    stage.page.wait_for_selector("html[data-login=in]", state="attached")
    expect(stage.page.locator("[data-signed-out]")).to_have_count(0)


def has_its_colour(stage: Stage) -> None:
    """The address and every link of the page have it."""
    assert COLOUR in stage.page.url
    expect(stage.page.locator(UNCOLOURED)).to_have_count(0)
    bar = stage.page.locator(".bar")
    expect(bar).to_have_css("background-color", "rgb(26, 95, 180)")


def test_in_the_report_with_other_days_a_person_and_the_list(stage: Stage) -> None:
    worked(stage)
    page = stage.page
    opens(stage, "/report")
    drawn(stage)
    for action, shown in (
        (lambda: page.click("[value=today]"), "11 次"),
        (lambda: page.click("#range .main-button"), "11 次"),
        (lambda: page.get_by_role("link", name="逐条查看").click(), "回到图表"),
        (page.reload, "回到图表"),
    ):
        action()
        expect(page.locator(".report")).to_contain_text(shown)
        page.wait_for_selector(".report:not([aria-busy])")
        has_its_colour(stage)


def scans(stage: Stage) -> None:
    stage.page.click("[data-read=qr]")
    stage.page.wait_for_selector(DONE)


def deletes_a_scan(stage: Stage) -> None:
    stage.page.click("button[name=id] >> nth=0")
    stage.page.click(".is-armed")
    expect(stage.page.locator("#scanned-heading")).to_be_focused()


def sends(stage: Stage) -> None:
    stage.page.select_option("#to", "me")
    stage.page.fill("#text", stage.phone.name)
    stage.page.click("#chat .main-button")
    stage.page.wait_for_selector(DONE)


def uploads(stage: Stage) -> None:
    choose(stage)
    stage.page.wait_for_selector("[data-state=uploaded]")


@pytest.mark.parametrize(
    ("path", "act", "listed"),
    [
        ("/scan", scans, ".scan-pages a"),
        ("/scan", deletes_a_scan, ".scan-pages a"),
        ("/chat", sends, ".list li"),
        ("/files", uploads, ".list .file"),
    ],
)
def test_in_a_list_that_is_renewed(
    stage: Stage, path: str, act: Callable[[Stage], None], listed: str
) -> None:
    scanned(stage)
    opens(stage, path)
    with stage.page.expect_request(lambda request: request.method == "GET" and path in request.url):
        act(stage)
    stage.page.wait_for_selector("[data-part]:not([aria-busy])")
    stage.page.wait_for_selector(listed)
    has_its_colour(stage)


def test_after_deleting_a_file(stage: Stage) -> None:
    number = keep(stage, "a.pdf", PDF)
    opens(stage, f"/files/{number}")
    stage.page.click("summary")
    stage.page.get_by_role("button", name="确定删除").click()
    stage.page.wait_for_selector("[data-part=files] .note-empty")
    has_its_colour(stage)
