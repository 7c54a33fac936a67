"""The signed URL against the browser's: the page notices a difference and heals it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from app_server import AppServer
from bridge_visitor import Visitor
from playwright.sync_api import Request, Route

from dingbridge.sandbox.sandbox import Sandbox

Make = Callable[..., Any]


def watch(visitor: Visitor, path: str) -> list[Request]:
    """Every request of the page for `path`, as they are made."""
    seen: list[Request] = []
    visitor.page.on(
        "request", lambda request: seen.append(request) if path in request.url else None
    )
    return seen


@pytest.mark.row("R04")
@pytest.mark.row("R05")
@pytest.mark.parametrize("platform", ["android", "ios", "harmony", "pc"])
def test_a_page_whose_address_a_script_changed_is_signed_anew(
    visitors: Make, pages: tuple[Sandbox, AppServer], platform: str
) -> None:
    visitor = visitors(platform=platform)
    signs, outcomes = watch(visitor, "/ding/sign"), watch(visitor, "/ding/outcome")
    visitor.open("/moved#/route")
    assert visitor.state() == "ready"
    now = visitor.page.url
    assert now.endswith("/moved/here?x=%2F")
    assert [request.post_data_json for request in signs] == [{"url": now}]
    (asked,) = visitor.calls()
    declared = visitor.data()["config"]["jsApiList"]
    assert asked["args"]["jsApiList"] == declared
    assert asked["args"]["signature"] != visitor.data()["config"]["signature"]
    (outcome,) = [request.post_data_json for request in outcomes]
    assert outcome["state"] == "ready"
    assert (outcome["signed_url"], outcome["page_url"]) == (visitor.data()["url"], now)
    assert f"page_url={now!r}" in pages[1].output()
    assert visitor.console == visitor.errors == []


@pytest.mark.row("R05")
@pytest.mark.parametrize(
    ("shown", "forwarded"),
    [
        ("/granted?a=%41", "/granted?a=A"),
        ("/granted?", "/granted"),
        ("/granted?b=2&a=1", "/granted?a=1&b=2"),
        ("/granted?q=%E5%BC%A0", "/granted?q=%e5%bc%a0"),
        ("/outer/granted", "/granted"),
    ],
)
def test_a_page_whose_address_a_proxy_changed_is_signed_anew(
    visitors: Make, shown: str, forwarded: str
) -> None:
    visitor = visitors()
    base = visitor.sandbox.phone_url.rstrip("/")

    def front(route: Route) -> None:
        route.fulfill(response=route.fetch(url=base + forwarded))

    visitor.page.route(lambda url: url == base + shown, front)
    signs = watch(visitor, "/ding/sign")
    visitor.open(shown)
    assert visitor.state() == "ready"
    assert visitor.data()["url"] == base + forwarded
    assert [request.post_data_json for request in signs] == [{"url": base + shown}]
    assert visitor.grants_asked() == 1


@pytest.mark.row("R05")
@pytest.mark.parametrize(
    ("pattern", "replacement"),
    [(r"^http:", "https:"), (r"//[^/:]+", "//localhost"), (r":\d+/", ":1/"), (r":\d+/", "/")],
    ids=["scheme", "host", "port", "no port"],
)
def test_a_page_that_was_signed_for_another_origin_is_signed_anew(
    visitors: Make, pattern: str, replacement: str
) -> None:
    visitor = visitors()
    address = visitor.sandbox.phone_url.rstrip("/") + "/granted"

    def front(route: Route) -> None:
        response = route.fetch()
        wrong = re.sub(pattern, replacement, address, count=1)
        body = response.text().replace(f'"url":"{address}"', f'"url":"{wrong}"')
        assert wrong in body
        route.fulfill(response=response, body=body)

    visitor.page.route(address, front)
    signs = watch(visitor, "/ding/sign")
    visitor.open("/granted")
    assert visitor.state() == "ready"
    assert [request.post_data_json for request in signs] == [{"url": address}]
    assert visitor.grants_asked() == 1


def test_a_server_that_never_signs_this_address_is_asked_three_times(visitors: Make) -> None:
    visitor = visitors()
    other = {"url": "https://elsewhere.example/", "config": {}}
    visitor.page.route("**/ding/sign", lambda route: route.fulfill(json=other))
    signs = watch(visitor, "/ding/sign")
    visitor.open("/moved")
    assert visitor.state() == "error"
    assert visitor.heard[0][1]["code"] == "sign_failed"
    assert len(signs) == 3
    assert visitor.grants_asked() == 0


def test_equal_addresses_ask_the_server_nothing(visitors: Make) -> None:
    visitor = visitors()
    signs, explains = watch(visitor, "/ding/sign"), watch(visitor, "/ding/explain")
    outcomes = watch(visitor, "/ding/outcome")
    visitor.open("/granted?a=%E5%BC%A0&b=%2f+;#/route?x#y")
    assert visitor.state() == "ready"
    visitor.page.evaluate("history.pushState(null, '', '/elsewhere')")
    assert signs == explains == []
    assert len(outcomes) == 1


def test_an_address_that_the_server_refuses_is_told_without_a_config(visitors: Make) -> None:
    visitor = visitors()
    visitor.open("/lost")
    assert visitor.state() == "error"
    ((_, detail),) = visitor.heard
    assert detail["code"] == "sign_failed"
    assert detail["reference"] in visitor.notice()
    assert visitor.grants_asked() == 0
    assert visitor.call("biz.util.scan", {"type": "qrCode"})["result"]["text"]
    assert visitor.call("device.geolocation.get")["error"]["code"] == "sign_failed"


OFFLINE = "Object.defineProperty(navigator, 'onLine', { get: () => false, configurable: true })"


def test_a_page_that_is_offline_says_so_and_goes_on_when_the_network_is_back(
    visitors: Make,
) -> None:
    visitor = visitors()
    asked = re.compile("/ding/(sign|explain|outcome)")
    visitor.page.route(asked, lambda route: route.abort("internetdisconnected"))
    visitor.page.add_init_script(OFFLINE)
    visitor.page.clock.install()  # it is the network's return that counts, not time
    visitor.open("/moved")
    assert visitor.state() == "error"
    assert visitor.heard[0][1]["code"] == "offline"
    assert visitor.data()["words"]["offline"]["message"] in visitor.notice()
    assert visitor.call("device.geolocation.get")["error"]["code"] == "offline"
    visitor.context.set_offline(True)
    visitor.page.unroute(asked)
    visitor.page.evaluate("delete navigator.onLine")
    visitor.context.set_offline(False)
    assert visitor.state("ready") == "ready"
    assert visitor.notice() == ""
    assert "address" in visitor.call("device.geolocation.get")["result"]
    assert visitor.grants_asked() == 1


def test_a_server_that_never_signs_is_given_up_after_eight_seconds(visitors: Make) -> None:
    visitor = visitors()
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    visitor.page.route("**/ding/sign", hold)
    visitor.page.clock.install()
    with visitor.page.expect_request("**/ding/sign"):
        visitor.open("/moved")
    visitor.page.clock.run_for(9000)
    assert visitor.state() == "error"
    # The device has a network: it is the server that does not answer.
    assert visitor.heard[0][1]["code"] == "server_silent"
    assert visitor.data()["words"]["server_silent"]["message"] in visitor.notice()
    assert visitor.call("biz.util.scan", {"type": "qrCode"})["result"]["text"]
    held[0].abort()


def test_a_server_that_signs_after_it_was_given_up_leads_to_ready_all_the_same(
    visitors: Make,
) -> None:
    visitor = visitors()
    held: list[Route] = []

    def answer_the_second(route: Route) -> None:
        held.append(route)
        if len(held) > 1:
            route.continue_()

    visitor.page.route("**/ding/sign", answer_the_second)
    visitor.page.clock.install()
    with visitor.page.expect_request("**/ding/sign"):
        visitor.open("/moved")
    visitor.page.clock.run_for(9000)
    assert visitor.state() == "error"
    with visitor.page.expect_response("**/ding/sign"):
        visitor.page.clock.run_for(3000)
    assert visitor.state("ready") == "ready"
    held[0].continue_()  # the first answer comes too late to matter
    assert visitor.notice() == ""
    assert [name for name, _ in visitor.heard] == ["error", "ready"]
    assert "address" in visitor.call("device.geolocation.get")["result"]
    assert (visitor.grants_asked(), visitor.documents()) == (1, 1)


@pytest.mark.parametrize("kind", ["no connection", "the proxy's own page"])
def test_a_server_that_is_away_is_asked_again_after_longer_and_longer_pauses(
    visitors: Make, kind: str
) -> None:
    visitor = visitors()
    tried: list[str] = []

    def be_away(route: Route) -> None:
        tried.append(kind)
        if len(tried) > 3:
            route.continue_()
        elif kind == "no connection":
            route.abort("connectionrefused")
        else:
            route.fulfill(status=503, content_type="text/html", body="<p>restarting</p>")

    visitor.page.route("**/ding/sign", be_away)
    visitor.page.clock.install(time=0)
    visitor.page.clock.pause_at(1000)
    visitor.open("/moved")
    assert visitor.state() == "error"
    assert visitor.heard[0][1]["code"] == "server_silent"
    visitor.page.focus(".dingbridge-retry")
    for seconds in (2, 4):
        before = len(tried)
        visitor.page.clock.run_for(seconds * 1000 - 100)
        assert len(tried) == before
        with visitor.page.expect_request("**/ding/sign"):
            visitor.page.clock.run_for(200)
        failed_again(visitor)
    # What failed in the same way again is no news for whoever reads the notice.
    assert [name for name, _ in visitor.heard] == ["error"]
    assert visitor.page.evaluate("document.activeElement.className") == "dingbridge-retry"
    visitor.page.clock.run_for(8000)
    assert visitor.state("ready") == "ready"
    assert (len(tried), visitor.grants_asked()) == (4, 1)


def failed_again(visitor: Visitor) -> None:
    """A call waits for the try that is under way, and reads what became of it."""
    assert visitor.call("device.geolocation.get")["error"]["code"] == "server_silent"


def test_an_outcome_that_no_network_carried_is_sent_when_there_is_one(visitors: Make) -> None:
    visitor = visitors(bridge="late", late_ms=1000)
    visitor.page.clock.install()
    visitor.open("/free")
    visitor.context.set_offline(True)
    with visitor.page.expect_event("requestfailed", lambda request: "outcome" in request.url):
        visitor.page.clock.run_for(1500)
    with visitor.page.expect_response("**/ding/outcome") as sent:
        visitor.context.set_offline(False)
    assert sent.value.status == 204
    assert sent.value.request.post_data_json["state"] == "ready"
