"""The PC client as it really is: the app in a frame of a page of another origin, over TLS."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from bridge_visitor import Visitor, pages_app
from playwright.sync_api import Frame

from dingbridge.sandbox.sandbox import Sandbox

Make = Callable[..., Any]


@pytest.fixture(scope="module")
def over_tls(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """The second app behind a phone that speaks TLS too."""
    folder = tmp_path_factory.mktemp("tls")
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    names = "subjectAltName=IP:127.0.0.1,DNS:im.dingtalk.com"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=sandbox"]
    subprocess.run(
        [*command, "-addext", names, "-keyout", key, "-out", certificate],
        check=True,
        capture_output=True,
    )
    with pages_app(folder, certificate=(certificate, key)) as (sandbox, _):
        yield sandbox


def open_framed(visitor: Visitor, path: str) -> Frame:
    """Open a page of the app as the desktop client does; its frame."""
    assert visitor.sandbox.tls_url
    app = visitor.sandbox.tls_url
    cookie: dict[str, Any] = {"url": app, "name": "sandbox_device", "value": visitor.name}
    # The frame's cookies are kept apart, under the site of the page around it.
    apart = {"secure": True, "sameSite": "None", "partitionKey": "https://dingtalk.com"}
    visitor.context.add_cookies([{**cookie, **apart}])  # type: ignore[typeddict-item]
    host = app.replace("127.0.0.1", "im.dingtalk.com")
    query = urlencode({"app": app.rstrip("/") + path, "device": visitor.name})
    visitor.page.goto(f"{host}__sandbox__/pc-host.html?{query}")
    frame = visitor.page.wait_for_selector("#frame").content_frame()
    assert frame
    frame.wait_for_selector("html[data-bridge]:not([data-bridge=pending])", state="attached")
    return frame


@pytest.mark.parametrize("shape", ["modern", "classic"])
def test_the_framed_pc_client_grants(clients: Make, over_tls: Sandbox, shape: str) -> None:
    visitor = clients(over_tls, platform="pc", error_shape=shape)
    frame = open_framed(visitor, "/granted?a=%2F#/route")
    assert frame.get_attribute("html", "data-bridge") == "ready"
    assert frame.evaluate("window !== top && origin !== 'null'")
    assert visitor.grants_asked() == 1
    (asked,) = visitor.calls()
    assert asked["args"]["url"] == over_tls.tls_url + "granted?a=%2F"
    assert visitor.console == visitor.errors == []


@pytest.mark.parametrize("shape", ["modern", "classic"])
def test_the_framed_pc_client_refuses(clients: Make, over_tls: Sandbox, shape: str) -> None:
    visitor = clients(over_tls, platform="pc", error_shape=shape, corp="ding-of-somebody-else")
    frame = open_framed(visitor, "/granted")
    assert frame.get_attribute("html", "data-bridge") == "error"
    assert frame.evaluate("heard")[0][1]["code"] == "3"
    assert visitor.console == visitor.errors == []


def test_what_only_the_pc_client_needs_no_phone_fetches(clients: Make, over_tls: Sandbox) -> None:
    fetched: dict[str, list[str]] = {"pc": [], "android": []}
    for platform, urls in fetched.items():
        visitor = clients(over_tls, platform=platform)
        visitor.page.on("request", lambda request, urls=urls: urls.append(request.url))
        if platform == "pc":
            open_framed(visitor, "/granted")
        else:
            visitor.open("/granted")
            assert visitor.state() == "ready"
    assert [sum("dingtalk_pc.js" in url for url in urls) for urls in fetched.values()] == [1, 0]


@pytest.mark.parametrize("page", ["/granted", "/free"])
@pytest.mark.parametrize("instead", ["nothing", "something else"])
def test_a_part_of_the_sdk_that_does_not_arrive_is_told(
    clients: Make, over_tls: Sandbox, page: str, instead: str
) -> None:
    visitor = clients(over_tls, platform="pc")
    visitor.page.route(
        "**/dingtalk_pc.js",
        lambda route: (
            route.abort()
            if instead == "nothing"
            else route.fulfill(body="1", content_type="text/javascript")
        ),
    )
    frame = open_framed(visitor, page)
    assert frame.get_attribute("html", "data-bridge") == "error"
    (said,) = frame.evaluate("heard")
    assert said[1]["code"] != "bridge_silent"  # it is known at once
    assert said[1]["reference"] in frame.inner_text(".dingbridge-notice")
    assert visitor.grants_asked() == 0


def test_a_page_that_moved_heals_in_the_frame(clients: Make, over_tls: Sandbox) -> None:
    visitor = clients(over_tls, platform="pc")
    frame = open_framed(visitor, "/moved")
    assert frame.get_attribute("html", "data-bridge") == "ready"
    (asked,) = visitor.calls()
    assert asked["args"]["url"] == over_tls.tls_url + "moved/here?x=%2F"


def test_the_name_of_the_window_stays_the_clients(clients: Make, over_tls: Sandbox) -> None:
    visitor = clients(over_tls, platform="pc")
    frame = open_framed(visitor, "/granted")
    assert "containerId" in frame.evaluate("window.name")
