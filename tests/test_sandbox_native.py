"""What the simulated client answers through its bridge."""

from __future__ import annotations

from typing import Any

import pytest
from sandbox_server import SandboxClient

URL = "http://127.0.0.1:8001/page?x=1"


pytest_plugins = ["sandbox_fixtures"]


@pytest.fixture
def sandbox(sandbox: SandboxClient) -> SandboxClient:
    sandbox.sandbox.platform.ticket()
    return sandbox


def refused(answer: dict[str, Any]) -> dict[str, Any]:
    assert answer["ok"] is False
    error: dict[str, Any] = answer["error"]
    return error


@pytest.mark.row("R07")
def test_a_right_configuration_is_granted(sandbox: SandboxClient) -> None:
    assert sandbox.config(URL) == {"ok": True, "result": {}}


def test_the_desktop_client_says_what_it_authorised(sandbox: SandboxClient) -> None:
    sandbox.patch_device(platform="pc")
    assert sandbox.config(URL)["result"] == {
        "authorizedAPIList": ["device.geolocation.get"],
        "unauthorizedAPIList": [],
    }


@pytest.mark.row("R16")
def test_a_wrong_signature_is_refused_in_the_devices_shape(sandbox: SandboxClient) -> None:
    error = refused(sandbox.config(URL, signature="0" * 64))
    assert set(error) == {"errorCode", "errorMessage"}
    assert error["errorCode"] == "3"
    assert "Code:52013 - Message: 签名校验失败,nonce:[n0nce]" in error["errorMessage"]
    assert f"url:[{URL}]" in error["errorMessage"]
    sandbox.patch_device(error_shape="classic")
    error = refused(sandbox.config(URL, signature="0" * 64))
    assert set(error) == {"errorCode", "message"}
    assert error["errorCode"] == 3


@pytest.mark.row("R17")
def test_a_revoked_ticket_is_a_ticket_that_cannot_be_read(sandbox: SandboxClient) -> None:
    sandbox.revoke_ticket()
    assert "Code:52011" in refused(sandbox.config(URL))["errorMessage"]


@pytest.mark.row("R18")
def test_algorithm_and_query_rule_follow_the_platforms_setting(sandbox: SandboxClient) -> None:
    sandbox.patch_platform(algorithm="sha1")
    assert "Code:52013" in refused(sandbox.config(URL))["errorMessage"]
    sandbox.patch_platform(algorithm="sha256", query_rule="raw")
    assert sandbox.config(URL + "&y=a+b%20c")["ok"] is True
    sandbox.patch_platform(query_rule="decoded")
    assert sandbox.config(URL + "&y=a+b%20c")["ok"] is False


def test_the_url_rule_decides_which_address_is_verified(sandbox: SandboxClient) -> None:
    good = sandbox.config(URL)
    assert good["ok"] is True
    args = sandbox.calls(kind="native")[-1]["args"]
    method = "runtime.permission.requestJsApis"
    where = {"entry_url": URL, "current_url": URL + "&later"}
    assert "52013" in refused(sandbox.native(method, args, **where))["errorMessage"]
    sandbox.patch_device(url_rule="entry")
    assert sandbox.native(method, args, **where)["ok"] is True


def test_without_an_address_of_its_own_the_client_takes_the_sdks(sandbox: SandboxClient) -> None:
    sandbox.patch_device(platform="pc")
    sandbox.config(URL)
    args = sandbox.calls(kind="native")[-1]["args"]
    assert sandbox.native("config", {**args, "url": URL})["ok"] is True
    assert "52014" in refused(sandbox.native("config", args))["errorMessage"]
    assert "52014" in refused(sandbox.native("config", {**args, "url": 5}))["errorMessage"]


@pytest.mark.row("R09")
def test_a_visitor_of_another_corp_is_refused(sandbox: SandboxClient) -> None:
    sandbox.patch_device(corp="dingothercorp")
    assert "Code:52010" in refused(sandbox.config(URL))["errorMessage"]


@pytest.mark.row("R12")
@pytest.mark.parametrize(
    ("platform", "text"),
    [
        ("android", "jsapi should be invoked after dd.ready callbacks"),
        ("ios", "Permission denied: JSAPI aciton = get, pluin = device.geolocation"),
        ("pc", "jsapi should be invoked after dd.ready callbacks"),
    ],
)
def test_without_a_grant_the_answer_is_code_7(
    sandbox: SandboxClient, platform: str, text: str
) -> None:
    sandbox.patch_device(platform=platform)
    for more in ({}, {"granted": False}, {"granted": "yes"}):
        error = refused(sandbox.native("device.geolocation.get", **more))
        assert error == {"errorCode": "7", "errorMessage": text}


def test_what_the_container_refused_is_only_recorded(sandbox: SandboxClient) -> None:
    error = {"errorCode": "7", "errorMessage": "requestJsApis() not invoked"}
    answer = sandbox.native("device.geolocation.get", granted=False, refused=error)
    assert refused(answer) == error
    entry = sandbox.calls(kind="native")[-1]
    assert (entry["method"], entry["ok"], entry["error"]) == (
        "device.geolocation.get",
        False,
        error,
    )


@pytest.mark.row("R15")
def test_what_needs_no_grant_is_answered_without_one(sandbox: SandboxClient) -> None:
    for method in ("biz.util.scan", "device.notification.alert", "biz.navigation.setTitle"):
        assert sandbox.native(method, granted=False)["ok"] is True


def test_the_place_is_in_china_and_in_chinese(sandbox: SandboxClient) -> None:
    place = sandbox.native("device.geolocation.get", granted=True)["result"]
    assert place["address"].startswith("浙江省杭州市")
    assert 73 < place["longitude"] < 136
    assert 3 < place["latitude"] < 54


@pytest.mark.row("R21")
def test_location_that_is_switched_off_is_code_4(sandbox: SandboxClient) -> None:
    sandbox.patch_device(location_off=True)
    for method in ("device.geolocation.get", "device.geolocation.start"):
        error = refused(sandbox.native(method, granted=True))
        assert error == {"errorCode": "4", "errorMessage": "unauthorized"}


@pytest.mark.row("R22")
def test_nfc_is_for_android_with_nfc_alone(sandbox: SandboxClient) -> None:
    assert "A-1024" in sandbox.native("device.nfc.nfcRead")["result"]["content"]
    for changes in ({"platform": "ios"}, {"platform": "android", "nfc": False}):
        sandbox.patch_device(**changes)
        assert refused(sandbox.native("device.nfc.nfcRead"))["errorCode"] == "1"


@pytest.mark.row("R31")
@pytest.mark.parametrize(
    "method", ["runtime.permission.requestAuthCode", "runtime.permission.requestAuthCodeV2"]
)
def test_an_auth_code_is_for_the_visitors_corp_and_new_each_time(
    sandbox: SandboxClient, method: str
) -> None:
    identity = sandbox.sandbox.platform.identity
    asked = {"corpId": identity.corp_id, "clientId": identity.client_id}
    codes = {sandbox.native(method, asked)["result"]["code"] for _ in range(3)}
    assert len(codes) == 3
    wrong = refused(sandbox.native(method, {"corpId": "dingother"}))
    assert wrong == {"errorCode": "3", "errorMessage": "1002,corpId不合法"}
    blank = refused(sandbox.native(method, {}))
    assert blank == {"errorCode": "3", "errorMessage": "1002, corpId or redirectURI is blank"}


@pytest.mark.parametrize(
    ("method", "args", "result"),
    [
        ("biz.util.scan", {"type": "barCode"}, {"text": "6901234567892"}),
        ("biz.util.scan", {"type": "qrCode"}, {"text": "https://example.com/asset/A-1024"}),
        ("device.notification.confirm", {}, {"buttonIndex": 0}),
        (
            "device.notification.prompt",
            {"defaultText": "d"},
            {"buttonIndex": 0, "value": "d"},
        ),
        ("biz.util.datepicker", {"value": "2026-02-03"}, {"value": "2026-02-03"}),
        ("device.geolocation.status", {}, {"sceneIds": []}),
        ("some.api.of.tomorrow", {}, {}),
    ],
)
def test_common_apis_have_plausible_results(
    sandbox: SandboxClient, method: str, args: dict[str, Any], result: object
) -> None:
    assert sandbox.native(method, args, granted=True) == {"ok": True, "result": result}


@pytest.mark.row("R23")
def test_a_conversation_can_be_picked_both_ways(sandbox: SandboxClient) -> None:
    picked = sandbox.native("biz.chat.pickConversation", granted=True)["result"]
    assert set(picked) == {"cid", "title"}
    unconfirmed = sandbox.native("biz.chat.pickConversation", {"isConfirm": False}, granted=True)[
        "result"
    ]
    assert unconfirmed["cid"] != picked["cid"]
    chosen = sandbox.native("biz.chat.chooseConversationByCorpId", granted=True)["result"]
    assert set(chosen) == {"chatId", "openConversationId", "title"}


def test_a_persons_answer_counts(sandbox: SandboxClient) -> None:
    said = sandbox.native("biz.util.scan", answer={"result": {"text": "typed"}})
    assert said == {"ok": True, "result": {"text": "typed"}}
    cancelled = sandbox.native("biz.util.scan", answer={"cancel": True})
    assert refused(cancelled) == {"errorCode": "-1", "errorMessage": "cancelled"}


def test_results_and_errors_can_be_set_per_method(sandbox: SandboxClient) -> None:
    error = {"errorCode": 12, "message": "no card"}
    sandbox.patch_device(
        results={"biz.util.scan": {"text": "mine"}, "device.geolocation.get": {"longitude": 1}},
        errors={"device.nfc.nfcRead": error},
    )
    assert sandbox.native("biz.util.scan")["result"] == {"text": "mine"}
    assert refused(sandbox.native("device.nfc.nfcRead")) == error
    assert refused(sandbox.native("device.geolocation.get"))["errorCode"] == "7"
    assert sandbox.native("device.geolocation.get", granted=True)["result"] == {"longitude": 1}
    sandbox.patch_device(results={"biz.util.scan": None}, errors=None)
    assert sandbox.native("biz.util.scan")["result"] != {"text": "mine"}
    assert sandbox.native("device.nfc.nfcRead")["ok"] is True
    assert list(sandbox.device()["results"]) == ["device.geolocation.get"]


def test_the_answer_to_a_configuration_can_be_set_too(sandbox: SandboxClient) -> None:
    method = "runtime.permission.requestJsApis"
    sandbox.patch_device(results={method: {"granted": "in a way"}})
    assert sandbox.config(URL)["result"] == {"granted": "in a way"}
    assert sandbox.config(URL, agentId="1")["ok"] is False
    sandbox.patch_device(errors={method: {"errorCode": "-1"}})
    assert refused(sandbox.config(URL)) == {"errorCode": "-1"}
