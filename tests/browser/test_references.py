"""The reference that a visitor reads on the page is the one that the command line looks up."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from app_server import wait_until
from click.testing import CliRunner
from phone import Phone

from dingbridge.cli import ding

Make = Callable[..., Phone]
REFERENCE = re.compile(r"[2-9A-HJ-NP-Z]{4}-[2-9A-HJ-NP-Z]{4}")


@pytest.fixture
def explained(served: Any) -> Callable[[str], list[dict[str, Any]]]:
    """What `flask ding explain` tells of a reference, with the app's own settings."""
    environment = served.sandbox.environment(served.instance)

    def explain(reference: str) -> list[dict[str, Any]]:
        result = CliRunner(env=environment).invoke(ding, ["explain", reference, "--json"])
        failures: list[dict[str, Any]] = json.loads(result.output)["failures"]
        return failures

    return explain


def read_reference(phone: Phone, selector: str) -> str:
    shown = phone.page.locator(selector, has_text=REFERENCE).first
    shown.wait_for()
    found = REFERENCE.search(shown.inner_text())
    assert found
    return found[0]


@pytest.mark.row("R16")
def test_a_refused_grant_is_looked_up_by_the_reference_in_the_notice(
    phones: Make, explained: Callable[[str], list[dict[str, Any]]]
) -> None:
    phone = phones(platform="ios", version="7.6.45", corp="ding-of-somebody-else")
    phone.open("/?tab=2")
    assert phone.state() == "error"
    reference = read_reference(phone, "[data-dingbridge-notice]")

    def of_grant() -> list[dict[str, Any]]:
        # Signing in fails in another corp too, and has a report of its own.
        return [each for each in explained(reference) if "subcode" in each["seen"]]

    wait_until(lambda: bool(of_grant()), "the page's report")
    (failure,) = of_grant()
    assert failure["kind"] == "reported"
    assert failure["explanations"][0]["code"].startswith("3/52")
    seen = failure["seen"]
    assert (seen["platform"], seen["version"]) == ("ios", "7.6.45")
    assert seen["signed_url"] == seen["page_url"] == phone.page.url
    assert "device.geolocation.get" in seen["apis"]


@pytest.mark.row("R16")
def test_a_failed_sign_in_is_looked_up_by_the_reference_on_the_page(
    phone: Phone, explained: Callable[[str], list[dict[str, Any]]]
) -> None:
    denied = {"errcode": 88, "sub_code": "60011", "sub_msg": "没有权限", "request_id": "15r0"}
    fault = {"kind": "custom", "body": json.dumps(denied), "times": 1}
    phone._ask("PATCH", "platform", {"faults": {"/topapi/v2/user/getuserinfo": fault}})
    phone.open()
    reference = read_reference(phone, "[data-login-reference]")
    (failure,) = explained(reference)
    assert failure["kind"] == "login"
    assert failure["explanations"][0]["code"] == "88/60011"
    assert failure["seen"]["endpoint"] == "/topapi/v2/user/getuserinfo"
    assert failure["seen"]["request_id"] == "15r0"
    assert failure["seen"]["platform"] == "android"


@pytest.mark.row("R16")
def test_a_call_refused_for_good_is_looked_up_by_the_reference_in_the_notice(
    phones: Make, explained: Callable[[str], list[dict[str, Any]]]
) -> None:
    phone = phones(errors={"biz.contact.complexPicker": {"errorCode": "7", "errorMessage": "no"}})
    phone.open("/spa-hash/#/visit")
    phone.page.click("[data-action=people]")
    reference = read_reference(phone, "[data-dingbridge-notice]")
    wait_until(lambda: bool(explained(reference)), "the page's report")
    (failure,) = explained(reference)
    assert failure["explanations"][0]["code"] == "7"
    assert failure["seen"]["api"] == "biz.contact.complexPicker"
