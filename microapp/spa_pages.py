"""The single-page part: one parent page that every address of its views is served with.

The template declares the APIs of all views, so that each of these addresses, opened as a document,
carries a signature for itself (docs/spa.md).
"""

from __future__ import annotations

from flask import Blueprint, render_template

from dingbridge import DingBridge
from dingbridge.static_files import StaticFiles
from microapp.words import words

# In history mode the server knows the views; in hash mode only the browser does.
VIEWS = ("place", "visit", "saved")
_ROUTERS = {"/spa": "history", "/spa-hash": "hash", "/spa-links": "links"}
_ADAPTERS = {"links": "reauth_links.js"}


def spa_pages(bridge: DingBridge) -> Blueprint:
    """The pages below `/spa` and `/spa-links` (addresses of their own) and `/spa-hash`.

    `bridge` signs them. An address that is no view's is not found.
    """
    pages = Blueprint("spa", __name__)

    def serve(prefix: str, router: str, view: str) -> str:
        said = words(bridge.language())
        return render_template(
            "spa.html",
            spa_base=f"{prefix}/",
            spa_router=router,
            spa_view=view,
            spa_views=VIEWS,
            spa_modules=_modules(bridge.state.static, _ADAPTERS.get(router, "reauth_vue.js")),
            spa_words={name: text for name, text in said.items() if name.startswith("spa_")},
        )

    for prefix, router in _ROUTERS.items():
        defaults = {"prefix": prefix, "router": router}
        pages.add_url_rule(f"{prefix}/", router, serve, defaults={**defaults, "view": ""})
        if router != "hash":
            views = f"<any({', '.join(VIEWS)}):view>"
            pages.add_url_rule(f"{prefix}/{views}", router, serve, defaults=defaults)
    return pages


def _modules(static: StaticFiles, adapter: str) -> list[str]:
    """What the views' script imports; the bridge's own modules the page asks for already."""
    known = {"bridge.js", *static.imports("bridge.js")}
    own = ("reauth.js", adapter, *static.imports("reauth.js"), *static.imports(adapter))
    return [name for name in dict.fromkeys(own) if name not in known]
