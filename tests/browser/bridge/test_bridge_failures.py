"""What a visitor, a developer and page code are told when something is missing."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from app_server import AppServer
from bridge_visitor import pages_app
from playwright.sync_api import Route

from dingbridge.sandbox.sandbox import Sandbox

Make = Callable[..., Any]
PLATFORMS = ("android", "ios", "harmony", "pc")
WATCHDOG = 8000  # milliseconds, as in static/bridge_connection.js


def refusals() -> Iterator[tuple[str, str, str, str]]:
    """Platform, shape and reason in all pairs, each with the sub-code that must be read from it."""
    reasons = {"corp": "52010", "algorithm": "52013"}
    rules = itertools.cycle(["current", "entry"])
    for platform, shape in itertools.product(PLATFORMS, ("modern", "classic")):
        reason = list(reasons)[(PLATFORMS.index(platform) + (shape == "modern")) % 2]
        yield platform, shape, next(rules), reason


@pytest.mark.row("R16")
@pytest.mark.parametrize(("platform", "shape", "rule", "reason"), list(refusals()))
def test_a_refused_grant_is_told_alike_by_every_client(
    visitors: Make, platform_rules: Make, platform: str, shape: str, rule: str, reason: str
) -> None:
    settings = {"platform": platform, "error_shape": shape, "url_rule": rule}
    if reason == "corp":
        settings["corp"] = "ding-of-somebody-else"
    else:
        platform_rules(algorithm="sha1")
    visitor = visitors(**settings)
    with visitor.page.expect_request("**/ding/outcome") as reported:
        visitor.open("/granted")
    assert visitor.state() == "error"
    if reason == "algorithm":
        assert reported.value.post_data_json["platform_url"] == visitor.page.url
    ((name, detail),) = visitor.heard
    assert (name, detail["code"]) == ("error", "3")
    assert detail["subcode"] in ({"52010", "52011", "52019"} if reason == "corp" else {"52013"})
    assert detail["message"]
    assert detail["remedy"]
    assert detail["reference"] == visitor.data()["reference"]
    assert visitor.grants_asked() == 1
    assert visitor.console == visitor.errors == []


@pytest.mark.row("R15")
@pytest.mark.parametrize("platform", ["android", "ios", "harmony"])
def test_an_api_that_needs_no_grant_works_beside_a_failed_one(
    visitors: Make, platform: str
) -> None:
    visitor = visitors(platform=platform, corp="ding-of-somebody-else")
    visitor.open("/granted")
    visitor.state("error")
    assert visitor.call("biz.util.scan", {"type": "qrCode"})["result"]["text"]
    refused = visitor.call("device.geolocation.get")["error"]
    assert (refused["code"], refused["reference"]) == ("3", visitor.data()["reference"])
    assert not visitor.calls(method="device.geolocation.get")


def test_an_api_that_needs_no_grant_does_not_wait_for_the_verdict(visitors: Make) -> None:
    visitor = visitors()
    held: list[Route] = []
    visitor.page.route(
        "**/__sandbox__/native*",
        lambda route: (
            held.append(route)
            if "requestJsApis" in (route.request.post_data or "")
            else route.continue_()
        ),
    )
    visitor.open("/granted")
    assert visitor.call("biz.util.scan", {"type": "qrCode"})["result"]["text"]
    assert visitor.page.get_attribute("html", "data-bridge") == "pending"
    assert len(held) == 1
    held[0].continue_()
    assert visitor.state() == "ready"


@pytest.mark.row("R12")
def test_an_undeclared_api_is_refused_with_its_name_and_the_line_to_add(visitors: Make) -> None:
    visitor = visitors()
    visitor.open("/free")
    visitor.state("ready")
    for name in ("biz.chat.pickConversation", "constructor", "__proto__"):
        told = visitor.call(name)
        assert told["error"]["code"] == "undeclared_api"
        assert name in told["error"]["message"]
        assert f'{{{{ dingbridge("{name}") }}}}' in told["error"]["remedy"]
        assert name in told["printed"]
    assert visitor.calls() == []


@pytest.mark.row("R22")
def test_an_api_that_the_platform_lacks_is_refused_before_the_client_is_asked(
    visitors: Make,
) -> None:
    visitor = visitors(platform="ios")
    visitor.open("/free")
    error = visitor.call("device.nfc.nfcRead")["error"]
    assert (error["code"], error["platforms"]) == ("unsupported_here", "android")
    assert visitor.calls() == []


@pytest.mark.parametrize("code", ["-1", -1])
def test_a_cancel_is_told_apart_from_a_failure(visitors: Make, code: object) -> None:
    visitor = visitors(errors={"biz.util.scan": {"errorCode": code, "errorMessage": "cancel"}})
    visitor.open("/free")
    error = visitor.call("biz.util.scan")["error"]
    assert (error["code"], error["cancelled"]) == ("cancelled", True)
    assert visitor.state() == "ready"


@pytest.mark.row("R21")
@pytest.mark.parametrize("shape", ["modern", "classic"])
def test_a_call_that_fails_is_explained_in_the_pages_language(visitors: Make, shape: str) -> None:
    visitor = visitors(location_off=True, error_shape=shape)
    visitor.open("/granted")
    error = visitor.call("device.geolocation.get")["error"]
    assert error["code"] == "4"
    assert "定位" in error["message"]


def test_a_client_too_old_for_an_api_is_told_to_update(visitors: Make) -> None:
    missing = {"errorCode": "1", "errorMessage": "no such method"}
    visitor = visitors(version="2.0.0", errors={"biz.util.scan": missing})
    visitor.open("/free")
    assert visitor.call("biz.util.scan")["error"]["code"] == "old_client"
    newer = visitors(version="7.6.45", errors={"biz.util.scan": missing})
    newer.open("/free")
    assert newer.call("biz.util.scan")["error"]["code"] == "1"


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_bridge_that_never_answers_is_noticed_after_eight_seconds(
    visitors: Make, platform: str
) -> None:
    visitor = visitors(platform=platform, bridge="never")
    visitor.page.clock.install()
    visitor.open("/granted")
    visitor.page.clock.run_for(WATCHDOG - 1000)
    assert visitor.page.get_attribute("html", "data-bridge") == "pending"
    visitor.page.clock.run_for(2000)
    assert visitor.state() == "error"
    ((_, detail),) = visitor.heard
    assert detail["code"] == "bridge_silent"
    if platform != "pc":
        assert visitor.call("device.geolocation.get")["error"]["code"] == "bridge_silent"
    assert visitor.calls() == []
    assert visitor.console == visitor.errors == []


def test_a_silent_client_that_is_too_old_is_told_to_update(visitors: Make) -> None:
    visitor = visitors(bridge="never", version="2.0.0")
    visitor.page.clock.install()
    visitor.open("/granted")
    visitor.page.clock.run_for(WATCHDOG + 1000)
    visitor.state("error")
    assert visitor.heard[0][1]["code"] == "old_client"


@pytest.mark.parametrize("platform", PLATFORMS)
def test_an_answer_after_the_watchdog_still_counts(visitors: Make, platform: str) -> None:
    visitor = visitors(platform=platform, bridge="late", late_ms=20_000)
    visitor.page.clock.install()
    visitor.open("/granted")
    visitor.page.clock.run_for(WATCHDOG + 1000)
    visitor.state("error")
    assert visitor.notice()
    visitor.page.clock.run_for(20_000)
    assert visitor.state("ready") == "ready"
    assert [name for name, _ in visitor.heard] == ["error", "ready"]
    assert visitor.notice() == ""
    if platform != "pc":
        assert "address" in visitor.call("device.geolocation.get")["result"]
    assert visitor.grants_asked() == 1


@pytest.mark.parametrize("platform", ["android", "ios", "harmony"])
def test_a_bridge_that_breaks_while_it_comes_up_is_told_and_stays_quiet(
    visitors: Make, platform: str
) -> None:
    visitor = visitors(platform=platform, bridge="failed")
    visitor.open("/granted")
    assert visitor.state() == "error"
    assert visitor.heard[0][1]["code"] == "5010"
    assert visitor.call("biz.util.scan")["error"]["code"] == "5010"
    assert visitor.console == visitor.errors == []


def test_the_pages_own_rejections_stay_in_the_console(visitors: Make) -> None:
    visitor = visitors(corp="ding-of-somebody-else")
    visitor.page.add_init_script(
        "document.addEventListener('dingbridge:error', () => Promise.reject(new Error('mine')))"
    )
    visitor.open("/granted")
    visitor.state("error")
    visitor.page.evaluate("() => new Promise((done) => setTimeout(done))")
    assert visitor.errors == ["mine"]


def test_a_plain_browser_gets_a_sentence_and_no_error(visitors: Make) -> None:
    visitor = visitors(platform="none")
    visitor.open("/granted")
    assert visitor.state() == "outside"
    assert visitor.heard == []
    words = visitor.data()["words"]["outside"]
    assert visitor.notice() == words["message"]
    assert visitor.page.get_attribute(".dingbridge-notice", "role") == "status"
    assert visitor.call("biz.util.scan")["error"]["code"] == "outside"
    assert visitor.console == visitor.errors == []


def test_an_sdk_that_does_not_arrive_is_told(visitors: Make) -> None:
    visitor = visitors()
    # Built, the SDK is in front of the bridge, and neither arrives.
    scripts = re.compile(r"/vendor/(?:dingtalk|built/bridge)\.js$")
    visitor.page.route(scripts, lambda route: route.abort())
    visitor.open("/granted")
    assert visitor.state() == "error"
    assert visitor.heard[0][1]["code"] == "no_script"
    assert visitor.errors == []


def test_a_bridge_that_does_not_arrive_is_told_by_the_first_script(visitors: Make) -> None:
    visitor = visitors()
    visitor.page.route("**/bridge.js", lambda route: route.abort())
    with visitor.page.expect_request("**/ding/outcome") as told:
        visitor.open("/granted")
        visitor.page.wait_for_selector(".dingbridge-notice")
    assert visitor.state() == "error"
    notice = visitor.page.inner_text(".dingbridge-notice")
    reference = visitor.data()["reference"]
    assert reference in notice
    assert visitor.data()["words"]["no_script"]["message"] in notice
    assert told.value.post_data_json["reference"] == reference
    visitor.page.unroute("**/bridge.js")
    visitor.page.click(".dingbridge-retry")
    visitor.page.wait_for_selector("[data-bridge=ready]")
    assert visitor.errors == []


@pytest.mark.parametrize(
    ("body", "code"), [('throw new Error("broken");', "no_script"), ("a?.;", "old_client")]
)
def test_a_bridge_that_cannot_run_is_told_by_the_first_script(
    visitors: Make, body: str, code: str
) -> None:
    visitor = visitors()
    broken = {"body": body, "content_type": "text/javascript"}
    visitor.page.route("**/bridge.js", lambda route: route.fulfill(**broken))
    with visitor.page.expect_request("**/ding/outcome") as told:
        visitor.open("/granted")
        visitor.page.wait_for_selector(".dingbridge-notice")
    assert visitor.state() == "error"
    notice = visitor.page.inner_text(".dingbridge-notice")
    assert visitor.data()["words"][code]["message"] in notice
    assert json.loads(told.value.post_data or "")["code"] == code


def test_an_engine_without_modules_is_told_to_update(visitors: Make) -> None:
    visitor = visitors()

    def as_an_old_engine_sees_it(route: Route) -> None:
        response = route.fetch()
        page = response.text().replace('type="module"', 'type="unknown"').replace("nomodule ", "")
        route.fulfill(response=response, body=page)

    visitor.page.route("**/granted", as_an_old_engine_sees_it)
    visitor.open("/granted")
    assert visitor.state() == "error"
    data = visitor.data()
    assert visitor.notice().startswith(data["words"]["old_client"]["message"])
    assert visitor.notice().endswith(data["reference"])
    assert visitor.errors == []


@pytest.fixture(scope="module")
def without_platform(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Sandbox]:
    """The second app with a platform that was never reachable."""
    nowhere = "http://127.0.0.1:9"
    folder = tmp_path_factory.mktemp("without")
    with pages_app(folder, DING_OAPI_URL=nowhere, DING_API_URL=nowhere) as (sandbox, _):
        yield sandbox


def test_a_page_without_a_ticket_says_so_and_keeps_what_needs_no_grant(
    clients: Make, without_platform: Sandbox
) -> None:
    visitor = clients(without_platform)
    visitor.open("/granted")
    assert visitor.state() == "error"
    ((_, detail),) = visitor.heard
    given = visitor.data()["error"]
    assert detail["message"] == given["message"]
    assert detail["reference"] == visitor.data()["reference"]
    assert given["message"] in visitor.notice()
    assert visitor.data()["reference"] in visitor.notice()
    assert visitor.call("biz.util.scan", {"type": "qrCode"})["result"]["text"]
    assert visitor.call("device.geolocation.get")["error"]["code"] == given["code"]
    assert visitor.grants_asked() == 0
    assert visitor.page.get_attribute("html", "data-bridge") == "error"


def test_a_page_without_a_ticket_tells_it_even_where_the_bridge_does_not_arrive(
    clients: Make, without_platform: Sandbox
) -> None:
    visitor = clients(without_platform)
    visitor.page.route("**/bridge.js", lambda route: route.abort())
    visitor.open("/granted")
    assert visitor.state() == "error"
    ((name, detail),) = visitor.heard
    assert name == "error"
    assert detail == {**visitor.data()["error"], "reference": visitor.data()["reference"]}


def test_the_log_of_the_app_has_the_outcome_with_the_pages_reference(
    visitors: Make, pages: tuple[Sandbox, AppServer]
) -> None:
    visitor = visitors(corp="ding-of-somebody-else")
    with visitor.page.expect_response("**/ding/outcome") as sent:
        visitor.open("/granted")
    assert sent.value.status == 204
    report = sent.value.request.post_data_json
    reference = visitor.data()["reference"]
    assert {**report, "message": "", "subcode": ""} == {
        "state": "error",
        "code": "3",
        "subcode": "",
        "message": "",
        "reference": reference,
        "signed_url": visitor.page.url,
        "page_url": visitor.page.url,
        "platform_url": report["platform_url"],
        "platform": "android",
        "version": "7.6.45",
        "api": "",
        "apis": "device.geolocation.get,biz.util.scan",
    }
    assert reference in pages[1].output()
