"""Another Flask app with pages for those who are signed in, as the browser tests use it.

Served by `AppServer(…, app="login_pages:app", arguments=("--pythonpath", "tests"))`.
"""

from __future__ import annotations

import os
import time

from flask import Flask, Response, render_template_string, request, session
from flask.sessions import SessionMixin

from dingbridge import DingBridge
from dingbridge.headers import SessionCookie, security_headers

PAGE = """{%- set tags = dingbridge("requestAuthCode", "runtime.permission.requestAuthCode") -%}
<!doctype html><html lang="en" data-bridge="pending"><head><meta charset="utf-8"><title>p</title>
<link rel="icon" href="data:,">{{ tags }}{{ dingbridge.login() }}</head>
<body>{{ dingbridge.login_status() }}
<form method="post" action="/notes" data-signed>
<textarea name="note"></textarea><button>send</button></form>
<form method="post" action="/orders" data-signed="admin">
<input name="order"><button>order</button></form>
<form method="post" action="/decisions" data-signed>
<input name="reason"><button name="decision" value="yes">approve</button>
<button name="decision" value="no"><b>refuse</b></button>
<button name="decision" value="later" formaction="/decisions/postponed">postpone</button></form>
<form method="post" action="/decisions" data-signed>
<input type="hidden" name="submit" value="1"><button>shadowed</button></form>
</body></html>"""


class Forgettable(SessionCookie):
    """The session's cookie, for a browser that keeps none where it has the cookie `lose`."""

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        if "lose" not in request.cookies:
            super().save_session(app, session, response)


def create_app() -> Flask:
    """The app, with settings from the environment."""
    made = Flask(__name__)
    made.config["SECRET_KEY"] = os.environ["SECRET_KEY"]
    bridge = DingBridge(made)
    made.session_interface = Forgettable(bridge.over_https)
    headers = security_headers(None)

    @made.get("/page")
    def page() -> tuple[str, dict[str, str]]:
        return render_template_string(PAGE), headers

    @made.post("/notes")
    @bridge.login_required
    def notes() -> str:
        user = bridge.user()
        assert user
        return f"<p id=kept>{user.name}: {request.form['note']}</p>"

    @made.post("/decisions")
    @made.post("/decisions/<where>")
    @bridge.login_required
    def decisions(where: str = "") -> str:
        return f"<p id=kept>{where} {list(request.form.items(multi=True))}</p>"

    @made.get("/mine")
    @bridge.login_required
    def mine() -> str:
        user = bridge.user()
        assert user
        return f"<p id=mine>{user.name} {request.args.get('a', '')}</p>"

    @made.get("/of-admins")
    @bridge.admin_required
    def of_admins() -> str:
        return "<p id=mine>administrators</p>"

    @made.post("/orders")
    @bridge.admin_required
    def orders() -> str:
        return f"<p id=kept>{request.form['order']}</p>"

    @made.get("/age")
    def age() -> str:
        session["dingbridge"] = {**session["dingbridge"], "at": int(time.time()) - 3610}
        return "as if the visitor had signed in an hour ago"

    made.add_url_rule("/healthz", "healthz", lambda: "ok")
    return made


app = create_app()
