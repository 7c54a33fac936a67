"""What a page carries so that static/login.js can sign the visitor in."""

from __future__ import annotations

from functools import cache
from urllib.parse import quote

from flask import render_template, request
from markupsafe import Markup, escape

from dingbridge import catalogue
from dingbridge.errors import PageUrlRefused, PageUrlUncertain
from dingbridge.login.sign_in import PLACEHOLDER
from dingbridge.page import escape_json
from dingbridge.page_url import page_target
from dingbridge.redirects import is_local
from dingbridge.settings import Language
from dingbridge.state import BridgeState

# The newer way of asking for a code, and the one that clients before 7.0.45 know.
LOGIN_APIS = ("requestAuthCode", "runtime.permission.requestAuthCode")
_SENTENCES = ("client_cache", "corp_placeholder", "session_not_kept")
_CORP_LIMIT = 100


def login_markup(state: BridgeState, then: str) -> Markup:
    """Data block, style sheet and script; neither a ticket nor the network is needed."""
    root = request.script_root
    base = escape(root + state.static_path)
    corp = corp_of_request()
    user = state.user()
    # Another corp's visitor is another person, whatever the cookie says.
    mine = user if user and (not corp or PLACEHOLDER in corp.upper() or corp == user.corp) else None
    settings = state.settings
    known = corp if corp and PLACEHOLDER not in corp.upper() else settings.corp_id
    block = {
        "user": mine and mine.public(),
        "corpId": known,
        "clientId": settings.client_id,
        "placeholder": PLACEHOLDER in corp.upper(),
        "othersAreFine": state.sign_in.recent.others_are_fine(),
        "then": then,
        "endpoints": {
            name: f"{root}{state.url_prefix}/{name}" for name in ("login", "logout", "me", "oauth")
        },
        "words": login_words(state.language()),
    }
    return Markup(  # noqa: S704 - both are escaped
        f'<link rel="stylesheet" href="{base}login.css">\n'
        f'<script type="application/json" id="dingbridge-login">{escape_json(block)}</script>\n'
        f'<script type="module" src="{base}login.js"></script>'
    )


def login_status(state: BridgeState) -> Markup:
    """See `PageTags.login_status`."""
    page = render_template(
        "dingbridge/login_status.html",
        **page_values(state),
        user=state.user(),
        sign_in=sign_in_url(state),
        sign_out=f"{request.script_root}{state.url_prefix}/logout",
        developer=state.is_developer(),
        placeholder=PLACEHOLDER in corp_of_request().upper()
        and catalogue.explain("corp_placeholder", family="page"),
    )
    return Markup(page)  # noqa: S704 - a template's output, escaped there


def corp_of_request() -> str:
    """What the home page's address says about the visitor's corp, however it is spelt (R30)."""
    asked = request.args
    return (asked.get("corpid") or asked.get("corpId") or "")[:_CORP_LIMIT]


def sign_in_url(state: BridgeState) -> str:
    """The browser login's beginning, with this page as its end."""
    try:
        here = page_target(request.environ, state.policy)
    except (PageUrlRefused, PageUrlUncertain):
        here = ""
    following = f"?next={quote(here, safe='')}" if is_local(here) else ""
    return f"{request.script_root}{state.url_prefix}/oauth{following}"


@cache
def login_words(lang: Language) -> dict[str, str]:
    """The sentences that login.js says without asking the server."""
    words = {name: texts[lang] for name, texts in catalogue.titles("login").items()}
    for code in _SENTENCES:
        words[code] = catalogue.explain(code, family="page").say("message", lang)
    return words


def page_values(state: BridgeState) -> dict[str, object]:
    """What the package's own pages (`templates/dingbridge/`) are filled with."""
    lang = state.language()
    labels = {name: texts[lang] for name, texts in catalogue.titles("labels").items()}
    root = request.script_root
    return {
        "lang": lang,
        "words": {**labels, **login_words(lang)},
        "static": root + state.static_path,
        "home": f"{root}/",
    }
