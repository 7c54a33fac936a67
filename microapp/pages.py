"""The micro-app's pages, and what the frame around them (templates/base.html) is filled with."""

from __future__ import annotations

from flask import Flask, request
from markupsafe import Markup, escape

from dingbridge.page import escape_json
from dingbridge.redirects import browser_path
from microapp.chat import chat_page
from microapp.checkin import checkin_page
from microapp.context import MicroApp
from microapp.files import files_page
from microapp.page_room import cut
from microapp.report import report_page
from microapp.scan import scan_page
from microapp.words import words

# In the order of the navigation; a page appears in it once its blueprint is there.
NAVIGATION = ("home", "checkin", "scan", "chat", "files", "report")
_BUILDERS = (checkin_page, scan_page, chat_page, files_page, report_page)
# What every page's script says.
_FRAME_WORDS = (
    "reference",
    "state_cancelled",
    "state_no_grant",
    "state_retry",
    "state_slow",
    "state_working",
)


def add_pages(app: Flask, micro: MicroApp) -> None:
    """Mount every page but home and the single-page part."""
    for build in _BUILDERS:
        app.register_blueprint(build(micro))
    shown = tuple(name for name in NAVIGATION if name == "home" or name in app.blueprints)

    def script_words(page: str, *names: str) -> Markup:
        """The data that app_words.js reads: `{page}_{name}` for all names, and more."""
        said = words(micro.bridge.language())
        chosen = {key: said[key] for key in (*_FRAME_WORDS, *(f"{page}_{n}" for n in names))}
        block = f'<script type="application/json" id="words">{escape_json(chosen)}</script>'
        return Markup(block)  # noqa: S704 - escaped by escape_json

    def page_script(name: str) -> Markup:
        """The tags of a page's own script, its imports asked for at once."""
        files = micro.bridge.state.static
        # The bridge's and the login's tags ask for theirs.
        others = {"bridge.js", "login.js", *files.imports("bridge.js")}
        base = escape(browser_path(request.script_root) + files.path)
        tags = [
            f'<link rel="modulepreload" href="{base}{module}">'
            for module in files.imports(name)
            if module not in others
        ]
        tags.append(f'<script type="module" src="{base}{name}"></script>')
        return Markup("\n".join(tags))  # noqa: S704 - names of files, and an escaped path

    app.jinja_env.filters["cut"] = cut
    app.jinja_env.globals.update(script_words=script_words, page_script=page_script)

    @app.context_processor
    def frame() -> dict[str, object]:
        return {"pages": shown, "page": request.blueprint or request.endpoint}
