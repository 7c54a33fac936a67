"""Who is signed in, and the decorators that ask for it."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

from flask import Response, current_app, render_template, request, session
from flask.typing import ResponseReturnValue

from dingbridge import catalogue
from dingbridge.failure_notes import note_failure
from dingbridge.headers import security_headers
from dingbridge.login import session as sessions
from dingbridge.login.person import Person
from dingbridge.login_tags import page_values
from dingbridge.page import new_reference
from dingbridge.problems import is_own_origin, is_unsafe, prefers, problem
from dingbridge.state import BridgeState
from dingbridge.tags import PageTags

log = logging.getLogger("dingbridge")

P = ParamSpec("P")

# RFC 9110 asks for a challenge with each 401; login.js knows by it that signing in would help.
CHALLENGE = "DingTalk"


def start_session(state: BridgeState, person: Person) -> None:
    """A new session for `person`; nothing of an old one is left."""
    others = set(current_app.extensions["dingbridge"])
    sessions.start(session, state.name, person, others=others)
    sessions.regenerate(current_app.session_interface, session)


def end_session(state: BridgeState) -> None:
    """Nobody is signed in any more."""
    sessions.end(session, state.name)


def wants_page() -> bool:
    """Whether a person is to read the answer: a browser that navigates prefers HTML."""
    return prefers("text/html", "application/json")


def unauthorized(state: BridgeState) -> Response:
    """The answer to a script that is not signed in."""
    answer = problem(state, 401, "unauthorized")
    answer.headers["WWW-Authenticate"] = CHALLENGE
    return answer


def guard(
    state_of: Callable[[], BridgeState], view: Callable[P, ResponseReturnValue], *, admin: bool
) -> Callable[P, ResponseReturnValue]:
    """`view` for those who are signed in (`admin`: for administrators of the corp) alone."""

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
        refused = _refused(state_of(), admin=admin)
        if refused is not None:
            return refused
        answer: ResponseReturnValue = current_app.ensure_sync(view)(*args, **kwargs)
        return answer

    return guarded


def _refused(state: BridgeState, *, admin: bool) -> Response | None:
    """The answer to whoever may not; None for whoever may."""
    if is_unsafe() and not is_own_origin(state.policy):
        return problem(state, 403, "origin_refused")
    user = state.user()
    if user is None or (admin and user.is_former_admin(time.time())):
        return _sign_in_page(state) if wants_page() else unauthorized(state)
    if admin and not user.admin:
        return _forbidden_page(state) if wants_page() else problem(state, 403, "forbidden")
    return None


def _sign_in_page(state: BridgeState) -> Response:
    """Signs the visitor in and goes on where they wanted to be."""
    # A form that was posted without a session is not posted again behind the person's back.
    then = "reload" if request.method in ("GET", "HEAD") else "back"
    page = render_template(
        "dingbridge/sign_in.html", **page_values(state), dingbridge=PageTags(state), then=then
    )
    headers = {**security_headers(state.settings.jsapi_url), "WWW-Authenticate": CHALLENGE}
    return Response(page, 401, headers)


def _forbidden_page(state: BridgeState) -> Response:
    entry, reference = catalogue.explain("forbidden", family="page"), new_reference()
    log.warning("request refused reference=%s reason=forbidden status=403", reference)
    note_failure(state, reference, "forbidden", kind="refused", seen={"status": 403})
    lang = state.language()
    said = {part: entry.say(part, lang) for part in ("message", "cause", "remedy")}
    page = render_template(
        "dingbridge/refused.html",
        **page_values(state),
        heading=entry.say("title", lang),
        said={**said, "code": "forbidden"},
        reference=reference,
        developer=state.is_developer(),
    )
    return Response(page, 403, security_headers(state.settings.jsapi_url))
