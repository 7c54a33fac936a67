"""The list of client APIs: which need a grant, where they exist, and what is not known."""

from __future__ import annotations

import importlib.resources
import json
from collections import Counter

import pytest

from dingbridge import jsapi
from dingbridge.jsapi import Jsapi

PHONES = {"android", "ios", "harmony"}
EVERYWHERE = {*PHONES, "pc"}


def api(name: str) -> Jsapi:
    found = jsapi.find(name)
    assert found is not None, name
    return found


@pytest.mark.row("R15")
@pytest.mark.parametrize(
    ("name", "needs_grant", "platforms"),
    [
        ("runtime.permission.requestAuthCode", False, EVERYWHERE),
        ("runtime.permission.requestAuthCodeV2", False, EVERYWHERE),
        ("runtime.permission.requestOperateAuthCode", True, EVERYWHERE),
        ("device.geolocation.get", True, PHONES),
        ("device.geolocation.status", False, PHONES),
        ("device.nfc.nfcRead", False, {"android"}),
        ("device.nfc.nfcWrite", True, {"android"}),
        ("device.notification.alert", False, EVERYWHERE),
        ("device.base.getUUID", True, PHONES),
        ("biz.chat.chooseConversationByCorpId", True, EVERYWHERE),
        ("biz.chat.pickConversation", True, PHONES),
        ("biz.util.scan", False, PHONES),
        ("biz.util.scanCard", True, PHONES),
        ("biz.util.openLink", False, EVERYWHERE),
        ("biz.util.open", True, EVERYWHERE),
        ("biz.navigation.setTitle", False, EVERYWHERE),
        ("biz.navigation.setRight", False, PHONES),
        ("biz.navigation.close", False, PHONES),
        ("biz.navigation.quit", False, {"pc"}),
        ("biz.ding.create", True, EVERYWHERE),
        ("connectSocket", False, set()),
    ],
)
def test_an_api_has_the_grant_and_the_platforms_of_the_documents(
    name: str, needs_grant: bool, platforms: set[str]
) -> None:
    found = api(name)
    assert found.needs_grant is needs_grant
    assert set(found.platforms) == platforms


@pytest.mark.row("R22")
def test_reading_nfc_is_offered_on_android_alone_and_says_who_disagrees() -> None:
    found = api("device.nfc.nfcRead")
    assert found.platforms == ("android",)
    assert "ios" in found.conflict


@pytest.mark.parametrize(
    ("alias", "name"),
    [
        ("getLocation", "device.geolocation.get"),
        ("dd.getLocation", "device.geolocation.get"),
        ("dd.device.geolocation.get", "device.geolocation.get"),
        ("requestAuthCode", "runtime.permission.requestAuthCodeV2"),
        ("getAuthCode", "runtime.permission.requestAuthCode"),
        ("chooseChat", "biz.chat.chooseConversationByCorpId"),
        ("readNFC", "device.nfc.nfcRead"),
        ("scan", "biz.util.scan"),
    ],
)
def test_a_flat_name_finds_the_api_that_the_bridge_calls(alias: str, name: str) -> None:
    assert api(alias).name == name


def test_a_name_that_nobody_knows_finds_nothing() -> None:
    assert jsapi.find("biz.nothing.atAll") is None
    assert jsapi.find("") is None


def test_what_no_source_says_counts_as_needing_a_grant() -> None:
    unknown = [found for found in jsapi.every() if not found.grant_known]
    assert unknown
    assert all(found.needs_grant for found in unknown)


def test_where_sources_disagree_the_grant_is_asked_for() -> None:
    disputed = [found for found in jsapi.every() if "grant: " in found.conflict]
    torn = [found for found in disputed if " yes" in found.conflict and " no" in found.conflict]
    assert len(torn) >= 10
    assert all(found.needs_grant for found in torn)


def test_a_name_means_one_api_only() -> None:
    names = Counter(name for found in jsapi.every() for name in (found.name, *found.aliases))
    assert [name for name, count in names.items() if count > 1] == []


def test_rows_are_in_order_and_platforms_are_known() -> None:
    names = [found.name for found in jsapi.every()]
    assert names == sorted(names)
    for found in jsapi.every():
        assert list(found.platforms) == [p for p in jsapi.PLATFORMS if p in found.platforms]


def test_the_file_has_one_row_to_a_line_and_stays_small() -> None:
    text = importlib.resources.files("dingbridge").joinpath("jsapi.json").read_text("utf-8")
    first, *rows, last = text.splitlines()
    assert (first, last) == ("[", "]")
    assert len(text.encode()) < 100_000
    assert [json.loads(row.rstrip(","))["name"] for row in rows] == [
        found.name for found in jsapi.every()
    ]
