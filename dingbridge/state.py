"""What one bridge holds for one app."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Request, request, session

from dingbridge.credentials import Credentials
from dingbridge.page import PageSigner
from dingbridge.page_url import FrontPolicy
from dingbridge.settings import Language, Settings, language

LANGUAGE_COOKIE = "lang"


@dataclass(frozen=True)
class BridgeState:
    """Everything that one bridge holds for one app; two bridges share none of it.

    `static_path` is where the browser modules are, `url_prefix` where the routes are, both
    without a proxy's path prefix; the two methods speak of the current request.
    """

    name: str
    settings: Settings
    policy: FrontPolicy
    credentials: Credentials
    signer: PageSigner
    static_path: str
    url_prefix: str

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
        user = session.get(self.name)
        return isinstance(user, dict) and user.get("userid") in settings.developers
