"""The decorators, and who may send an unsafe request."""

from __future__ import annotations

import re
import time

import pytest
from flask import Flask
from login_app import ORIGIN, Visitor, error_of

from dingbridge.redirects import unpack_target

pytest_plugins = ["login_fixtures"]

BROWSER = {"User-Agent": "Mozilla/5.0 (Linux; Android 13) AliApp(DingTalk/7.6.45)"}
PAGE = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


def age_session(guest: Visitor, seconds: int) -> None:
    """As if the visitor had signed in so long ago."""
    with guest.client.session_transaction(base_url=ORIGIN) as session:
        session["dingbridge"] = {**session["dingbridge"], "at": int(time.time()) - seconds}


# --- signed in


def test_a_script_that_is_not_signed_in_gets_json_and_a_challenge(guest: Visitor) -> None:
    response = guest.get("/mine")
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"] == "DingTalk"
    assert error_of(response)["code"] == "unauthorized"


def test_a_person_who_is_not_signed_in_gets_a_page_that_signs_in_and_goes_on(
    guest: Visitor,
) -> None:
    response = guest.get("/mine?a=1", **PAGE)
    assert response.status_code == 401
    assert "/bridge.js" in response.text
    assert "login.js" in response.text
    assert '"then":"reload"' in response.text
    # Without JavaScript, and outside DingTalk.
    link = re.search(r'href="/ding/oauth\?next=([^"%+]+)"', response.text)
    assert link
    assert unpack_target(link[1]) == "/mine?a=1"
    assert "script-src 'self'" in response.headers["Content-Security-Policy"]
    assert response.headers["Cache-Control"] == "no-store"


def test_a_form_that_was_posted_without_a_session_is_not_posted_again_unasked(
    guest: Visitor,
) -> None:
    response = guest.post("/mine", **PAGE)
    assert response.status_code == 401
    assert '"then":"back"' in response.text


def test_who_is_signed_in_gets_in_for_twelve_hours(guest: Visitor) -> None:
    guest.login()
    assert guest.get("/mine").text == "张小沙"
    assert guest.post("/mine").text == "张小沙"
    age_session(guest, 12 * 3600 - 10)
    assert guest.get("/mine").status_code == 200
    age_session(guest, 12 * 3600 + 10)
    assert guest.get("/mine").status_code == 401


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("text/html,application/json;q=0.9", "text/html"),
        ("application/json,text/html;q=0.1", "application/json"),
        ("*/*", "application/json"),
        ("text/html,*/*", "text/html"),
        ("application/json,*/*", "application/json"),
        ("text/*;q=0.2,application/json;q=0", "text/html"),
    ],
)
def test_what_somebody_prefers_decides_between_page_and_json(
    guest: Visitor, accept: str, kind: str
) -> None:
    response = guest.get("/mine", Accept=accept)
    assert (response.status_code, response.mimetype) == (401, kind)


def test_a_guarded_view_keeps_its_name(app: Flask) -> None:
    assert app.view_functions["mine"].__name__ == "mine"


# --- administrators


def test_administrators_alone_get_in(guest: Visitor) -> None:
    assert guest.get("/of-admins").status_code == 401
    guest.login(guest.code("user5031"))
    response = guest.get("/of-admins")
    assert response.status_code == 403
    assert error_of(response)["code"] == "forbidden"
    response = guest.get("/of-admins", **PAGE)
    assert response.status_code == 403
    assert "<h1>没有权限</h1>" in response.text
    assert "secret" not in response.text
    guest.login(guest.code("manager4220"))
    assert guest.get("/of-admins").text == "secret of administrators"


def test_who_was_an_administrator_an_hour_ago_is_asked_again(guest: Visitor) -> None:
    guest.login()
    age_session(guest, 3590)
    assert guest.get("/of-admins").status_code == 200
    age_session(guest, 3610)
    response = guest.get("/of-admins")
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"] == "DingTalk"
    assert guest.get("/mine").status_code == 200
    # What a form asks before it is sent.
    assert guest.get("/ding/me?admin").status_code == 401
    assert guest.get("/ding/me").status_code == 200
    guest.login()
    assert guest.get("/ding/me?admin").status_code == 200
    guest.login(guest.code("user5031"))  # who never was one is refused, not asked
    assert guest.get("/ding/me?admin").status_code == 200


# --- own origins


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "https://app.example.test.evil.example"},
        {"Origin": "http://app.example.test"},
        {"Origin": "https://app.example.test:8443"},
        {"Origin": ""},
        BROWSER,
        {**BROWSER, "Sec-Fetch-Site": "cross-site"},
        {**BROWSER, "Sec-Fetch-Site": "same-site"},
        {**BROWSER, "Referer": "https://evil.example/https://app.example.test/"},
        {**BROWSER, "Referer": "https://app.example.test.evil.example/"},
        {"Origin": "https://evil.example", "Sec-Fetch-Site": "same-origin"},
    ],
)
@pytest.mark.parametrize("path", ["/ding/login", "/ding/logout", "/ding/sign", "/mine"])
def test_an_unsafe_request_of_another_site_is_refused(
    guest: Visitor, path: str, headers: dict[str, str]
) -> None:
    guest.login()
    body = {"code": guest.code(), "corpId": guest.corp, "url": f"{ORIGIN}/"}
    response = guest.post(path, body, **headers)
    assert response.status_code == 403
    assert error_of(response)["code"] == "origin_refused"
    assert guest.get("/ding/me").status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {**BROWSER, "Origin": ORIGIN},
        {**BROWSER, "Sec-Fetch-Site": "same-origin"},
        {**BROWSER, "Referer": f"{ORIGIN}/page?a=1"},
        {"User-Agent": "curl/8.5"},
    ],
)
def test_an_unsafe_request_of_an_own_page_or_of_no_browser_is_taken(
    guest: Visitor, headers: dict[str, str]
) -> None:
    guest.login()
    assert guest.post("/mine", **headers).text == "张小沙"
    body = {"code": guest.code(), "corpId": guest.corp}
    assert guest.post("/ding/login", body, **headers).status_code == 200
    assert guest.post("/ding/logout", **headers).status_code == 204


def test_a_safe_request_may_come_from_anywhere(guest: Visitor) -> None:
    guest.login()
    assert guest.get("/mine", Origin="https://evil.example").status_code == 200
