"""The micro-app: `create_app()` for whoever serves it, `app` for `gunicorn app:app`.

Importing this module needs no settings: `app` is made when it is first asked for.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from contextlib import suppress
from zoneinfo import ZoneInfo

from flask import Flask, Response, jsonify, render_template, request
from werkzeug.exceptions import ClientDisconnected
from werkzeug.wrappers import Response as AnyResponse

from dingbridge import DingBridge
from dingbridge.errors import (
    CredentialUnavailable,
    PageUrlRefused,
    PageUrlUncertain,
)
from dingbridge.headers import SessionCookie, security_headers
from dingbridge.page_url import page_target
from dingbridge.redirects import ExactRedirect, browser_path, is_local
from dingbridge.state import LANGUAGE_COOKIE
from dingbridge.static_files import A_YEAR
from dingbridge.views import send_module
from microapp.context import MicroApp
from microapp.database import Database, is_away, open_database
from microapp.failures import answer_failures
from microapp.pages import add_pages
from microapp.spa_pages import spa_pages
from microapp.words import words

log = logging.getLogger("microapp")

_MOST_BYTES = 22 << 20  # of a body, as nginx.conf lets through, and a little
_BLOCK = 1 << 16


def create_app(settings: Mapping[str, object] | None = None) -> Flask:
    """The micro-app.

    `settings` holds the names of the README's table and wins over the environment.

    Raises SettingsError with every fault, and DatabaseUnusable.
    """
    app = Flask(__name__)
    app.config.from_mapping(settings or {})
    # Flask's own redirects would lose a bare `?` and may not know the browser's scheme.
    app.url_map.strict_slashes = False
    app.url_map.merge_slashes = False
    bridge = DingBridge(static_path="/static")
    bridge.init_app(app)
    app.session_interface = SessionCookie(bridge.over_https)
    _serve_static(app, bridge)
    _refuse_other_sites(app, bridge)
    app.after_request(_take_the_rest)
    settings_of_app = bridge.settings_of(app)
    database = open_database(settings_of_app)
    _add_pages(app, bridge)
    app.register_blueprint(spa_pages(bridge))
    add_pages(app, MicroApp(bridge, database, ZoneInfo(settings_of_app.time_zone)))
    answer_failures(app, bridge)
    _add_health(app, bridge, database)
    return app


def __getattr__(name: str) -> Flask:
    """`app`, for `gunicorn app:app` and `flask --app app`."""
    if name == "app":
        globals()["app"] = made = create_app()
        return made
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def _serve_static(app: Flask, bridge: DingBridge) -> None:
    """Static files as nginx serves them: with a version in the path, they may be kept a year."""

    @app.get("/static/v-<version>/<path:name>")
    def versioned(version: str, name: str) -> Response:
        return send_module(bridge.state.static, name, version)


def _here(bridge: DingBridge) -> str:
    """This page's own target, byte for byte, where it can stand as a link."""
    try:
        target = page_target(request.environ, bridge.state.policy)
    except (PageUrlRefused, PageUrlUncertain):
        target = ""
    return target if is_local(target) else browser_path(request.script_root) + "/"


def _refuse_other_sites(app: Flask, bridge: DingBridge) -> None:
    @app.before_request
    def from_own_pages() -> None:
        """The session's cookie travels with anybody's request; /ding sees for itself."""
        if not request.path.startswith("/ding/"):
            bridge.require_own_origin()


def _take_the_rest(response: Response) -> Response:
    """Read what a refusal has left of the body.

    gunicorn takes 64 KiB by itself and closes the connection upon more, while nginx may be sending
    the next visitor's request along it, who would then be told that the app is away.
    """
    if request.environ.get("wsgi.input_terminated"):  # else there is no knowing where it ends
        left = _MOST_BYTES
        with suppress(ClientDisconnected):
            while left > 0 and (block := request.environ["wsgi.input"].read(_BLOCK)):
                left -= len(block)
    return response


def _add_pages(app: Flask, bridge: DingBridge) -> None:
    page_headers = security_headers(bridge.settings_of(app).jsapi_url)

    @app.context_processor
    def page_context() -> dict[str, object]:
        lang, root = bridge.language(), browser_path(request.script_root)
        return {
            "t": words(lang),
            "lang": lang,
            "app_root": root,
            "static": root + bridge.state.static.path,
            "developer": bridge.is_developer(),
            "here": _here(bridge),
        }

    @app.get("/")
    def home() -> str:
        return render_template("home.html")

    @app.post("/language")
    def choose_language() -> AnyResponse:
        """The visitor's choice, kept for a year; back to the page it was made on."""
        back = request.form.get("back", "")
        if not is_local(back):
            back = browser_path(request.script_root) + "/"
        response = ExactRedirect(back, 303)
        chosen = "en" if request.form.get("lang") == "en" else "zh"
        secure = bridge.over_https()
        response.set_cookie(
            LANGUAGE_COOKIE,
            chosen,
            max_age=A_YEAR,
            httponly=True,
            secure=secure,
            samesite="None" if secure else "Lax",
            partitioned=secure,
        )
        return response

    @app.after_request
    def protect(response: Response) -> Response:
        if response.mimetype == "text/html":
            response.headers.update(page_headers)
        return response


def _add_health(app: Flask, bridge: DingBridge, database: Database) -> None:
    @app.get("/healthz")
    def healthz() -> Response:
        """Liveness: this process answers."""
        return jsonify({"status": "ok"})

    @app.get("/readyz")
    def readyz() -> tuple[Response, int, dict[str, str]]:
        """Readiness: the store, and token and ticket by age, never by value.

        Asking is what fetches the first ticket, so that a process that nobody visits yet becomes
        ready too. In an outage the answer is quick: the platform is not asked again.
        """
        error = "database_unreachable" if is_away(database) else ""
        answer: dict[str, object] = {"database": error or "ok"}
        try:
            bridge.credentials.ticket()
        except CredentialUnavailable as unavailable:
            error = unavailable.code
        answer |= {"status": error or "ok", "credentials": bridge.credentials.status()}
        return jsonify(answer), 503 if error else 200, {"Retry-After": "5"} if error else {}
