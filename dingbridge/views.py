"""The blueprint `/ding/*`: views translate between HTTP and the rooms below, nothing else."""

from __future__ import annotations

import logging
from contextlib import suppress

from flask import Blueprint, Response, jsonify, request, send_from_directory
from werkzeug.exceptions import HTTPException

from dingbridge import catalogue
from dingbridge.errors import (
    CredentialUnavailable,
    DingBridgeError,
    PageUrlRefused,
    PageUrlUncertain,
    SignatureError,
)
from dingbridge.failure_notes import code_of, note_failure, note_report
from dingbridge.failures import parse_reference
from dingbridge.login_views import LoginViews
from dingbridge.outcome import Outcome
from dingbridge.page import explain_error, new_reference
from dingbridge.page_url import FrontPolicy, Reason, allowed_href
from dingbridge.problems import (
    RequestRefused,
    body,
    error_answer,
    json_body,
    problem,
    require_own_origin,
)
from dingbridge.public_origin import public_origin
from dingbridge.rate_limit import RateLimit
from dingbridge.settings import language
from dingbridge.state import BridgeState
from dingbridge.static_files import A_YEAR, MODULES, StaticFiles

log = logging.getLogger("dingbridge")

# One page's report is a few hundred bytes; a URL of 8 KiB stands in it up to three times.
OUTCOME_LIMIT = 32 * 1024
SIGN_LIMIT = 16 * 1024


def build_blueprint(state: BridgeState) -> Blueprint:
    """The blueprint of one bridge."""
    views = _Views(state)
    blueprint = Blueprint(state.name, "dingbridge", template_folder="templates")
    LoginViews(state).mount(blueprint)
    blueprint.post("/sign")(views.sign)
    blueprint.post("/outcome")(views.outcome)
    blueprint.get("/explain")(views.explain)
    blueprint.get("/static/v-<version>/<path:name>")(views.module)
    blueprint.get("/static/<path:name>")(views.module)
    blueprint.before_request(views.refuse_other_hosts)
    blueprint.register_error_handler(RequestRefused, views.refused)
    blueprint.register_error_handler(HTTPException, views.failed)
    return blueprint


def send_module(static: StaticFiles, name: str, version: str) -> Response:
    """A browser module; under the version of the files that are here it never changes.

    Another version is that of a page from a machine that has the next release already, or has not:
    what it gets here must not be kept under that path.
    """
    is_ours = version == static.version
    response = send_from_directory(MODULES, name, max_age=A_YEAR if is_ours else 0)
    response.cache_control.immutable = is_ours
    return response


class _Views:
    """One method for each route."""

    def __init__(self, state: BridgeState) -> None:
        self._state = state
        self._reports = RateLimit(rate=50, burst=200)

    def refuse_other_hosts(self) -> None:
        """Raises PageUrlRefused where the request's host is on no list (answered with 400).

        A doubt about scheme or port is for whoever needs the whole URL.
        """
        policy = self._state.policy
        if policy.sole_origin is None:
            with suppress(PageUrlUncertain):
                public_origin(request.environ, policy, policy.trusts(request.environ))

    def sign(self) -> Response:
        """The signed data for another URL of an allowed origin."""
        state = self._state
        require_own_origin(state.policy)
        url = _posted_url(state.policy)
        try:
            config = state.signer.config(url, ())
        except (CredentialUnavailable, SignatureError) as error:
            return self._unavailable(error)
        return jsonify({"url": url, "config": config})

    def outcome(self) -> Response:
        """What became of the bridge on a page."""
        if not self._reports.allows():
            raise RequestRefused(429, "too_many_requests")
        report = Outcome.parse(body(OUTCOME_LIMIT))
        if report is None:
            raise RequestRefused(400, "bad_request")
        report.log(log)
        if report.is_failure and (reference := parse_reference(report.reference)):
            note_report(self._state, reference, report)
        if report.blames_ticket(self._state.settings.signed_query):
            self._state.credentials.doubt_ticket(report.subcode)
        return Response(status=204)

    def explain(self) -> Response:
        """The catalogue's words for a code; title and cause for developers only."""
        asked = request.args
        lang = language(asked.get("lang"), self._state.language())
        code, subcode = asked.get("code", "")[:64], asked.get("subcode", "")[:64]
        entry = catalogue.explain(code, subcode or None, text=asked.get("text", "")[:500])
        values = {"code": subcode or code}
        shown: tuple[catalogue.Part, ...] = ("message", "remedy")
        if self._state.is_developer():
            shown = ("message", "remedy", "title", "cause")
        answer: dict[str, str] = {part: entry.say(part, lang, values) for part in shown}
        answer |= {"code": code, "subcode": subcode}
        return jsonify(answer)

    def module(self, name: str, version: str = "") -> Response:
        """A browser module."""
        return send_module(self._state.static, name, version)

    def refused(self, error: RequestRefused) -> Response:
        """The answer to a request that was refused."""
        return problem(self._state, error.status, error.code, error)

    def failed(self, error: HTTPException) -> Response | HTTPException:
        """Errors of these routes are JSON, whatever the app's own pages look like."""
        if error.response is not None or error.code is None:
            return error
        cause = getattr(error, "original_exception", None)
        return problem(self._state, error.code, code_of(error.code), cause)

    def _unavailable(self, error: DingBridgeError) -> Response:
        """503 for what may be mended by waiting."""
        reference = new_reference()
        log.warning("sign failed reference=%s reason=%s", reference, error)
        note_failure(self._state, reference, error.code, error=error, seen={"status": 503})
        said = explain_error(error, self._state.language(), self._state.is_developer())
        answer = error_answer(503, said.code, said.message, said.remedy, reference)
        answer.headers["Retry-After"] = "5"
        return answer


def _posted_url(policy: FrontPolicy) -> str:
    """The `url` of the posted JSON object, exactly as it came but for a fragment.

    400 for what is no such object and for a URL that no browser shows, 403 for what is of no
    allowed origin.
    """
    url = json_body(SIGN_LIMIT).get("url")
    if not isinstance(url, str):
        raise RequestRefused(400, "bad_request")
    try:
        return allowed_href(url, policy)
    except PageUrlRefused as error:
        log.warning("sign refused reason=%s", error.reason)
        seen = {"reason": error.reason, "page_url": url}
        if error.reason == Reason.TARGET_MALFORMED:
            raise RequestRefused(400, error.reason, seen) from None
        raise RequestRefused(403, "origin_refused", seen) from None
