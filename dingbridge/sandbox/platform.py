"""The stand-in for the platform: both generations of its token and ticket endpoints.

Envelopes and errors are those that were recorded of the real platform: the older host answers 200
whatever happened and says so in ``errcode``; the newer one uses HTTP statuses with a string code.
"""

import json
import time
import uuid
from collections.abc import Callable, Mapping
from secrets import compare_digest
from typing import Any

from dingbridge.sandbox.faults import Fault
from dingbridge.sandbox.http_message import DropConnection, Request, Response, json_response
from dingbridge.sandbox.journal import Journal
from dingbridge.sandbox.platform_state import PlatformState
from dingbridge.sandbox.tokens import LIFE, unknown_ticket

BODY_LIMIT = 1 << 20
TOKEN_HEADER = "x-acs-dingtalk-access-token"  # noqa: S105 - the name of a header


class ApiError(Exception):
    """The newer generation's refusal: an HTTP status, a string code and a message."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(code)
        self.status, self.code, self.message = status, code, message


class OapiError(Exception):
    """The older generation's refusal: a number and a message, in an answer of status 200."""

    def __init__(self, code: int, message: str, *, wrapped: bool = False) -> None:
        super().__init__(str(code))
        self.code, self.message, self.wrapped = code, message, wrapped


class Platform:
    """Answers requests of either generation, plays the faults that are set, records each call."""

    def __init__(self, state: PlatformState, journal: Journal) -> None:
        self._state = state
        self._journal = journal

    def __call__(self, request: Request) -> Response:
        """The answer to one request; the handler of the platform's server."""
        began = time.monotonic()
        path, group, answer = self._route(request.path)
        facts: dict[str, Any] = {"endpoint": path, "method": request.method}
        content = request.body.read(BODY_LIMIT)
        fault = self._state.faults.take(path, group) if group else None
        if fault:
            facts["fault"] = fault.kind
        try:
            response = self._state.faults.endure(fault, request) if fault else None
            if response is None:
                response = self._answer(answer, request, content, fault)
        except DropConnection:
            self._record(facts, "no answer", began)
            raise
        facts["status"] = response.status
        code = _code(response.body)
        if code:
            facts["code"] = code
        self._record(facts, f"{response.status}/{code}" if code else str(response.status), began)
        return response

    def _record(self, facts: dict[str, Any], outcome: str, began: float) -> None:
        facts["ms"] = round((time.monotonic() - began) * 1000, 1)
        facts["ok"] = outcome == "200"
        self._journal.record("platform", facts["endpoint"], outcome=outcome, **facts)

    def _route(self, path: str) -> tuple[str, str, "Answer | None"]:
        routes: dict[str, tuple[str, Answer]] = {
            "/gettoken": ("token", self._oapi_token),
            "/get_jsapi_ticket": ("ticket", self._oapi_ticket),
            "/v1.0/oauth2/accessToken": ("token", self._api_token),
            "/v1.0/oauth2/jsapiTickets": ("ticket", self._api_ticket),
        }
        if path in routes:
            return path, *routes[path]
        parts = path.split("/")
        if len(parts) == 5 and parts[1:3] == ["v1.0", "oauth2"] and parts[4] == "token":
            return "/v1.0/oauth2/{corpId}/token", "token", self._corp_token
        return path[:200], "", None

    def _answer(
        self, answer: "Answer | None", request: Request, content: bytes, fault: Fault | None
    ) -> Response:
        try:
            if answer is None:
                raise _unknown_path(request.path)
            if fault and fault.kind in ("busy", "limited"):
                raise _unwilling(request.path, fault.kind)
            values = answer(request, content)
        except OapiError as error:
            return json_response(_envelope(error))
        except ApiError as error:
            return json_response(
                {"requestid": _request_id(), "code": error.code, "message": error.message},
                error.status,
            )
        if fault and fault.kind == "bad_ticket":
            values = {
                key: unknown_ticket() if key in ("ticket", "jsapiTicket") else value
                for key, value in values.items()
            }
        if fault and fault.kind == "wrong_types":
            values = {key: _wrongly_typed(key, value) for key, value in values.items()}
        return json_response(values)

    def _oapi_token(self, request: Request, _content: bytes) -> dict[str, object]:
        query, identity = request.query, self._state.identity
        key, secret = query.get("appkey"), query.get("appsecret")
        wrong = OapiError(40096, "不合法的appKey或appSecret")
        expected = identity.client_id
        if key is None:
            key, secret = query.get("corpid"), query.get("corpsecret")
            wrong = OapiError(40089, "不合法的corpid或corpsecret")
            expected = identity.corp_id
        if not key:
            raise OapiError(40035, "缺少参数 corpid or appkey")
        _require_get(request)
        if not secret:
            name = "appsecret" if expected == identity.client_id else "corpsecret"
            raise OapiError(40035, f"缺少参数 {name}")
        if not (_same(key, expected) and _same(secret, identity.client_secret)):
            raise wrong
        token = self._state.tokens.access_token()
        return {"errcode": 0, "errmsg": "ok", "access_token": token, "expires_in": int(LIFE)}

    def _oapi_ticket(self, request: Request, _content: bytes) -> dict[str, object]:
        _require_get(request)
        wrapped = self._state.behaviour.oapi_errors == "wrapped"
        token = request.query.get("access_token")
        if not token:
            raise OapiError(40000, "access_token is blank", wrapped=True)
        if not self._state.tokens.accepts(token):
            raise OapiError(40014, "不合法的access_token", wrapped=wrapped)
        if not self._may_call(request):
            reason = (
                "请参考FAQ：https://open-doc.dingtalk.com/microapp/faquestions/cvbtph。错误原因："
                f"访问ip不在白名单之中,request ip={request.peer} "
                f"appKey({self._state.identity.client_id})"
            )
            raise OapiError(60020, reason, wrapped=wrapped)
        ticket = self._state.ticket()
        return {"errcode": 0, "errmsg": "ok", "ticket": ticket, "expires_in": int(LIFE)}

    def _api_token(self, request: Request, content: bytes) -> dict[str, object]:
        _require_post(request)
        body = _json_object(request, content)
        for name in ("appKey", "appSecret"):
            if not body.get(name):
                raise ApiError(400, f"Missing{name}", f"{name} is mandatory for this action.")
        identity = self._state.identity
        if not (
            _same(body["appKey"], identity.client_id)
            and _same(body["appSecret"], identity.client_secret)
        ):
            raise ApiError(400, "invalidClientIdOrSecret", "无效的clientId或者clientSecret")
        return {"accessToken": self._state.tokens.access_token(), "expireIn": int(LIFE)}

    def _corp_token(self, request: Request, content: bytes) -> dict[str, object]:
        _require_post(request)
        body = _json_object(request, content)
        identity = self._state.identity
        if body.get("grant_type") != "client_credentials":
            raise ApiError(400, "unsupported.grant.type", "unsupported.grant.type")
        if request.path.split("/")[3] != identity.corp_id:
            raise ApiError(500, "unknownError", "未知错误")
        if not (
            _same(body.get("client_id"), identity.client_id)
            and _same(body.get("client_secret"), identity.client_secret)
        ):
            raise ApiError(400, "invalid.client", "invalid.client")
        return {"access_token": self._state.tokens.access_token(), "expires_in": int(LIFE)}

    def _api_ticket(self, request: Request, _content: bytes) -> dict[str, object]:
        _require_post(request)
        token = request.header(TOKEN_HEADER)
        if not token:
            raise ApiError(
                400, "AuthenticationFailed.MissingParameter", f"缺少参数：{TOKEN_HEADER}"
            )
        if not self._state.tokens.accepts(token):
            raise ApiError(400, "InvalidAuthentication", "不合法的access_token")
        if not self._may_call(request):
            raise ApiError(
                403,
                "Forbidden.AccessDenied.IpNotInWhiteList",
                f"访问ip不在白名单之中,request ip={request.peer} "
                f"appKey({self._state.identity.client_id})",
            )
        return {"jsapiTicket": self._state.ticket(), "expireIn": int(LIFE)}

    def _may_call(self, request: Request) -> bool:
        allowed = self._state.behaviour.ip_whitelist
        return allowed is None or request.peer in allowed


Answer = Callable[[Request, bytes], dict[str, object]]


def _same(given: object, expected: str) -> bool:
    return isinstance(given, str) and compare_digest(
        given.encode("utf-8", "surrogatepass"), expected.encode()
    )


def _require_get(request: Request) -> None:
    if request.method != "GET":
        raise OapiError(43001, "需要GET请求")


def _require_post(request: Request) -> None:
    if request.method != "POST":
        raise ApiError(
            404,
            "InvalidAction.NotFound",
            "Specified api is not found, please check your url and method.",
        )


def _json_object(request: Request, content: bytes) -> Mapping[str, Any]:
    kind = (request.header("Content-Type") or "").split(";")[0].strip().lower()
    if kind != "application/json" or not content.strip():
        raise ApiError(400, "Missingbody", "body is mandatory for this action.")
    try:
        body = json.loads(content)
    except (ValueError, RecursionError):
        body = None
    if not isinstance(body, dict):
        raise ApiError(400, "InvalidBody", "the body is not a JSON object")
    return body


def _unknown_path(path: str) -> OapiError:
    if path.startswith("/topapi/"):
        name = "dingtalk.oapi." + path.removeprefix("/topapi/").replace("/", ".")[:100]
        return OapiError(22, f"不合法ApiName，ApiName = {name}", wrapped=True)
    return OapiError(404, "请求的URI地址不存在")


def _unwilling(path: str, kind: str) -> ApiError | OapiError:
    newer = path.startswith("/v1.0/")
    if kind == "busy":
        return ApiError(500, "systemBusy", "系统繁忙") if newer else OapiError(-1, "系统繁忙")
    text = "您的企业应用调用钉钉开放平台当前接口的所有请求都被暂时禁用了"
    if newer:
        return ApiError(403, "Forbidden.AccessDenied.QpsLimitForAppkeyAndApi", text)
    return OapiError(90018, text, wrapped=True)


def _wrongly_typed(key: str, value: object) -> object:
    if key in ("errcode", "errmsg"):
        return value
    return "soon" if isinstance(value, int) else {"value": None}


def _envelope(error: OapiError) -> dict[str, object]:
    if not error.wrapped:
        return {"errcode": error.code, "errmsg": error.message}
    return {
        "errcode": 22 if error.code == 22 else 88,
        "sub_code": str(error.code),
        "sub_msg": error.message,
        "errmsg": f"ding talk error[subcode={error.code},submsg={error.message}]",
        "request_id": _request_id(),
    }


def _request_id() -> str:
    return str(uuid.uuid4()).upper()


def _code(body: object) -> str:
    """The error code in an answer, for the journal: errcode, sub_code or code."""
    try:
        answer = json.loads(body) if isinstance(body, bytes) else None
    except ValueError:
        return ""
    if not isinstance(answer, dict):
        return ""
    code = answer.get("sub_code") or answer.get("code") or answer.get("errcode")
    return str(code) if code and not isinstance(code, list | dict) else ""
