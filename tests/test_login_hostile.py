"""Whatever is posted or answered: a clear error, no session, and no secret anywhere."""

from __future__ import annotations

import io
import json
import logging
import string
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from login_app import ORIGIN, Visitor, error_of, login_app
from sandbox_server import SandboxClient
from werkzeug.test import EnvironBuilder, run_wsgi_app

pytest_plugins = ["login_fixtures"]

ROUTES = ("/ding/login", "/ding/logout", "/ding/me", "/ding/oauth", "/ding/oauth/return")
shared_fixtures = hypothesis_settings(
    max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)

# With halves of surrogate pairs, which JSON can say and UTF-8 cannot.
any_text = st.text(st.characters(codec=None, exclude_categories=()), max_size=20)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | any_text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(any_text, inner),
    max_leaves=6,
)
posted_fields = st.fixed_dictionaries(
    {},
    optional={
        "code": json_values | st.text(string.printable, max_size=400),
        "corpId": json_values | st.sampled_from(["$CORPID$", "dingother", ""]),
        "userid": json_values,
    },
)


def send(guest: Visitor, path: str, content: bytes, kind: str = "application/json") -> Any:
    return guest.client.post(path, data=content, headers={"Content-Type": kind}, base_url=ORIGIN)


# --- what is posted


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"code"',
        b"\xff\xfe\x00",
        b"[" * 4000,
        b"{}",
        b'{"code": "c"}',
        b'{"corpId": "dingsandbox7c2f9be1"}',
        b'{"code": 7, "corpId": "dingsandbox7c2f9be1"}',
        b'{"code": ["c"], "corpId": "dingsandbox7c2f9be1"}',
        b'{"code": null, "corpId": "dingsandbox7c2f9be1"}',
        b'{"code": "c", "corpId": {"a": 1}}',
        b'{"code": "", "corpId": "dingsandbox7c2f9be1"}',
        b'{"code": "a b", "corpId": "dingsandbox7c2f9be1"}',
        b'{"code": "\\u4e2d", "corpId": "dingsandbox7c2f9be1"}',
        b'{"code": "\\ud800", "corpId": "dingsandbox7c2f9be1"}',
        b'{"code": "' + b"c" * 300 + b'", "corpId": "dingsandbox7c2f9be1"}',
    ],
)
def test_what_is_no_code_and_corp_gets_400_and_the_platform_hears_nothing(
    guest: Visitor, sandbox: SandboxClient, content: bytes
) -> None:
    response = send(guest, "/ding/login", content)
    assert response.status_code == 400
    assert error_of(response)["code"] == "bad_request"
    assert guest.session() == {}
    assert sandbox.platform_calls() == 0


@pytest.mark.parametrize("path", ["/ding/login", "/ding/logout"])
def test_a_body_of_ten_megabytes_is_refused_without_being_read_whole(
    guest: Visitor, path: str
) -> None:
    content = Megabytes(10_000_000)
    builder = EnvironBuilder(path, base_url=ORIGIN, method="POST", content_type="application/json")
    environ = builder.get_environ() | {"wsgi.input": content, "CONTENT_LENGTH": "10000000"}
    _, status, headers = run_wsgi_app(guest.app, environ)
    assert status[:3] == ("413" if path == "/ding/login" else "204")
    assert content.given < 100_000
    assert "Set-Cookie" not in headers


class Megabytes(io.RawIOBase):
    """A body that counts how much of it is read."""

    def __init__(self, size: int) -> None:
        self._size = size
        self.given = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        size = min(len(buffer), self._size - self.given)
        buffer[:size] = b"x" * size
        self.given += size
        return size


@pytest.mark.parametrize(
    "kind", ["", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "*/*"]
)
def test_a_form_of_another_site_could_not_be_a_login(guest: Visitor, kind: str) -> None:
    body = json.dumps({"code": guest.code(), "corpId": guest.corp}).encode()
    response = send(guest, "/ding/login", body, kind)
    assert response.status_code == 415
    assert error_of(response)["code"] == "wrong_content_type"
    assert guest.session() == {}


@pytest.mark.parametrize("path", ROUTES)
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD"])
def test_every_route_answers_every_method_without_a_5xx(
    guest: Visitor, path: str, method: str
) -> None:
    response = guest.client.open(path, method=method, base_url=ORIGIN)
    assert response.status_code < 500
    assert guest.session() == {}


def test_attempts_are_limited_in_number(guest: Visitor, sandbox: SandboxClient) -> None:
    sandbox.fault("token", "refuse")
    # However slow the machine: more often than the limit's rate, until it is reached.
    refused = (guest.login(f"c{number}") for number in range(1500))
    answer = next(answer for answer in refused if answer.status_code != 503)
    assert answer.status_code == 429
    assert error_of(answer)["code"] == "too_many_requests"
    assert guest.session() == {}


def test_what_is_refused_without_asking_the_platform_locks_nobody_out(
    guest: Visitor, app: Flask, sandbox: SandboxClient
) -> None:
    spent = guest.code()
    assert guest.login(spent).status_code == 200
    stranger = Visitor(app, sandbox)
    for _ in range(150):
        assert stranger.login("c", corp="dingother").status_code == 403
        assert stranger.login("no code").status_code == 400
        assert stranger.login(spent).status_code == 401
    assert stranger.login().status_code == 200


@given(posted=posted_fields)
@shared_fixtures
def test_fields_of_any_type_start_no_session(guest: Visitor, posted: dict[str, object]) -> None:
    response = send(guest, "/ding/login", json.dumps(posted).encode())
    assert 400 <= response.status_code < 500
    error_of(response)
    assert guest.session() == {}


@given(
    asked=st.dictionaries(
        st.sampled_from(["code", "authCode", "state", "error", "next", "corpId", "x"]),
        st.text(max_size=60),
    ),
    cookie=st.text(string.ascii_letters + string.digits + "-_.", max_size=40),
)
@shared_fixtures
def test_any_way_back_from_the_login_page_is_taken_without_a_5xx(
    guest: Visitor, asked: dict[str, str], cookie: str
) -> None:
    guest.client.set_cookie("__Host-dingbridge_oauth", cookie, domain="app.example.test")
    for path in ("/ding/oauth/return", "/ding/oauth", "/page"):
        response = guest.client.get(path, query_string=asked, base_url=ORIGIN)
        assert response.status_code < 500
    assert guest.session() == {}


@given(content=st.binary(max_size=200), cookie=st.text(string.ascii_letters + ".-_", max_size=60))
@shared_fixtures
def test_any_session_cookie_is_taken_without_a_5xx(
    app: Flask, sandbox: SandboxClient, content: bytes, cookie: str
) -> None:
    guest = Visitor(app, sandbox)
    guest.client.set_cookie("session", cookie, domain="app.example.test")
    assert guest.get("/ding/me").status_code == 401
    assert guest.get("/mine").status_code == 401
    assert send(guest, "/ding/logout", content).status_code == 204


# --- secrets


@pytest.mark.row("R34")
@pytest.mark.row("R37")
def test_no_secret_token_ticket_or_code_reaches_a_page_an_answer_a_cookie_or_the_log(
    sandbox: SandboxClient, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    app = login_app(sandbox, tmp_path, DING_DEBUG="1", DING_STORE_KEYS="store-key-canary" * 3)
    guest = Visitor(app, sandbox)
    platform = sandbox.sandbox.platform
    code, spent = guest.code(), guest.code()
    platform.codes.client.redeem(spent)
    seen = [guest.login(code), guest.login(code), guest.login(spent)]
    session = json.dumps(guest.session())
    seen += [guest.get(path) for path in ("/page", "/mine", "/ding/me", "/of-admins")]
    # A platform that repeats in its message what it was sent.
    token = platform.tokens.access_token()
    echo = json.dumps({"errcode": 40014, "errmsg": f"token {token} code"})
    sandbox.fault("login", "custom", body=echo)
    seen += [guest.login()]
    seen += [guest.get("/ding/oauth/return?code=canary-code&state=x")]
    sandbox.clear_faults()
    seen += [guest.post("/ding/logout"), guest.get("/mine", Accept="text/html")]
    secrets = {
        "client secret": platform.identity.client_secret,
        "access token": platform.tokens.access_token(),
        "revoked token": token,
        "ticket": platform.ticket(),
        "session key": str(app.config["SECRET_KEY"]),
        "store key": "store-key-canary",
        "code": code,
        "spent code": spent,
        "oauth code": "canary-code",
    }
    shown = "".join(f"{each.headers}{each.text}" for each in seen) + session + caplog.text
    assert [name for name, secret in secrets.items() if secret in shown] == []
    kept = b"".join(file.read_bytes() for file in tmp_path.rglob("*") if file.is_file())
    names = "".join(str(file) for file in tmp_path.rglob("*"))
    for name in ("client secret", "access token", "ticket", "code", "session key"):
        assert secrets[name].encode() not in kept, name
        assert secrets[name] not in names, name
