"""What a request tells of a failure, noted under the reference that its answer shows."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

from flask import request

from dingbridge.errors import (
    CallRefused,
    DingBridgeError,
    PageUrlRefused,
    PageUrlUncertain,
    PlatformError,
)
from dingbridge.failures import Kind
from dingbridge.login.refusals import SPENT
from dingbridge.outcome import Outcome
from dingbridge.page import PageView
from dingbridge.page_url import page_url
from dingbridge.state import BridgeState

_CODES = {
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
    415: "wrong_content_type",
    429: "too_many_requests",
}
# In the client's user agent: "AliApp(DingTalk/7.6.5)", on a desktop "DingTalk(7.0.50-…)".
_VERSION = re.compile(r"DingTalk[/(]([0-9]+(?:\.[0-9]+)*)", re.IGNORECASE)
_PLATFORMS = {"harmony": r"OpenHarmony", "ios": r"iPhone|iPad", "android": r"Android"}


def note_failure(
    state: BridgeState,
    reference: str,
    code: str,
    *,
    kind: Kind = "server",
    family: str = "page",
    error: BaseException | None = None,
    seen: Mapping[str, object] = MappingProxyType({}),
) -> None:
    """Keep what is known of a failure of the current request, for `flask ding explain REFERENCE`.

    `family` is where the catalogue has the code; an `error` of ours brings its own. What `error`
    and `seen` tell is kept beside what the request does. Pages that work never come here.
    """
    if isinstance(error, DingBridgeError):
        code, family = error.code, _family(error)
    user = state.user()
    known: dict[str, object] = {
        **_of_error(error),
        "method": request.method,
        "request_url": _address(state),
        **_of_client(request.headers.get("User-Agent", "")),
        "user": user.userid if user else "",
        "corp": user.corp if user else "",
        **seen,
    }
    told = {name: "" if value is None else str(value) for name, value in known.items()}
    state.failures.note(reference, kind, code, family, told)


def note_unsigned(state: BridgeState, view: PageView) -> None:
    """Keep why the page of the current request is not signed."""
    apis = ",".join(view.apis)
    note_failure(state, view.reference, "unknown", error=view.cause, seen={"apis": apis})


def note_status(
    state: BridgeState, reference: str, status: int, error: BaseException | None, code: str = ""
) -> None:
    """Keep why the current request is answered with an error page of the app."""
    of_platform = isinstance(error, PlatformError)
    kind: Kind = "refused" if status < 500 and not of_platform else "server"
    code = code or code_of(status)
    note_failure(state, reference, code, kind=kind, error=error, seen={"status": status})


def code_of(status: int) -> str:
    """The catalogue's code for an HTTP status that says all there is to say."""
    return _CODES.get(status, "bad_request" if status < 500 else "server_error")


def note_report(state: BridgeState, reference: str, report: Outcome) -> None:
    """Keep what a page reports of itself; only a session says who is behind it."""
    kind: Kind = "signed_in" if state.user() else "reported"
    seen: dict[str, object] = {**report.seen(), "method": "", "request_url": ""}
    code = str(seen.pop("code", "unknown"))
    del seen["reference"]
    note_failure(state, reference, code, kind=kind, family="", seen=seen)


def _family(error: DingBridgeError) -> str:
    """Where the catalogue has an error's code: with the server's, or with the pages'."""
    server = isinstance(error, (PlatformError, CallRefused)) or error.code == SPENT
    return "server" if server else "page"


def _address(state: BridgeState) -> str:
    """The browser's address, or what the server was asked for where that is not known."""
    try:
        return page_url(request.environ, state.policy)
    except (PageUrlRefused, PageUrlUncertain):
        return request.full_path.removesuffix("?")


def _of_error(error: BaseException | None) -> Mapping[str, str]:
    """What an error of ours holds, and for one that wraps a platform's refusal that one's too."""
    if error is None:
        return {}
    if not isinstance(error, DingBridgeError):
        return {"exception": _place(error)}
    cause = getattr(error, "platform_error", None)
    if not isinstance(cause, PlatformError):
        return error.values
    return {**cause.values, **error.values, "platform_code": cause.code}


def _place(error: BaseException) -> str:
    """Type and place of an unforeseen error; its text may hold anything, so it is not kept."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return type(error).__name__
    code = trace.tb_frame.f_code
    return f"{type(error).__name__} {code.co_filename.rpartition('/')[2]}:{trace.tb_lineno}"


def _of_client(agent: str) -> Mapping[str, str]:
    found = _VERSION.search(agent)
    if found is None:
        return {"user_agent": agent}
    fitting = (name for name, words in _PLATFORMS.items() if re.search(words, agent))
    return {"platform": next(fitting, "pc"), "version": found[1], "user_agent": agent}
