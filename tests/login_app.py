"""An app with sign-in on the sandbox's platform, as the login tests use it, in this process."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from flask import Flask, render_template_string, session
from flask.testing import FlaskClient
from sandbox_server import SandboxClient
from werkzeug.test import TestResponse

from dingbridge import DingBridge
from dingbridge.headers import SessionCookie

ORIGIN = "https://app.example.test"
PAGE = """{%- set tags = dingbridge("requestAuthCode", "runtime.permission.requestAuthCode") -%}
<html><head>{{ tags }}{{ dingbridge.login() }}</head>
<body>{{ dingbridge.user.name }}</body></html>"""


def login_app(sandbox: SandboxClient, folder: Path, **settings: object) -> Flask:
    """An app with a page, and with a view for each decorator."""
    app = Flask("login")
    app.config.update(
        {
            "SECRET_KEY": "a session key for tests only",
            **sandbox.sandbox.environment(folder / "instance"),
            "DING_PUBLIC_ORIGINS": ORIGIN,
            "DING_DEBUG": "",
            **settings,
        }
    )
    bridge = DingBridge(app)
    app.session_interface = SessionCookie(bridge.over_https)
    app.add_url_rule("/page", "page", lambda: render_template_string(PAGE))

    @app.route("/mine", methods=["GET", "POST"])
    @bridge.login_required
    def mine() -> str:
        user = bridge.user()
        assert user
        return user.name

    @app.get("/of-admins")
    @bridge.admin_required
    def of_admins() -> str:
        return "secret of administrators"

    @app.post("/plant")
    def plant() -> str:
        session["planted"] = "by somebody else"
        return ""

    return app


class Visitor:
    """One browser at the app: cookies, and what it posts."""

    def __init__(self, app: Flask, sandbox: SandboxClient) -> None:
        self.app = app
        self.sandbox = sandbox
        self.client: FlaskClient = app.test_client()

    @property
    def corp(self) -> str:
        return self.sandbox.sandbox.platform.identity.corp_id

    def code(self, user: str = "manager4220", corp: str | None = None) -> str:
        """An auth code as the client gets it, for anybody and any corp."""
        from dingbridge.sandbox.login_codes import SignIn  # noqa: PLC0415

        codes = self.sandbox.sandbox.platform.codes
        return codes.client.issue(SignIn(user, corp or self.corp))

    def post(self, path: str, body: object = None, **headers: str) -> TestResponse:
        return self.client.post(path, json=body, headers=headers, base_url=ORIGIN)

    def get(self, path: str, **headers: str) -> TestResponse:
        return self.client.get(path, headers=headers, base_url=ORIGIN)

    def login(self, code: str | None = None, corp: str | None = None) -> TestResponse:
        """Post a code to /ding/login, by default a fresh one."""
        body = {"code": code or self.code(), "corpId": corp or self.corp}
        return self.post("/ding/login", body)

    def session(self) -> dict[str, Any]:
        """What the cookie holds."""
        with self.client.session_transaction(base_url=ORIGIN) as kept:
            return dict(kept)


def error_of(response: TestResponse) -> dict[str, str]:
    """The error of a JSON answer, in the shape of the contract."""
    assert response.json is not None
    error: dict[str, str] = response.json["error"]
    assert set(error) == {"code", "message", "remedy", "reference"}
    assert all(isinstance(text, str) and text for text in error.values())
    return error
