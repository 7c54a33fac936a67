"""The micro-app with further pages to measure its signed page against.

Served by gunicorn as `bench.twin_pages:app`; everything else of it is the real app.

All of them have the home page's body; they differ in what stands in its head.

- `/bench/signed` is signed with `{{ dingbridge(…) }}`.
- `/bench/constant` is the same template, and the same bytes but for the values: `dingbridge(…)`
  returns the tags and the data block of one earlier rendering, so nothing is signed or encoded.
- `/bench/usual` is the usual way: an unsigned page, the client SDK built whole, and a script that
  fetches the signature and then calls `dd.config`.
- `/bench/in-place` is signed in place, by hand, with the same whole SDK.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from flask import Blueprint, Flask, render_template, request
from markupsafe import Markup

from app import create_app
from dingbridge.page import escape_json
from dingbridge.page_url import page_url
from dingbridge.state import BridgeState

PAGES = Path(__file__).resolve().parent / "pages"
APIS = ("device.geolocation.get", "biz.util.scan", "biz.chat.pickConversation")


class ConstantTags:
    """What `dingbridge(…)` is in the twin: tags and data of one earlier rendering."""

    def __init__(self, tags: Any) -> None:
        """`tags` are the real ones, asked once."""
        self._tags = tags
        self._made: Markup | None = None
        self.view: Any = None
        self.error = None
        self.state = "pending"
        self.reference = ""

    def __getattr__(self, name: str) -> Any:
        """Whatever else a template asks for is as in the signed page."""
        return getattr(self._tags, name)

    def __call__(self, *apis: str) -> Markup:
        """The same text each time."""
        if self._made is None:
            self._made = self._tags(*apis)
            self.view = self._tags.view
            self.reference = self.view.reference
        return self._made


def add_pages(app: Flask) -> None:
    """Mount the pages on the real app."""
    pages = Blueprint("bench", __name__, template_folder=str(PAGES), url_prefix="/bench")
    bridge: BridgeState = app.extensions["dingbridge"]["dingbridge"]
    constant = ConstantTags(app.jinja_env.globals["dingbridge"])

    @pages.get("/signed")
    def signed() -> str:
        return render_template("signed.html")

    @pages.get("/constant")
    def unsigned() -> str:
        return render_template("signed.html", dingbridge=constant)

    @pages.get("/usual")
    def usual() -> str:
        return render_template("usual.html")

    @pages.get("/in-place")
    def in_place() -> str:
        url = page_url(request.environ, bridge.policy)
        data = {"url": url, "config": bridge.signer.config(url, APIS)}
        return render_template("in_place.html", data=Markup(escape_json(data)))  # noqa: S704

    @pages.get("/warm")
    def warm() -> str:
        return render_template("warm.html")

    app.register_blueprint(pages)


def __getattr__(name: str) -> Flask:
    """`app`, made when gunicorn asks for it."""
    if name == "app":
        globals()["app"] = made = create_app()
        add_pages(made)
        return made
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
