"""People at the micro-app without a browser: signed in, posting forms as its pages do."""

from __future__ import annotations

import itertools
import time
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

ORIGIN = "https://app.example.test"
JSON = {"Accept": "application/json", "Origin": ORIGIN}
PAGE = {"Accept": "text/html,*/*;q=0.8", "Origin": ORIGIN}

_numbers = itertools.count(1)


class AppVisitor:
    """One browser with a session of `userid`; `admin` is of the corp."""

    def __init__(
        self, app: Flask, userid: str = "user5031", name: str = "欧阳若兰", *, admin: bool = False
    ) -> None:
        self.app = app
        self.client: FlaskClient = app.test_client()
        self.sign_in(userid, name, admin=admin)

    def colleague(self, userid: str, name: str = "王磊", *, admin: bool = False) -> AppVisitor:
        """Somebody else at the same app."""
        return AppVisitor(self.app, userid, name, admin=admin)

    def sign_in(self, userid: str, name: str, *, admin: bool = False) -> None:
        """As after a login; what the platform does for it has tests of its own."""
        corp = self.app.extensions["dingbridge"]["dingbridge"].settings.corp_id
        with self.client.session_transaction(base_url=ORIGIN) as session:
            session["dingbridge"] = {
                "userid": userid,
                "name": name,
                "admin": admin,
                "corp": corp,
                "at": int(time.time()),
            }

    def sign_out(self) -> None:
        with self.client.session_transaction(base_url=ORIGIN) as session:
            session.clear()

    def get(self, path: str, **headers: str) -> TestResponse:
        return self.client.get(path, headers={**PAGE, **headers}, base_url=ORIGIN)

    def post(self, path: str, form: dict[str, Any], **headers: str) -> TestResponse:
        """As app_form.js posts it."""
        return self.client.post(path, data=form, headers={**JSON, **headers}, base_url=ORIGIN)


def new_key() -> str:
    """A submission's key, another one each time."""
    return f"key-of-a-submission-{next(_numbers)}"


def error_code(response: TestResponse) -> str:
    """The code of a JSON error, whose shape is checked on the way."""
    assert response.json is not None
    error = response.json["error"]
    assert set(error) == {"code", "message", "remedy", "reference"}
    assert all(error.values())
    return str(error["code"])
