"""What the platform refuses or does not answer, told to people in the catalogue's words."""

from __future__ import annotations

import logging

from flask import request
from werkzeug.wrappers import Response

from dingbridge import DingBridge, catalogue
from dingbridge.envelopes import is_ban, is_busy, is_limit
from dingbridge.errors import (
    CallRefused,
    CredentialUnavailable,
    DingBridgeError,
    PlatformError,
    PlatformUnavailable,
    RateLimited,
)
from dingbridge.page import new_reference
from dingbridge.problems import error_answer
from microapp.failures import error_page, wants_json

log = logging.getLogger("microapp")

PLATFORM_FAILURES = (PlatformError, CallRefused, CredentialUnavailable)
_RETRY_SECONDS = "5"


def is_unclear(error: DingBridgeError) -> bool:
    """Whether the platform may have done what it was asked for all the same."""
    if isinstance(error, RateLimited) or not isinstance(error, PlatformError):
        return False
    if is_ban(error) or is_limit(error):
        return False  # it did not even look at it
    return isinstance(error, PlatformUnavailable) or is_busy(error)


def entry_of(error: DingBridgeError) -> catalogue.Entry:
    """What the catalogue says of such a failure."""
    if isinstance(error, CredentialUnavailable):
        return catalogue.explain(error.code, family="page")
    sub_code, told = "", ""
    if isinstance(error, PlatformError):
        sub_code, told = error.sub_code, error.platform_message
    return catalogue.explain(error.code, sub_code, "server", text=told)


def entry_named(code: str) -> catalogue.Entry:
    """The entry whose code was kept from `entry_of`."""
    found = catalogue.find(code, "server") or catalogue.find(code, "page")
    return found[0] if found else catalogue.explain(code, family="server")


def answer_failure(
    bridge: DingBridge,
    error: DingBridgeError,
    reference: str = "",
    entry: catalogue.Entry | None = None,
) -> Response:
    """The answer to a request that the platform made fail: JSON for scripts, a page for people.

    503 for a platform that is away or busy, 403 for one that says no, 422 for what was not asked
    because it cannot be right. With words of the caller's own (`entry`) it is 409: trying again
    is not the way out.
    """
    reference = reference or new_reference()
    is_away = isinstance(error, (PlatformUnavailable, CredentialUnavailable)) and entry is None
    status = 409 if entry else 503 if is_away else 422 if isinstance(error, CallRefused) else 403
    entry, lang = entry or entry_of(error), bridge.language()
    log.warning(
        "platform call failed path=%s reference=%s reason=%s", request.path, reference, error
    )
    bridge.note_failure(reference, status, error)
    if wants_json():
        message = entry.say("message", lang, error.values)
        # What the platform told of the server, such as its address, is for developers.
        remedy = entry.say("remedy", lang, error.values if bridge.is_developer() else None)
        answer: Response = error_answer(status, entry.code, message, remedy, reference)
    else:
        answer = error_page(entry, lang, status, reference)
    if is_away:
        answer.headers["Retry-After"] = _RETRY_SECONDS
    return answer
