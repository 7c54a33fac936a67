"""What a template calls: `{{ dingbridge("device.geolocation.get") }}`."""

from __future__ import annotations

from functools import cache
from typing import cast

from flask import g, request
from markupsafe import Markup, escape

from dingbridge.page import PageError, PageView, constant_data, data_block
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
        self._sdk = state.settings.jsapi_url

    def __call__(self, *apis: str, type: int | None = None) -> Markup:  # noqa: A002
        """The signed data and the script tags of a page that uses `apis`.

        `type` 1 asks for 服务窗 APIs. Without a ticket, or with a doubt about the URL, the page
        is not signed: the data says why, and everything else works.

        Raises PageUrlRefused: the request cannot be one of our pages (answered with 400).
        """
        state = self._state
        lang = state.language()
        developer = state.is_developer()
        view = state.signer.view(request.environ, apis, type, lang, developer)
        setattr(g, self._attribute, view)
        root = request.script_root
        block = data_block(view, constant_data(apis, lang, developer, root + state.url_prefix))
        before, after = _script_tags(root + state.static_path, self._sdk)
        return Markup(before + block + after)  # noqa: S704 - all three are escaped

    @property
    def view(self) -> PageView | None:
        """What became of the page that is being rendered; None where none was signed."""
        return cast("PageView | None", g.get(self._attribute))

    @property
    def state(self) -> str:
        """For `<html data-bridge="…">`: `pending`, or `error` where the page is not signed."""
        return "error" if self.error else "pending"

    @property
    def error(self) -> PageError | None:
        """Why the page is not signed."""
        return self.view.error if self.view else None

    @property
    def reference(self) -> str:
        """The reference that the page and the log share."""
        return self.view.reference if self.view else ""


@cache
def _script_tags(static: str, sdk: str | None) -> tuple[str, str]:
    """What stands before and after the data: the same for every page under one path prefix."""
    base = escape(static)
    source = escape(sdk) if sdk else f"{base}vendor/dingtalk.js"
    before = (
        f'<link rel="stylesheet" href="{base}bridge.css">\n'
        f'<script src="{base}nav.js"></script>\n'
        '<script type="application/json" id="dingbridge">'
    )
    after = (
        "</script>\n"
        f'<script src="{source}" defer></script>\n'
        f'<script type="module" src="{base}bridge.js"></script>\n'
        f'<script nomodule src="{base}outdated.js" defer></script>'
    )
    return before, after
