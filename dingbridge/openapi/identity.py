"""Who somebody is, from the code that their client or browser has been given.

Documents "user information by auth code", "user token" and "personal contact information".
"""

from __future__ import annotations

from dataclasses import dataclass, field

from dingbridge.issuer import issued
from dingbridge.openapi.answers import Answer
from dingbridge.openapi.client import Client, Request

# The platform's name of each field that it may withhold, and ours.
_ME = {"avatarUrl": "avatar", "mobile": "mobile", "email": "email", "stateCode": "state_code"}


@dataclass(frozen=True)
class SignedIn:
    """Whom an auth code of the client stands for.

    `admin_level`: 1 main administrator, 2 sub-administrator, 100 owner, 0 anybody else.
    """

    userid: str
    name: str
    unionid: str
    admin: bool
    admin_level: int
    device_id: str = field(default="", repr=False)


@dataclass(frozen=True)
class UserToken:
    """The token of a person who has signed in in a browser, and the corp that they chose."""

    access_token: str = field(repr=False)
    corp_id: str


@dataclass(frozen=True)
class Me:
    """What a person tells about themselves; there is no userid in it: see `Users.by_unionid`.

    `withheld` names the fields that the platform did not give, for want of the app's permission
    (`Contact.User.mobile`, 个人手机号信息) or the person's consent.
    """

    unionid: str
    nick: str
    openid: str = ""
    avatar: str = ""
    mobile: str = field(default="", repr=False)
    email: str = field(default="", repr=False)
    state_code: str = ""
    withheld: frozenset[str] = frozenset()


class Identity:
    """Exchanges codes. A code is good once: no call that spends one is ever repeated."""

    def __init__(self, client: Client, client_id: str, client_secret: str) -> None:
        """`client` makes the calls; id and secret go to the exchange of browser codes only."""
        self._client = client
        self._client_id = client_id
        self._client_secret = client_secret

    def by_code(self, code: str) -> SignedIn:
        """Whom a code of `requestAuthCode` stands for; it is spent by this.

        Raises PlatformError (40078 for a code that is spent, older than five minutes, or of
        another kind or corp).
        """
        path = "/topapi/v2/user/getuserinfo"
        sent = Request("POST", path, json={"code": code})
        answer = Answer(self._client.send(sent), path).object("result")
        return SignedIn(
            userid=answer.identifier("userid"),
            name=answer.text("name"),
            unionid=answer.text("unionid"),
            admin=answer.flag("sys"),
            admin_level=answer.number("sys_level") if "sys_level" in answer else 0,
            device_id=answer.text("device_id"),
        )

    def user_token(self, code: str) -> UserToken:
        """The user token for a code of the browser login; the code is spent by this.

        Raises PlatformError (`invalidParameter.authCode.notFound`).
        """
        path = "/v1.0/oauth2/userAccessToken"
        body = {
            "clientId": self._client_id,
            "clientSecret": self._client_secret,
            "code": code,
            "grantType": "authorization_code",
        }
        fields = self._client.send_as(Request("POST", path, json=body), None)
        token = issued(fields, path, "accessToken", "expireIn")
        return UserToken(token.value, Answer(fields, path).text("corpId"))

    def me(self, user_token: str) -> Me:
        """Who has signed in. Raises PlatformError (`invalidParameter.user.notFound`)."""
        path = "/v1.0/contact/users/me"
        answer = Answer(
            self._client.send_as(Request("GET", path, repeatable=True), user_token), path
        )
        return Me(
            unionid=answer.identifier("unionId"),
            nick=answer.text("nick"),
            openid=answer.text("openId"),
            avatar=answer.text("avatarUrl"),
            mobile=answer.text("mobile"),
            email=answer.text("email"),
            state_code=answer.text("stateCode"),
            withheld=frozenset(ours for name, ours in _ME.items() if name not in answer),
        )
