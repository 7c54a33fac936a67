"""The endpoints that tell an app who has signed in, for codes of the client and of the browser.

Shapes: documents "user information by auth code", "user token", "personal contact information";
errors as recorded of the real platform.
"""

from dingbridge.sandbox.api_envelope import (
    ApiError,
    OapiError,
    Routes,
    is_json,
    json_object,
    parsed,
    require_get,
    require_method,
    require_oapi_access,
    require_post,
    required_header_token,
    same,
)
from dingbridge.sandbox.http_message import Request
from dingbridge.sandbox.login_codes import TOKEN_LIFE, SignIn
from dingbridge.sandbox.login_people import Person, by_unionid, by_userid
from dingbridge.sandbox.platform_state import PlatformState

SPENT = "不存在的临时授权码"


class LoginApi:
    """Exchanges codes for people."""

    def __init__(self, state: PlatformState) -> None:
        self._state = state

    def routes(self) -> Routes:
        """The endpoints by path."""
        return {
            "/topapi/v2/user/getuserinfo": ("login", self._by_code),
            "/user/getuserinfo": ("login", self._by_code_of_old),
            "/topapi/v2/user/get": ("login", self._details),
            "/topapi/user/getbyunionid": ("login", self._by_unionid),
            "/v1.0/oauth2/userAccessToken": ("login", self._user_token),
            "/v1.0/contact/users/me": ("login", self._me),
        }

    def _by_code(self, request: Request, content: bytes) -> dict[str, object]:
        require_oapi_access(request, self._state)
        person = self._redeemed(_field(request, content, "code"))
        told = {
            "userid": person.userid,
            "name": person.name,
            "unionid": person.unionid,
            "associated_unionid": "",
            "device_id": "5f0c1d2e7a344d0b9c215a9d0e3b7f10",
            "sys": person.admin,
            "sys_level": person.admin_level,
        }
        return {"errcode": 0, "errmsg": "ok", "result": told}

    def _by_code_of_old(self, request: Request, _content: bytes) -> dict[str, object]:
        require_get(request)
        require_oapi_access(request, self._state)
        person = self._redeemed(request.query.get("code"))
        return {
            "errcode": 0,
            "errmsg": "ok",
            "userid": person.userid,
            "name": person.name,
            "deviceId": "5f0c1d2e7a344d0b9c215a9d0e3b7f10",
            "is_sys": person.admin,
            "sys_level": person.admin_level,
        }

    def _redeemed(self, code: object) -> Person:
        """Whose code that is; it is spent by this, also where it is of another corp."""
        if not code:
            raise OapiError(40035, "不合法的参数 code")
        sign_in = self._state.codes.client.redeem(code)
        if sign_in is None or sign_in.corp_id != self._state.identity.corp_id:
            raise OapiError(40078, SPENT, wrapped=self._wraps())
        person = by_userid(sign_in.userid)
        if person is None:
            raise OapiError(60121, "找不到该用户", wrapped=self._wraps())
        return person

    def _details(self, request: Request, content: bytes) -> dict[str, object]:
        require_oapi_access(request, self._state)
        person = by_userid(_field(request, content, "userid"))
        if person is None:
            raise OapiError(60121, "找不到该用户", wrapped=self._wraps())
        return {"errcode": 0, "errmsg": "ok", "result": person.details()}

    def _by_unionid(self, request: Request, content: bytes) -> dict[str, object]:
        require_oapi_access(request, self._state)
        person = by_unionid(_field(request, content, "unionid"))
        if person is None or person.corp is not None:
            raise OapiError(60121, "找不到该用户", wrapped=self._wraps())
        found = {"userid": person.userid, "contact_type": 0}
        return {"errcode": 0, "errmsg": "ok", "result": found}

    def _wraps(self) -> bool:
        return self._state.behaviour.oapi_errors == "wrapped"

    def _user_token(self, request: Request, content: bytes) -> dict[str, object]:
        require_post(request)
        body, identity = json_object(request, content), self._state.identity
        if not (
            same(body.get("clientId"), identity.client_id)
            and same(body.get("clientSecret"), identity.client_secret)
        ):
            raise ApiError(400, "invalidClientIdOrSecret", "无效的clientId或者clientSecret")
        codes = self._state.codes
        if body.get("grantType") == "authorization_code":
            sign_in = codes.browser.redeem(body.get("code"))
            refusal = ("invalidParameter.authCode.notFound", "不合法的临时授权码")
        elif body.get("grantType") == "refresh_token":
            sign_in = codes.refresh_tokens.redeem(body.get("refreshToken"))
            refusal = ("invalidParameter.refreshToken.notFound", "不合法的refreshToken")
        else:
            raise ApiError(400, "invalidParameter.grantType", "grantType参数错误")
        if sign_in is None:
            raise ApiError(400, *refusal)
        return self._tokens_for(sign_in)

    def _tokens_for(self, sign_in: SignIn) -> dict[str, object]:
        codes = self._state.codes
        answer: dict[str, object] = {
            "accessToken": codes.user_tokens.issue(sign_in),
            "refreshToken": codes.refresh_tokens.issue(sign_in),
            "expireIn": int(TOKEN_LIFE),
        }
        return {**answer, "corpId": sign_in.corp_id} if sign_in.tells_corp else answer

    def _me(self, request: Request, _content: bytes) -> dict[str, object]:
        require_method(request, "GET")
        sign_in = self._state.codes.user_tokens.show(required_header_token(request))
        if sign_in is None:
            raise ApiError(400, "InvalidAuthentication", "不合法的access_token")
        person = by_userid(sign_in.userid)
        if person is None:
            raise ApiError(404, "invalidParameter.user.notFound", "用户不存在")
        return person.about_themselves()


def _field(request: Request, content: bytes, name: str) -> str:
    """A field of the JSON body of a call of the older generation."""
    if request.method != "POST":
        raise OapiError(43002, "需要POST请求")
    if not is_json(request):
        raise OapiError(43004, "无效的HTTP HEADER Content-Type")
    body = parsed(content)
    value = body.get(name) if isinstance(body, dict) else None
    if not isinstance(value, str) or not value:
        raise OapiError(40035, f"不合法的参数 {name}", wrapped=True)
    return value
