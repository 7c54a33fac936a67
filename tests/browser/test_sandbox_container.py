"""The container's native bridges against the SDK of npm as it is, on a page without dingbridge."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext
from sdk_page import GRANTED, SdkPage, built_sdk, plain_server

from dingbridge.sandbox.sandbox import Sandbox

PLATFORMS = ["android", "ios", "harmony", "pc"]
MOBILE = ["android", "ios", "harmony"]

Open = Callable[..., SdkPage]


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """The sandbox in front of the plain page."""
    sdk = built_sdk(tmp_path_factory.mktemp("sdk"))
    with plain_server(sdk) as address, Sandbox(upstream=address) as sandbox:
        yield sandbox


@pytest.fixture
def opened(browser: Browser, plain: Sandbox, request: pytest.FixtureRequest) -> Iterator[Open]:
    """Opens the plain page in a new simulated client: opened("/path", platform="ios", …)."""
    contexts: list[BrowserContext] = []
    numbers = itertools.count()

    def make(path: str = "/", *, clock: bool = False, **settings: object) -> SdkPage:
        contexts.append(browser.new_context())
        name = f"c{abs(hash(request.node.nodeid)):x}-{next(numbers)}"
        page = SdkPage(contexts[-1], plain, name)
        page.set(**settings)
        if clock:
            page.page.clock.install()
        page.open(path)
        return page

    yield make
    for context in contexts:
        context.close()


# ---- dd.config


@pytest.mark.row("R07")
@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_right_signature_brings_ready_and_the_granted_api(opened: Open, platform: str) -> None:
    client = opened("/a?x=1", platform=platform)
    assert client.configure(client.url("/a?x=1"))["ready"]
    assert "cid" in client.attempt("pick")["result"]
    methods = [call["method"] for call in client.calls()]
    assert methods == [
        "config" if platform == "pc" else "runtime.permission.requestJsApis",
        GRANTED,
    ]
    assert client.console == []


@pytest.mark.row("R16")
@pytest.mark.parametrize("platform", PLATFORMS)
@pytest.mark.parametrize("shape", ["modern", "classic"])
def test_a_signature_for_another_url_brings_52013_in_the_shape_of_the_client(
    opened: Open, platform: str, shape: str
) -> None:
    client = opened("/a", platform=platform, error_shape=shape)
    error = client.configure(client.url("/b"))["error"]
    text = error["errorMessage" if shape == "modern" else "message"]
    assert error["errorCode"] == ("3" if shape == "modern" else 3)
    assert "52013" in text
    assert f"url:[{client.url('/a')}]" in text


@pytest.mark.parametrize("rule", ["current", "entry"])
@pytest.mark.parametrize("signed_for", ["current", "entry"])
def test_the_client_checks_the_url_that_its_rule_names(
    opened: Open, rule: str, signed_for: str
) -> None:
    client = opened("/entered", url_rule=rule)
    client.page.evaluate("history.pushState(null, '', '/routed#part')")
    url = client.url("/entered" if signed_for == "entry" else "/routed")
    assert ("ready" in client.configure(url)) == (rule == signed_for)


@pytest.mark.row("R10")
def test_a_second_config_makes_no_native_call_and_keeps_the_first_outcome(opened: Open) -> None:
    client = opened("/a")
    assert "error" in client.configure(client.url("/wrong"))
    assert "error" in client.configure(client.url("/a"))
    assert client.grants_asked() == 1
    client.page.reload()
    assert client.configure(client.url("/a"))["ready"]


# ---- grants


def refused(client: SdkPage) -> dict[str, Any]:
    error: dict[str, Any] = client.attempt("pick")["error"]
    return error


@pytest.mark.row("R11")
@pytest.mark.parametrize("platform", PLATFORMS)
def test_an_api_without_a_grant_is_refused_with_7_in_the_words_of_the_platform(
    opened: Open, platform: str
) -> None:
    modern, classic = opened(platform=platform), opened(platform=platform, error_shape="classic")
    error = refused(modern)
    assert error["errorCode"] == "7"
    assert ("pluin = biz.chat" in error["errorMessage"]) == (platform == "ios")
    error = refused(classic)
    assert error["errorCode"] == 7
    assert ("selectorString" in error["message"]) == (platform == "ios")


@pytest.mark.row("R12")
def test_an_api_that_dd_config_did_not_list_is_refused(opened: Open) -> None:
    client = opened("/a", error_shape="classic")
    assert client.configure(client.url("/a"), jsApiList=["device.geolocation.get"])["ready"]
    assert refused(client)["errorCode"] == 7
    assert client.attempt("network")["result"] == {"result": "wifi"}


@pytest.mark.row("R14")
@pytest.mark.parametrize(
    ("life", "after_fragment", "after_path"),
    [("document", True, True), ("path", True, False), ("url", False, False)],
)
def test_a_grant_lives_as_long_as_the_client_lets_it(
    opened: Open, life: str, after_fragment: bool, after_path: bool
) -> None:
    client = opened("/a", grant_life=life)
    assert client.configure(client.url("/a"))["ready"]
    assert "result" in client.attempt("pick")
    client.page.evaluate("location.hash = '#child'")
    assert ("result" in client.attempt("pick")) is after_fragment
    client.page.evaluate("history.pushState(null, '', '/b')")
    assert ("result" in client.attempt("pick")) is after_path


def test_a_grant_ends_with_its_document(opened: Open) -> None:
    client = opened("/a")
    assert client.configure(client.url("/a"))["ready"]
    client.page.reload()
    assert refused(client)["errorCode"] == "7"


def test_a_call_that_races_dd_config_is_repeated_by_the_sdk(opened: Open) -> None:
    client = opened("/a")
    outcome = client.page.evaluate(
        "(config) => { dd.config(config); return attempt('pick'); }",
        client.signed(client.url("/a")),
    )
    assert "cid" in outcome["result"]
    assert client.grants_asked() == 1
    assert [call["ok"] for call in client.calls(method=GRANTED)] == [False, True]


# ---- bridges that are late, or never come


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_late_bridge_is_waited_for(opened: Open, platform: str) -> None:
    client = opened("/a", platform=platform, bridge="late", late_ms=250)
    assert client.configure(client.url("/a"))["after"] >= 250


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_dead_bridge_says_nothing_for_ever(opened: Open, platform: str) -> None:
    client = opened("/a", clock=True, platform=platform, bridge="never")
    client.page.evaluate(
        """(config) => { window.said = []; configure(config).then((outcome) => said.push(outcome));
        attempt('pick').then((outcome) => said.push(outcome)); }""",
        client.signed(client.url("/a")),
    )
    client.page.clock.run_for(600_000)
    assert client.page.evaluate("[dd.env.platform, said]") == [platform, []]
    assert client.calls() == []


def test_in_a_plain_browser_there_is_neither_container_nor_dingtalk(opened: Open) -> None:
    client = opened("/a", platform="none")
    told = client.page.evaluate(
        "[dd.env.platform, navigator.userAgent.includes('DingTalk'), '__sandbox__' in window, name]"
    )
    assert told == ["notInDingTalk", False, False, ""]
    assert "4040" in client.configure(client.url("/a"))["error"]["text"]


# ---- what the client does besides


@pytest.mark.parametrize("platform", MOBILE)
def test_every_tap_on_the_right_button_reaches_the_page(opened: Open, platform: str) -> None:
    client = opened(platform=platform)
    client.page.evaluate(
        """() => { window.taps = [];
        api.setRight({ text: 'Save', onSuccess: (data) => taps.push(data.n) }); }"""
    )
    tap = "(n) => window.__sandbox__.tap('biz.navigation.setRight', { n })"
    client.page.wait_for_function(tap, arg=1)
    client.page.evaluate(tap, 2)
    assert client.page.evaluate("taps") == [1, 2]


@pytest.mark.parametrize("platform", PLATFORMS)
def test_events_of_the_client_reach_those_who_listen(opened: Open, platform: str) -> None:
    client = opened(platform=platform)
    client.page.evaluate("() => { window.woken = 0; dd.on('resume', () => { woken += 1; }); }")
    client.page.wait_for_function(
        "() => { window.__sandbox__.announce('resume', {}); return woken > 0; }"
    )


@pytest.mark.parametrize(("platform", "told"), [("ios", "cancel"), ("android", "fail")])
def test_a_cancelled_dialog_arrives_where_the_platform_puts_it(
    opened: Open, platform: str, told: str
) -> None:
    client = opened(platform=platform, errors={"device.notification.confirm": {"errorCode": "-1"}})
    heard = client.page.evaluate(
        """() => new Promise((resolve) => { api.confirm({ message: '?',
        onCancel: () => resolve('cancel'), onFail: () => resolve('fail') }).catch(() => {}); })"""
    )
    assert heard == told


@pytest.mark.parametrize("platform", PLATFORMS)
def test_script_and_server_see_the_same_user_agent(opened: Open, platform: str) -> None:
    client = opened(platform=platform)
    sent, shown = client.page.evaluate(
        "async () => [await (await fetch('/ua')).text(), navigator.userAgent]"
    )
    assert sent == shown
    assert "DingTalk" in shown


def test_every_document_is_counted_and_frames_inside_the_page_are_not(opened: Open) -> None:
    client = opened("/a")
    client.page.reload()
    inside = client.page.evaluate(
        """() => new Promise((resolve) => {
          const frame = Object.assign(document.createElement('iframe'), { src: '/inner' });
          const has = (name) => name in frame.contentWindow;
          frame.onload = () => resolve(['nuva', '__sandbox__'].map(has));
          document.body.append(frame);
        })"""
    )
    assert inside == [False, False]
    client.page.wait_for_function(
        "async () => (await (await fetch('/__sandbox__/calls?kind=document')).json())"
        ".calls.length === 2"
    )
    assert [call["how"] for call in client.calls("document")] == ["navigate", "reload"]


def test_a_page_that_replaces_fetch_does_not_cut_off_its_client(opened: Open) -> None:
    client = opened("/a")
    client.page.evaluate("() => { window.fetch = () => Promise.reject(new Error('mine')); }")
    assert client.configure(client.url("/a"))["ready"]


def test_the_desktop_client_leaves_nothing_behind_in_its_tab(opened: Open) -> None:
    client = opened("/a", platform="pc")
    assert client.page.evaluate("dd.env.platform") == "pc"
    client.set(platform="ios")
    client.page.reload()
    assert client.page.evaluate("[dd.env.platform, name]") == ["ios", ""]


def test_no_element_of_the_container_stays_in_the_page(opened: Open) -> None:
    client = opened("/a")
    assert client.page.evaluate("document.scripts.length") == 2
