"""A ticket that the platform no longer knows: the page says so, the server mends it by itself."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from app_server import AppServer, wait_until
from phone import Phone
from playwright.sync_api import Browser

from dingbridge.sandbox.sandbox import Sandbox


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Sandbox]:
    """An app and a platform of the test's own: others must not meet its bad ticket."""
    with Sandbox() as sandbox, AppServer(sandbox.environment(tmp_path / "i"), tmp_path) as app:
        sandbox.upstream = app.url
        yield sandbox


@pytest.mark.row("R03")
@pytest.mark.row("R17")
@pytest.mark.parametrize("action", ["revoke", "replace"])
def test_a_page_with_a_dead_ticket_explains_itself_and_the_next_one_works(
    browser: Browser, own: Sandbox, action: str
) -> None:
    context = browser.new_context()
    phone = Phone(context, own, "bad-ticket")
    phone.open()
    assert phone.state() == "ready"
    ended = requests.post(
        f"{own.page_url}__sandbox__/platform/ticket", json={"action": action}, timeout=10
    )
    assert ended.status_code == 200
    page = phone.open()
    assert phone.state() == "error"
    notice = page.locator("[data-dingbridge-notice]")
    expected = "52011" if action == "revoke" else "52013"
    notice.get_by_text(expected).first.wait_for()

    def asked_twice() -> bool:
        calls = phone.calls("platform")
        return sum("jsapiTickets" in str(call) for call in calls) == 2

    wait_until(asked_twice, "the server's own request for a new ticket")
    wait_until(lambda: ready_again(phone), "a page that works")
    context.close()


def ready_again(phone: Phone) -> bool:
    phone.open()
    return phone.state() == "ready"
