"""Failures of the micro-app's own routes: a page for people, for scripts JSON as from /ding."""

from __future__ import annotations

import logging

from flask import Flask, Response, make_response, render_template
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import HTTPException, MethodNotAllowed
from werkzeug.wrappers import Response as AnyResponse

from dingbridge import DingBridge, catalogue
from dingbridge.guards import unauthorized
from dingbridge.page import new_reference
from dingbridge.problems import RequestRefused, prefers, problem
from microapp.database import is_outage
from microapp.words import words

log = logging.getLogger("microapp")

_CODES = {
    400: "bad_request",
    403: "origin_refused",  # what `require_own_origin` raises; rights are a RequestRefused
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
    415: "wrong_content_type",
    429: "too_many_requests",
    500: "server_error",
    503: "unavailable",
}
_RETRY_SECONDS = "5"


def answer_failures(app: Flask, bridge: DingBridge) -> None:
    """Answer what views raise: RequestRefused, Werkzeug's errors, a store that is away."""

    @app.errorhandler(RequestRefused)
    def refused(error: RequestRefused) -> AnyResponse:
        return _answer(bridge, error.status, error.code, error)

    @app.errorhandler(HTTPException)
    def failed(error: HTTPException) -> AnyResponse:
        if error.response is not None or error.code is None:
            return error.get_response()
        cause = getattr(error, "original_exception", None)
        answer = _answer(bridge, error.code, _CODES.get(error.code, "unknown"), cause)
        if isinstance(error, MethodNotAllowed) and error.valid_methods:
            answer.headers["Allow"] = ", ".join(sorted(error.valid_methods))  # RFC 9110, 15.5.6
        return answer

    @app.errorhandler(SQLAlchemyError)
    def store_failed(error: SQLAlchemyError) -> AnyResponse:
        if not is_outage(error):
            raise error
        log.warning("the store is away: %s", " ".join(str(error).split())[:300])
        answer = _answer(bridge, 503, "database_unreachable", error)
        answer.headers["Retry-After"] = _RETRY_SECONDS
        return answer


def wants_json() -> bool:
    """Whether a script is to read the answer: app_server.js prefers JSON."""
    return prefers("application/json", "text/html")


def _answer(bridge: DingBridge, status: int, code: str, error: BaseException | None) -> AnyResponse:
    if wants_json():
        state = bridge.state
        return unauthorized(state) if status == 401 else problem(state, status, code, error)
    reference, lang = new_reference(), bridge.language()
    log.warning("page failed status=%s reason=%s reference=%s", status, code, reference)
    bridge.note_failure(reference, status, error, code)
    return error_page(catalogue.explain(code, family="page"), lang, status, reference)


def error_page(
    entry: catalogue.Entry, lang: catalogue.Language, status: int, reference: str
) -> AnyResponse:
    """A page that says what happened and what to do, with the reference.

    Its heading is not the entry's title, which is written for whoever runs the app.
    """
    page = render_template(
        "failed.html",
        heading=words(lang)["failed_missing" if status == 404 else "failed_other"],
        message=entry.say("message", lang),
        reference=reference,
    )
    response: Response = make_response(page, status)
    return response
