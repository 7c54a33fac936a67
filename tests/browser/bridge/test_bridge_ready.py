"""The way to ready: on every platform, under every rule, with one `dd.config` or none."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest
from app_server import wait_until

Make = Callable[..., Any]

# Each pair of values of any two columns occurs; `make faults` runs the whole product.
PAIRWISE = [
    ("android", "current", "modern", "normal", "document"),
    ("android", "entry", "classic", "late", "path"),
    ("ios", "current", "classic", "late", "url"),
    ("ios", "entry", "modern", "normal", "document"),
    ("harmony", "current", "modern", "late", "path"),
    ("harmony", "entry", "classic", "normal", "url"),
    ("pc", "current", "classic", "normal", "path"),
    ("pc", "entry", "modern", "late", "document"),
    ("android", "entry", "modern", "normal", "url"),
    ("ios", "current", "modern", "late", "path"),
    ("harmony", "current", "classic", "late", "document"),
    ("pc", "entry", "classic", "late", "url"),
]


PRODUCT = list(
    itertools.product(
        ("android", "ios", "harmony", "pc"),
        ("current", "entry"),
        ("modern", "classic"),
        ("normal", "late"),
        ("document", "path", "url"),
    )
)


@pytest.mark.row("R07")
@pytest.mark.row("R10")
@pytest.mark.parametrize(
    ("platform", "rule", "shape", "bridge", "life"),
    [
        *PAIRWISE,
        *(
            pytest.param(*case, marks=pytest.mark.faults)
            for case in PRODUCT
            if case not in PAIRWISE
        ),
    ],
)
def test_every_kind_of_client_grants_after_one_request(
    visitors: Make, platform: str, rule: str, shape: str, bridge: str, life: str
) -> None:
    visitor = visitors(
        platform=platform,
        url_rule=rule,
        error_shape=shape,
        bridge=bridge,
        late_ms=300,
        grant_life=life,
    )
    visitor.open("/granted?a=%2F+b#/route")
    assert visitor.state() == "ready"
    assert visitor.heard == [["ready", None]]
    assert visitor.grants_asked() == 1
    assert visitor.notice() == ""
    assert visitor.console == visitor.errors == []


@pytest.mark.row("R06")
@pytest.mark.parametrize("platform", ["android", "ios", "harmony", "pc"])
def test_the_native_side_gets_what_the_server_signed_and_nothing_made_in_the_page(
    visitors: Make, platform: str
) -> None:
    visitor = visitors(platform=platform)
    visitor.open("/granted")
    visitor.state("ready")
    (asked,) = visitor.calls()
    added = {"url": visitor.page.url} if platform == "pc" else {}
    assert asked["args"] == {**visitor.data()["config"], **added}


def test_the_script_that_readme_shows_runs_beside_the_page_s_own_bridge(visitors: Make) -> None:
    visitor = visitors()
    visitor.open("/readme")
    visitor.page.wait_for_function("window.heard.length")
    wait_until(lambda: visitor.calls(method="device.geolocation.get"), "the call of README")
    loaded = visitor.page.evaluate("performance.getEntriesByType('resource').map((e) => e.name)")
    assert len([name for name in loaded if name.endswith("/bridge.js")]) == 1
    assert visitor.console == visitor.errors == []


@pytest.mark.row("R19")
@pytest.mark.parametrize("page", ["service-window", "moved-service-window"])
def test_type_1_reaches_the_native_side(visitors: Make, page: str) -> None:
    visitor = visitors()
    visitor.open(f"/{page}")
    assert visitor.state() == "ready"
    (asked,) = visitor.calls()
    assert asked["args"]["type"] == 1


@pytest.mark.row("R15")
@pytest.mark.parametrize("platform", ["android", "ios", "harmony"])
def test_a_page_without_apis_that_need_a_grant_asks_for_none(visitors: Make, platform: str) -> None:
    visitor = visitors(platform=platform, corp="ding-of-somebody-else")
    visitor.open("/free")
    assert visitor.state() == "ready"
    assert visitor.call("biz.util.scan", {"type": "qrCode"})["result"]["text"]
    assert visitor.grants_asked() == 0


def test_a_page_that_declares_nothing_is_ready_when_the_native_bridge_is_up(
    visitors: Make,
) -> None:
    visitor = visitors(bridge="late", late_ms=300)
    visitor.open("/none")
    assert visitor.state() == "ready"
    assert visitor.calls() == []


@pytest.mark.row("R11")
def test_a_call_before_the_grant_waits_for_it(visitors: Make) -> None:
    visitor = visitors(bridge="late", late_ms=6000)
    visitor.page.clock.install()
    visitor.open("/granted")
    assert visitor.page.get_attribute("html", "data-bridge") == "pending"
    visitor.page.evaluate(
        """async () => {
          const address = document.querySelector('script[type=module][src*="bridge.js"]').src;
          const { call } = await import(address);
          window.place = call("device.geolocation.get", { targetAccuracy: 200 });
        }"""
    )
    assert visitor.calls() == []
    visitor.page.clock.run_for(6000)
    assert "address" in visitor.page.evaluate("() => place")
    assert [(call["method"], call["granted"]) for call in visitor.calls()] == [
        ("runtime.permission.requestJsApis", False),
        ("device.geolocation.get", True),
    ]


@pytest.mark.row("R10")
def test_a_second_config_makes_no_native_call(visitors: Make) -> None:
    visitor = visitors()
    visitor.open("/granted")
    visitor.state("ready")
    visitor.page.evaluate(
        "config => new Promise((done) => { dd.config(config); dd.ready(done); })",
        {**visitor.data()["config"], "signature": "0" * 64},
    )
    assert visitor.grants_asked() == 1
    assert visitor.state() == "ready"


@pytest.mark.row("R10")
def test_the_module_under_two_addresses_is_one_bridge(visitors: Make) -> None:
    visitor = visitors()
    visitor.open("/granted")
    same = visitor.page.evaluate(
        """async () => {
          const first = document.querySelector('script[type=module][src*="bridge.js"]').src;
          const [one, other] = await Promise.all([import(first), import(first + '?again')]);
          await other.ready;
          return [one.ready === other.ready, one.call === other.call, other.state()];
        }"""
    )
    assert same == [True, False, "ready"]
    assert visitor.grants_asked() == 1


def test_ready_and_state_tell_page_code_what_the_markup_tells(visitors: Make) -> None:
    visitor = visitors()
    visitor.open("/granted")
    told = visitor.page.evaluate(
        """async () => {
          const address = document.querySelector('script[type=module][src*="bridge.js"]').src;
          const { ready, state } = await import(address);
          await ready;
          return [state(), document.documentElement.dataset.bridge];
        }"""
    )
    assert told == ["ready", "ready"]


def test_arguments_reach_the_native_side_untouched_and_stay_the_pages_own(visitors: Make) -> None:
    visitor = visitors()
    visitor.open("/free")
    visitor.call("biz.util.scan", {"type": "qrCode", "own": ["a", {"b": None}]})
    (scanned,) = visitor.calls(method="biz.util.scan")
    assert scanned["args"] == {"type": "qrCode", "own": ["a", {"b": None}]}


@pytest.mark.row("R20")
def test_the_navigation_colour_is_in_the_page_and_in_the_signed_url(developers: Make) -> None:
    visitor = developers()
    page = visitor.open("/?dd_nav_bgcolor=FF112233")
    assert visitor.state() == "ready"
    assert visitor.data()["url"].endswith("/?dd_nav_bgcolor=FF112233")
    style = "name => getComputedStyle(document.documentElement).getPropertyValue(name)"
    assert page.evaluate(style, "--nav-bg") == "#112233ff"
    assert page.evaluate(style, "--nav-fg") == "#ffffff"
    assert page.get_attribute("meta[name=theme-color]", "content") == "#112233"


@pytest.mark.row("R20")
@pytest.mark.parametrize(
    "query",
    [
        "dd_nav_bgcolor=red",
        "dd_nav_bgcolor=%23FF112233",
        "dd_nav_bgcolor=FF11",
        "dd_nav_bgcolor='onload=x",
        "dd_nav_bgcolor=no&dd_nav_bgcolor=FF112233",
    ],
)
def test_a_malformed_navigation_colour_is_ignored(developers: Make, query: str) -> None:
    visitor = developers()
    page = visitor.open(f"/?{query}")
    assert visitor.state() == "ready"
    assert page.get_attribute("html", "style") is None
    assert visitor.console == visitor.errors == []
