"""A whole day of a person's use, from login to report, on each of the four platforms."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from microapp_states import ZONE, Stage, open_stage
from phone import Phone
from playwright.sync_api import Browser, BrowserContext
from served import Served
from working_day import NOTE, Day

from microapp.checkin_store import Place, add

SIZE = {"width": 1280, "height": 900}
WORKER, ADMINISTRATOR = "user5031", "manager4220"


@pytest.fixture
def begin(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Callable[[str, str], Day]]:
    """Begins somebody's day on a platform: begin(platform, userid)."""
    contexts: list[BrowserContext] = []

    def start(platform: str, user: str) -> Day:
        is_desktop = platform == "pc"
        served: Served = request.getfixturevalue("served_over_tls" if is_desktop else "served")
        window: Browser = request.getfixturevalue("desktop") if is_desktop else browser
        contexts.append(window.new_context(viewport=SIZE, ignore_https_errors=True))
        return Day(contexts[-1], served, platform, user)

    yield start
    for context in contexts:
        context.close()


def phone_of(day: Day) -> Phone:
    """Where messages are read: on the phone one holds, or that lies beside the computer."""
    if not day.is_desktop:
        return day.phone
    phone = Phone(day.phone.context, day.phone.sandbox, f"{day.phone.name}-phone")
    phone.set(user=WORKER)
    phone.page.goto(f"{day.phone.sandbox.page_url}?lang=zh")
    phone.page.frame_locator("#frame").locator("html[data-login=in]").wait_for(state="attached")
    return phone


def checked_in_on_the_phone(stage: Stage) -> None:
    """What whoever sits at a computer has done on the way there."""
    person = replace(stage.person, userid=WORKER, name="欧阳若兰")
    at = stage.now()
    with stage.database.write() as connection:
        add(
            connection,
            person,
            Place(30.28, 120.02, 29.0, "浙江省杭州市余杭区文一西路969号"),
            key="on-the-way-to-the-office",
            note=NOTE,
            at=at,
            day=at.astimezone(ZONE).date(),
        )


@pytest.mark.row("R46")
@pytest.mark.row("R48")
@pytest.mark.parametrize("platform", ["android", "ios", "harmony", "pc"])
def test_a_person_works_a_whole_day_with_it(
    begin: Callable[[str, str], Day], request: pytest.FixtureRequest, platform: str
) -> None:
    day = begin(platform, WORKER)
    served = request.getfixturevalue("served_over_tls" if platform == "pc" else "served")
    stage = open_stage(day.phone, served.instance)  # nothing is stored
    if day.is_desktop:
        checked_in_on_the_phone(stage)
    stage.database.close()
    day.begins()
    day.reads_home("欧阳若兰")
    day.checks_in()
    day.scans()
    day.types_while_offline()
    day.writes_to_a_chat()
    day.notifies_oneself(phone_of(day))
    day.keeps_files()
    day.speaks_english()
    assert day.reads_the_report("My check-ins") == [NOTE]

    boss = begin(platform, ADMINISTRATOR)
    boss.begins("/report")
    boss.speaks_english()
    assert boss.reads_the_report("Everybody's check-ins") == [NOTE]
    day.was_quiet()
    boss.was_quiet()
