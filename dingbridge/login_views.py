"""The routes of signing in: `/ding/login`, `/ding/logout`, `/ding/me`, and `/ding/oauth`."""

from __future__ import annotations

import logging
import time

from flask import Blueprint, Response, current_app, jsonify, render_template, request

from dingbridge import guards
from dingbridge.errors import DingBridgeError, PageUrlUncertain, PlatformError
from dingbridge.failure_notes import note_failure
from dingbridge.failures import Kind
from dingbridge.headers import security_headers
from dingbridge.login import oauth
from dingbridge.login.refusals import LoginRefused, refusal
from dingbridge.login_tags import login_words, page_values
from dingbridge.login_words import LoginWords, explain_login
from dingbridge.page import new_reference
from dingbridge.page_url import origin_of, page_url
from dingbridge.problems import RequestRefused, error_answer, json_body, require_own_origin
from dingbridge.redirects import ExactRedirect, browser_path, is_local, pack_target, unpack_target
from dingbridge.state import BridgeState

log = logging.getLogger("dingbridge")

BODY_LIMIT = 4 * 1024


class LoginViews:
    """One method for each route."""

    def __init__(self, state: BridgeState) -> None:
        """`state`: the bridge's."""
        self._state = state

    def mount(self, blueprint: Blueprint) -> None:
        """Add the routes."""
        blueprint.post("/login")(self.login)
        blueprint.post("/logout")(self.logout)
        blueprint.get("/me")(self.me)
        blueprint.get("/oauth")(self.oauth_start)
        blueprint.get("/oauth/return")(self.oauth_return)
        blueprint.register_error_handler(PageUrlUncertain, self.uncertain)

    def login(self) -> Response:
        """Exchange an auth code of the client and start a session."""
        state = self._state
        require_own_origin(state.policy)
        if request.mimetype != "application/json":
            raise RequestRefused(415, "wrong_content_type")
        posted = json_body(BODY_LIMIT)
        code, corp = posted.get("code"), posted.get("corpId")
        if not isinstance(code, str) or not isinstance(corp, str):
            raise RequestRefused(400, "bad_request")
        try:
            person = state.sign_in.in_client(code, corp)
        except DingBridgeError as error:
            return self._refused(error)
        guards.start_session(state, person)
        return _private(jsonify({"user": person.public()}))

    def logout(self) -> Response:
        """End the session; a form's visitor is sent home."""
        require_own_origin(self._state.policy)
        guards.end_session(self._state)
        if guards.wants_page():
            return _private(ExactRedirect(_home(), 303))
        return _private(Response(status=204))

    def me(self) -> Response:
        """Who is signed in, or 401; with `?admin` 401 also for whom `admin_required` asks again."""
        user = self._state.user()
        if user is None or ("admin" in request.args and user.is_former_admin(time.time())):
            return _private(guards.unauthorized(self._state))
        return _private(jsonify({"user": user.public()}))

    def oauth_start(self) -> Response:
        """Off to DingTalk's login page."""
        state = self._state
        following = unpack_target(request.args.get("next", ""))
        if not is_local(following) or len(following) > oauth.NEXT_LIMIT:
            following = _home()
        origin = origin_of(page_url(request.environ, state.policy))
        path = f"{browser_path(request.script_root)}{state.url_prefix}/oauth/return"
        secure = origin.scheme == "https"
        nonce = request.cookies.get(self._cookie(secure=secure)) or oauth.new_nonce()
        to = oauth.authorise_url(
            state.settings, f"{origin}{path}", self._states().make(nonce, following)
        )
        answer = ExactRedirect(to)
        # Lax: the way back is a link from another site to a page of ours, which Lax lets through.
        answer.set_cookie(
            self._cookie(secure=secure),
            nonce,
            max_age=oauth.STATE_SECONDS,
            secure=secure,
            httponly=True,
            samesite="Lax",
        )
        return _private(answer)

    def oauth_return(self) -> Response:
        """Back from DingTalk's login page: exchange the code, start a session, go on."""
        state, asked = self._state, request.args
        secure = page_url(request.environ, state.policy).startswith("https:")
        nonce = request.cookies.get(self._cookie(secure=secure), "")
        following = ""
        try:
            following = self._states().read(asked.get("state", ""), nonce)
            code = _code(asked.get("code", ""), asked.get("authCode", ""), asked.get("error", ""))
            person = state.sign_in.in_browser(code)
        except DingBridgeError as error:
            return self._failed_page(error, following)
        guards.start_session(state, person)
        # The cookie stays for its ten minutes: another tab may be on its way too.
        return _private(ExactRedirect(following))

    def uncertain(self, error: PageUrlUncertain) -> Response:
        """The address of the way back is uncertain, so nobody is sent anywhere."""
        return self._failed_page(LoginRefused(error.code, 400), "")

    def _cookie(self, *, secure: bool) -> str:
        """The cookie's name; with the prefix, no other host can set it over https."""
        return f"{'__Host-' if secure else ''}{self._state.name}_oauth"

    def _states(self) -> oauth.States:
        keys = [*reversed(current_app.config.get("SECRET_KEY_FALLBACKS") or []), _key()]
        return oauth.States(
            [key if isinstance(key, bytes) else key.encode() for key in keys], self._state.name
        )

    def _refused(self, error: DingBridgeError) -> Response:
        """A failed sign-in for the page's script."""
        status, seconds = refusal(error)
        said, reference = self._noted(error, status)
        answer = error_answer(status, said.code, said.message, said.remedy, reference)
        if seconds is not None:
            answer.headers["Retry-After"] = str(seconds)
        if status == 401:
            answer.headers["WWW-Authenticate"] = guards.CHALLENGE
        return _private(answer)

    def _failed_page(self, error: DingBridgeError, following: str) -> Response:
        """A failed sign-in for a person in a browser."""
        state = self._state
        status, seconds = refusal(error)
        said, reference = self._noted(error, status)
        following = following or _home()
        root, fine = browser_path(request.script_root), state.sign_in.recent.others_are_fine()
        page = render_template(
            "dingbridge/refused.html",
            **page_values(state),
            said=said,
            reference=reference,
            hint=login_words(state.language())["client_cache"] if fine and status < 500 else "",
            developer=state.is_developer(),
            again=f"{root}{state.url_prefix}/oauth?next={pack_target(following)}",
        )
        headers = security_headers(state.settings.jsapi_url)
        if seconds is not None:
            headers["Retry-After"] = str(seconds)
        return Response(page, status, headers)

    def _noted(self, error: DingBridgeError, status: int) -> tuple[LoginWords, str]:
        state = self._state
        reference = new_reference()
        said = explain_login(error, state.language(), state.is_developer())
        log.warning(
            "login failed reference=%s reason=%s status=%d%s",
            reference,
            said.code,
            status,
            _platform_words(error),
        )
        # What anybody can bring about at will is kept apart from what the platform failed at.
        kind: Kind = "refused" if isinstance(error, LoginRefused) else "login"
        note_failure(state, reference, said.code, kind=kind, error=error, seen={"status": status})
        return said, reference


def _home() -> str:
    """The app's first page."""
    return f"{browser_path(request.script_root)}/"


def _code(code: str, auth_code: str, error: str) -> str:
    """The code under whichever of its two names the login page has used.

    Raises LoginRefused: it came back with an error, or without a code, or with two.
    """
    if error:
        cancelled = error == "access_denied"
        values = {"platform_error": error[:100] if error.isprintable() else "?"}
        raise LoginRefused("oauth_cancelled" if cancelled else "oauth_refused", 403, values)
    if code and auth_code and code != auth_code:
        raise LoginRefused("bad_request", 400)
    return code or auth_code


def _platform_words(error: DingBridgeError) -> str:
    """What the platform answered, for the log line: its codes, and nothing that it wrote freely."""
    cause = error if isinstance(error, PlatformError) else getattr(error, "platform_error", None)
    if cause is None:
        return ""
    return (
        f" endpoint={cause.endpoint!r} code={cause.code!r} sub_code={cause.sub_code!r}"
        f" request_id={cause.request_id!r}"
    )


def _key() -> str | bytes:
    key = current_app.secret_key
    if not key:
        raise RuntimeError("SECRET_KEY is not set")
    return key


def _private(response: Response) -> Response:
    """No cache may keep it."""
    response.headers["Cache-Control"] = "no-store"
    return response
