"""What a page carries so that static/login.js can sign the visitor in."""

from __future__ import annotations

from functools import cache, lru_cache

from flask import current_app, request
from markupsafe import Markup, escape

from dingbridge import catalogue
from dingbridge.errors import PageUrlRefused, PageUrlUncertain
from dingbridge.login.session import SessionUser
from dingbridge.login.sign_in import PLACEHOLDER
from dingbridge.page import escape_json
from dingbridge.page_url import page_target
from dingbridge.redirects import browser_path, is_local, pack_target
from dingbridge.settings import Language
from dingbridge.state import BridgeState

_SENTENCES = ("client_cache", "corp_placeholder", "session_not_kept")
_CORP_LIMIT = 100


class LoginTags:
    """What `PageTags` offers a template of signing in."""

    def __init__(self, state: BridgeState) -> None:
        """`state`: the bridge's."""
        self._state = state
        # As in PageTags: what is the same for every rendering is written once.
        self._constant = lru_cache(maxsize=64)(self._around_the_data)

    def markup(self, then: str) -> Markup:
        """Data block, style sheet and script; neither a ticket nor the network is needed."""
        state = self._state
        corp, user = corp_of_request(), state.user()
        placeholder = is_placeholder(corp)
        named = "" if placeholder else corp
        # Another corp's visitor is another person, whatever the cookie says.
        mine = user if user and named in ("", user.corp) else None
        changing = {
            "user": mine and mine.public(),
            "corpId": named or state.settings.corp_id,
            "placeholder": placeholder,
            "othersAreFine": state.sign_in.recent.others_are_fine(),
        }
        before, after = self._constant(request.script_root, state.language(), then)
        return Markup(before + escape_json(changing)[:-1] + after)  # noqa: S704 - all escaped

    def status(self, user: SessionUser | None) -> Markup:
        """Who is signed in, or why nobody is and what to do."""
        state = self._state
        # Flask's render_template would run the app's context processors once more.
        template = current_app.jinja_env.get_template("dingbridge/login_status.html")
        page = template.render(
            lang=state.language(),
            words=page_words(state.language()),
            user=user,
            sign_in=self.sign_in_url(),
            sign_out=f"{browser_path(request.script_root)}{state.url_prefix}/logout",
            developer=state.is_developer(),
            placeholder=is_placeholder(corp_of_request())
            and catalogue.explain("corp_placeholder", family="page"),
        )
        return Markup(page)  # noqa: S704 - a template's output, escaped there

    def sign_in_url(self) -> str:
        """The browser login's beginning, with this page as its end."""
        try:
            here = page_target(request.environ, self._state.policy)
        except (PageUrlRefused, PageUrlUncertain):
            here = ""
        following = f"?next={pack_target(here)}" if is_local(here) else ""
        return f"{browser_path(request.script_root)}{self._state.url_prefix}/oauth{following}"

    def _around_the_data(self, root: str, lang: Language, then: str) -> tuple[str, str]:
        state, root = self._state, browser_path(root)
        base, routes = escape(root + state.static.path), root + state.url_prefix
        constant = {
            "clientId": state.settings.client_id,
            "then": then,
            "endpoints": {name: f"{routes}/{name}" for name in ("login", "logout", "me", "oauth")},
            "words": login_words(lang),
        }
        before = (
            f'<link rel="stylesheet" href="{base}login.css">\n'
            '<script type="application/json" id="dingbridge-login">'
        )
        after = (
            f",{escape_json(constant)[1:]}</script>\n"
            f'<script type="module" src="{base}login.js"></script>'
        )
        return before, after


def corp_of_request() -> str:
    """What the home page's address says about the visitor's corp, however it is spelt (R30)."""
    if not request.query_string:
        return ""
    asked = request.args
    return (asked.get("corpid") or asked.get("corpId") or "")[:_CORP_LIMIT]


def is_placeholder(corp: str) -> bool:
    """Whether the client has not replaced the placeholder."""
    return PLACEHOLDER in corp.upper()


@cache
def login_words(lang: Language) -> dict[str, str]:
    """The sentences that login.js says without asking the server."""
    words = {name: texts[lang] for name, texts in catalogue.titles("login").items()}
    for code in _SENTENCES:
        words[code] = catalogue.explain(code, family="page").say("message", lang)
    return words


@cache
def page_words(lang: Language) -> dict[str, str]:
    """The words of the package's own pages."""
    labels = {name: texts[lang] for name, texts in catalogue.titles("labels").items()}
    return {**labels, **login_words(lang)}


def page_values(state: BridgeState) -> dict[str, object]:
    """What the package's own pages (`templates/dingbridge/`) are filled with."""
    lang, root = state.language(), browser_path(request.script_root)
    return {
        "lang": lang,
        "words": page_words(lang),
        "static": root + state.static.path,
        "home": f"{root}/",
    }
