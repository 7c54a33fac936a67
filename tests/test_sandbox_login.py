"""The stand-in's sign-ins: codes that die, two kinds of them, and the browser login's page."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import pytest
import requests
from sandbox_server import SandboxClient

pytest_plugins = ["login_fixtures"]

TOKEN_HEADER = "x-acs-dingtalk-access-token"
BACK = "http://127.0.0.1:8001/ding/oauth/return"


def ask(sandbox: SandboxClient, path: str, body: object, **more: Any) -> dict[str, Any]:
    token = sandbox.sandbox.platform.tokens.access_token()
    answer: dict[str, Any] = requests.post(
        sandbox.platform_url + path, params={"access_token": token}, json=body, timeout=10, **more
    ).json()
    return answer


def new_code(sandbox: SandboxClient, method: str = "requestAuthCodeV2", **more: object) -> Any:
    identity = sandbox.sandbox.platform.identity
    asked = {"corpId": identity.corp_id, "clientId": identity.client_id, **more}
    return sandbox.native(f"runtime.permission.{method}", asked)


def by_code(sandbox: SandboxClient, code: str) -> dict[str, Any]:
    return ask(sandbox, "/topapi/v2/user/getuserinfo", {"code": code})


@pytest.mark.row("R31")
def test_a_code_tells_who_the_device_s_user_is(sandbox: SandboxClient) -> None:
    device = sandbox.as_device("of-user5031")
    device.patch_device(user="user5031")
    told = by_code(sandbox, new_code(device)["result"]["code"])
    assert told["errcode"] == 0
    assert (told["result"]["userid"], told["result"]["name"]) == ("user5031", "欧阳若兰")
    assert told["result"]["sys"] is False
    code = new_code(sandbox)["result"]["code"]
    token = sandbox.sandbox.platform.tokens.access_token()
    older = requests.get(
        f"{sandbox.platform_url}/user/getuserinfo",
        params={"access_token": token, "code": code},
        timeout=10,
    ).json()
    assert (older["userid"], older["is_sys"], older["sys_level"]) == ("manager4220", True, 1)


@pytest.mark.row("R32")
def test_a_code_dies_after_one_use_or_five_minutes(sandbox: SandboxClient) -> None:
    code, other = (new_code(sandbox)["result"]["code"] for _ in range(2))
    assert by_code(sandbox, code)["errcode"] == 0
    assert by_code(sandbox, code)["errcode"] == 40078
    sandbox.advance(301)
    assert by_code(sandbox, other)["errcode"] == 40078
    assert by_code(sandbox, "never was one")["errcode"] == 40078


def test_the_newer_kind_of_code_needs_a_newer_client_and_its_own_app(
    sandbox: SandboxClient,
) -> None:
    sandbox.patch_device(version="7.0.44")
    assert new_code(sandbox)["error"]["errorCode"] == "1"
    assert new_code(sandbox, "requestAuthCode")["ok"]
    sandbox.patch_device(version="7.0.45")
    assert new_code(sandbox)["ok"]
    sandbox.patch_device(platform="pc")
    assert new_code(sandbox)["error"]["errorCode"] == "1"
    sandbox.patch_device(version="7.0.50")
    assert new_code(sandbox)["ok"]
    assert new_code(sandbox, clientId="another app")["error"]["errorCode"] == "3"


def login_page(sandbox: SandboxClient, **changes: str) -> str:
    asked = {
        "redirect_uri": quote(BACK, safe=""),
        "response_type": "code",
        "client_id": sandbox.sandbox.platform.identity.client_id,
        "scope": "openid%20corpid",
        "state": "s",
        "prompt": "consent",
        **changes,
    }
    query = "&".join(f"{name}={value}" for name, value in asked.items() if value)
    return f"{sandbox.platform_url}/oauth2/auth?{query}"


def way_back(address: str, **fields: str) -> dict[str, list[str]]:
    response = requests.post(address, data=fields, allow_redirects=False, timeout=10)
    assert response.headers["Location"].startswith(BACK)
    return parse_qs(urlsplit(response.headers["Location"]).query)


@pytest.mark.row("R33")
def test_the_login_page_offers_everybody_and_sends_back_a_code(sandbox: SandboxClient) -> None:
    address = login_page(sandbox)
    page = requests.get(address, timeout=10).text
    assert all(name in page for name in ("张小沙", "𠮷田健", "陈晨"))
    back = way_back(address, user="user5031")
    assert back["code"] == back["authCode"]
    assert back["state"] == ["s"]
    assert way_back(address, cancel="1") == {"error": ["access_denied"], "state": ["s"]}
    unknown = requests.post(address, data={"user": "nobody"}, timeout=10)
    assert unknown.status_code == 400


@pytest.mark.row("R33")
@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"redirect_uri": BACK}, "无权限查看该页面"),
        ({"redirect_uri": quote("https://evil.example/", safe="")}, "无权限查看该页面"),
        ({"redirect_uri": ""}, "无权限查看该页面"),
        ({"client_id": "another"}, "client_id"),
        ({"scope": "everything"}, "scope"),
        ({"response_type": "token"}, "response_type"),
    ],
)
def test_the_login_page_refuses_what_the_real_one_refuses(
    sandbox: SandboxClient, changes: dict[str, str], said: str
) -> None:
    response = requests.get(login_page(sandbox, **changes), timeout=10)
    assert response.status_code == 403
    assert said in response.text


def user_token(sandbox: SandboxClient, **fields: str) -> requests.Response:
    identity = sandbox.sandbox.platform.identity
    body = {"clientId": identity.client_id, "clientSecret": identity.client_secret, **fields}
    url = f"{sandbox.platform_url}/v1.0/oauth2/userAccessToken"
    return requests.post(url, json=body, timeout=10)


def test_a_browser_code_becomes_a_user_token_that_tells_who_it_is(sandbox: SandboxClient) -> None:
    code = way_back(login_page(sandbox), user="user5031")["code"][0]
    grant = {"grantType": "authorization_code", "code": code}
    first = user_token(sandbox, **grant)
    assert set(first.json()) == {"accessToken", "refreshToken", "expireIn", "corpId"}
    second = user_token(sandbox, **grant)
    assert (second.status_code, second.json()["code"]) == (
        400,
        "invalidParameter.authCode.notFound",
    )
    me = f"{sandbox.platform_url}/v1.0/contact/users/me"
    told = requests.get(me, headers={TOKEN_HEADER: first.json()["accessToken"]}, timeout=10).json()
    assert set(told) == {"nick", "avatarUrl", "openId", "unionId"}
    assert told["nick"] == "欧阳若兰"
    found = ask(sandbox, "/topapi/user/getbyunionid", {"unionid": told["unionId"]})
    assert found["result"]["userid"] == "user5031"
    sandbox.patch_platform(permissions={"mobile": True, "email": True})
    told = requests.get(me, headers={TOKEN_HEADER: first.json()["accessToken"]}, timeout=10).json()
    assert {"mobile", "stateCode", "email"} <= set(told)
    refresh = {"grantType": "refresh_token", "refreshToken": first.json()["refreshToken"]}
    assert user_token(sandbox, **refresh).status_code == 200
    assert user_token(sandbox, **refresh).status_code == 400
    for wrong in ({"clientSecret": "x", **grant}, {"grantType": "password"}):
        assert user_token(sandbox, **wrong).status_code == 400
    # The app's own token is none of a person's.
    own = sandbox.sandbox.platform.tokens.access_token()
    assert requests.get(me, headers={TOKEN_HEADER: own}, timeout=10).status_code == 400


def test_the_kinds_of_codes_are_apart_and_the_corp_is_told_on_request_only(
    sandbox: SandboxClient,
) -> None:
    code = way_back(login_page(sandbox), user="user5031")["code"][0]
    assert by_code(sandbox, code)["errcode"] == 40078
    client_code = new_code(sandbox)["result"]["code"]
    answer = user_token(sandbox, grantType="authorization_code", code=client_code)
    assert answer.status_code == 400
    code = way_back(login_page(sandbox, scope="openid"), user="user5031")["code"][0]
    answer = user_token(sandbox, grantType="authorization_code", code=code)
    assert "corpId" not in answer.json()
    stranger = way_back(login_page(sandbox), user="guest7001", answer="code")
    assert set(stranger) == {"code", "state"}
    answer = user_token(sandbox, grantType="authorization_code", code=stranger["code"][0])
    assert answer.json()["corpId"] != sandbox.sandbox.platform.identity.corp_id
