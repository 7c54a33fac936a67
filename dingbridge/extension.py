"""`DingBridge`: what an app holds, and what its templates call."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, ParamSpec, cast

from flask import Flask, Response, current_app, request
from werkzeug.exceptions import Forbidden

from dingbridge.credentials import Credentials, open_credentials
from dingbridge.encryption import shared_cipher
from dingbridge.errors import Fault, PageUrlRefused, SettingsError
from dingbridge.failure_notes import note_status
from dingbridge.failures import open_failures
from dingbridge.guards import guard
from dingbridge.login.session import SessionUser
from dingbridge.login.sign_in import open_sign_in
from dingbridge.nav_bgcolor import parse_nav_bgcolor, with_nav_bgcolor
from dingbridge.openapi import OpenApi, open_api
from dingbridge.page import PageSigner
from dingbridge.page_url import FrontPolicy, Origin, is_https, page_url, public_prefix
from dingbridge.private_folder import private_folder
from dingbridge.problems import is_own_origin, is_unsafe
from dingbridge.settings import WHERE, Language, Settings
from dingbridge.settings_source import settings_source
from dingbridge.state import BridgeState
from dingbridge.static_files import StaticFiles
from dingbridge.tags import PageTags
from dingbridge.ticket_source import TicketSource
from dingbridge.token_cache import redis_client
from dingbridge.transport import Transport
from dingbridge.views import build_blueprint

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment
    from flask.typing import ResponseReturnValue

log = logging.getLogger("dingbridge")

P = ParamSpec("P")


class DingBridge:
    """Signs an app's pages for DingTalk and serves `/ding/*`.

    Usable like every Flask extension, for any Flask app::

        bridge = DingBridge(app)                       # or: DingBridge(); bridge.init_app(app)
        bridge.page_config(["device.geolocation.get"])

    Several bridges in one app (several DingTalk apps) have a `name`, a `settings_prefix` and a
    `url_prefix` of their own and share nothing.
    """

    def __init__(
        self,
        app: Flask | None = None,
        *,
        name: str = "dingbridge",
        settings_prefix: str = "DING_",
        url_prefix: str = "/ding",
        static_path: str | None = None,
    ) -> None:
        """Prepare the bridge, and initialise it if an `app` is given.

        `static_path` is the path under which the app itself serves the browser modules, whatever
        version stands behind it (`/static` for `/static/v-1a2b3c/…`); by default the blueprint
        does, under `url_prefix`.

        Raises SettingsError (with an app) if the settings cannot be used.
        """
        self.name = name
        self.settings_prefix = settings_prefix
        self.url_prefix = url_prefix
        self.ticket_source: TicketSource | None = None
        self._static_path = static_path
        if app is not None:
            self.init_app(app)

    def init_app(self, app: Flask) -> None:
        """Read the settings and mount `/ding/*`; nothing else in the app changes.

        Raises SettingsError with every fault of the settings.
        """
        settings = _read_settings(app, self.settings_prefix)
        policy = FrontPolicy(
            origins=tuple(Origin.parse(origin) for origin in settings.public_origins),
            trusted_proxies=settings.trusted_proxies,
            hops=settings.proxy_hops,
            forwarded_port=settings.forwarded_port,
            original_uri_header=settings.original_uri_header,
        )
        transport = Transport(settings)
        credentials = open_credentials(
            settings,
            name=self.name,
            source=partial(getattr, self, "ticket_source"),
            transport=transport,
        )
        openapi = open_api(settings, transport, credentials)
        state = BridgeState(
            name=self.name,
            settings=settings,
            policy=policy,
            credentials=credentials,
            signer=PageSigner(settings, policy, credentials),
            openapi=openapi,
            sign_in=open_sign_in(settings, openapi),
            static=StaticFiles.find(
                self._static_path or f"{self.url_prefix}/static", own_sdk=not settings.jsapi_url
            ),
            url_prefix=self.url_prefix,
            failures=open_failures(settings),
        )
        if not settings.jsapi_url and state.static.lacks_sdk:
            log.warning(
                "sdk_missing: 页面没有客户端 SDK / pages have no client SDK: DING_JSAPI_URL"
            )
        app.extensions.setdefault("dingbridge", {})[self.name] = state
        app.register_blueprint(build_blueprint(state), url_prefix=self.url_prefix)
        app.register_error_handler(PageUrlRefused, _refuse)
        suffix = "" if self.name == "dingbridge" else f"_{self.name}"
        app.jinja_env.globals[f"dingbridge{suffix}"] = PageTags(state)
        app.jinja_env.filters["nav_bgcolor"] = _nav_bgcolor
        if settings.trusted_proxies:
            wrap = PublicPrefix(app.wsgi_app, policy)
            app.wsgi_app = wrap  # type: ignore[method-assign]  # Flask's documented way

    @property
    def state(self) -> BridgeState:
        """What this bridge holds for the current app."""
        return cast("BridgeState", current_app.extensions["dingbridge"][self.name])

    def settings_of(self, app: Flask) -> Settings:
        """An app's settings for this bridge, outside its requests."""
        return cast("BridgeState", app.extensions["dingbridge"][self.name]).settings

    def credentials_of(self, app: Flask) -> Credentials:
        """An app's tokens and tickets for this bridge, outside its requests."""
        return cast("BridgeState", app.extensions["dingbridge"][self.name]).credentials

    def openapi_of(self, app: Flask) -> OpenApi:
        """An app's server APIs for this bridge, outside its requests."""
        return cast("BridgeState", app.extensions["dingbridge"][self.name]).openapi

    @property
    def openapi(self) -> OpenApi:
        """The platform's server APIs, with the current app's credentials and limits."""
        return self.state.openapi

    @property
    def settings(self) -> Settings:
        """The current app's settings for this bridge."""
        return self.state.settings

    @property
    def credentials(self) -> Credentials:
        """The current app's tokens and tickets."""
        return self.state.credentials

    def page_config(self, apis: Sequence[str], *, type: int | None = None) -> dict[str, object]:  # noqa: A002
        """The current request's exact URL and its `dd.config` payload.

        `apis` are the names for jsApiList, without `dd.`; `type` 1 asks for 服务窗 APIs.

        Returns {"url": …, "config": {…}}. Raises PageUrlRefused, PageUrlUncertain,
        CredentialUnavailable and SignatureError; TypeError for what is no list of names.
        """
        if isinstance(apis, str) or not all(isinstance(name, str) for name in apis):
            raise TypeError(f"a list of names is wanted, not {apis!r}")
        state = self.state
        url = page_url(request.environ, state.policy)
        return {"url": url, "config": state.signer.config(url, tuple(apis), type)}

    def language(self) -> Language:
        """The visitor's choice, else the setting."""
        return self.state.language()

    def is_developer(self) -> bool:
        """Whether this visitor may see causes, remedies and URLs in the page."""
        return self.state.is_developer()

    def user(self) -> SessionUser | None:
        """Who is signed in with the current request, or None."""
        return self.state.user()

    def login_required(
        self, view: Callable[P, ResponseReturnValue]
    ) -> Callable[P, ResponseReturnValue]:
        """A view for people who are signed in; put it below the route.

        Others get 401: a person a page that signs them in, a script JSON. An unsafe request from
        another site gets 403 (`dingbridge.problems.require_own_origin`).
        """
        return guard(lambda: self.state, view, admin=False)

    def admin_required(
        self, view: Callable[P, ResponseReturnValue]
    ) -> Callable[P, ResponseReturnValue]:
        """A view for administrators of the corp; put it below the route.

        Others who are signed in get 403. Whoever was an administrator an hour ago has to sign in
        again first, which in the client goes by itself.
        """
        return guard(lambda: self.state, view, admin=True)

    def require_own_origin(self) -> None:
        """Refuse an unsafe request that another site sent, for a `before_request` of the app.

        Raises werkzeug's Forbidden.
        """
        if is_unsafe() and not is_own_origin(self.state.policy):
            raise Forbidden

    def note_failure(
        self, reference: str, status: int, error: BaseException | None = None, code: str = ""
    ) -> None:
        """Keep what is known of an error page of the app, for `flask ding explain REFERENCE`.

        `reference` (of `dingbridge.page.new_reference`) is what the visitor reads, `status` the
        answer's, `error` what was raised. `code` is the catalogue's, by default that of the
        status; an error of this package brings its own.
        """
        note_status(self.state, reference, status, error, code)

    def over_https(self) -> bool:
        """Whether the browser of the current request speaks https, as far as is known.

        Path, prefix and port may be in doubt, as long as the scheme is not.
        """
        return is_https(request.environ, self.state.policy)


class PublicPrefix:
    """Tells the app the path prefix that a trusted proxy strips, so that its links carry it.

    What is believed: `X-Forwarded-Prefix` from the addresses in DING_TRUSTED_PROXIES, if it is a
    well-formed path. From anybody else it is ignored. Of several on a request's way, one for each
    bridge, the first that believes it speaks.
    """

    _TOLD = "dingbridge.public_prefix"

    def __init__(self, app: WSGIApplication, policy: FrontPolicy) -> None:
        """`app` is what comes next; `policy` says who is believed."""
        self._app = app
        self._policy = policy

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Hand the request on, with SCRIPT_NAME set."""
        try:
            prefix = public_prefix(environ, self._policy)
        except PageUrlRefused:
            prefix = ""  # a malformed prefix: the page that asks for its URL is refused
        if prefix and self._TOLD not in environ:
            environ[self._TOLD] = prefix
            # With its escapes: url_for, redirects and templates print SCRIPT_NAME as it is, and a
            # decoded one would break their links ("?") or differ from location.href.
            environ["SCRIPT_NAME"] = prefix + str(environ.get("SCRIPT_NAME", ""))
        return self._app(environ, start_response)


def _nav_bgcolor(url: str, colour: str | None = None) -> str:
    """The template filter: a link with `colour`, or with the colour of the current page."""
    chosen = colour or parse_nav_bgcolor(request.query_string.decode("latin-1"))
    return with_nav_bgcolor(url, chosen) if chosen else url


def _read_settings(app: Flask, prefix: str) -> Settings:
    """The settings of a bridge, and the session's keys where Flask's configuration has none.

    Raises SettingsError with every fault, Flask's own key among them.
    """
    source = settings_source(app.config)
    for name in ("SECRET_KEY", "SECRET_KEY_FALLBACKS"):
        given = source.get(name)
        app.config[name] = given.strip() or None if isinstance(given, str) else given
    if isinstance(keys := app.config["SECRET_KEY_FALLBACKS"], str):
        app.config["SECRET_KEY_FALLBACKS"] = [key.strip() for key in keys.split(",") if key.strip()]
    faults: list[Fault] = []
    if not app.config["SECRET_KEY"]:
        faults.append(Fault("SECRET_KEY", "缺少 / missing", WHERE["SECRET_KEY"]))
    try:
        settings = Settings.load(source, prefix)
    except SettingsError as error:
        raise SettingsError([*faults, *error.faults]) from None
    if faults := [*faults, *_faults_of_what_is_named(settings, prefix)]:
        raise SettingsError(faults)
    return settings


def _faults_of_what_is_named(settings: Settings, prefix: str) -> list[Fault]:
    """What is wrong with the folder, the keys and the Redis that the settings name.

    The rooms below call each setting by the name that it has for an app's first bridge.
    """
    redis_url = settings.redis_url
    faults: dict[Fault, None] = {}
    for check in (
        lambda: private_folder(settings.instance),
        lambda: shared_cipher(settings),
        lambda: redis_client(redis_url) if redis_url else None,
    ):
        try:
            check()
        except SettingsError as error:
            faults |= dict.fromkeys(error.faults)
    return [replace(fault, name=fault.name.replace("DING_", prefix, 1)) for fault in faults]


def _refuse(error: PageUrlRefused) -> Response:
    """The same bland answer to whatever was wrong; the log has the reason's name."""
    # The host is a visitor's word: no more of it than a log line can bear.
    host = ascii(request.environ.get("HTTP_HOST", ""))[:120]
    log.warning("request refused reason=%s host=%s", error.reason, host)
    return Response("Bad Request\n", 400, content_type="text/plain; charset=utf-8")
