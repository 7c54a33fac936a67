"""What a template calls: `{{ dingbridge("device.geolocation.get") }}`."""

from __future__ import annotations

from functools import lru_cache

from flask import request
from markupsafe import Markup, escape

from dingbridge.failure_notes import note_unsigned
from dingbridge.login.session import SessionUser
from dingbridge.login_tags import LoginTags
from dingbridge.page import PageError, PageView, constant_config, constant_data, signed_tags
from dingbridge.redirects import browser_path
from dingbridge.settings import Language
from dingbridge.state import BridgeState


class PageTags:
    """The template function, and what a template may ask about the page that it signed.

    A template that wants the state in the markup itself calls the function before it writes the
    `<html>` element, as this project's `templates/base.html` does.
    """

    def __init__(self, state: BridgeState) -> None:
        """`state`: the bridge's."""
        self._state = state
        self._attribute = f"_dingbridge_{state.name}"
        self._login = LoginTags(state)
        # The same for every rendering of one template; a proxy's path prefix is part of the key.
        self._constant = lru_cache(maxsize=256)(self._around_the_data)

    def __call__(self, *apis: str, type: int | None = None) -> Markup:  # noqa: A002
        """The signed data and the script tags of a page that uses `apis`.

        `type` 1 asks for 服务窗 APIs. Without a ticket, or with a doubt about the URL, the page
        is not signed: the data says why, and everything else works.

        Raises PageUrlRefused: the request cannot be one of our pages (answered with 400).
        """
        state = self._state
        # Each look through the proxy costs a microsecond.
        asked = request._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001
        lang = state.language(asked)
        developer = state.is_developer()
        view = state.signer.view(asked.environ, apis, lang, developer)
        asked.__dict__[self._attribute] = view
        if view.cause is not None:
            note_unsigned(state, view)
        before, config, after = self._constant(asked.script_root, apis, type, lang, developer)
        # Markup's own constructor first asks the text whether it is an object with markup.
        return str.__new__(Markup, signed_tags(view, before, config, after))

    def _around_the_data(
        self,
        root: str,
        apis: tuple[str, ...],
        kind: int | None,
        lang: Language,
        developer: bool,
    ) -> tuple[str, str, str]:
        """What stands before, amid and after the data that differ; `root` is any path prefix."""
        state, root = self._state, browser_path(root)
        base = escape(root + state.static.path)
        preload, script = self._sdk(base)
        before = (
            f"{preload}{state.static.preloads(root, 'bridge.js')}"
            f'<link rel="stylesheet" href="{base}bridge.css">\n'
            f'<script src="{base}first.js"></script>\n'
            '<script type="application/json" id="dingbridge">'
        )
        after = (
            f"{constant_data(apis, lang, developer, root + state.url_prefix)}</script>\n"
            f"{script}"
            f'<script type="module" src="{base}bridge.js"></script>\n'
            f'<script nomodule src="{base}outdated.js" defer></script>'
        )
        settings = state.settings
        config = constant_config(settings.agent_id, settings.corp_id, apis, kind)
        return before, config, after

    def _sdk(self, base: Markup) -> tuple[str, str]:
        """The tags that ask for the client SDK early and run it, where it is not in bridge.js."""
        if self._state.static.has_sdk:
            return "", ""
        url = self._state.settings.jsapi_url
        source = escape(url) if url else f"{base}vendor/dingtalk.js"
        # The browser would hold a deferred script back behind everything else in the head.
        preload = f'<link rel="preload" as="script" href="{source}">\n'
        return preload, f'<script src="{source}" defer></script>\n'

    def login(self, then: str = "") -> Markup:
        """What signs the visitor in: the data that login.js needs, its script and its styles.

        `then` "reload" loads the page again once the visitor is signed in, "back" goes back; by
        default the page goes on as it is. The page has to declare `requestAuthCode` and, for
        clients before 7.0.45, `runtime.permission.requestAuthCode`.
        """
        return self._login.markup(then)

    def login_status(self) -> Markup:
        """A few lines that say who is signed in, or why nobody is and what to do.

        login.js keeps them true; without JavaScript they offer the browser login.
        """
        return self._login.status(self.user)

    @property
    def user(self) -> SessionUser | None:
        """Who is signed in."""
        return self._state.user()

    @property
    def sign_in_url(self) -> str:
        """Where a browser outside DingTalk signs in and comes back to this page."""
        return self._login.sign_in_url()

    @property
    def view(self) -> PageView | None:
        """What became of the page that is being rendered; None where none was signed."""
        try:
            asked = request._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001
        except RuntimeError:  # a mail, say, rendered by a command
            return None
        view: PageView | None = asked.__dict__.get(self._attribute)
        return view

    @property
    def state(self) -> str:
        """For `<html data-bridge="…">`: `pending`, or `error` where the page is not signed."""
        return "error" if self.error else "pending"

    @property
    def error(self) -> PageError | None:
        """Why the page is not signed."""
        view = self.view
        return view.error if view else None

    @property
    def reference(self) -> str:
        """The reference that the page and the log share."""
        view = self.view
        return view.reference if view else ""
