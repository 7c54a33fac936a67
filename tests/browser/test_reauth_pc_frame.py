"""A single-page app in the PC client as it really is: in a frame of a page of another origin."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from phone import Phone
from playwright.sync_api import Browser, Frame
from served import PC_HOST, Served
from spa_visitor import SpaVisitor


@pytest.fixture
def framed(desktop: Browser, served_over_tls: Served) -> Iterator[Callable[..., SpaVisitor]]:
    """Opens the single-page app as the desktop client does."""
    contexts = []
    sandbox = served_over_tls.sandbox

    def make(mode: str, grant_life: str) -> SpaVisitor:
        contexts.append(desktop.new_context(ignore_https_errors=True))
        phone = Phone(contexts[-1], sandbox, f"pc-frame-{mode}-{grant_life}")
        phone.set(platform="pc", grant_life=grant_life)
        assert sandbox.tls_url
        app = sandbox.tls_url
        cookie: dict[str, Any] = {"url": app, "name": "sandbox_device", "value": phone.name}
        # The frame's cookies are kept apart, under the site of the page around it.
        apart = {"secure": True, "sameSite": "None", "partitionKey": "https://dingtalk.com"}
        phone.context.add_cookies([{**cookie, **apart}])  # type: ignore[typeddict-item]
        visitor = SpaVisitor(phone, mode)
        query = urlencode(
            {"app": app.rstrip("/") + visitor.address().split("#")[0], "device": phone.name}
        )
        phone.page.goto(f"https://{PC_HOST}/__sandbox__/pc-host.html?{query}")
        visitor.place = granted(phone)
        visitor.start_counting()
        return visitor

    yield make
    for context in contexts:
        context.close()


def granted(phone: Phone) -> Frame:
    """The frame, once the app in it has its grant."""
    frame = phone.page.wait_for_selector("#frame").content_frame()
    assert frame
    frame.wait_for_selector("html[data-bridge=ready]", state="attached")
    return frame


@pytest.mark.row("R13")
@pytest.mark.parametrize(
    ("mode", "grant_life", "loads"),
    [
        ("history", "document", 1),
        ("history", "path", 3),
        ("links", "url", 3),
        ("hash", "url", 2),
    ],
)
def test_in_the_pc_clients_frame_a_view_works_at_the_same_cost(
    framed: Callable[..., SpaVisitor], mode: str, grant_life: str, loads: int
) -> None:
    visitor = framed(mode, grant_life)
    assert visitor.place.evaluate("window !== top && origin !== 'null'")
    name = visitor.place.evaluate("window.name")
    visitor.go("visit")
    visitor.fill_in()
    visitor.picks_a_colleague()
    assert visitor.counts() == (loads, loads, 1)
    assert visitor.still_has_what_was_filled_in()
    assert visitor.place.evaluate("window.name") == name
    assert visitor.phone.errors == visitor.phone.console == []
