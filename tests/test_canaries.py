"""Secrets planted in every setting and in every answer of the platform are found nowhere.

The platform of these tests puts its tokens and tickets, and whatever it was sent, into every field
of every answer and into a header, as a platform does that fails in an unforeseen way; in some
answers every letter is escaped, which JSON allows.
"""

from __future__ import annotations

import io
import json
import logging
import re
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import fields
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from click.testing import CliRunner
from flask import Flask
from flask.testing import FlaskClient
from postgresql_server import PostgresqlServer
from redis_server import RedisServer

import app as micro_app
from dingbridge.cli import ding
from dingbridge.errors import DingBridgeError
from dingbridge.openapi import OpenApi, explain
from dingbridge.settings import Settings
from microapp.database import DatabaseUnusable

pytest_plugins = ["ticket_fixtures", "store_fixtures"]

ORIGIN = "https://app.example.test"
REFERENCE = re.compile(r"\b[2-9A-HJ-NP-Z]{4}-[2-9A-HJ-NP-Z]{4}\b")
CORP = "dingcorp"

# By the setting's name; a value may be one of a list.
PLANTED = {
    "SECRET_KEY": "canary-session-key-0123456789abcdef",
    "SECRET_KEY_FALLBACKS": "canary-older-session-key-0123456789",
    "DING_STORE_KEYS": "canary-store-key-0123456789abcdef01,canary-older-store-key-0123456789ab",
    "DING_CLIENT_SECRET": "canary-client-secret",
    "DING_CALLBACK_TOKEN": "canary-callback-token",
    "DING_CALLBACK_AES_KEY": "canarycallbackaeskey0123456789abcdefghijklm",
}
# What the platform hands out, and what a client or a browser brings along.
TOKEN, TICKET = "canary-access-token", "canary-jsapi-ticket"
USER_TOKEN, REFRESH_TOKEN = "canary-user-token", "canary-refresh-token"
CODE, OAUTH_CODE = "canary-auth-code", "canary-oauth-code"
REDIS_PASSWORD, DATABASE_PASSWORD = "canary-redis-password", "canary-database-password"
SECRETS = {secret for value in PLANTED.values() for secret in value.split(",")} | {
    TOKEN,
    TICKET,
    USER_TOKEN,
    REFRESH_TOKEN,
    CODE,
    OAUTH_CODE,
    REDIS_PASSWORD,
    DATABASE_PASSWORD,
}

FINE = {
    "errcode": 0,
    "errmsg": "ok",
    "access_token": TOKEN,
    "expires_in": 7200,
    "expireIn": 7200,
    "ticket": TICKET,
    "jsapiTicket": TICKET,
    "refreshToken": REFRESH_TOKEN,
    "corpId": CORP,
    "unionId": "union1",
    "nick": "王磊",
    "unforeseen": TOKEN,
    "result": {
        "userid": "user5031",
        "name": "王磊",
        "unionid": "union1",
        "contact_type": 0,
        "dept_id_list": [1],
        "sys": True,
        "sys_level": 1,
        "associated_unionid": TOKEN,
        "extension": json.dumps({"token": TICKET}),
    },
}


class Platform:
    """Answers every path; `mode` says how."""

    def __init__(self) -> None:
        self.mode = "fine"
        self.url = ""

    def answer(self, path: str, sent: str) -> tuple[int, str, str]:
        """HTTP status, content type and body; the answer repeats all that it was sent."""
        echo = f"{sent} secret {PLANTED['DING_CLIENT_SECRET']}"
        issues = "oken" in path.rpartition("/")[2] or "icket" in path
        if self.mode == "fine" or (issues and self.mode.startswith("late ")):
            token = USER_TOKEN if "userAccessToken" in path else TOKEN
            return 200, "application/json", json.dumps({**FINE, "accessToken": token})
        answers: dict[str, tuple[int, object]] = {
            "old": (200, {"errcode": 60011, "errmsg": echo, "request_id": "15r0"}),
            "wrapped": (200, {"errcode": 88, "sub_code": "40078", "sub_msg": echo}),
            "new": (400, {"code": "invalidParameter", "message": echo, "requestid": "E1"}),
            "refused token": (200, {"errcode": 40014, "errmsg": echo}),
            "failed": (500, {"code": "system.error", "message": echo}),
            "types": (200, {**{name: {echo: [echo]} for name in FINE}, "errcode": 0}),
            "codes": (200, {"errcode": echo, "errmsg": [echo]}),
        }
        mode = self.mode.removeprefix("late ")
        if mode == "page":
            return 403, "text/html", f"<html>{echo}</html>"
        status, said = answers[mode.removeprefix("escaped ")]
        body = json.dumps(said)
        return status, "application/json", escaped(body) if mode.startswith("escaped ") else body


def escaped(text: str) -> str:
    """JSON whose every letter within strings is an escape."""

    def letters(found: re.Match[str]) -> str:
        read = json.loads(found[0])
        return '"' + "".join(f"\\u{ord(letter):04x}" for letter in read) + '"'

    return re.sub(r'"(?:[^"\\]|\\.)*"', letters, text)


# With "late", tokens and tickets are handed out and only what follows fails.
NEW_MODES = ("fine", "escaped new", "failed", "types", "codes", "page")
LATE_MODES = ("late new", "late escaped wrapped", "late refused token", "late types", "late codes")
OLD_MODES = ("old", "late escaped old", "late page")


@contextmanager
def serving(platform: Platform) -> Iterator[None]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            token = self.headers.get("x-acs-dingtalk-access-token", "")
            # As the platform has read it: escapes are gone.
            query = parse_qs(urlsplit(self.path).query)
            sent = f"{query} {token} {self.rfile.read(length).decode()}"
            status, kind, body = platform.answer(urlsplit(self.path).path, sent)
            self.send_response(status)
            self.send_header("Content-Type", kind)
            line = "".join(letter for letter in sent if " " <= letter <= "~")
            self.send_header("x-acs-request-id", line[:4000])
            self.send_header("Content-Length", str(len(body.encode())))
            self.end_headers()
            self.wfile.write(body.encode())

        do_POST = do_PUT = do_DELETE = do_GET  # noqa: N815  # http.server's names

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    platform.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="module")
def platform() -> Iterator[Platform]:
    platform = Platform()
    with serving(platform):
        yield platform


@pytest.fixture
def redis_url(redis: RedisServer) -> Iterator[str]:
    """The address of a Redis that wants a password."""
    with redis.client() as client:
        client.acl_setuser(
            "app", enabled=True, passwords=f"+{REDIS_PASSWORD}", keys="*", commands=["+@all"]
        )
    yield f"redis://app:{REDIS_PASSWORD}@127.0.0.1:{redis.port}/0"
    with redis.client() as client:
        client.acl_deluser("app")


@pytest.fixture
def planted(
    platform: Platform,
    tmp_path: Path,
    redis_url: str,
    postgresql: PostgresqlServer,
    migrated_database: str,
    monkeypatch: pytest.MonkeyPatch,
) -> dict[str, str]:
    """Settings full of secrets, in the environment too, as the command line finds them."""
    database = postgresql.new_database(migrated_database)
    values = {
        **PLANTED,
        "DING_CORP_ID": CORP,
        "DING_AGENT_ID": "1",
        "DING_CLIENT_ID": "dingclient",
        "DING_PUBLIC_ORIGINS": ORIGIN,
        "DING_OAPI_URL": platform.url,
        "DING_API_URL": platform.url,
        "DING_LOGIN_URL": platform.url,
        "DING_INSTANCE": str(tmp_path / "instance"),
        "DING_REDIS_URL": redis_url,
        "DING_DATABASE_URL": database.replace("://app@", f"://app:{DATABASE_PASSWORD}@"),
        "DING_DEBUG": "1",
        "DING_LANG": "en",
        "DING_API_RATE": "1000",
    }
    for name, value in values.items():
        if name.startswith("DING_"):
            monkeypatch.setenv(name, value)
    return values


class Seen:
    """Everything that anybody could see, by where it was."""

    def __init__(self) -> None:
        self._seen: list[tuple[str, str]] = []

    def add(self, where: str, text: str) -> None:
        self._seen.append((where, text))

    def take(self, other: Seen) -> None:
        self._seen += other._seen

    def text(self) -> str:
        return "\n".join(text for _, text in self._seen)

    def leaks(self) -> set[tuple[str, str]]:
        return {(w, secret) for w, text in self._seen for secret in SECRETS if secret in text}


def visit(app: Flask, seen: Seen) -> FlaskClient:
    """All routes that a visitor may open, and each way to sign in."""
    client = app.test_client()
    for path in sorted({rule.rule for rule in app.url_map.iter_rules() if "GET" in rule.methods}):
        for accept in ("text/html", "application/json"):
            filled = re.sub(r"<[^>]+>", "x", path)
            answer = client.get(filled, headers={"Accept": accept}, base_url=ORIGIN)
            seen.add(f"GET {path}", f"{answer.headers}{answer.text}")
    report = {
        "state": "error",
        "code": "3",
        "reference": "CANA-RY22",
        "message": f"ticketList:[{TICKET},{TICKET}]",
        "page_url": f"{ORIGIN}/?authCode={OAUTH_CODE}",
    }
    posts = {
        "/ding/login": {"code": CODE, "corpId": CORP},
        "/ding/sign": {"url": f"https://other.example/?code={OAUTH_CODE}"},
        "/ding/outcome": report,
        "/ding/none": {"token": TOKEN},
    }
    for path, body in posts.items():
        answer = client.post(path, json=body, headers={"Origin": ORIGIN}, base_url=ORIGIN)
        seen.add(f"POST {path}", f"{answer.headers}{answer.text}")
    way = client.get("/ding/oauth", base_url=ORIGIN)
    (state,) = parse_qs(urlsplit(way.location).query)["state"]
    back = f"/ding/oauth/return?authCode={OAUTH_CODE}&state={state}"
    answer = client.get(back, base_url=ORIGIN)
    seen.add("oauth return", f"{answer.headers}{answer.text}")
    return client


def call_everything(openapi: OpenApi, seen: Seen) -> None:
    """Errors as an app would log them, with all that hangs on them."""
    calls: list[Callable[[], Any]] = [
        lambda: openapi.users.get("user5031"),
        lambda: openapi.departments.get(1),
        lambda: openapi.identity.by_code(CODE),
        lambda: openapi.identity.user_token(OAUTH_CODE),
        lambda: openapi.identity.me(USER_TOKEN),
        lambda: openapi.chats.open_conversation_id("chat0"),
        openapi.callbacks.show,
        lambda: openapi.callbacks.register(
            f"{ORIGIN}/ding/callback",
            ["user_add_org"],
            PLANTED["DING_CALLBACK_TOKEN"],
            PLANTED["DING_CALLBACK_AES_KEY"],
        ),
        lambda: openapi.media.download("@media1", io.BytesIO()),
        lambda: openapi.calendar.get("union1", "event1"),
        lambda: openapi.call("GET", "/v1.0/x/y", params={"access_token": TOKEN}),
    ]
    for call in calls:
        try:
            seen.add("answer", repr(call()) if calls.index(call) < 5 else "")
        except DingBridgeError as error:
            said = [str(error), repr(error), repr(vars(error)), repr(explain(error, "en"))]
            seen.add(f"error {error.code}", "\n".join(said + traceback.format_exception(error)))


def look_up(seen: Seen) -> int:
    """What the command line tells of references that anybody has read."""
    references = sorted(set(REFERENCE.findall(seen.text())))
    for number, reference in enumerate(references):
        options = ([], ["--lang", "zh"], ["--json"])[number % 3]
        result = CliRunner().invoke(ding, ["explain", reference, *options])
        seen.add(f"explain {reference}", result.output)
    for method, path in (("GET", "/topapi/x"), ("POST", "/v1.0/oauth2/accessToken")):
        result = CliRunner().invoke(ding, ["call", method, path])
        seen.add(f"call {path}", result.output)
    return len(references)


def without_its_stores(settings: dict[str, str], redis: RedisServer, seen: Seen) -> None:
    """What is said where Redis refuses the password and the database is not there."""
    with redis.client() as client:
        client.acl_setuser("app", enabled=True, reset_passwords=True, passwords="+another")
    app = micro_app.create_app(settings)
    visit(app, seen)
    status = app.extensions["dingbridge"]["dingbridge"].credentials.status()
    assert status["caches"]["redis"] is False
    seen.add("status without Redis", json.dumps(status))
    away = re.sub(r":\d+/", ":9/", settings["DING_DATABASE_URL"])
    with pytest.raises(DatabaseUnusable) as unusable:
        micro_app.create_app({**settings, "DING_DATABASE_URL": away})
    said = [str(unusable.value), *traceback.format_exception(unusable.value)]
    seen.add("without a database", "\n".join(said))


@pytest.mark.row("R34")
@pytest.mark.row("R37")
@pytest.mark.parametrize(
    ("generation", "modes"), [("new", NEW_MODES), ("new", LATE_MODES), ("old", OLD_MODES)]
)
def test_planted_secrets_are_found_nowhere(
    generation: str,
    modes: tuple[str, ...],
    planted: dict[str, str],
    platform: Platform,
    redis: RedisServer,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    caplog.set_level(logging.DEBUG)
    folder = Path(planted["DING_INSTANCE"]).parent
    monkeypatch.setenv("DING_API_GENERATION", generation)
    seen, known = Seen(), 0
    for number, mode in enumerate(modes):
        platform.mode = mode

        redis.flush()
        instance = str(folder / f"instance{number}")
        monkeypatch.setenv("DING_INSTANCE", instance)
        settings = {**planted, "DING_API_GENERATION": generation, "DING_INSTANCE": instance}
        app = micro_app.create_app(settings)
        mine = Seen()
        client = visit(app, mine)
        bridge = app.extensions["dingbridge"]["dingbridge"]
        call_everything(bridge.openapi.patient(0.0), mine)
        known += look_up(mine)
        seen.take(mine)
        with client.session_transaction(base_url=ORIGIN) as session:
            seen.add("session", json.dumps(dict(session)))
        seen.add("status", json.dumps(bridge.credentials.status()))
        bridge.credentials.close()
        for key, dump in redis.keys().items():
            seen.add("redis", f"{key} {dump!r}")
    without_its_stores(settings, redis, seen)
    seen.add("log", caplog.text)
    for path in folder.rglob("*"):
        seen.add("file", f"{path} {path.read_bytes()!r}" if path.is_file() else str(path))
    assert known > 10
    assert "***" in seen.text()
    assert seen.leaks() == set()


def test_every_setting_that_is_secret_is_planted(planted: dict[str, str]) -> None:
    names = [f"DING_{field.name.upper()}" for field in fields(Settings)]
    secret = {name for name in names if re.search(r"SECRET|TOKEN|PASSWORD|_KEYS?$", name)}
    assert secret <= set(PLANTED)
    for name in secret & {"DING_CLIENT_SECRET", "DING_STORE_KEYS"}:
        assert set(PLANTED[name].split(",")) <= set(Settings.load(planted).secrets())


@pytest.mark.parametrize("name", ["DING_REDIS_URL", "DING_DATABASE_URL"])
def test_passwords_in_addresses_are_secrets_too(planted: dict[str, str], name: str) -> None:
    scheme = "redis" if "REDIS" in name else "postgresql"
    settings = Settings.load({**planted, name: f"{scheme}://u:canary-password@127.0.0.1:9/0"})
    assert "canary-password" in settings.secrets()
    assert "canary" not in repr(settings)
