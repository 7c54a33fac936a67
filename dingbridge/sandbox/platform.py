"""The stand-in for the platform: both generations of its token and ticket endpoints.

Envelopes and errors are those that were recorded of the real platform: the older host answers 200
whatever happened and says so in ``errcode``; the newer one uses HTTP statuses with a string code.
"""

import json
import re
import time
from typing import Any

from dingbridge.sandbox.api_envelope import (
    Answer,
    ApiError,
    OapiError,
    Routes,
    json_object,
    require_api_access,
    require_get,
    require_oapi_access,
    require_post,
    same,
)
from dingbridge.sandbox.faults import Fault
from dingbridge.sandbox.http_message import DropConnection, Request, Response, json_response
from dingbridge.sandbox.journal import Journal
from dingbridge.sandbox.login_api import LoginApi
from dingbridge.sandbox.media_api import UPLOAD, UPLOAD_LIMIT
from dingbridge.sandbox.oauth_pages import PATH as OAUTH_PATH
from dingbridge.sandbox.oauth_pages import OAuthPages
from dingbridge.sandbox.platform_state import PlatformState
from dingbridge.sandbox.server_api import server_routes
from dingbridge.sandbox.tokens import LIFE, unknown_ticket

BODY_LIMIT = 1 << 20
CORP_TOKEN = "/v1.0/oauth2/{corpId}/token"  # noqa: S105 - a path


class Platform:
    """Answers requests of either generation, plays the faults that are set, records each call."""

    def __init__(self, state: PlatformState, journal: Journal) -> None:
        self._state = state
        self._journal = journal
        # A new family of endpoints brings its own routes and joins here.
        self._routes: Routes = {
            "/gettoken": ("token", self._oapi_token),
            "/get_jsapi_ticket": ("ticket", self._oapi_ticket),
            "/v1.0/oauth2/accessToken": ("token", self._api_token),
            "/v1.0/oauth2/jsapiTickets": ("ticket", self._api_ticket),
            CORP_TOKEN: ("token", self._corp_token),
            **LoginApi(state).routes,
            **server_routes(state),
        }
        self._templates = {
            template: re.compile(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(template)))
            for template in self._routes
            if "{" in template
        }
        self._oauth_pages = OAuthPages(state)
        state.faults.know(self._routes, (group for group, _ in self._routes.values()))

    def __call__(self, request: Request) -> Response:
        """The answer to one request; the handler of the platform's server."""
        if request.path == OAUTH_PATH:  # not for servers: a person's browser comes here
            return self._oauth_pages(request)
        began = time.monotonic()
        path, group, answer = self._route(request.path)
        facts: dict[str, Any] = {"endpoint": path, "method": request.method}
        content = request.body.read(UPLOAD_LIMIT if path == UPLOAD else BODY_LIMIT)
        fault = self._state.faults.take(path, group) if group else None
        if fault:
            facts["fault"] = fault.kind
        try:
            response = self._state.faults.endure(fault, request) if fault else None
            if response is None:
                response = self._answer(answer, request, content, fault)
            if fault and fault.kind == "lost":  # what was asked for is done all the same
                raise DropConnection(reset=True)
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

    def _route(self, path: str) -> tuple[str, str, Answer | None]:
        for template, pattern in self._templates.items():
            if pattern.fullmatch(path):
                return template, *self._routes[template]
        if path in self._routes:
            return path, *self._routes[path]
        return path[:200], "", None

    def _answer(
        self, answer: Answer | None, request: Request, content: bytes, fault: Fault | None
    ) -> Response:
        try:
            if answer is None:
                raise _unknown_path(request.path)
            if fault and fault.kind in ("busy", "limited"):
                raise _unwilling(request.path, fault.kind)
            values = answer(request, content)
        except (ApiError, OapiError) as error:
            return error.response()
        if isinstance(values, Response):  # a file, or nothing
            return values
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
        require_get(request)
        if not secret:
            name = "appsecret" if expected == identity.client_id else "corpsecret"
            raise OapiError(40035, f"缺少参数 {name}")
        if not (same(key, expected) and same(secret, identity.client_secret)):
            raise wrong
        token = self._state.tokens.access_token()
        return {"errcode": 0, "errmsg": "ok", "access_token": token, "expires_in": int(LIFE)}

    def _oapi_ticket(self, request: Request, _content: bytes) -> dict[str, object]:
        require_get(request)
        require_oapi_access(request, self._state)
        ticket = self._state.ticket()
        return {"errcode": 0, "errmsg": "ok", "ticket": ticket, "expires_in": int(LIFE)}

    def _api_token(self, request: Request, content: bytes) -> dict[str, object]:
        require_post(request)
        body = json_object(request, content)
        for name in ("appKey", "appSecret"):
            if not body.get(name):
                raise ApiError(400, f"Missing{name}", f"{name} is mandatory for this action.")
        identity = self._state.identity
        if not (
            same(body["appKey"], identity.client_id)
            and same(body["appSecret"], identity.client_secret)
        ):
            raise ApiError(400, "invalidClientIdOrSecret", "无效的clientId或者clientSecret")
        return {"accessToken": self._state.tokens.access_token(), "expireIn": int(LIFE)}

    def _corp_token(self, request: Request, content: bytes) -> dict[str, object]:
        require_post(request)
        body = json_object(request, content)
        identity = self._state.identity
        if body.get("grant_type") != "client_credentials":
            raise ApiError(400, "unsupported.grant.type", "unsupported.grant.type")
        if request.path.split("/")[3] != identity.corp_id:
            raise ApiError(500, "unknownError", "未知错误")
        if not (
            same(body.get("client_id"), identity.client_id)
            and same(body.get("client_secret"), identity.client_secret)
        ):
            raise ApiError(400, "invalid.client", "invalid.client")
        return {"access_token": self._state.tokens.access_token(), "expires_in": int(LIFE)}

    def _api_ticket(self, request: Request, _content: bytes) -> dict[str, object]:
        require_post(request)
        require_api_access(request, self._state)
        return {"jsapiTicket": self._state.ticket(), "expireIn": int(LIFE)}


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
