"""Signing in, in a real browser: in the client of each kind, renewed, refused, and from outside."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from phone import Phone

Make = Callable[..., Phone]
OLDER = "runtime.permission.requestAuthCode"
NEWER = "runtime.permission.requestAuthCodeV2"


def signed_in_as(phone: Phone) -> str:
    phone.page.wait_for_selector(".dingbridge-login[data-login=in]")
    return phone.page.inner_text("[data-login-name]")


def codes_asked(phone: Phone) -> list[str]:
    return [call["method"] for call in phone.calls() if "requestAuthCode" in call["method"]]


@pytest.mark.row("R31")
@pytest.mark.parametrize(
    ("platform", "version", "method"),
    [
        ("android", "7.6.45", NEWER),
        ("ios", "7.0.45", NEWER),
        ("harmony", "7.6.45", NEWER),
        ("pc", "7.0.50", NEWER),
        ("android", "7.0.40", OLDER),
        ("pc", "7.0.45", OLDER),
    ],
)
def test_each_client_signs_in_with_the_kind_of_code_that_its_version_has(
    phones: Make, platform: str, version: str, method: str
) -> None:
    phone = phones(platform=platform, version=version)
    phone.open()
    assert signed_in_as(phone) == "张小沙"
    assert codes_asked(phone) == [method]
    assert phone.state() == "ready"
    assert phone.console == phone.errors == []
