"""Signing in from a plain browser: there, back, and what may be wrong on the way back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

import pytest
import requests
from flask import Flask
from itsdangerous import TimestampSigner
from login_app import ORIGIN, Visitor, login_app
from sandbox_server import SandboxClient
from werkzeug.test import TestResponse

pytest_plugins = ["login_fixtures"]

RETURN = "/ding/oauth/return"


def begin(guest: Visitor, following: str = "/page?a=1&b=2") -> str:
    """Off to the login page; its address."""
    response = guest.get(f"/ding/oauth?next={quote(following, safe='')}")
    assert response.status_code == 302
    assert response.headers["Cache-Control"] == "no-store"
    return response.headers["Location"]


def choose(address: str, **fields: str) -> str:
    """What a person does on the login page; the target to which they are sent back."""
    response = requests.post(
        address, data=fields or {"user": "manager4220"}, allow_redirects=False, timeout=10
    )
    assert response.status_code == 302, response.text
    back = response.headers["Location"]
    assert back.startswith(f"{ORIGIN}{RETURN}?")
    return back.removeprefix(ORIGIN)


def state_of(address: str) -> str:
    return parse_qs(urlsplit(address).query)["state"][0]


def refused(response: TestResponse, status: int, sentence: str) -> None:
    """A page with a sentence, a reference and a way to try again; no session."""
    assert response.status_code == status
    assert response.mimetype == "text/html"
    assert sentence in response.text
    assert "/ding/oauth?next=" in response.text
    assert "Content-Security-Policy" in response.headers
    assert response.headers["Cache-Control"] == "no-store"


@pytest.mark.row("R33")
def test_the_way_there_is_encoded_and_built_from_an_allowed_origin(guest: Visitor) -> None:
    address = begin(guest)
    assert f"redirect_uri={quote(ORIGIN + RETURN, safe='')}&" in address
    asked = parse_qs(urlsplit(address).query)
    identity = guest.sandbox.sandbox.platform.identity
    assert {name: values[0] for name, values in asked.items() if name != "state"} == {
        "redirect_uri": ORIGIN + RETURN,
        "response_type": "code",
        "client_id": identity.client_id,
        "scope": "openid corpid",
        "prompt": "consent",
        "corpId": identity.corp_id,
    }
    assert "scope=openid%20corpid" in address
    assert requests.get(address, timeout=10).status_code == 200


@pytest.mark.row("R33")
def test_the_sandbox_refuses_an_unencoded_or_foreign_redirect_uri(guest: Visitor) -> None:
    address = begin(guest)
    encoded = quote(ORIGIN + RETURN, safe="")
    for wrong in (ORIGIN + RETURN, quote("https://evil.example/ding/oauth/return", safe="")):
        page = requests.get(address.replace(encoded, wrong), timeout=10)
        assert page.status_code == 403
        assert "无权限查看该页面" in page.text


@pytest.mark.row("R33")
def test_a_host_that_is_not_allowed_gets_no_way_there(guest: Visitor) -> None:
    app = guest.app
    app.config["DING_PUBLIC_ORIGINS"] = f"{ORIGIN},https://second.example.test"
    several = login_app(
        guest.sandbox,
        Path(str(app.config["DING_INSTANCE"])).parent / "several",
        DING_PUBLIC_ORIGINS=f"{ORIGIN},https://second.example.test",
    )
    client = several.test_client()
    good = client.get("/ding/oauth", base_url="https://second.example.test")
    assert quote(f"https://second.example.test{RETURN}", safe="") in good.headers["Location"]
    bad = client.get("/ding/oauth", base_url="https://evil.example")
    assert bad.status_code == 400
    assert "Location" not in bad.headers


@pytest.mark.parametrize("prefix", ["/apps/field", "/h5/%E4%B8%AD"])
def test_the_way_back_carries_a_proxy_s_prefix(
    sandbox: SandboxClient, tmp_path: Path, prefix: str
) -> None:
    app = login_app(sandbox, tmp_path, DING_TRUSTED_PROXIES="127.0.0.1")
    headers = {"X-Forwarded-Prefix": prefix, "X-Forwarded-Proto": "https"}
    response = app.test_client().get("/ding/oauth", base_url=ORIGIN, headers=headers)
    encoded = quote(f"{ORIGIN}{prefix}{RETURN}", safe="")
    assert f"redirect_uri={encoded}&" in response.headers["Location"]


@pytest.mark.row("R33")
@pytest.mark.parametrize("answer", ["code", "authCode", "both"])
def test_a_person_of_the_corp_comes_back_signed_in_under_either_name_of_the_code(
    guest: Visitor, answer: str
) -> None:
    back = choose(begin(guest), user="user5031", answer=answer)
    asked = parse_qs(urlsplit(back).query)
    assert ("code" in asked, "authCode" in asked) == (answer != "authCode", answer != "code")
    response = guest.get(back)
    assert (response.status_code, response.headers["Location"]) == (302, "/page?a=1&b=2")
    assert guest.get("/mine").text == "欧阳若兰"
    assert set(guest.session()) == {"dingbridge"}


def test_no_user_token_reaches_the_browser(guest: Visitor, sandbox: SandboxClient) -> None:
    response = guest.get(choose(begin(guest)))
    tokens = sandbox.sandbox.platform.codes
    issued = [*tokens.user_tokens._live, *tokens.refresh_tokens._live]
    assert len(issued) == 2
    everything = f"{response.headers}{response.text}{guest.session()}"
    assert not any(token in everything for token in issued)


@pytest.mark.row("R33")
def test_a_stranger_to_the_corp_is_refused_with_an_explanation(guest: Visitor) -> None:
    response = guest.get(choose(begin(guest), user="guest7001"))
    refused(response, 403, "这个账号不在使用本应用的企业里")
    assert guest.session() == {}


@pytest.mark.parametrize(
    ("endpoint", "body", "status", "sentence"),
    [
        # An app without the scope corpid is not told the corp: the directory decides.
        ("/topapi/user/getbyunionid", '{"errcode": 60121, "errmsg": "x"}', 403, "企业"),
        (
            "/topapi/user/getbyunionid",
            '{"errcode": 0, "result": {"contact_type": 1, "userid": "e1"}}',
            403,
            "这个账号不在使用本应用的企业里",
        ),
        ("/topapi/user/getbyunionid", '{"errcode": 0, "result": []}', 503, "钉钉"),
        ("/v1.0/contact/users/me", '{"unionId": 7}', 503, "钉钉"),
        ("/v1.0/contact/users/me", "<html>", 503, "钉钉"),
        ("/v1.0/oauth2/userAccessToken", '{"accessToken": ""}', 503, "钉钉"),
    ],
)
def test_each_answer_on_the_way_leads_to_a_session_or_to_a_page_that_explains(
    guest: Visitor,
    sandbox: SandboxClient,
    endpoint: str,
    body: str,
    status: int,
    sentence: str,
) -> None:
    back = choose(begin(guest))
    sandbox.fault(endpoint, "custom", body=body)
    response = guest.get(back)
    refused(response, status, sentence)
    assert ("Retry-After" in response.headers) == (status == 503)
    assert guest.session() == {}


@pytest.mark.row("R32")
def test_a_return_address_that_is_loaded_again_exchanges_nothing(
    guest: Visitor, sandbox: SandboxClient
) -> None:
    back = choose(begin(guest))
    assert guest.get(back).status_code == 302
    refused(guest.get(back), 401, "授权已失效")
    assert sandbox.platform_calls("/v1.0/oauth2/userAccessToken") == 1
    assert guest.get("/mine").status_code == 200


def test_a_person_who_changes_their_mind_is_not_signed_in(guest: Visitor) -> None:
    refused(guest.get(choose(begin(guest), cancel="1")), 403, "登录已取消")


def test_an_error_of_the_login_page_is_told_to_developers(
    sandbox: SandboxClient, tmp_path: Path
) -> None:
    guest = Visitor(login_app(sandbox, tmp_path, DING_DEBUG="1"), sandbox)
    state = state_of(begin(guest))
    response = guest.get(f"{RETURN}?error=%3Cb%3Einvalid_scope&state={state}")
    refused(response, 403, "钉钉没有完成登录")
    assert "&lt;b&gt;invalid_scope" in response.text


# --- whose login it is


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda back, state: back.replace(state, ""), id="none"),
        pytest.param(lambda back, state: back.replace(state, state[:-2] + "xx"), id="changed"),
        pytest.param(lambda back, state: back.replace(state, "x" * 3000), id="long"),
        pytest.param(lambda back, _: back.replace("state=", "stale="), id="missing"),
    ],
)
def test_a_state_that_is_not_the_app_s_is_refused(
    guest: Visitor, sandbox: SandboxClient, spoil: Callable[[str, str], str]
) -> None:
    address = begin(guest)
    refused(guest.get(spoil(choose(address), state_of(address))), 403, "重新登录")
    assert sandbox.platform_calls("/v1.0/oauth2/userAccessToken") == 0


def test_nobody_can_be_signed_in_as_somebody_else_by_a_link(
    app: Flask, sandbox: SandboxClient
) -> None:
    attacker, victim = Visitor(app, sandbox), Visitor(app, sandbox)
    back = choose(begin(attacker))
    refused(victim.get(back), 403, "重新登录")
    begin(victim)  # a cookie of one's own does not help either
    refused(victim.get(back), 403, "重新登录")
    assert victim.session() == {}


def test_a_state_is_good_for_ten_minutes(guest: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    back = choose(begin(guest))
    began = TimestampSigner.get_timestamp
    monkeypatch.setattr(TimestampSigner, "get_timestamp", lambda self: began(self) + 601)
    with guest.client.session_transaction(base_url=ORIGIN) as session:
        session.clear()
    refused(guest.get(back), 403, "重新登录")


def test_two_tabs_can_sign_in_at_once(guest: Visitor) -> None:
    first, second = begin(guest, "/page?tab=1"), begin(guest, "/page?tab=2")
    assert guest.get(choose(second)).headers["Location"] == "/page?tab=2"
    assert guest.get(choose(first)).headers["Location"] == "/page?tab=1"


def test_an_older_session_key_still_reads_a_state(guest: Visitor) -> None:
    back = choose(begin(guest))
    app = guest.app
    app.config["SECRET_KEY_FALLBACKS"] = [app.config["SECRET_KEY"]]
    app.config["SECRET_KEY"] = "a newer session key for tests"
    assert guest.get(back).status_code == 302


# --- where it goes on


@pytest.mark.parametrize(
    "following",
    [
        "//evil.example/",
        "https://evil.example/",
        "/\\evil.example",
        "javascript:alert(1)",
        "/\r\nX: y",
        "/\t/evil.example",
        "",
        "x",
        "/中",
        "/" + "a" * 3000,
    ],
)
def test_it_goes_on_within_this_site(guest: Visitor, following: str) -> None:
    response = guest.get(choose(begin(guest, following)))
    assert (response.status_code, response.headers["Location"]) == (302, "/")


@pytest.mark.parametrize("following", ["/a%2Fb?x=%20&y=+#part", "/a?", "/?"])
def test_the_way_on_keeps_every_byte(guest: Visitor, following: str) -> None:
    assert guest.get(choose(begin(guest, following))).headers["Location"] == following
