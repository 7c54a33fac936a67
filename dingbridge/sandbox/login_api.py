"""The endpoints that tell an app who has signed in, for codes of the client and of the browser.

Shapes: documents "user information by auth code", "user token", "personal contact information";
errors as recorded of the real platform.
"""

from collections.abc import Mapping

from dingbridge.sandbox.api_envelope import (
    ApiError,
    OapiError,
    Routes,
    json_object,
    require_method,
    require_post,
    required_header_token,
    same,
)
from dingbridge.sandbox.directory import Person
from dingbridge.sandbox.http_message import Request
from dingbridge.sandbox.login_codes import TOKEN_LIFE, SignIn
from dingbridge.sandbox.platform_state import PlatformState
from dingbridge.sandbox.server_calls import Body, oapi, oapi_get

SPENT = "不存在的临时授权码"
DEVICE_ID = "5f0c1d2e7a344d0b9c215a9d0e3b7f10"
# Somebody with an account, but of another corp.
OTHER_CORP = "dingsandboxother01"
STRANGER: Person = {
    "userid": "guest7001",
    "name": "陈晨",
    "unionid": "sandboxUnionGuest7iE",
    "mobile": "13900007001",
    "state_code": "86",
    "email": "guest7001@example.com",
}


class LoginApi:
    """Exchanges codes for people."""

    def __init__(self, state: PlatformState) -> None:
        self._state = state
        self.routes: Routes = {
            "/topapi/v2/user/getuserinfo": ("login", oapi(state, self._by_code)),
            "/user/getuserinfo": ("login", oapi_get(state, self._by_code_of_old)),
            "/v1.0/oauth2/userAccessToken": ("login", self._user_token),
            "/v1.0/contact/users/me": ("login", self._me),
        }

    def _by_code(self, body: Body) -> Mapping[str, object]:
        person = self._redeemed(body.get("code"))
        told = {
            "userid": person["userid"],
            "name": person["name"],
            "unionid": person["unionid"],
            "associated_unionid": "",
            "device_id": DEVICE_ID,
            "sys": person["admin"],
            "sys_level": int(person["admin"]),
        }
        return {"result": told}

    def _by_code_of_old(self, query: Body) -> Mapping[str, object]:
        person = self._redeemed(query.get("code"))
        return {
            "userid": person["userid"],
            "name": person["name"],
            "deviceId": DEVICE_ID,
            "is_sys": person["admin"],
            "sys_level": int(person["admin"]),
        }

    def _redeemed(self, code: object) -> Person:
        """Whose code that is; it is spent by this, also where it is of another corp."""
        if not code:
            raise OapiError(40035, "不合法的参数 code")
        sign_in = self._state.codes.client.redeem(code)
        wraps = self._state.behaviour.oapi_errors == "wrapped"
        if sign_in is None or sign_in.corp_id != self._state.identity.corp_id:
            raise OapiError(40078, SPENT, wrapped=wraps)
        person = self._state.corp.directory.person(sign_in.userid)
        if person is None:
            raise OapiError(60121, "找不到该用户", wrapped=wraps)
        return person

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
        person = account(self._state, sign_in.userid)
        if person is None:
            raise ApiError(404, "invalidParameter.user.notFound", "用户不存在")
        permissions = self._state.corp.permissions
        told: dict[str, object] = {
            "nick": person["name"],
            "avatarUrl": "",
            "openId": f"open-{person['userid']}",
            "unionId": person["unionid"],
        }
        if permissions.mobile:
            told |= {"mobile": person["mobile"], "stateCode": person["state_code"]}
        if permissions.email:
            told["email"] = person["email"]
        return told


def account(state: PlatformState, userid: str) -> Person | None:
    """Whoever has that account, of the app's corp or not."""
    return STRANGER if userid == STRANGER["userid"] else state.corp.directory.person(userid)
