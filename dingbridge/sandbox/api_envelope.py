"""The shapes of the platform's refusals in both generations, and how requests are checked.

Envelopes and errors are those that were recorded of the real platform: the older host answers 200
whatever happened and says so in ``errcode``; the newer one uses HTTP statuses with a string code.
"""

import json
import uuid
from collections.abc import Callable, Mapping
from secrets import compare_digest
from typing import Any

from dingbridge.sandbox.http_message import Request, Response, json_response
from dingbridge.sandbox.platform_state import PlatformState

TOKEN_HEADER = "x-acs-dingtalk-access-token"  # noqa: S105 - the name of a header

Answer = Callable[[Request, bytes], dict[str, object] | Response]
Routes = dict[str, tuple[str, Answer]]  # path -> its group, by which faults are set; its answer


class ApiError(Exception):
    """The newer generation's refusal: an HTTP status, a string code and a message."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(code)
        self.status, self.code, self.message = status, code, message

    def response(self) -> Response:
        """The refusal as it is sent."""
        body = {"requestid": request_id(), "code": self.code, "message": self.message}
        return json_response(body, self.status)


class OapiError(Exception):
    """The older generation's refusal: a number and a message, in an answer of status 200."""

    def __init__(self, code: int, message: str, *, wrapped: bool = False) -> None:
        super().__init__(str(code))
        self.code, self.message, self.wrapped = code, message, wrapped

    def response(self) -> Response:
        """The refusal as it is sent, inside code 88 where it is wrapped."""
        if not self.wrapped:
            return json_response({"errcode": self.code, "errmsg": self.message})
        return json_response(
            {
                "errcode": 22 if self.code == 22 else 88,
                "sub_code": str(self.code),
                "sub_msg": self.message,
                "errmsg": f"ding talk error[subcode={self.code},submsg={self.message}]",
                "request_id": request_id(),
            }
        )


def require_oapi_access(request: Request, state: PlatformState) -> None:
    """Raises OapiError unless the query has a live token and the caller's address may call."""
    wrapped = state.behaviour.oapi_errors == "wrapped"
    token = request.query.get("access_token")
    if not token:
        raise OapiError(40000, "access_token is blank", wrapped=True)
    if not state.tokens.accepts(token):
        raise OapiError(40014, "不合法的access_token", wrapped=wrapped)
    if not may_call(request, state):
        reason = (
            "请参考FAQ：https://open-doc.dingtalk.com/microapp/faquestions/cvbtph。错误原因："
            f"访问ip不在白名单之中,request ip={request.peer} appKey({state.identity.client_id})"
        )
        raise OapiError(60020, reason, wrapped=wrapped)


def require_api_access(request: Request, state: PlatformState) -> None:
    """Raises ApiError unless the header has a live token and the caller's address may call."""
    if not state.tokens.accepts(required_header_token(request)):
        raise ApiError(400, "InvalidAuthentication", "不合法的access_token")
    if not may_call(request, state):
        raise ApiError(
            403,
            "Forbidden.AccessDenied.IpNotInWhiteList",
            f"访问ip不在白名单之中,request ip={request.peer} appKey({state.identity.client_id})",
        )


def required_header_token(request: Request) -> str:
    """The token in the newer generation's header; ApiError if there is none."""
    token = request.header(TOKEN_HEADER)
    if not token:
        raise ApiError(400, "AuthenticationFailed.MissingParameter", f"缺少参数：{TOKEN_HEADER}")
    return token


def may_call(request: Request, state: PlatformState) -> bool:
    """Whether the caller's address is on the white list, if there is one."""
    allowed = state.behaviour.ip_whitelist
    return allowed is None or request.peer in allowed


def same(given: object, expected: str) -> bool:
    """Whether that is the expected text, compared in constant time."""
    return isinstance(given, str) and compare_digest(
        given.encode("utf-8", "surrogatepass"), expected.encode()
    )


def require_get(request: Request) -> None:
    """Raises OapiError for any other method."""
    if request.method != "GET":
        raise OapiError(43001, "需要GET请求")


def require_post(request: Request) -> None:
    """Raises ApiError for any other method: the newer generation calls it an unknown action."""
    require_method(request, "POST")


def require_method(request: Request, method: str) -> None:
    """Raises ApiError for any other method: the newer generation calls it an unknown action."""
    if request.method != method:
        raise ApiError(
            404,
            "InvalidAction.NotFound",
            "Specified api is not found, please check your url and method.",
        )


def json_object(request: Request, content: bytes) -> Mapping[str, Any]:
    """The body of a call of the newer generation; ApiError if it is no JSON object."""
    if not is_json(request) or not content.strip():
        raise ApiError(400, "Missingbody", "body is mandatory for this action.")
    body = parsed(content)
    if not isinstance(body, dict):
        raise ApiError(400, "InvalidBody", "the body is not a JSON object")
    return body


def is_json(request: Request) -> bool:
    """Whether the Content-Type says so."""
    kind = (request.header("Content-Type") or "").split(";")[0].strip().lower()
    return kind == "application/json"


def parsed(content: bytes) -> object:
    """The body as JSON, None for anything else."""
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None


def request_id() -> str:
    """A new one, in the platform's form."""
    return str(uuid.uuid4()).upper()
