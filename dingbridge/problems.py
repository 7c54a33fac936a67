"""What the routes under /ding have in common: bounded bodies, own origins, errors as JSON."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping

from flask import Response, jsonify, request

from dingbridge import catalogue
from dingbridge.errors import DingBridgeError
from dingbridge.failure_notes import note_failure
from dingbridge.failures import Kind
from dingbridge.page import new_reference
from dingbridge.page_url import FrontPolicy
from dingbridge.state import BridgeState

log = logging.getLogger("dingbridge")


class RequestRefused(DingBridgeError):
    """A request to `/ding/*` is answered with `status` and the catalogue's words for `code`."""

    def __init__(self, status: int, code: str, values: Mapping[str, str] | None = None) -> None:
        """`status`: 4xx; `values` are for the record of failures."""
        super().__init__(code, values)
        self.status = status


def problem(
    state: BridgeState, status: int, code: str, error: BaseException | None = None
) -> Response:
    """The JSON answer to a refused request, with a reference that log and record share."""
    reference, lang = new_reference(), state.language()
    log.warning("request refused reference=%s reason=%s status=%d", reference, code, status)
    if status != 401:  # who is merely not signed in has not failed
        kind: Kind = "refused" if status < 500 else "server"
        note_failure(state, reference, code, kind=kind, error=error, seen={"status": status})
    entry = catalogue.explain(code, family="page")
    message, remedy = entry.say("message", lang), entry.say("remedy", lang)
    return error_answer(status, code, message, remedy, reference)


def error_answer(status: int, code: str, message: str, remedy: str, reference: str) -> Response:
    """An error in the form that all routes under /ding share."""
    said = {"code": code, "message": message, "remedy": remedy, "reference": reference}
    response = jsonify({"error": said})
    response.status_code = status
    return response


def prefers(kind: str, other: str) -> bool:
    """Whether the current request wants one media type rather than another: `Accept` gives it more,
    or as much and by its name.
    """
    accepted = request.accept_mimetypes
    named = {name for name, _ in accepted}
    return (accepted[kind], kind in named) > (accepted[other], other in named)


def body(limit: int) -> bytes:
    """The request's body, refused where it is longer than `limit` bytes."""
    request.max_content_length = limit
    return request.get_data(cache=False)


def json_body(limit: int) -> dict[str, object]:
    """The posted JSON object; RequestRefused (400) for anything else."""
    try:
        posted = json.loads(body(limit))
    except (ValueError, RecursionError):
        raise RequestRefused(400, "bad_request") from None
    if not isinstance(posted, dict):
        raise RequestRefused(400, "bad_request")
    return posted


def require_own_origin(policy: FrontPolicy) -> None:
    """Refuse (403) what a page of another site sent; see `is_own_origin`."""
    if not is_own_origin(policy):
        raise RequestRefused(403, "origin_refused")


def is_unsafe() -> bool:
    """Whether the current request may change something."""
    return request.method not in ("GET", "HEAD", "OPTIONS")


def is_own_origin(policy: FrontPolicy) -> bool:
    """Whether the current request comes from a page of ours, or from no page at all.

    The session's cookie is `SameSite=None`, so the browser sends it along with anybody's request.
    Every browser names the sender: in `Origin`, which all of today's send with each POST, else in
    `Sec-Fetch-Site` or `Referer`. A browser that names none is not believed; a program that is no
    browser carries nobody's cookies unasked.
    """
    own = {str(allowed) for allowed in policy.origins}
    headers = request.headers
    origin, site, referer = (headers.get(n) for n in ("Origin", "Sec-Fetch-Site", "Referer"))
    if origin is not None:
        return origin in own
    if site is not None:
        return site in {"same-origin", "none"}
    if referer is not None:
        return any(referer == each or referer.startswith(f"{each}/") for each in own)
    return not headers.get("User-Agent", "").startswith("Mozilla/")
