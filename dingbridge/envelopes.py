"""What the platform's answers mean: two generations of envelopes, one error.

`oapi.dingtalk.com` answers HTTP 200 even for errors and puts `errcode` into the body, a number or
a string; `/topapi/*` wraps the telling code as `sub_code` inside an `errcode` 88.
`api.dingtalk.com` uses HTTP statuses with `{"code", "message", "requestid"}`, except that an
unknown path gets 200 with `errcode` 404. An address that calls too often gets HTML, or
`{"status": 1111, "punish": "deny"}`, instead of either (platform document "server API error
codes"; the shapes were seen live in 2026). This module is pure.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from typing import Any

from dingbridge.errors import PlatformError, PlatformUnavailable
from dingbridge.redaction import mask_values

# Half a surrogate pair, as a text has that was cut by length. Whole pairs and escaped backslashes
# are passed over.
_HALF = re.compile(
    r"(\\\\|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})"
    r"|\\u[dD][89a-fA-F][0-9a-fA-F]{2}"
)
# Requests that took too long to arrive; too many of them.
_TOO_SLOW, _TOO_OFTEN = 408, 429
# The gateway in front bans an address with one of these and a page of HTML.
_BAN_STATUSES = frozenset({403, 405, _TOO_OFTEN})

# The platform's own text is shown to people and logged: bounded, on one line.
_TEXT_LIMIT = 400
_BANNED = 1111
_ADDRESS = re.compile(r"request ip\s*[=:]\s*([0-9A-Fa-f.:]*[0-9A-Fa-f])", re.IGNORECASE)
_WRAPPED = re.compile(r"subcode\s*=\s*([\w.-]+)")

# The token itself is refused: expired, unknown, or of another app. A sub-code may say so too.
_TOKEN_REFUSED = frozenset({"40001", "40014", "42001", "InvalidAuthentication"})
# 90001 to 90020 is the family of limits; 45009 is what it was in 2016.
_LIMITS = frozenset({"45009", *(str(code) for code in range(90001, 90021))})
_BANS = frozenset({"platform_banned", "90017"})
# The platform is too busy, or has failed within: it may have done what it was asked for, or not.
_BUSY = frozenset(
    {
        "-1",
        "500",
        "server.error",
        "ServiceUnavailable",
        "system.error",
        "systemBusy",
        "unknown.send.result",
        "unknownError",
    }
)
_LIMIT_NAMES = re.compile(r"\.(Qps|Qpm|ApiCount)Limit")


def read_envelope(
    body: bytes,
    *,
    endpoint: str,
    http_status: int,
    request_id: str = "",
    secrets: Collection[str] = (),
) -> dict[str, Any]:
    """The fields of a successful answer.

    `endpoint` is the path without its query, `request_id` the one from the answer's header.
    `secrets` are what an error must not repeat, should the platform do so.

    Raises PlatformError with the platform's code, or PlatformUnavailable if the platform failed
    (HTTP 5xx) or the answer is none of its envelopes.
    """
    seen: dict[str, Any] = {
        "endpoint": endpoint,
        "http_status": http_status,
        "request_id": _text(mask_values(request_id, secrets)),
    }
    fields = _json_object(body)
    if fields is None:
        raise PlatformUnavailable(_not_json(body, http_status), **seen)
    told = {
        name: mask_values(value, secrets) if isinstance(value, str) else value
        for name, value in fields.items()
    }
    for name in ("requestId", "request_id", "requestid"):
        seen["request_id"] = _text(told.get(name)) or seen["request_id"]
    if told.get("status") == _BANNED:
        minutes = _text(told.get("wait"))
        values = {"minutes": minutes} if minutes.isdecimal() else {}
        raise PlatformUnavailable("platform_banned", **seen, values=values)
    if "errcode" in told:
        _raise_errcode(told, seen)
    if http_status >= 500:
        raise PlatformUnavailable(_text(told.get("code")) or "platform_failed", **_said(told, seen))
    if http_status >= 400:
        raise PlatformError(_text(told.get("code")) or f"http_{http_status}", **_said(told, seen))
    if http_status >= 300:
        raise PlatformUnavailable("platform_unreadable", **seen)
    return fields


def is_token_refused(error: PlatformError) -> bool:
    """Whether the platform refuses the access token, so that a new one may help."""
    return error.code in _TOKEN_REFUSED or error.sub_code in _TOKEN_REFUSED


def is_ban(error: PlatformError) -> bool:
    """Whether the platform has closed itself to this server's address, whoever calls."""
    return not _BANS.isdisjoint((error.code, error.sub_code))


def is_busy(error: PlatformError) -> bool:
    """Whether the platform is busy or has failed: another try may succeed, and it is not known
    whether this one was carried out.
    """
    status = error.http_status or 0
    failed = status >= 500 or status == _TOO_SLOW
    return failed or error.code in _BUSY or error.sub_code in _BUSY


def is_limit(error: PlatformError) -> bool:
    """Whether the platform says that it is called too often.

    New codes of this kind begin with `Forbidden`, which is a permission error everywhere else.
    HTTP 429 says so whatever the body is: a gateway in front has codes of its own, or none.
    """
    return (
        error.http_status == _TOO_OFTEN
        or error.code in _LIMITS
        or error.sub_code in _LIMITS
        or _LIMIT_NAMES.search(error.code) is not None
    )


def read_json(text: str) -> Any:
    """What `text` says, with U+FFFD for each half of a surrogate pair: no file, header, page or
    database takes one, and real names have been cut in the middle of an emoji.

    Raises ValueError, and RecursionError for thousands of opening brackets.
    """
    return json.loads(_HALF.sub(lambda found: found[1] or r"\ufffd", text))


def _json_object(body: bytes) -> dict[str, Any] | None:
    try:
        fields = read_json(body.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return None
    return fields if isinstance(fields, dict) else None


def _not_json(body: bytes, http_status: int) -> str:
    """What an answer that is no JSON object means."""
    if http_status >= 500:
        return "platform_failed"
    if body.lstrip()[:1] == b"<" and http_status in _BAN_STATUSES:
        return "platform_banned"
    return f"http_{_TOO_OFTEN}" if http_status == _TOO_OFTEN else "platform_unreadable"


def _raise_errcode(fields: dict[str, Any], seen: dict[str, Any]) -> None:
    errcode = fields["errcode"]
    code = _text(errcode)
    if not code:
        raise PlatformUnavailable("platform_unreadable", **seen)
    if code == "0":
        return
    sub_code = _text(fields.get("sub_code") or fields.get("subCode"))
    message = _text(fields.get("sub_msg") or fields.get("errmsg"))
    if not sub_code and code == "88" and (found := _WRAPPED.search(message)):
        sub_code = found[1]
    raise PlatformError(
        code,
        sub_code=sub_code,
        platform_message=message,
        values=_address(message),
        **seen,
    )


def _said(fields: dict[str, Any], seen: dict[str, Any]) -> dict[str, Any]:
    message = _text(fields.get("message"))
    return {**seen, "platform_message": message, "values": _address(message)}


def _address(message: str) -> dict[str, str]:
    """The caller's address as the platform saw it, which 60020 asks to put on the white list."""
    found = _ADDRESS.search(message)
    return {"address": found[1]} if found else {}


def _text(value: object) -> str:
    """A code or a sentence of the platform as one bounded line; other types count as absent."""
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        return ""
    line = " ".join(str(value).split())[:_TEXT_LIMIT]
    return "".join(each if each.isprintable() else "\ufffd" for each in line)
