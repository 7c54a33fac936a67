"""What every server API of the stand-in asks of a call: token, address, limits, a body in shape."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta, timezone
from typing import Any
from urllib.parse import parse_qsl

from dingbridge.sandbox.api_envelope import (
    Answer,
    ApiError,
    OapiError,
    is_json,
    json_object,
    parsed,
    request_id,
    require_api_access,
    require_oapi_access,
)
from dingbridge.sandbox.call_limits import Exceeded
from dingbridge.sandbox.faults import BAN_PAGE
from dingbridge.sandbox.http_message import Request, Response, json_response
from dingbridge.sandbox.platform_state import PlatformState

Body = Mapping[str, Any]
OapiHandler = Callable[[Body], Mapping[str, object]]
ApiHandler = Callable[[Request, Body], Mapping[str, object] | Response]

CHINA = timezone(timedelta(hours=8))
# What the monthly quota leaves out, by the beginning of the path.
_FREE = ("/topapi/v2/user/", "/topapi/user/", "/topapi/v2/department/", "/v1.0/contact/")
_UNICODE_ESCAPE = re.compile(rb"(?<!\\)(?:\\\\)*\\u[0-9a-fA-F]{4}")


class Banned(ApiError):
    """The address may not call; what it gets is no envelope."""

    def __init__(self, shape: str) -> None:
        super().__init__(405, "banned", "")
        self._shape = shape

    def response(self) -> Response:
        """A page, or the JSON of the gateway in front."""
        if self._shape == "json":
            punished = {"status": 1111, "wait": 5, "source": "x5", "punish": "deny"}
            return json_response({**punished, "uuid": request_id().lower()})
        kind = [("Content-Type", "text/html; charset=utf-8")]
        return Response(405, kind, BAN_PAGE.encode())


def oapi(state: PlatformState, handler: OapiHandler, *, permission: str = "") -> Answer:
    """An API of the older generation by POST, with what ``handler`` makes of the body."""

    def answer(request: Request, content: bytes) -> dict[str, object]:
        admit_oapi(request, state, permission)
        if request.method != "POST":
            raise OapiError(43002, "需要POST请求")
        try:
            return succeeded(handler(oapi_body(request, content)))
        except OapiError as error:
            if error.wrapped or not request.path.startswith("/topapi/"):
                raise
            # What the API itself refuses, not the gateway: plain, but with the request's id.
            told = {"errcode": error.code, "errmsg": error.message}
            return {**told, "request_id": request_id().lower()[:12]}

    return answer


def oapi_get(state: PlatformState, handler: OapiHandler) -> Answer:
    """An API of the older generation by GET, with what ``handler`` makes of the query."""

    def answer(request: Request, _content: bytes) -> dict[str, object]:
        admit_oapi(request, state)
        if request.method != "GET":
            raise OapiError(43001, "需要GET请求")
        return succeeded(handler(request.query))

    return answer


def api(state: PlatformState, name: str, handlers: Mapping[str, ApiHandler]) -> Answer:
    """An API of the newer generation: ``handlers`` by method."""

    def answer(request: Request, content: bytes) -> Any:
        handler = handlers.get(request.method)
        if handler is None:
            raise ApiError(
                404,
                "InvalidAction.NotFound",
                "Specified api is not found, please check your url and method.",
            )
        require_api_access(request, state)
        limit(request, state, f"{request.method} {name}")
        bare = request.method in ("GET", "DELETE") or name.endswith("convertToOpenConversationId")
        return handler(request, {} if bare else json_object(request, content))

    return answer


def admit_oapi(request: Request, state: PlatformState, permission: str = "") -> None:
    """Raises OapiError unless the call may be made; the gateway's refusals are wrapped there."""
    topapi = request.path.startswith("/topapi/")
    try:
        require_oapi_access(request, state)
        if permission and not getattr(state.corp.permissions, permission):
            raise OapiError(
                60011, "没有调用该接口的权限，接口权限申请参考：https://open.dingtalk.com"
            )
    except OapiError as error:
        raise OapiError(error.code, error.message, wrapped=error.wrapped or topapi) from None
    limit(request, state, request.path)


def oapi_body(request: Request, content: bytes) -> Body:
    """The body as JSON or as a form; the errors of the older generation for anything else."""
    kind = (request.header("Content-Type") or "").split(";")[0].strip().lower()
    if kind == "application/x-www-form-urlencoded":
        return dict(parse_qsl(content.decode("utf-8", "replace")))
    if not is_json(request):
        raise OapiError(43004, "无效的HTTP HEADER Content-Type")
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        raise OapiError(-1, "系统繁忙") from None
    if _UNICODE_ESCAPE.search(content):
        raise OapiError(40033, "不合法的请求字符，不能包含\\uxxxx格式的字符")
    body = parsed(content)
    if not isinstance(body, dict):
        raise OapiError(-1, "系统繁忙")
    return body


def succeeded(values: Mapping[str, object]) -> dict[str, object]:
    """``values`` in the older generation's envelope."""
    return {"errcode": 0, "errmsg": "ok", **values, "request_id": request_id().lower()[:12]}


def number(given: object) -> int | None:
    """A whole number, also one that a form has brought as text."""
    if isinstance(given, str):
        return int(given) if given.isdecimal() and len(given) < 20 else None
    return given if isinstance(given, int) and not isinstance(given, bool) else None


def known_department(state: PlatformState, given: object) -> int:
    """The id of a department that there is."""
    identity = number(given)
    if identity is None:
        raise OapiError(400002, "无效的参数")
    if not state.corp.directory.department(identity):
        raise OapiError(60003, "部门不存在")
    return identity


def limit(request: Request, state: PlatformState, name: str) -> None:
    """Counts the call; raises the platform's error where a limit stands against it."""
    counted = not request.path.startswith(_FREE)
    exceeded = state.corp.limits.take(name, request.peer, counted=counted)
    if exceeded is None:
        return
    if exceeded.limit == "address":
        raise Banned(state.corp.limits.rules.ban)
    newer = re.match(r"/v\d", request.path) is not None
    raise _api_refusal(exceeded) if newer else _oapi_refusal(exceeded, request.path)


def _oapi_refusal(exceeded: Exceeded, path: str) -> OapiError:
    if exceeded.limit == "month":
        text = "当前组织调用钉钉开放平台接口的次数超过本月的额度"
        return OapiError(90020, text, wrapped=True)
    if exceeded.limit == "second":
        text = f"您的应用调用该接口的QPS超过了{exceeded.count}次每秒，请稍后再试"
        return OapiError(90018, text, wrapped=True)
    name = "dingtalk.oapi." + path.strip("/").removeprefix("topapi/").replace("/", ".")
    text = (
        "您的服务器调用钉钉开放平台当前接口的所有请求都被暂时禁用了, "
        f"apiPath({name}), 从 {_told(exceeded.began)} 到 {_told(exceeded.ends)} "
        f"请求总次数超过了 {exceeded.count} 次, 限制将在 {_told(exceeded.ends + 1)} 结束."
    )
    return OapiError(90005, text, wrapped=True)


def _api_refusal(exceeded: Exceeded) -> ApiError:
    names = {
        "month": "ApiCountLimitForOrg",
        "second": "QpsLimitForAppkeyAndApi",
        "minute": "QpmLimitForAppkeyAndApi",
    }
    text = f"调用次数超过了限制：{exceeded.count}"
    return ApiError(403, f"Forbidden.AccessDenied.{names[exceeded.limit]}", text)


def _told(moment: float) -> str:
    return datetime.fromtimestamp(moment, CHINA).strftime("%Y-%m-%d %H:%M:%S")
