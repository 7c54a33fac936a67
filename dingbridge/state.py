"""What one bridge holds for one app."""

from __future__ import annotations

import time
from dataclasses import dataclass

from flask import Request, request, session

from dingbridge.credentials import Credentials
from dingbridge.failures import Failures
from dingbridge.login.session import SessionUser
from dingbridge.login.sign_in import SignIn
from dingbridge.openapi import OpenApi
from dingbridge.page import PageSigner
from dingbridge.page_url import FrontPolicy
from dingbridge.settings import Language, Settings, language
from dingbridge.static_files import StaticFiles

LANGUAGE_COOKIE = "lang"


@dataclass(frozen=True)
class BridgeState:
    """Everything that one bridge holds for one app; two bridges share none of it.

    `static` is where the browser modules are, `url_prefix` where the routes are, both
    without a proxy's path prefix; the methods speak of the current request.
    """

    name: str
    settings: Settings
    policy: FrontPolicy
    credentials: Credentials
    signer: PageSigner
    openapi: OpenApi
    sign_in: SignIn
    static: StaticFiles
    url_prefix: str
    failures: Failures

    def language(self, asked: Request = request) -> Language:
        """The visitor's choice, else the setting; `asked` is the current request."""
        cookies = asked.cookies
        if LANGUAGE_COOKIE not in cookies:  # `get` makes a whole error page of what is not there
            return self.settings.lang
        return language(cookies[LANGUAGE_COOKIE], self.settings.lang)

    def is_developer(self) -> bool:
        """Whether this visitor may see causes, remedies and URLs in the page."""
        settings = self.settings
        if settings.debug or not settings.developers:
            return settings.debug
        user = self.user()
        return user is not None and user.userid in settings.developers

    def user(self) -> SessionUser | None:
        """Who is signed in, or None."""
        user = SessionUser.read(session.get(self.name), self.settings.corp_id, time.time())
        if user is not None:
            self.sign_in.recent.note(user.userid)
        return user
