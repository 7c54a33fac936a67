"""What is typed into a form is lost neither while it is being sent nor while somebody signs in."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from chat_states import keep_choice
from held import hold, is_fetched
from microapp_states import Stage
from playwright.sync_api import Route, expect
from sqlalchemy import select

from dingbridge.sandbox.conversations import CHATS, Chat
from microapp.checkin_store import checkins

FIRST, LATER = "到达现场", "到达现场，门卫不在"
LATE = {"bridge": "late", "late_ms": 2000}
DONE = "#outcome .note-good"
WIFI = "<!doctype html><title>Wi-Fi</title><p>Sign in to this network"


@pytest.fixture
def stage(stages: Callable[..., Stage]) -> Stage:
    """At the check-in page, located."""
    located = stages()
    located.phone.open("/checkin")
    located.page.wait_for_selector("#sketch .map")
    located.page.wait_for_selector("[data-part=today]:not([data-signed-out])")
    return located


def notes(stage: Stage) -> list[str]:
    with stage.database.read() as connection:
        return list(connection.execute(select(checkins.c.note)).scalars())


def test_what_is_typed_while_the_position_is_looked_for_is_stored_with_it(
    stages: Callable[..., Stage],
) -> None:
    stage = stages(**LATE)
    stage.phone.open("/checkin")
    stage.page.fill("#note", FIRST)
    stage.page.click("#checkin .main-button")
    expect(stage.page.locator("#checkin")).to_have_attribute("aria-busy", "true")
    stage.page.fill("#note", LATER)
    stage.page.wait_for_selector(DONE)
    expect(stage.page.locator("#note")).to_have_value("")
    assert notes(stage) == [LATER]


def test_what_is_typed_while_it_is_being_stored_stays_for_the_next_time(stage: Stage) -> None:
    held = hold(stage.page, "**/checkin", "POST")
    stage.page.fill("#note", FIRST)
    with stage.page.expect_request("**/checkin"):
        stage.page.click("#checkin .main-button")
    stage.page.fill("#note", LATER)
    held.pop().continue_()
    stage.page.wait_for_selector(DONE)
    expect(stage.page.locator("#note")).to_have_value(LATER)
    stage.page.reload()
    expect(stage.page.locator("#note")).to_have_value(LATER)
    stage.page.unroute("**/checkin")
    stage.page.wait_for_selector("#sketch .map")
    stage.page.click("#checkin .main-button")
    stage.page.wait_for_selector(DONE)
    assert notes(stage) == [FIRST, LATER]


def test_typing_before_signing_in_loses_nothing_of_an_earlier_draft(
    stages: Callable[..., Stage],
) -> None:
    stage = stages()
    stage.phone.open("/chat")
    stage.page.wait_for_selector("[data-part=sent]:not([data-signed-out])")
    stage.page.select_option("#kind", "card")
    stage.page.fill("#title", "巡检任务")
    stage.page.fill("#text", FIRST)
    stage.page.fill("#url", "https://example.com/tasks/7")
    stage.phone.set(**LATE)
    stage.phone.context.clear_cookies(name="session")
    stage.page.reload()
    stage.page.fill("#text", LATER)
    expect(stage.page.locator("#title")).to_have_value("巡检任务")
    expect(stage.page.locator("#text")).to_have_value(LATER)
    stage.page.reload()
    expect(stage.page.locator("#title")).to_have_value("巡检任务")
    expect(stage.page.locator("#text")).to_have_value(LATER)


def test_a_draft_that_comes_back_after_signing_in_has_its_fields_and_its_chat(
    stages: Callable[..., Stage],
) -> None:
    stage = stages()
    keep_choice(stage, CHATS[0].open_id, CHATS[0].title)
    stage.phone.open("/chat")
    stage.page.wait_for_selector("[data-part=sent]:not([data-signed-out])")
    stage.page.select_option("#to", label=CHATS[0].title)
    stage.page.select_option("#kind", "card")
    stage.page.fill("#title", "巡检任务")
    stage.phone.context.clear_cookies(name="session")
    stage.page.reload()
    stage.page.wait_for_selector("[data-part=sent]:not([data-signed-out])")
    expect(stage.page.locator("#title")).to_be_visible()
    expect(stage.page.locator("#title")).to_have_value("巡检任务")
    expect(stage.page.locator("#url")).to_have_js_property("required", True)
    expect(stage.page.locator("#to option:checked")).to_have_text(CHATS[0].title)


def leaves_a_draft_to(stage: Stage, chat: Chat) -> None:
    """A message to a chat is begun, and the session ends."""
    keep_choice(stage, chat.open_id, chat.title)
    stage.phone.open("/chat")
    stage.page.wait_for_selector("[data-part=sent]:not([data-signed-out])")
    stage.page.select_option("#to", label=chat.title)
    stage.page.fill("#text", FIRST)
    stage.phone.context.clear_cookies(name="session")


def test_typing_before_the_chats_have_arrived_does_not_lose_the_chosen_one(
    stages: Callable[..., Stage],
) -> None:
    stage = stages()
    leaves_a_draft_to(stage, CHATS[0])
    parts: list[Route] = []
    stage.page.route(
        "**/chat",
        lambda route: (
            parts.append(route) if route.request.resource_type == "fetch" else route.continue_()
        ),
    )
    stage.page.reload()
    expect(stage.page.locator("#text")).to_have_value(FIRST)
    stage.page.fill("#text", LATER)
    stage.page.unroute("**/chat")
    stage.page.reload()
    expect(stage.page.locator("#text")).to_have_value(LATER)
    expect(stage.page.locator("#to option:checked")).to_have_text(CHATS[0].title)


def test_a_chat_that_is_chosen_anew_takes_the_place_of_the_draft_s(
    stages: Callable[..., Stage],
) -> None:
    stage = stages()
    leaves_a_draft_to(stage, CHATS[2])
    stage.page.reload()
    expect(stage.page.locator("#to option:checked")).to_have_text(CHATS[2].title)
    stage.page.click("#choose")
    expect(stage.page.locator("#to option:checked")).to_have_text(CHATS[0].title)
    stage.page.fill("#text", LATER)
    stage.page.reload()
    expect(stage.page.locator("#text")).to_have_value(LATER)
    expect(stage.page.locator("#to option:checked")).to_have_text(CHATS[0].title)


@pytest.mark.parametrize("kind", ["silence", "a network to which one has to sign in"])
def test_no_answer_from_the_app_is_told_as_such_and_nothing_is_lost(
    stage: Stage, kind: str
) -> None:
    page = stage.page
    page.clock.install()
    page.fill("#note", FIRST)
    held = hold(page, "**/checkin", "POST")
    with page.expect_request("**/checkin"):
        page.click("#checkin .main-button")
    if kind == "silence":
        page.clock.fast_forward(46_000)
    else:
        held.pop().fulfill(body=WIFI, content_type="text/html")
    expect(page.locator("#outcome .note-bad")).to_contain_text("服务器暂时没有回应")
    expect(page.locator("#note")).to_have_value(FIRST)
    page.unroute("**/checkin")
    page.click("#outcome .side-button")
    page.wait_for_selector(DONE)
    assert notes(stage) == [FIRST]


def test_a_list_that_another_page_answers_for_stays_with_a_sentence_above(stage: Stage) -> None:
    page = stage.page

    def answer(route: Route) -> None:
        if route.request.method == "POST":
            route.continue_()
        else:
            route.fulfill(body=WIFI, content_type="text/html")

    page.route("**/checkin", answer)
    page.click("#checkin .main-button")
    expect(page.locator("[data-part=today] .note-bad")).to_contain_text("服务器暂时没有回应")
    page.unroute("**/checkin")
    page.click("[data-part=today] .side-button")
    page.wait_for_selector(".list li")


# An answer of which only the head comes, as over a network that goes away meanwhile.
NO_BODIES = "() => { Response.prototype.text = () => new Promise(() => {}); }"


@pytest.mark.parametrize("kind", ["silence", "an answer that breaks off"])
def test_a_list_that_does_not_come_is_told_after_a_while_and_fetched_by_a_tap(
    stage: Stage, kind: str
) -> None:
    page = stage.page
    page.clock.install()
    if kind == "silence":
        hold(page, "**/checkin*")
    else:
        page.evaluate(NO_BODIES)
    with page.expect_request(lambda asked: is_fetched(asked) and asked.method == "GET"):
        page.click("#checkin .main-button")
    page.wait_for_selector(DONE)
    page.clock.fast_forward(46_000)
    expect(page.locator("[data-part=today] .note-bad")).to_contain_text("服务器暂时没有回应")
    expect(page.locator("[data-part=today]")).not_to_have_attribute("aria-busy", "true")
    if kind == "silence":
        page.unroute("**/checkin*")
        page.click("[data-part=today] .side-button")
        page.wait_for_selector(".list li")
        assert notes(stage) == [""]


def test_a_position_that_was_found_is_read_out(stage: Stage) -> None:
    told = stage.page.get_by_role("status").filter(has_text="文一西路")
    expect(told.first).to_contain_text("误差约")
    assert stage.page.locator("[role=status] .map").count() == 0
