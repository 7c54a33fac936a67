"""The stand-in's limits: real errors, a real clock, and what it saw."""

from __future__ import annotations

import json
from typing import Any

import pytest
from platform_caller import PlatformCaller
from sandbox_server import SandboxClient

USER = "/topapi/v2/user/get"
SEND = "/topapi/message/corpconversation/asyncsend_v2"
ROBOT = "/v1.0/robot/groupMessages/send"
ASKED = {"userid": "manager4220"}


pytest_plugins = ["sandbox_fixtures"]


@pytest.fixture
def sandbox(sandbox: SandboxClient) -> SandboxClient:
    sandbox.patch_platform(clock={"speed": 0})
    return sandbox


def code(answer: dict[str, Any]) -> str:
    return str(answer.get("sub_code") or answer.get("code") or answer["errcode"])


@pytest.mark.row("R44")
def test_the_twenty_first_call_of_a_second_is_refused(
    sandbox: SandboxClient, caller: PlatformCaller
) -> None:
    old = [code(caller.oapi(USER, ASKED)) for _ in range(22)]
    assert old == ["0"] * 20 + ["90018"] * 2
    new = [caller.api("POST", ROBOT, {"x": 1}) for _ in range(21)]
    assert [answer.status_code for answer in new] == [400] * 20 + [403]
    assert new[-1].json()["code"] == "Forbidden.AccessDenied.QpsLimitForAppkeyAndApi"
    sandbox.advance(1.0)
    assert code(caller.oapi(USER, ASKED)) == "0"
    usage = sandbox.platform()["limits"]["usage"]
    assert usage["densest"][USER]["second"] == 20
    assert usage["refused"] == 3


@pytest.mark.row("R44")
def test_a_minute_that_is_full_says_until_when(
    sandbox: SandboxClient, caller: PlatformCaller
) -> None:
    sandbox.patch_platform(limits={"second": None, "minute": 3})
    for _ in range(3):
        caller.oapi(USER, ASKED)
    sandbox.advance(30)
    answer = caller.oapi(USER, ASKED)
    assert code(answer) == "90005"
    assert "请求总次数超过了 3 次, 限制将在" in answer["sub_msg"]
    for _ in range(3):
        caller.api("POST", ROBOT, {"x": 1})
    refused = caller.api("POST", ROBOT, {"x": 1}).json()
    assert refused["code"] == "Forbidden.AccessDenied.QpmLimitForAppkeyAndApi"
    sandbox.advance(31)
    assert code(caller.oapi(USER, ASKED)) == "0"


@pytest.mark.row("R44")
def test_the_months_quota_leaves_the_directory_out(
    sandbox: SandboxClient, caller: PlatformCaller
) -> None:
    sandbox.patch_platform(limits={"month": 1})
    assert code(caller.oapi(SEND, {})) != "90020"
    assert code(caller.oapi(SEND, {})) == "90020"
    spent = caller.api("POST", ROBOT, {"x": 1}).json()
    assert spent["code"] == "Forbidden.AccessDenied.ApiCountLimitForOrg"
    assert code(caller.oapi(USER, ASKED)) == "0"


@pytest.mark.row("R44")
@pytest.mark.parametrize("shape", ["html", "json"])
def test_an_address_that_calls_too_much_gets_no_envelope_for_five_minutes(
    sandbox: SandboxClient, caller: PlatformCaller, shape: str
) -> None:
    sandbox.patch_platform(limits={"address": 2, "ban": shape})
    query, headers = {"access_token": caller.token}, {"Content-Type": "application/json"}

    def call() -> Any:
        return caller.send("POST", USER, b'{"userid":"manager4220"}', query=query, headers=headers)

    assert [call().json()["errcode"] for _ in range(2)] == [0, 0]
    for later in (0, 299):
        sandbox.advance(later)
        banned = call()
        kind = banned.headers["Content-Type"].partition(";")[0]
        assert kind == ("text/html" if shape == "html" else "application/json")
        if shape == "json":
            assert (banned.json()["status"], banned.json()["wait"]) == (1111, 5)
    sandbox.advance(2)
    assert call().json()["errcode"] == 0


@pytest.mark.parametrize(
    "limits", [{"second": -1}, {"hour": 5}, {"second": "x"}, {"ban": "sms"}, []]
)
def test_nonsense_is_not_taken(sandbox: SandboxClient, limits: object) -> None:
    before = sandbox.platform()["limits"]
    answer = sandbox.ask("PATCH", "platform", json.dumps({"limits": limits}).encode())
    assert answer.status_code == 400
    assert sandbox.platform()["limits"] == before
