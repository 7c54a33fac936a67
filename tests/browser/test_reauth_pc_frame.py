"""A single-page app in the PC client as it really is: in a frame of a page of another origin."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from app_server import AppServer
from chromium import ARGUMENTS, CHROMIUM
from phone import Phone
from playwright.sync_api import Browser, Frame
from spa_visitor import SpaVisitor

from dingbridge.sandbox.sandbox import Sandbox

HOST = "im.dingtalk.com"
NAMES = f"subjectAltName=IP:127.0.0.1,DNS:{HOST}"


@pytest.fixture(scope="module")
def over_tls(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """The micro-app behind a phone that speaks TLS: a frame elsewhere has no cookies over http."""
    folder = tmp_path_factory.mktemp("tls")
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=sandbox"]
    files = ["-keyout", key, "-out", certificate]
    subprocess.run([*command, "-addext", NAMES, *files], check=True, capture_output=True)
    with (
        Sandbox(certificate=(certificate, key)) as sandbox,
        AppServer(sandbox.environment(folder / "instance"), folder) as app,
    ):
        sandbox.upstream = app.url
        yield sandbox


@pytest.fixture(scope="module")
def desktop(browser: Browser, over_tls: Sandbox) -> Iterator[Browser]:
    """A browser for which the client's host is the sandbox, on the only port the policy allows."""
    rules = f"--host-resolver-rules=MAP {HOST}:443 127.0.0.1:{over_tls.port + 4}"
    launched = browser.browser_type.launch(executable_path=CHROMIUM, args=[*ARGUMENTS[:-1], rules])
    yield launched
    launched.close()


@pytest.fixture
def framed(desktop: Browser, over_tls: Sandbox) -> Iterator[Callable[..., SpaVisitor]]:
    """Opens the single-page app as the desktop client does."""
    contexts = []

    def make(mode: str, grant_life: str) -> SpaVisitor:
        contexts.append(desktop.new_context(ignore_https_errors=True))
        phone = Phone(contexts[-1], over_tls, f"pc-frame-{mode}-{grant_life}")
        phone.set(platform="pc", grant_life=grant_life)
        assert over_tls.tls_url
        app = over_tls.tls_url
        cookie: dict[str, Any] = {"url": app, "name": "sandbox_device", "value": phone.name}
        # The frame's cookies are kept apart, under the site of the page around it.
        apart = {"secure": True, "sameSite": "None", "partitionKey": "https://dingtalk.com"}
        phone.context.add_cookies([{**cookie, **apart}])  # type: ignore[typeddict-item]
        visitor = SpaVisitor(phone, mode)
        query = urlencode(
            {"app": app.rstrip("/") + visitor.address().split("#")[0], "device": phone.name}
        )
        phone.page.goto(f"https://{HOST}/__sandbox__/pc-host.html?{query}")
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
