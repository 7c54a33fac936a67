"""From a code to a person: what both ways of signing in have in common ends here."""

from __future__ import annotations

import logging
import re

from dingbridge.errors import PlatformError, PlatformUnavailable
from dingbridge.login.person import Person
from dingbridge.login.recent_people import RecentPeople
from dingbridge.login.refusals import SPENT, LoginRefused, is_spent, is_stranger
from dingbridge.login.spent_codes import SpentCodes
from dingbridge.openapi import OpenApi
from dingbridge.openapi.identity import Identity
from dingbridge.openapi.users import Users
from dingbridge.rate_limit import RateLimit
from dingbridge.settings import Settings

log = logging.getLogger("dingbridge")

CODE_LIMIT = 256
PLACEHOLDER = "$CORPID$"
# A person is known by these in logs and cookies; longer ones the platform does not make.
USERID_LIMIT = 128

_CODE = re.compile(rf"[!-~]{{1,{CODE_LIMIT}}}")
_NAME = re.compile(r"[^\x00-\x1f\x7f-\x9f]{1,80}")
# The app may not read the directory, or not this person's entry.
_UNTOLD = frozenset(
    {"60011", "50002", "50004", "Forbidden.AccessDenied.AccessTokenPermissionDenied"}
)


class SignIn:
    """Signs people in for one app. Safe for threads."""

    def __init__(self, corp_id: str, identity: Identity, users: Users) -> None:
        """`corp_id` is whose people may sign in."""
        self._corp_id = corp_id
        self._identity = identity
        self._users = users
        self._spent = SpentCodes()
        # Each attempt costs calls to the platform, and anybody may try.
        self._attempts = RateLimit(rate=20, burst=100)
        self.recent = RecentPeople()

    def in_client(self, code: str, corp_id: str) -> Person:
        """The person behind a code of `requestAuthCode`, asked for in the corp `corp_id`.

        Raises LoginRefused, and PlatformError, PlatformUnavailable or CredentialUnavailable where
        the platform would not or could not say.
        """
        self._require_corp(corp_id)
        self._require_first_use(code)
        try:
            signed_in = self._identity.by_code(code)
        except PlatformError as error:
            raise _said(error) from None
        try:
            person = self._details(signed_in.userid)
        except PlatformError as error:
            if not {error.code, error.sub_code} & _UNTOLD:
                raise _said(error) from None
            log.warning("login details_withheld code=%s sub_code=%s", error.code, error.sub_code)
            person = Person.untold(signed_in, self._corp_id)
        return self._welcome(person)

    def in_browser(self, code: str) -> Person:
        """The person behind a code of the browser login, who has to be of the corp.

        Raises as `in_client` does; LoginRefused (`login_stranger`) for anybody else.
        """
        self._require_first_use(code)
        try:
            token = self._identity.user_token(code)
            if token.corp_id and token.corp_id != self._corp_id:
                raise LoginRefused("login_stranger", 403)
            me = self._identity.me(token.access_token)
            user = self._users.by_unionid(me.unionid)
            if user.contact != "internal":
                raise LoginRefused("login_stranger", 403)
            person = self._details(user.userid)
        except PlatformError as error:
            raise _said(error) from None
        return self._welcome(person)

    def _require_corp(self, corp_id: str) -> None:
        if PLACEHOLDER in corp_id.upper():
            raise LoginRefused("corp_placeholder", 400)
        if corp_id != self._corp_id:
            raise LoginRefused("corp_differs", 403)

    def _require_first_use(self, code: str) -> None:
        """A code is spent by trying it: what becomes of it is known to the platform alone.

        What is refused without asking anybody does not count: it must not lock others out.
        """
        if not _CODE.fullmatch(code):
            raise LoginRefused("bad_request", 400)
        if self._spent.knows(code):
            raise LoginRefused(SPENT, 401)
        if not self._attempts.allows():
            raise LoginRefused("too_many_requests", 429)
        if not self._spent.take(code):
            raise LoginRefused(SPENT, 401)

    def _details(self, userid: str) -> Person:
        user = self._users.get(userid)
        if user.userid != userid:
            endpoint = "/topapi/v2/user/get"
            raise PlatformUnavailable(
                "platform_unreadable", endpoint=endpoint, values={"field": "result.userid"}
            )
        return Person.told(user, self._corp_id)

    def _welcome(self, person: Person) -> Person:
        if len(person.userid) > USERID_LIMIT or not _NAME.fullmatch(person.name):
            raise PlatformUnavailable("platform_unreadable", values={"field": "name"})
        self.recent.note(person.userid)
        return person


def open_sign_in(settings: Settings, openapi: OpenApi) -> SignIn:
    """What signs people in with an app's settings and its server APIs."""
    return SignIn(settings.corp_id, openapi.identity, openapi.users)


def _said(error: PlatformError) -> PlatformError | LoginRefused:
    """A refusal of the platform that is about the code or the person; any other as it is."""
    if is_spent(error):
        return LoginRefused(SPENT, 401, platform_error=error)
    if is_stranger(error):
        return LoginRefused("login_stranger", 403, platform_error=error)
    return error
